"""Events about visits to a shop or site. Topic `cadran.visits`, subject: channel/store/day."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import field

from services.common.events.fields import Count, Moment, Name, Problem, Statement
from services.common.events.subjects import joined

HOUR = timedelta(hours=1)


class VisitsCounted(Statement, frozen=True, kw_only=True):
    """Visits of one hour or of one business day. An hour replaces its share of the day's count."""

    channel: Name
    from_: Moment = field(name="from")
    to: Moment
    visits: Count
    store_id: Name | None = None
    region: Name | None = None

    def problems(self, zone: ZoneInfo) -> list[Problem]:
        if self._is_full_hour(zone) or self._is_business_day(zone):
            return []
        mend = "send one full hour, or one day from midnight to midnight in the business time zone"
        return [Problem("to", f"from {self.from_} to {self.to} is neither one full hour nor one business day", mend)]

    def subject(self, zone: ZoneInfo) -> str:
        return joined(self.channel, self.store_id or "", self.day(zone).isoformat())

    def day(self, zone: ZoneInfo) -> date:
        """The business day that was counted, wholly or in part."""
        return self.from_.astimezone(zone).date()

    @property
    def is_hour(self) -> bool:
        return self.to - self.from_ == HOUR

    def _is_full_hour(self, zone: ZoneInfo) -> bool:
        start = self.from_.astimezone(zone)
        return self.is_hour and (start.minute, start.second, start.microsecond) == (0, 0, 0)

    def _is_business_day(self, zone: ZoneInfo) -> bool:
        day = self.day(zone)
        midnights = (datetime.combine(d, time(0), zone) for d in (day, day + timedelta(days=1)))
        return [self.from_.timestamp(), self.to.timestamp()] == [midnight.timestamp() for midnight in midnights]
