import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import CadranError, Invalid, Malformed
from services.common.events import EVENT_TYPES, decode, encode, parse
from services.common.events.examples import example
from services.common.events.namespaces import in_namespace
from services.common.events.schemas import all_schemas, data_schema
from services.common.events.subjects import joined, parts_of
from tests.support.events import PARIS, RECEIVED, at, cloud_event, event, line


def parsed(sent: dict[str, Any]) -> Any:
    return parse(json.dumps(sent).encode(), receivedat=RECEIVED, zone=PARIS)


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_every_example_is_an_event_and_survives_kafka(name: str) -> None:
    found = parsed(example(name))
    assert found.type == name
    assert decode(encode(found)) == found


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_every_type_has_a_schema(name: str) -> None:
    schema = data_schema(name, 1)
    assert schema["title"] == name
    assert {"type": name, "schema": schema["$id"]}.items() <= next(
        s for s in all_schemas() if s["type"] == name
    ).items()


PLACED = {"channel": "online", "currency": "EUR", "lines": [line(100)]}
BAD: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "order.placed",
        {"lines": [{"sku": "a", "quantity": "x", "gross_minor": 1}]},
        "data.lines[0].quantity",
        "whole number",
    ),
    ("order.placed", {"lines": [{"sku": "a", "quantiti": 1, "gross_minor": 1}]}, "data.lines[0].quantiti", "quantity?"),
    (
        "order.placed",
        {"lines": [{"sku": "a", "quantity": 1.5, "gross_minor": 1}]},
        "data.lines[0].quantity",
        "whole number",
    ),
    ("order.placed", {"lines": [{"sku": "a", "quantity": 1}]}, "data.lines[0].gross_minor", "minor units"),
    ("order.placed", {"lines": [line(10**13)]}, "data.lines[0].gross_minor", "minor units"),
    ("order.placed", {"lines": [line(10**12), line(1)]}, "data.lines", "cents"),
    ("order.placed", {"lines": []}, "data.lines", ""),
    ("order.placed", {"lines": [line(1)] * 1001}, "data.lines", ""),
    ("order.placed", {"currency": "XXQ"}, "data.currency", "ISO 4217"),
    ("order.placed", {"currency": "eur"}, "data.currency", "ISO 4217"),
    ("order.placed", {"chanel": "online"}, "data.chanel", "channel?"),
    ("order.placed", {"channel": ""}, "data.channel", "name"),
    ("order.placed", {"channel": "a\nb"}, "data.channel", "name"),
    ("order.placed", {"lines": [line(1), line(1, sku="a\x7f")]}, "data.lines[1].sku", "name"),
    ("order.placed", {"promotion_ids": ["spring", "sum\x00mer"]}, "data.promotion_ids[1]", "name"),
    ("order.placed", {"channel": "online\n"}, "data.channel", "name"),
    ("order.placed", {"lines": [line(1, quantity=10**12), line(1)]}, "data.lines", "quantities"),
    (
        "target.set",
        {"measure": "new_leads", "period": "month", "starts_on": "2026-11-01", "value": 10**30},
        "data.value",
        "objective",
    ),
    ("promotion.set", {"name": "x", "from": "2026-11-01", "to": "9999-12-31"}, "data", "century"),
    ("promotion.set", {"name": "x", "from": "2026-11-01", "to": "2150-12-31"}, "data.to", "last day"),
    ("rate.set", {"currency": "USD", "day": "2026-11-20", "rate": "1e999999"}, "data.rate", "greater than 0"),
    ("rate.set", {"currency": "USD", "day": "2026-11-20", "rate": "1e25"}, "data.rate", "greater than 0"),
    (
        "visits.counted",
        {"channel": "x", "from": "9999-12-31T00:00:00Z", "to": "9999-12-31T23:00:00Z", "visits": 1},
        "data",
        "century",
    ),
    ("order.placed", {"revision": -1}, "data.revision", "greatest wins"),
    (
        "order.returned",
        {
            "return_id": "r",
            "currency": "EUR",
            "amount_minor": 5,
            "lines": [{"sku": "a", "quantity": 1, "amount_minor": 4}],
        },
        "data.lines",
        "amount of the goods",
    ),
    ("lead.closed", {"outcome": "win"}, "data.outcome", "won"),
    ("lead.closed", {"outcome": "won", "amount_minor": 5}, "data.currency", "ISO 4217"),
    ("lead.created", {"rep": "ana"}, "data.rep", "rep_id?"),
    ("nps.answered", {"score": 11, "touchpoint": "x"}, "data.score", "10"),
    ("nps.answered", {"score": "nine", "touchpoint": "x"}, "data.score", "10"),
    (
        "target.set",
        {"measure": "sales", "period": "month", "starts_on": "2026-11-02", "value": 1},
        "data.starts_on",
        "2026-11-01",
    ),
    (
        "target.set",
        {"measure": "sales", "period": "month", "starts_on": "2026-11-01", "value": 1.5},
        "data.value",
        "cents",
    ),
    (
        "target.set",
        {"measure": "acquisition_rate", "period": "year", "starts_on": "2026-01-01", "value": 25},
        "data.value",
        "0.25",
    ),
    (
        "target.set",
        {"measure": "sale", "period": "month", "starts_on": "2026-11-01", "value": 1},
        "data.measure",
        "sales",
    ),
    ("promotion.set", {"name": "p", "from": "2026-11-20", "to": "2026-11-19"}, "data.to", "after the beginning"),
    ("promotion.set", {"name": "p", "from": "soon", "to": "2026-11-19"}, "data.from", "business day"),
    ("promotion.set", {"name": "p", "from": "2026-02-30", "to": "2026-11-19"}, "data.from", "2026-11-20"),
    (
        "visits.counted",
        {"channel": "s", "from": "2026-11-20T10:30:00+01:00", "to": "2026-11-20T11:30:00+01:00", "visits": 1},
        "data.to",
        "full hour",
    ),
    (
        "visits.counted",
        {"channel": "s", "from": "2026-11-20T00:00:00Z", "to": "2026-11-21T00:00:00Z", "visits": 1},
        "data.to",
        "midnight",
    ),
    (
        "visits.counted",
        {"channel": "s", "from": "2026-11-20T10:00:00", "to": "2026-11-20T11:00:00", "visits": 1},
        "data.from",
        "offset",
    ),
    ("rate.set", {"currency": "USD", "day": "2026-11-20", "rate": "0"}, "data.rate", "greater than 0"),
    ("rate.set", {"currency": "USD", "day": "2026-11-20", "rate": "many"}, "data.rate", "one unit"),
    ("calendar.set", {"region": "north"}, "data.day", "weekly"),
    ("calendar.set", {"day": "2026-11-20", "hours": ["19:00-09:00"]}, "data.hours", "09:00-19:00"),
    ("price.observed", {"pair_id": "p", "competitor": "c", "verdict": "trusted"}, "data.price_minor", "trusted"),
]


@pytest.mark.parametrize(("name", "data", "field", "mend"), BAD)
def test_a_broken_contract_names_the_field_and_the_mend(name: str, data: dict[str, Any], field: str, mend: str) -> None:
    usual = PLACED if name == "order.placed" else {}
    sent = {**cloud_event(name, "s", at("2026-11-20 10:00")), "data": {**usual, **data}}
    with pytest.raises(Invalid) as refused:
        parsed(sent)
    assert refused.value.field == field
    assert mend in refused.value.mend


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"id": ""}, "id"),
        ({"id": 7}, "id"),
        ({"source": None}, "source"),
        ({"type": "order.plaecd"}, "type"),
        ({"time": "2026-11-20T10:00:00"}, "time"),
        ({"time": "yesterday"}, "time"),
        ({"time": (RECEIVED + timedelta(minutes=6)).isoformat()}, "time"),
        ({"time": "1970-01-01T00:00:00Z"}, "time"),
        ({"subject": ""}, "subject"),
        ({"datacontenttype": "text/xml"}, "datacontenttype"),
        ({"data": None}, "data"),
        ({"data": [1]}, "data"),
    ],
)
def test_a_broken_envelope_names_the_attribute(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        parsed({**example("order.placed"), **change})
    assert refused.value.field == field
    assert refused.value.message


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type", "time", "data", "subject"])
def test_a_missing_attribute_is_named(name: str) -> None:
    sent = example("order.placed")
    del sent[name]
    with pytest.raises(Invalid) as refused:
        parsed(sent)
    assert refused.value.field == name


def test_other_attributes_are_let_through() -> None:
    assert parsed({**example("order.placed"), "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})


@given(st.binary(max_size=200))
def test_no_bytes_at_all_make_it_fail_otherwise_than_by_a_refusal(body: bytes) -> None:
    with pytest.raises((Malformed, Invalid)):
        parse(body, receivedat=RECEIVED, zone=PARIS)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(list(EVENT_TYPES)), st.data())
def test_no_json_in_a_field_makes_it_fail_otherwise_than_by_a_refusal(name: str, data: st.DataObject) -> None:
    sent = example(name)
    field = data.draw(st.sampled_from(sorted(sent["data"])))
    sent["data"][field] = data.draw(json_values)
    try:
        parsed(sent)
    except CadranError as error:
        assert error.field.startswith(("data", "subject"))


def test_equal_sendings_have_one_fingerprint_and_a_change_another() -> None:
    sent = example("order.placed")
    reordered = {**sent, "data": dict(reversed(sent["data"].items()))}
    assert parsed(sent).fingerprint == parsed(reordered).fingerprint
    assert parsed(sent).fingerprint == parsed({**sent, "data": {**sent["data"], "revision": 0}}).fingerprint
    for change in (
        {"time": "2026-11-20T14:30:01+01:00"},
        {"subject": "A-2"},
        {"data": {**sent["data"], "rep_id": "x"}},
    ):
        assert parsed(sent).fingerprint != parsed({**sent, **change}).fingerprint


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("target.set", "new_leads/rep%3Aana/month/2026-11-01"),
        ("visits.counted", "store/s-lyon/2026-11-20"),
        ("rate.set", "USD/2026-11-20"),
        ("calendar.set", "north/"),
        ("pulse.published", "2026-10/north"),
    ],
)
def test_where_the_data_names_the_entity_the_subject_is_made_from_it(name: str, subject: str) -> None:
    sent = example(name)
    sent["subject"] = "whatever was sent"
    assert parsed(sent).subject == subject
    del sent["subject"]
    assert parsed(sent).subject == subject


def test_visits_of_a_day_and_of_its_hours_are_one_entity() -> None:
    hour = event(
        "visits.counted",
        None,
        at("2026-10-25 23:30"),
        channel="a/b",
        from_="2026-10-25T23:00:00+01:00",
        to="2026-10-26T00:00:00+01:00",
        visits=3,
    )
    day = event(
        "visits.counted",
        None,
        at("2026-10-26 01:00"),
        channel="a/b",
        from_="2026-10-25T00:00:00+02:00",
        to="2026-10-26T00:00:00+01:00",
        visits=3,
    )
    assert hour.subject == day.subject == "a%2Fb//2026-10-25"


@given(st.lists(st.text(max_size=10), min_size=1, max_size=4))
def test_names_come_back_from_a_subject(names: list[str]) -> None:
    assert parts_of(joined(*names)) == names


def test_a_namespace_is_put_before_ids_that_a_source_gives() -> None:
    order = in_namespace(parsed(example("order.placed")), "shop1")
    assert order.subject == "shop1:A-1001"
    assert order.data.lead_id == "shop1:L-7001"
    assert order.data.customer_id == "c-51"
    assert order.data.lines[0].sku == "CHAIR"
    offer = in_namespace(parsed(example("offer.answered")), "shop1")
    assert (offer.subject, offer.data.order_id) == ("shop1:O-301", "shop1:A-1001")
    assert in_namespace(parsed(example("lead.merged")), "shop1").data.into_lead_id == "shop1:L-7001"
    contact = in_namespace(parsed(example("customer.contacted")), "crm1")
    assert (contact.subject, contact.data.contact_id, contact.data.campaign_id) == ("c-51", "crm1:m-9", "autumn")
    assert in_namespace(parsed(example("order.placed")), "") == parsed(example("order.placed"))


def test_offers_on_lines_are_in_the_namespace_too() -> None:
    placed = event(
        "order.placed",
        "A",
        at("2026-11-20 10:00"),
        channel="o",
        currency="EUR",
        lines=[{**line(1), "offer_id": "O-1", "rep_id": "ana"}],
    )
    renamed = in_namespace(placed, "ns")
    assert renamed.data.lines[0].offer_id == "ns:O-1"
    assert renamed.data.lines[0].rep_id == "ana"
    assert renamed.digest != placed.digest


def test_a_free_text_may_have_lines_and_a_name_a_backslash() -> None:
    event("lead.closed", "L1", "2026-11-02T10:00:00Z", outcome="lost", reason="too dear\nand late")
    event("order.placed", "O1", "2026-11-02T10:00:00Z", channel="a\\nb", currency="EUR", lines=[line(1)])


@given(
    name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
    field=st.sampled_from(["source", "id", "subject"]),
    ascii_only=st.booleans(),
)
def test_names_in_the_envelope_are_refused_just_when_they_hold_control_characters(
    name: str, field: str, ascii_only: bool
) -> None:
    sent = {**cloud_event("order.placed", "O1", "2026-11-02T10:00:00Z", **PLACED), field: name}
    body = json.dumps(sent, ensure_ascii=ascii_only).encode()
    try:
        parse(body, receivedat=RECEIVED, zone=PARIS)
    except Invalid as error:
        refused = error.field
    else:
        refused = None
    assert refused == (field if any(char < " " or char == "\x7f" for char in name) else None)


def test_a_control_character_that_json_lets_stand_is_refused_too() -> None:
    sent = json.dumps(cloud_event("rep.set", "ana", "2026-11-02T10:00:00Z", alias="An~a")).replace("~", "\x7f")
    with pytest.raises(Invalid, match="control character"):
        parse(sent.encode(), receivedat=RECEIVED, zone=PARIS)
