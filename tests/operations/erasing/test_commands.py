"""What `cadran erase-customer` refuses before it looks at anything."""

import io

import pytest

from services.common.errors import Invalid
from services.operations.erasing.commands import erase_customer


def test_nobody_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Invalid, match=r"CUSTOMER: names nobody - give an id"):
        erase_customer(" ")
    monkeypatch.setattr("sys.stdin", io.StringIO("\n \n"))
    with pytest.raises(Invalid, match="names nobody"):
        erase_customer("-", yes=True)


def test_who_comes_by_the_input_cannot_be_asked_about_there() -> None:
    with pytest.raises(Invalid, match=r"-: leaves no input to ask on - look with --dry-run first"):
        erase_customer("-", dry_run=False, yes=False)
