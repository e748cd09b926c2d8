"""What is added up about sales and visits."""

from services.kpi_stream.measures import DAILY, HOURLY, MeasureGroup

MONEY = ("gross_minor", "discount_minor", "returned_minor", "returned_order_day_minor")
SALES = MeasureGroup("sales", ("orders", "units", *MONEY), money=MONEY)

VISITS = MeasureGroup("visits", ("visits", "hours"), DAILY)
"""Visits, and how many hours were counted, by themselves or with the day."""

VISITS_BY_HOUR = MeasureGroup("visits_by_hour", ("visits", "hours"), HOURLY)
"""Only hours that were counted by themselves."""
