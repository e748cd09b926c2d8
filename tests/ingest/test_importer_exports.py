"""Vendors' own exports by the mappings that come with Cadran: exact amounts, and nothing of anybody's person."""

import re
from pathlib import Path
from typing import Any

import pytest

from services.ingest.importer.mapping import load_mapping
from tests.ingest.importing import Imported, imported, table

EXPORTS = Path("tests/ingest/exports")
NAMES = sorted(path.stem for path in EXPORTS.iterdir())


def export(name: str) -> Imported:
    mapping = load_mapping(Path(f"docs/examples/{name}.yml"))
    return imported(table(EXPORTS / f"{name}.csv", mapping), mapping)


def told(name: str) -> list[tuple[str, str, str, dict[str, Any]]]:
    done = export(name)
    assert done.counts["rounded"] == 0
    return [(event["type"], event["subject"], event["time"], event["data"]) for event in done.events]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_anybodys_person_is_read(name: str) -> None:
    events = str(export(name).events)
    assert events != "[]"
    persons = "Camille|Noa|Lou|Sacha|Alix|Fictif|Invent|@|Rue|55 55"
    assert re.search(persons, (EXPORTS / f"{name}.csv").read_text())
    assert not re.search(persons, events)


def test_shopify_orders_take_what_stands_on_their_first_row_and_share_the_discount() -> None:
    events = {(kind, subject): (time, data) for kind, subject, time, data in told("shopify_orders")}
    time, order = events["order.placed", "#1003"]
    assert time == "2024-05-02T07:58:12+00:00"
    assert {name: order[name] for name in ("channel", "currency", "tax_minor", "shipping_minor")} == {
        "channel": "online",
        "currency": "EUR",
        "tax_minor": 1200,
        "shipping_minor": 490,
    }
    assert {
        line["sku"]: (line["quantity"], line["gross_minor"], line["discount_minor"]) for line in order["lines"]
    } == {
        "LAMP-S": (2, 4998, 714),
        "Gift wrap": (1, 2001, 286),
    }
    assert sum(line["gross_minor"] - line["discount_minor"] for line in order["lines"]) == 5999  # the file's subtotal
    assert events["order.placed", "#1002"][1]["store_id"] == "Lyon"
    assert events["order.cancelled", "#1002"][0] == "2024-05-03T06:00:00+00:00"
    assert events["order.placed", "#1001"][1]["lines"][0]["gross_minor"] == 5000  # yen have no minor unit
    assert events["order.cancelled", "#1001"][0] == events["order.placed", "#1001"][0]
    assert len(events) == 5


def test_prices_that_include_tax_are_told_without_it(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yml"
    text = Path("docs/examples/shopify_orders.yml").read_text()
    with_tax = "      gross_minor: {column: Lineitem price, times: Lineitem quantity}\n"
    without = "      gross_minor: {column: Lineitem price, times: Lineitem quantity, less: Taxes}\n"
    assert text.count(with_tax) == 1
    assert f"      # {without.strip()}\n" in text
    path.write_text(text.replace(with_tax, without))
    mapping = load_mapping(path)
    done = imported(table(EXPORTS / "shopify_orders.csv", mapping), mapping)
    order = next(event["data"] for event in done.events if event["subject"] == "#1003")
    assert {line["sku"]: line["gross_minor"] for line in order["lines"]} == {
        "LAMP-S": 4998 - 857,
        "Gift wrap": 2001 - 343,
    }


def test_woocommerce_orders_gather_their_rows_and_leave_guests_unnamed() -> None:
    events = {subject: (time, data) for _, subject, time, data in told("woocommerce_orders")}
    assert list(events) == ["812", "813"]
    time, order = events["812"]
    assert time == "2024-05-02T07:58:00+00:00"
    assert order["customer_id"] == "17"
    assert {
        line["sku"]: (line["quantity"], line["gross_minor"], line["discount_minor"]) for line in order["lines"]
    } == {
        "LAMP-S": (2, 4998, 500),
        "Gift wrap": (1, 333, 33),
    }
    assert "customer_id" not in events["813"][1]


def test_pipedrive_deals_are_opportunities_won_and_lost() -> None:
    ana, ben = {"rep_id": "Ana", "currency": "EUR"}, {"rep_id": "Ben", "currency": "EUR"}
    opportunity = {"kind": "opportunity"}
    assert sorted(told("pipedrive_deals"), key=lambda each: each[:2]) == [
        ("lead.closed", "1", "2024-05-06T09:30:00+00:00", {**ana, "outcome": "won", "amount_minor": 1250050}),
        ("lead.closed", "2", "2024-05-07T07:00:00+00:00", {**ben, "outcome": "lost", "amount_minor": 800000}),
        ("lead.created", "1", "2024-04-02T08:00:00+00:00", {**ana, **opportunity, "amount_minor": 1250050}),
        ("lead.created", "2", "2024-04-03T08:00:00+00:00", {**ben, **opportunity, "amount_minor": 800000}),
        ("lead.created", "3", "2024-04-04T08:00:00+00:00", {**ana, **opportunity}),
    ]


def test_hubspot_deals_are_opportunities_won_and_lost() -> None:
    eur = {"currency": "EUR"}
    assert sorted(told("hubspot_deals"), key=lambda each: each[:2]) == [
        (
            "lead.closed",
            "9001",
            "2024-05-06T09:30:00+00:00",
            {**eur, "outcome": "won", "rep_id": "Ana", "amount_minor": 1250050},
        ),
        ("lead.closed", "9002", "2024-05-07T07:00:00+00:00", {**eur, "outcome": "lost", "rep_id": "Ben"}),
        ("lead.created", "9001", "2024-04-02T08:00:00+00:00", {"kind": "opportunity", "rep_id": "Ana"}),
        ("lead.created", "9002", "2024-04-03T08:00:00+00:00", {"kind": "opportunity", "rep_id": "Ben"}),
        ("lead.created", "9003", "2024-04-04T08:00:00+00:00", {"kind": "opportunity"}),
    ]


def test_hubspot_contacts_are_leads() -> None:
    assert told("hubspot_contacts") == [
        (
            "lead.created",
            "501",
            "2024-04-02T08:00:00+00:00",
            {"kind": "lead", "rep_id": "Ana", "source": "Organic Search"},
        ),
        ("lead.created", "502", "2024-04-02T22:30:00+00:00", {"kind": "lead"}),
    ]
