"""Numbers and dates as people of a language write them."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, format_timedelta
from babel.numbers import (
    format_compact_currency,
    format_compact_decimal,
    format_currency,
    format_decimal,
    format_percent,
)
from babel.units import format_unit

from services.board.alerts.judged import Judged
from services.board.editing.values import MINUS
from services.common.money import to_major
from services.common.windows import Period

NOT_KNOWN = "–"
WITHOUT_CENTS = 1_000
SHORTENED, SHORTENED_ON_AXES = 100_000, 10_000
SHOWN_IN_POINTS = {"ratio": (100, 1), "points": (1, 0), "score": (1, 1), "index": (1, 1)}
"""Units whose change is a difference of what is shown: the scale, and the decimals."""


class Formats:
    """Formats for one language."""

    def __init__(self, language: str, zone: ZoneInfo) -> None:
        self._locale = language
        self._percent = "#,##0.0\xa0%" if language == "fr" else "#,##0.0%"
        amounts = ("#,##0", "#,##0.0", "#,##0.00")
        self._money = [f"{amount}\xa0¤" if language == "fr" else f"¤{amount}" for amount in amounts]
        self._zone = zone

    def value(self, value: float | None, unit: str) -> str:
        """A value in its unit: `1 234`, `12,3 %`, `12 345 €`. What is not known is a dash, never a 0."""
        if value is None:
            return NOT_KNOWN
        if unit == "ratio":
            return str(format_percent(value, format=self._percent, locale=self._locale))
        if unit == "seconds":
            return str(format_timedelta(round(value), granularity="day", threshold=2, locale=self._locale))
        if unit in ("score", "index"):
            return str(format_decimal(value, format="#,##0.0", locale=self._locale))
        if unit in ("count", "points"):
            return str(format_decimal(round(value), locale=self._locale))
        digits = 0 if abs(value) >= WITHOUT_CENTS else 2
        return str(
            format_currency(
                round(value, digits), unit, format=self._money[digits], locale=self._locale, currency_digits=False
            )
        )

    def compact(self, value: float | None, unit: str) -> str:
        """A value for narrow places: `1,2 M €`."""
        if value is None or unit in SHOWN_IN_POINTS or abs(value) < SHORTENED:
            return self.value(value, unit)
        if unit == "count":
            return str(format_compact_decimal(value, fraction_digits=1, locale=self._locale))
        return str(format_compact_currency(value, unit, fraction_digits=1, locale=self._locale))

    def axis(self, value: float, unit: str) -> str:
        """A round value beside an axis, with no more decimals than it has: `20 %`, `50 k €`."""
        if unit == "ratio":
            return str(format_percent(value, format=self._percent.replace(".0", ".#"), locale=self._locale))
        if unit == "seconds":
            return self.value(value, unit)
        if unit == "count" or unit in SHOWN_IN_POINTS:
            return str(format_decimal(round(value, 6), format="#,##0.##", locale=self._locale))
        if abs(value) >= SHORTENED_ON_AXES:
            return str(format_compact_currency(value, unit, fraction_digits=1, locale=self._locale))
        amount = self._money[0].replace("0", "0.##", 1)
        return str(format_currency(round(value, 6), unit, format=amount, locale=self._locale, currency_digits=False))

    def money(self, minor: int | None, currency: str) -> str:
        """An amount in minor units, to the cent: `1 234,50 €`."""
        if minor is None:
            return NOT_KNOWN
        return str(format_currency(to_major(minor, currency), currency, locale=self._locale))

    def share(self, value: float | None) -> str:
        """A share without decimals: `93 %`."""
        return NOT_KNOWN if value is None else str(format_percent(value, locale=self._locale))

    def change(self, value: float | None, previous: float | None, unit: str) -> str:
        """How a value differs from the previous one: in percent, for rates and scores in points."""
        if value is None or previous is None:
            return NOT_KNOWN
        if unit in SHOWN_IN_POINTS:
            scale, digits = SHOWN_IN_POINTS[unit]
            difference = round(value * scale, digits) - round(previous * scale, digits)
            sign = "" if round(difference, digits) == 0 else "+" if difference > 0 else "−"
            points = f"{sign}{abs(difference):.{digits}f}\xa0pt"
            return points.replace(".", ",") if self._locale == "fr" else points
        if not previous:
            return NOT_KNOWN
        change = value / previous - 1
        return ("+" if change > 0 else "") + str(format_percent(change, locale=self._locale))

    def judged(self, value: float | None, judged: Judged) -> str:
        """What an alert judges, or its level: `−5 %`, `−0,4 pt`, `1 234 €`; of what is compared with its sign."""
        if value is None:
            return NOT_KNOWN
        text = self._unsigned(abs(value), judged)
        is_nothing = not any(digit in text for digit in "123456789")
        return ("" if is_nothing else MINUS if value < 0 else "+" if judged.is_signed else "") + text

    def _unsigned(self, value: float, judged: Judged) -> str:
        if judged.is_difference:
            return f"{self.axis(value * (100 if judged.unit == 'ratio' else 1), 'points')}\xa0pt"
        if judged.unit == "seconds":
            return self.lasting(timedelta(seconds=value))
        return (self.axis if judged.unit in SHOWN_IN_POINTS else self.value)(value, judged.unit)

    def difference(self, value: float | None, unit: str) -> str:
        """A difference of two rates or scores: in points, with its sign."""
        return self.change(value, 0, unit)

    def axis_day(self, day: date, step: str) -> str:
        """A day or month in few letters: `26 nov.`, `nov. 26`."""
        return str(format_date(day, "d MMM" if step == "day" else "MMM yy", locale=self._locale))

    def time(self, instant: datetime) -> str:
        return str(format_time(instant.astimezone(self._zone), "HH:mm:ss", locale=self._locale))

    def since(self, instant: datetime, now: datetime) -> str:
        """A time, with its day where that is not today."""
        day = instant.astimezone(self._zone).date()
        return (
            self.time(instant) if day == now.astimezone(self._zone).date() else f"{self.day(day)} {self.time(instant)}"
        )

    def lasting(self, length: timedelta) -> str:
        """How long: `12 min`, `1 h 30 min`, `2 j`. What is begun of a minute counts as one."""
        minutes = -(-length // timedelta(minutes=1))
        hours, minutes = divmod(minutes, 60)
        days, hours = divmod(hours, 24)
        parts = {"day": days, "hour": hours, "minute": minutes}
        told = [name for name, number in parts.items() if number] or ["minute"]
        return " ".join(format_unit(parts[name], f"duration-{name}", "short", locale=self._locale) for name in told)

    def minute(self, instant: datetime, now: datetime) -> str:
        """A time to the minute, with its day where that is not today."""
        is_today = instant.astimezone(self._zone).date() == now.astimezone(self._zone).date()
        return self.clock(instant) if is_today else self.moment(instant)

    def stated_day(self, text: str) -> str:
        """A day, or a moment, as events state it."""
        return self.moment(datetime.fromisoformat(text)) if "T" in text else self.day(date.fromisoformat(text))

    def clock(self, instant: datetime) -> str:
        return str(format_time(instant.astimezone(self._zone), "HH:mm", locale=self._locale))

    def period(self, period: Period, day: date) -> str:
        """A month, quarter or year by a day of it: `novembre 2026`, `T4 2026`, `2026`."""
        pattern = {Period.MONTH: "MMMM y", Period.QUARTER: "QQQ y", Period.YEAR: "y"}[period]
        return str(format_date(day, pattern, locale=self._locale))

    def day(self, day: date) -> str:
        return str(format_date(day, "d MMM y", locale=self._locale))

    def long_day(self, day: date) -> str:
        """`16 novembre 2026`."""
        return str(format_date(day, "d MMMM y", locale=self._locale))

    def day_before(self, last: date, day: date) -> str:
        """A day that is told before a later one, whose year is said but once: `16 novembre`."""
        return str(format_date(day, "d MMMM", locale=self._locale)) if day.year == last.year else self.long_day(day)

    def weekday(self, day: date) -> str:
        """`lun.`, `Mon`."""
        return str(format_date(day, "EEE", locale=self._locale))

    def month(self, day: date) -> str:
        """At the head of a sentence: `Novembre 2026`."""
        name = str(format_date(day, "LLLL y", locale=self._locale))
        return name[:1].upper() + name[1:]

    def moment(self, instant: datetime) -> str:
        """`22 nov. 2026, 18:05`."""
        return f"{self.day(instant.astimezone(self._zone).date())}, {self.clock(instant)}"
