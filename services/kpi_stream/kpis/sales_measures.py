"""What is added up about sales and visits."""

from services.kpi_stream.measures import DAILY, HOURLY, MeasureGroup

MONEY = ("gross_minor", "discount_minor", "returned_minor", "returned_order_day_minor")
SALES = MeasureGroup("sales", ("orders", "units", *MONEY), money=MONEY)

DISPERSION = 7.6
"""Measured on the 1,103 orders of the twelve days of trade from 1 to 14 December 2010 in the data set "Online Retail"
(D. Chen, UCI), without those that were given back whole: 7.58 with 6 degrees of freedom, so anything from 3 to 37.
The number of orders a day has 4.5, and their amounts a squared coefficient of variation of 5.4. With orders that were
given back it is 9.7, and of sales net of all returns 4.1.
"""

VISITS = MeasureGroup("visits", ("visits", "hours"), DAILY)
"""Visits, and how many hours were counted, by themselves or with the day."""

VISITS_BY_HOUR = MeasureGroup("visits_by_hour", ("visits", "hours"), HOURLY)
"""Only hours that were counted by themselves."""
