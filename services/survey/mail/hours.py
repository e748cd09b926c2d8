"""When letters may leave: the quiet hours of the business time zone. Pure."""

from datetime import datetime

from services.common.calendar import DAY, BusinessCalendar
from services.common.errors import ConfigurationError

FAR = 366
"""Days to look ahead: whoever writes at all does so once a year."""


def next_open(calendar: BusinessCalendar, now: datetime) -> datetime:
    """The first moment from now on at which letters may leave: now itself when they may.

    :raises ConfigurationError: when they never may.
    """
    day = calendar.day_of(now)
    for _ in range(FAR):
        for span in calendar.opening(day):
            if now < span.end:
                return max(now, span.start)
        day += DAY
    raise ConfigurationError(
        "no hour of a whole year lets a letter leave",
        field="CADRAN_SURVEY_MAIL_HOURS",
        mend='give hours, such as {"mon": ["09:00-19:00"]}',
    )
