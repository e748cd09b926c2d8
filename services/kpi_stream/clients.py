"""The clients of a reader of the state, built alike by the exporter and by commands."""

from redis.asyncio import Redis

from services.common.calendar import BusinessCalendar, OpeningTimes, public_holidays
from services.common.settings import Settings
from services.common.windows import utc_now
from services.kpi_stream.declared import loyalty_days
from services.kpi_stream.exporter.log_ends import LogEnds
from services.kpi_stream.exporter.observatory import Observatory
from services.kpi_stream.exporter.store import StateReader


def build_observatory(settings: Settings, redis: Redis, ends: LogEnds) -> Observatory:
    """What looks at the state through a client of Redis."""
    is_holiday = public_holidays(settings.country).__contains__

    def make_calendar(stated: OpeningTimes) -> BusinessCalendar:
        return BusinessCalendar(
            settings.zone,
            is_holiday=is_holiday,
            weekly_hours=settings.weekly_hours,
            online_channels=settings.online_channels,
            stated=stated,
        )

    return Observatory(
        StateReader(redis),
        ends,
        make_calendar,
        utc_now,
        reporting_currency=settings.reporting_currency,
        win_days=settings.win_days,
        loyalty=loyalty_days(settings),
    )
