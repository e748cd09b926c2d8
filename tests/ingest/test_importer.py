import csv
import gzip
import io
from collections import Counter
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import ConfigurationError, Invalid
from services.ingest.importer.build import Numbered, Rejected
from services.ingest.importer.mapping import CsvFormat, Field, Mapping, load_mapping
from services.ingest.importer.values import number
from tests.ingest.importing import Imported, imported, numbered, table
from tests.support.dirt import invoice_lines

RETAIL = load_mapping(Path("docs/examples/online_retail.yml"))


def build(rows: list[dict[str, str]], mapping: Mapping = RETAIL, revision: int = 0) -> Imported:
    return imported(numbered(rows, mapping), mapping, revision)


def row(
    invoice: str = "1", sku: str = "A", quantity: str = "2", price: str = "2.55", date: str = "2010-12-01 08:26:00"
) -> dict[str, str]:
    return {
        "InvoiceNo": invoice,
        "StockCode": sku,
        "Quantity": quantity,
        "UnitPrice": price,
        "InvoiceDate": date,
        "CustomerID": "17850.0",
    }


@given(st.integers(0, 2**32), st.integers(1, 120))
def test_a_shuffled_file_makes_the_same_events(seed: int, count: int) -> None:
    rows = invoice_lines(Random(seed), count)
    shuffled = Random(seed + 1).sample(rows, len(rows))
    one, other = (sorted(map(str, build(found).events)) for found in (rows, shuffled))
    assert one == other
    assert len({event["id"] for event in build(rows).events}) == len(one)


@given(st.integers(0, 2**32), st.integers(1, 120))
def test_no_cent_and_no_unit_is_lost_or_invented(seed: int, count: int) -> None:
    rows = invoice_lines(Random(seed), count)
    events = build(rows).events
    lines = Counter[str]()
    for event in events:
        for line in event["data"]["lines"]:
            lines["gross"] += line.get("gross_minor", 0)
            lines["returned"] += line.get("amount_minor", 0)
            lines["units"] += line["quantity"] if event["type"] == "order.placed" else 0
    sold = [r for r in rows if not r["InvoiceNo"].startswith("C")]
    back = [r for r in rows if r["InvoiceNo"].startswith("C")]
    assert lines["gross"] == sum(Decimal(r["UnitPrice"]) * int(r["Quantity"]) * 100 for r in sold)
    assert lines["returned"] == -sum(Decimal(r["UnitPrice"]) * int(r["Quantity"]) * 100 for r in back)
    assert lines["units"] == sum(int(r["Quantity"]) for r in sold)
    assert len(events) == len({r["InvoiceNo"] for r in rows})


def test_rows_of_one_invoice_are_one_order_at_its_earliest_time() -> None:
    rows = [row(date="2010-12-01 08:27:00"), row("2"), row(sku="B", date="2010-12-01 08:26:00")]
    first, second = build(rows).events
    assert first["subject"] == "1"
    assert [line["sku"] for line in first["data"]["lines"]] == ["A", "B"]
    assert first["time"] == "2010-12-01T08:26:00+00:00"
    assert first["data"]["customer_id"] == "17850"
    assert second["subject"] == "2"


def test_of_an_order_with_one_bad_line_nothing_is_sent_and_every_line_is_told() -> None:
    done = build([row(), row(sku="B", price="free"), row("2")])
    assert [event["subject"] for event in done.events] == ["2"]
    reasons = dict(done.rejected)
    assert "'free' is no number" in reasons[3]
    assert "left out with order.placed 1" in reasons[2]


def test_lines_beyond_the_thousandth_are_put_together_to_the_cent() -> None:
    rows = [row(sku=f"S{i}", quantity="1", price=f"{i}.07") for i in range(1114)]
    done = build(rows)
    lines = done.events[0]["data"]["lines"]
    assert 990 < len(lines) <= 1000
    assert sum(line["gross_minor"] for line in lines) == sum(i * 100 + 7 for i in range(1114))
    assert sum(line["quantity"] for line in lines) == 1114
    assert done.counts["combined"] == 115


def test_amounts_finer_than_a_cent_are_rounded_half_even_and_counted() -> None:
    done = build([row(quantity="1", price="0.005"), row("2", quantity="1", price="0.015")])
    assert [event["data"]["lines"][0]["gross_minor"] for event in done.events] == [0, 2]
    assert done.counts["rounded"] == 2


def test_a_corrected_file_has_a_revision_and_ids_of_its_own() -> None:
    (first,), (again,) = build([row()]).events, build([row()], revision=1).events
    assert again["data"]["revision"] == 1
    assert first["id"] != again["id"]


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1,234.50", ".", "1234.50"),
        ("1.234,50", ",", "1234.50"),
        ("1\xa0234,50", ",", "1234.50"),
        ("1\u202f234,50", ",", "1234.50"),
        ("1'234.50", ".", "1234.50"),
        ("-7", ".", "-7"),
        ("1234", ",", "1234"),
        ("1,400", ".", "1400"),
        ("1.400", ",", "1400"),
        (".5", ".", "0.5"),
    ],
)
def test_numbers_are_read_by_their_decimal_mark(text: str, decimal: str, value: str) -> None:
    assert number(text, "c", CsvFormat(decimal=decimal)) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("1,40", "."),
        ("1.40", ","),
        ("12,34.5", "."),
        ("1,2345.6", "."),
        ("abc", "."),
        ("NaN", "."),
        ("Infinity", "."),
        ("1.2.3", "."),
        ("--1", "."),
    ],
)
def test_what_would_be_misread_is_refused(text: str, decimal: str) -> None:
    with pytest.raises(Invalid, match="is no number"):
        number(text, "c", CsvFormat(decimal=decimal))


MAPPING = """
source: /t
time_zone: Europe/Paris
events:
  - type: lead.created
    subject: {column: id}
    time: {column: day, format: "%d/%m/%Y"}
"""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("lead.created", "lead.creatd"), "events\\[0\\].type"),
        (("Europe/Paris", "Europe/Pari"), "time_zone"),
        (("source: /t", "sauce: /t"), "source"),
        (("{column: id}", "{colum: id}"), "column"),
        (("{column: id}", "[id]"), "subject"),
        (("events:", "events: []\nother:"), "events|other"),
        (("source: /t", "source: ["), "YAML"),
        (("    time", "    when: {id: '('}\n    time"), "regular expression"),
        (("    time", "    lines: {}\n    time"), "has no lines"),
    ],
)
def test_a_bad_mapping_names_the_place_and_the_mend(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    path = tmp_path / "m.yml"
    path.write_text(MAPPING.replace(*change))
    with pytest.raises(ConfigurationError, match=told):
        load_mapping(path)


def write(path: Path, rows: list[dict[str, Any]], **kind: Any) -> Path:
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), **kind)
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue())
    return path


def test_a_file_without_a_column_says_which_there_are(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", [row()], delimiter=";")
    with pytest.raises(ConfigurationError, match="delimiter"):
        list(table(path, RETAIL))


def test_lines_are_numbered_as_an_editor_shows_them(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", [row(sku="a\nb"), row("2")])
    assert [numbered.line for numbered in table(path, RETAIL)] == [3, 4]


def test_a_file_in_another_encoding_says_so(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(
        "InvoiceNo,StockCode,Quantity,UnitPrice,InvoiceDate,CustomerID\n1,é,1,1,2010-12-01 08:26:00,\n".encode(
            "latin-1"
        )
    )
    with pytest.raises(ConfigurationError, match="latin-1"):
        list(table(path, RETAIL))


REPS = msgspec.structs.replace(
    RETAIL,
    events=[
        msgspec.structs.replace(
            RETAIL.events[0],
            lines={
                **(RETAIL.events[0].lines or {}),
                "rep_id": Field(column="Rep"),
                "discount_minor": Field(column="Off"),
            },
        )
    ],
)


def test_beyond_a_thousand_lines_nothing_of_amounts_and_credit_is_lost() -> None:
    rows = [{**row(sku=f"S{i}", price="9.99"), "Rep": f"r{i % 3}", "Off": "1.00" if i % 2 else ""} for i in range(1100)]
    done = build(rows, REPS)
    lines = done.events[0]["data"]["lines"]
    assert 990 < len(lines) <= 1000
    assert done.counts["combined"] > 100
    for rep in range(3):
        own = [line for line in lines if line.get("rep_id") == f"r{rep}"]
        indices = [i for i in range(1100) if i % 3 == rep]
        assert sum(line["gross_minor"] for line in own) == 1998 * len(indices)
        assert sum(line.get("discount_minor", 0) for line in own) == 100 * sum(i % 2 for i in indices)


def test_lines_of_one_order_that_disagree_reject_it_whichever_comes_first() -> None:
    rows = [row(sku="A"), {**row(sku="B"), "CustomerID": "9.0"}]
    for order in (rows, rows[::-1]):
        done = build(order)
        assert done.events == []
        assert len(done.rejected) == 2
        assert "customer_id: the lines of one event say" in done.rejected[0].reason


def test_a_line_that_says_nothing_of_a_field_agrees_with_the_others() -> None:
    (event,) = build([{**row(sku="A"), "CustomerID": ""}, row(sku="B")]).events
    assert event["data"]["customer_id"] == "17850"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"InvoiceNo": ""}, "InvoiceNo: is empty"),
        ({"InvoiceDate": "0001-01-01 00:00:00"}, "0001-01-01"),
        ({"UnitPrice": "1e30"}, "UnitPrice: '1e30' is no number"),
        ({"UnitPrice": "1_000"}, "UnitPrice: '1_000' is no number"),
        ({"UnitPrice": "1e14", "Quantity": "100000000000000"}, "UnitPrice: 1e14 times"),
    ],
)
def test_what_cannot_be_read_rejects_its_line(bad: dict[str, str], reason: str) -> None:
    done = build([{**row(invoice="7"), **bad}, row(invoice="8")])
    assert [event["subject"] for event in done.events] == ["8"]
    assert len(done.rejected) == 1
    assert reason in done.rejected[0].reason


HEADER = "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID\n"


def test_a_line_with_too_many_or_too_few_fields_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    good = "1,A,2,2010-12-01 08:26:00,2.55,1\n"
    path.write_text(HEADER + good + "2,A,2,2010-12-01 08:26:00,2,55,1\n" + "3,A,2\n")
    found = list(table(path, RETAIL))
    assert isinstance(found[0], Numbered)
    assert [(each.line, each.reason.split(" - ")[0]) for each in found[1:] if isinstance(each, Rejected)] == [
        (3, "has 7 fields, the header has 6"),
        (4, "has 3 fields, the header has 6"),
    ]


def test_a_file_that_cannot_be_read_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "twice.csv"
    path.write_text(HEADER.replace("StockCode", "Quantity") + "1,A,2,2010-12-01 08:26:00,2.55,1\n")
    with pytest.raises(ConfigurationError, match="two columns Quantity"):
        list(table(path, RETAIL))
    whole = gzip.compress((HEADER + "1,A,2,2010-12-01 08:26:00,2.55,1\n" * 500).encode())
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(whole[:-20])
    with pytest.raises(ConfigurationError, match="ends in the middle"):
        list(table(cut, RETAIL))
    odd = msgspec.structs.replace(RETAIL, csv=CsvFormat(encoding="nonsense"))
    with pytest.raises(ConfigurationError, match="encoding"):
        list(table(path, odd))


@pytest.mark.parametrize(
    ("word", "fault"),
    [
        ("{column: InvoiceNo, value: x}", "a column or a value"),
        ("{}", "a column or a value"),
        ("{value: 3, negate: true}", "only a column"),
        ('{column: InvoiceNo, pattern: "("}', "no regular expression"),
        ("{column: InvoiceNo, or: {}}", "a column or a value"),
        ("{value: x, or: {value: y}}", "only a column"),
        ("{column: InvoiceNo, shared: true}", "no lines to share over"),
        ("{column: InvoiceNo, less: UnitPrice}", "no lines to share over"),
    ],
)
def test_a_field_that_means_nothing_is_refused(tmp_path: Path, word: str, fault: str) -> None:
    path = tmp_path / "m.yml"
    text = Path("docs/examples/online_retail.yml").read_text()
    path.write_text(text.replace("subject: {column: InvoiceNo}", f"subject: {word}", 1))
    with pytest.raises(ConfigurationError, match=fault) as refused:
        load_mapping(path)
    assert "events[0].subject" in refused.value.field


SHARED = msgspec.structs.replace(
    RETAIL,
    events=[
        msgspec.structs.replace(
            RETAIL.events[0],
            lines={
                **(RETAIL.events[0].lines or {}),
                "gross_minor": Field(column="UnitPrice", times="Quantity", less="Tax"),
                "discount_minor": Field(column="Off", shared=True),
            },
        )
    ],
)


@given(
    st.lists(st.decimals(min_value=0, max_value=1000, places=2), min_size=1, max_size=12),
    st.decimals(min_value=0, max_value=1000, places=2),
    st.decimals(min_value=0, max_value=1000, places=2),
    st.randoms(use_true_random=False),
)
def test_an_orders_own_amounts_are_shared_over_its_lines_to_the_cent_wherever_they_stand(
    prices: list[Decimal], tax: Decimal, off: Decimal, random: Random
) -> None:
    rows = [{**row(sku=f"S{i}", quantity="1", price=str(p)), "Tax": "", "Off": ""} for i, p in enumerate(prices)]
    plain = sum(prices)
    random.choice(rows)["Tax"] = str(tax)
    random.choice(rows)["Off"] = str(off)
    (event,) = build(rows, SHARED).events
    lines = event["data"]["lines"]
    assert sum(line["gross_minor"] for line in lines) == (plain - tax) * 100
    assert sum(line["discount_minor"] for line in lines) == off * 100
    said = [{**each, "Tax": str(tax), "Off": str(off)} for each in rows]
    assert build(random.sample(said, len(said)), SHARED).events == [event]


def test_what_is_said_on_the_first_line_alone_holds_for_the_order_the_time_too() -> None:
    by_column = msgspec.structs.replace(
        RETAIL,
        events=[
            msgspec.structs.replace(
                RETAIL.events[0], data={**RETAIL.events[0].data, "currency": Field(column="Currency")}
            )
        ],
    )
    rows = [{**row(sku="A"), "Currency": "KWD"}, {**row(sku="B", date=""), "Currency": ""}]
    for order in (rows, rows[::-1]):
        (event,) = build(order, by_column).events
        assert event["time"] == "2010-12-01T08:26:00+00:00"
        assert [line["gross_minor"] for line in event["data"]["lines"]] == [5100, 5100]
    (rejected,) = build([rows[1]], by_column).rejected
    assert "needs a currency" in rejected.reason
    (rejected,) = build([{**rows[1], "Currency": "EUR"}], by_column).rejected
    assert "InvoiceDate: is empty" in rejected.reason
