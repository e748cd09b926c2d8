"""Tables as CSV: what the read API said, and nothing that a spreadsheet would run."""

import csv
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.board.csv_tables import BEGINS_A_FORMULA, guarded, rows_table, series_table
from services.board.downloads import file_name

ABOUT = {
    "kpi": "sales",
    "unit": "EUR",
    "as_of": None,
    "window": {"name": "mtd", "from": "2026-11-01", "to": "2026-11-26", "zone": "Europe/Paris"},
}
ROW: dict[str, Any] = {
    "by": {"channel": "online"},
    "label": "online",
    "value": -12.5,
    "n": 3,
    "measures": {"orders": 2},
    "interval": None,
    "compared": {"value": 1, "previous": None, "until": "2026-11-26T04:00:00Z"},
    "target": None,
    "flags": ["small_n", "no_target"],
    "related": {"basket": {"value": 6.25, "unit": "EUR"}, "dearest": {"value": None, "details": {"products": [{}]}}},
}


def read(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline="")))


def test_a_row_is_told_as_the_api_tells_it() -> None:
    (cells,) = read(rows_table({**ABOUT, "rows": [ROW]}))
    assert {name: cell for name, cell in cells.items() if cell} == {
        "kpi": "sales",
        "unit": "EUR",
        "window.name": "mtd",
        "window.from": "2026-11-01",
        "window.to": "2026-11-26",
        "window.zone": "Europe/Paris",
        "by.channel": "online",
        "label": "online",
        "value": "-12.5",
        "n": "3",
        "compared.value": "1",
        "compared.until": "2026-11-26T04:00:00Z",
        "flags": "small_n no_target",
        "measures.orders": "2",
        "related.basket.value": "6.25",
        "related.basket.unit": "EUR",
    }
    assert {"as_of", "target", "interval.low", "compared.previous"} <= cells.keys()


def test_a_table_without_rows_still_names_its_columns() -> None:
    header = rows_table({**ABOUT, "rows": []}).strip()
    assert header.startswith("\ufeffkpi,unit,window.name,window.from,window.to,window.zone,as_of,label,value")
    assert "\n" not in header


def test_every_point_of_a_series_is_a_row() -> None:
    points = [
        {"at": "2026-11-25", "value": 1, "n": 1, "measures": {}, "interval": {"low": 0.5, "high": 2.0}, "flags": []},
        {"at": "2026-11-26", "value": None, "n": 0, "measures": {}, "interval": None, "flags": ["immature"]},
    ]
    answer = {**ABOUT, "step": "day", "rolling": 30, "rows": [{"by": {"region": "north"}, "points": points}]}
    first, second = read(series_table(answer))
    assert (first["at"], first["value"], first["interval.low"], first["by.region"]) == (
        "2026-11-25",
        "1",
        "0.5",
        "north",
    )
    assert (second["at"], second["value"], second["flags"], second["rolling"]) == ("2026-11-26", "", "immature", "30")


@given(st.sampled_from(BEGINS_A_FORMULA), st.text())
def test_what_begins_like_a_formula_is_text(sign: str, rest: str) -> None:
    assert guarded(sign + rest) == f"'{sign}{rest}"


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_every_name_comes_back_as_it_was_and_none_is_run(name: str) -> None:
    (cells,) = read(rows_table({**ABOUT, "rows": [{**ROW, "label": name}]}))
    assert cells["label"].removeprefix("'") == name.removeprefix("'")
    assert not cells["label"].startswith(BEGINS_A_FORMULA)


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_plain_and_come_back_exactly(value: float) -> None:
    (cells,) = read(rows_table({**ABOUT, "rows": [{**ROW, "value": value}]}))
    assert float(cells["value"]) == float(value)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"window": "mtd", "by": "channel,region", "lang": "fr"}, "sales-mtd-channel-region.csv"),
        ({"trend": "12m"}, "sales-12m.csv"),
        ({"by": 'x"\r\ny'}, "sales-x-y.csv"),
    ],
)
def test_a_file_is_named_by_what_is_in_it(query: dict[str, str], name: str) -> None:
    assert file_name("sales", query) == name
