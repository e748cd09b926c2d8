"""What holds of any records, cut anywhere, damaged anywhere."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.operations.backup.record_file import (
    MOST_BLOCK_BYTES,
    Damaged,
    Origin,
    Record,
    append,
    begin,
    blocks,
    reach,
    read_origin,
)

contents = st.none() | st.binary(max_size=60)
headers = st.lists(st.tuples(st.text(max_size=8), contents), max_size=2).map(tuple)
bodies = st.tuples(st.integers(0, 2**53), contents, contents, headers)
pieces = st.lists(st.lists(bodies, min_size=1, max_size=5), max_size=6)
firsts = st.integers(0, 2**40)


def of(first: int) -> Origin:
    return Origin("cadran.orders", "id", 3, first)


def numbered(first: int, written: list[list[tuple]]) -> list[list[Record]]:
    """Records that follow one another, in the pieces in which they come."""
    offsets = iter(range(first, first + sum(map(len, written))))
    return [[Record(next(offsets), *body) for body in piece] for piece in written]


def flat(written: list[list[Record]]) -> list[Record]:
    return [record for piece in written for record in piece]


def file_of(first: int, written: list[list[Record]]) -> BytesIO:
    file = BytesIO()
    begin(file, of(first))
    for piece in written:
        append(file, piece)
    return file


def read(content: bytes) -> tuple[Origin, list[Record]]:
    file = BytesIO(content)
    origin = read_origin(file)
    return origin, flat(list(blocks(file, origin, len(content))))


@given(firsts, pieces)
def test_what_is_written_is_read(first: int, written: list) -> None:
    records = numbered(first, written)

    assert read(file_of(first, records).getvalue()) == (of(first), flat(records))


@given(firsts, pieces, pieces, st.data())
def test_what_is_cut_anywhere_is_gone_on_with_at_the_last_whole_block(
    first: int, written: list, more: list, data: st.DataObject
) -> None:
    records = numbered(first, written)
    head = len(file_of(first, []).getvalue())
    whole = file_of(first, records).getvalue()
    cut = BytesIO(whole[: data.draw(st.integers(head, len(whole)))])

    origin = read_origin(cut)
    found = reach(cut, origin, len(cut.getvalue()))
    cut.truncate(found.bytes)
    cut.seek(found.bytes)
    later = numbered(found.next, more)
    for piece in later:
        append(cut, piece)

    kept = flat(records)[: found.next - first]
    assert read(cut.getvalue()) == (origin, kept + flat(later))
    assert found.bytes <= len(whole)
    if found.next < first + len(flat(records)):
        assert found.bytes < len(whole)


@given(firsts, pieces, st.data())
def test_no_byte_can_be_another_unseen(first: int, written: list, data: st.DataObject) -> None:
    content = bytearray(file_of(first, numbered(first, written)).getvalue())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))

    with pytest.raises(Damaged):
        read(bytes(content))


@given(st.lists(st.integers(1, MOST_BLOCK_BYTES * 3 // 2), max_size=6))
def test_a_block_is_no_larger_than_its_bound_or_holds_one_record(sizes: list[int]) -> None:
    records = [Record(offset, 0, None, bytes(size)) for offset, size in enumerate(sizes)]
    file = file_of(0, [records] if records else [])
    file.seek(0)

    found = list(blocks(file, read_origin(file), len(file.getvalue())))

    assert flat(found) == records
    assert all(len(block) == 1 or sum(record.weight for record in block) <= MOST_BLOCK_BYTES for block in found)


def test_a_block_that_does_not_follow_is_told() -> None:
    file = file_of(0, [[Record(0, 0, None, None)], [Record(2, 0, None, None)]])

    with pytest.raises(Damaged, match="offset 1 does not follow"):
        read(file.getvalue())
