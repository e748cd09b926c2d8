"""What a log says in all: how many records of each type, and what their amounts add up to. Pure.

Taken of a log and of its copy by ways of their own, and compared before the log is deleted.
"""

from collections import Counter
from typing import Any

from services.common.errors import Invalid
from services.common.events import decode
from services.common.events.fields import Data
from services.operations.erasing.rewriting import Record

UNREADABLE = "no event"
AMOUNT = "_minor"


class Tally:
    """Counts by type, and sums by type, field and currency (in minor units)."""

    def __init__(self) -> None:
        self.records: Counter[str] = Counter()
        self.sums: Counter[tuple[str, str, str]] = Counter()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tally) and self.records == other.records and self.sums == other.sums

    __hash__ = None  # type: ignore[assignment]

    def add(self, record: Record) -> None:
        try:
            event = decode(record.value or b"")
        except Invalid:
            self.records[UNREADABLE] += 1
            return
        self.records[event.type] += 1
        self._add_amounts(event.type, event.data, getattr(event.data, "currency", None) or "")

    def _add_amounts(self, event_type: str, data: Any, currency: str) -> None:
        for field in data.__struct_fields__:
            value = getattr(data, field)
            if isinstance(value, int) and field.endswith(AMOUNT):
                self.sums[event_type, field, currency] += value
            elif isinstance(value, tuple):
                for item in value:
                    if isinstance(item, Data):
                        self._add_amounts(event_type, item, currency)
