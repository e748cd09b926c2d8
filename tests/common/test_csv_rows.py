"""Tables of people and of programs: what is taken of them, and what is said of the rest."""

import io
from pathlib import Path

import msgspec
import pytest

from services.common.csv_rows import Rejected, Row, each_good, read_rows, rows_of
from services.common.errors import CadranError, ConfigurationError, Invalid, Malformed


class Line(msgspec.Struct):
    customer_id: str
    name: str = ""


def rows(text: str) -> list[Row | Rejected]:
    return list(rows_of("the table", io.StringIO(text, newline=""), Line))


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    found = rows('customer_id,name\r\nC-1,"two\r\nlines"\r\n\r\n C-2 ,\r\n')
    assert found == [Row(3, {"customer_id": "C-1", "name": "two\r\nlines"}), Row(5, {"customer_id": "C-2"})]


def test_a_header_of_very_many_columns_is_refused_at_once() -> None:
    with pytest.raises(Malformed, match="two columns"):
        rows(",".join(f"c{i}" for i in range(300_000)) + ",c7\n")


def test_the_first_line_that_is_not_good_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        each_good(rows("customer_id,name\nC-1,a\nC-2,b,c\nC-3\n"))
    assert refused.value.field == "line 3"


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("", "its first line names the columns"),
        ("customer,name\n", "did you mean customer_id?"),
        ("customer_id,email\n", "leave it out"),
        ("customer_id,customer_id\n", "leave one out"),
        ('customer_id\n"C-1" x\n', "quote with"),
    ],
)
def test_what_is_no_such_table_is_refused_with_the_mend(text: str, mend: str) -> None:
    with pytest.raises(Malformed) as refused:
        rows(text)
    assert mend in refused.value.mend


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"customer_id\n\xe9\n", Malformed), (None, ConfigurationError), (b"\xef\xbb\xbfcustomer_id", None)],
)
def test_a_file_is_read_or_named(tmp_path: Path, content: bytes | None, kind: type[CadranError] | None) -> None:
    path = tmp_path / "customers.csv"
    if content is not None:
        path.write_bytes(content)
    if kind is None:
        assert list(read_rows(path, Line)) == []
        return
    with pytest.raises(kind, match=r"customers\.csv"):
        list(read_rows(path, Line))
