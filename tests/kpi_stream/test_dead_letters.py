"""Dead letters are read back: whatever else stands in their topic."""

import msgspec
import pytest

from services.kpi_stream.dead_letters import KIND, DeadLetter, Shelf
from tests.fuzz.parsers.stream import Record
from tests.support.events import RECEIVED

LETTER = DeadLetter("cadran.sales", 3, 9, "why", b"k", b"v", [("h", b"x")], RECEIVED)


@pytest.mark.parametrize("kind", [b"letter", b"replayed"])
@pytest.mark.parametrize("value", [None, b"", b"\xc1", b"\x81\xa4\xffame\x01", msgspec.msgpack.encode({"topic": 1})])
def test_what_cannot_be_read_hides_no_letter(kind: bytes, value: bytes | None) -> None:
    shelf = Shelf()
    for each in (Record(value, ((KIND, kind),)), Record(msgspec.msgpack.encode(LETTER), ((KIND, b"letter"),))):
        shelf.put(each)
    assert list(shelf.letters()) == [(LETTER, None)]
