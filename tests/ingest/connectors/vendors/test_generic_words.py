"""The words of the generic connector: mapping files, values, and how a delivery is known."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import CadranError, ConfigurationError, Invalid, Unauthenticated
from services.common.events import EVENT_TYPES
from services.common.events.customers import CustomerContacted
from services.common.events.orders import OrderPlaced
from services.common.money import exponent, to_major
from services.ingest.connectors.connector import Reading
from services.ingest.connectors.signing.standard_webhooks import signature
from services.ingest.connectors.vendors.generic import CONNECTOR, GenericAccount, check
from services.ingest.connectors.vendors.generic.expressions import LONGEST, compiled, read_exactly
from services.ingest.connectors.vendors.generic.mapping_file import load_mapping_file
from services.ingest.connectors.vendors.generic.values import moment
from services.ingest.connectors.vendors.generic.words import TYPES
from tests.support.any_json import ANY_JSON
from tests.support.bits import flipped, flipped_text
from tests.support.events import PARIS, RECEIVED
from tests.support.stories import SECRET, Teller, delivery

EVENT = """
  - type: order.placed
    subject: id
    time: at
    data: {channel: {value: online}, currency: currency}
    each_line: lines
    lines: {sku: sku, quantity: n, gross_minor: gross}
"""


def written(folder: Path, text: str) -> Teller:
    """A teller whose mapping is this text."""
    path = folder / "mapping.yml"
    path.write_text(text)
    return Teller(CONNECTOR, GenericAccount(mapping=str(path)))


def refusal(folder: Path, text: str) -> str:
    path = folder / "mapping.yml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as told:
        load_mapping_file(path)
    return str(told.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("events: []", "line 1: events: "),
        (
            "topic: a\nevents:\n  - type: order.placd\n    subject: a\n    time: b",
            "line 3: events[0].type: is no event",
        ),
        (f"events:{EVENT}    colour: red", "line 8: events[0].colour: is no field here"),
        (f"topic: 'a['\nevents:{EVENT}", "line 1: topic: 'a[' is no JMESPath"),
        (f"time_zone: Europe/Lyon\nevents:{EVENT}", "line 1: time_zone: no time zone is called so"),
        (f"money: cents\nevents:{EVENT}", "line 1: money: "),
        (
            f"events:{EVENT}".replace("subject: id", "subject: foo(id)"),
            "line 3: events[0].subject: 'foo(id)' is no JMES",
        ),
        (f"events:{EVENT}".replace("sku: sku", "skuu: sku"), "line 7: events[0].lines.skuu: is no field of a line"),
        (f"events:{EVENT}".replace("each_line: lines", ""), "events[0]: needs `lines` and `each_line`"),
        (f"events:{EVENT}".replace("currency: currency", "revision: a"), "it is a word beside `data`"),
        (f"events:{EVENT}".replace("sku: sku", "sku: {path: a, value: b}"), "events[0].lines.sku: says where it comes"),
        (f"events:{EVENT}".replace("sku: sku", "sku: {path: a, pattern: '('}"), "lines.sku.pattern: is no regular"),
        (f"events:{EVENT}".replace("sku: sku", "sku: {value: a, negate: 'true'}"), "only what is read can be changed"),
        (
            "events:\n  - {type: order.cancelled, subject: a, time: b, data: {reason: why}}",
            "events[0].data.reason: is a text that may name people",
        ),
        ("events:\n  - {type: order.placed, subject: a, time: b}", "an order has at least one"),
        (
            "events:\n  - {type: order.cancelled, subject: a, time: b, each_line: a, lines: {sku: a}}",
            "events[0].lines: has no lines",
        ),
    ],
)
def test_a_fault_of_a_mapping_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    assert told in refusal(tmp_path, text)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    told = refusal(tmp_path, f"topic: 'a['\ntime_zone: Mars\nevents:{EVENT}".replace("subject: id", "subject: 'b('"))
    assert [told.count(word) for word in ("topic:", "time_zone:", "subject:")] == [1, 1, 1]


def test_an_expression_is_bounded() -> None:
    with pytest.raises(Invalid, match=str(LONGEST)):
        compiled("a" * (LONGEST + 1))


@given(st.text(max_size=30), ANY_JSON)
def test_an_expression_is_read_or_refused_whatever_it_is_and_whatever_it_meets(text: str, value: Any) -> None:
    try:
        compiled(text).of(value)
    except CadranError as error:
        assert error.mend


def test_numbers_are_compared_exactly_and_not_added_up() -> None:
    body = read_exactly(b'{"a": 0.1, "b": 129.90, "n": 3}')
    assert compiled("b").of(body) == Decimal("129.90")
    assert compiled("b > `129.8` && n == `3`").holds(body)
    assert compiled("to_string(b)").of(body) == '"129.90"'
    for fraction in ("sum([a, b])", "b > 'x'"):
        with pytest.raises(Invalid, match="cannot be worked out"):
            compiled(fraction).of(body)


def test_what_holds_is_neither_false_null_nor_empty() -> None:
    body = {"no": [False, None, "", [], {}], "yes": [True, 0, "0", [0], {"a": None}]}
    assert [compiled(f"no[{i}]").holds(body) for i in range(5)] == [False] * 5
    assert [compiled(f"yes[{i}]").holds(body) for i in range(5)] == [True] * 5


def order(gross: object, currency: str = "EUR", **more: Any) -> dict[str, Any]:
    line = {"sku": "A", "n": 1, "gross": gross}
    return {"id": 1, "at": "2026-11-20T10:00:00Z", "currency": currency, "lines": [line], **more}


def gross_of(reading: Reading) -> int:
    (said,) = reading.said
    assert isinstance(said.data, OrderPlaced)
    return said.data.lines[0].gross_minor


@given(minor=st.integers(-(10**11), 10**11), currency=st.sampled_from(["EUR", "JPY", "KWD"]))
def test_money_is_exact_as_a_number_and_as_a_text(
    tmp_path_factory: pytest.TempPathFactory, minor: int, currency: str
) -> None:
    folder = tmp_path_factory.mktemp("money")
    major = written(folder, f"events:{EVENT}")
    amount = f"{to_major(minor, currency):.{exponent(currency)}f}"
    for gross in (amount, msgspec.Raw(amount.encode())):
        assert gross_of(major.read(delivery(order(gross, currency)))) == minor
    finer = f"{amount}{'' if '.' in amount else '.'}1"
    with pytest.raises(Invalid, match="finer than"):
        major.read(delivery(order(msgspec.Raw(finer.encode()), currency)))
    in_minor = written(folder, f"money: minor\nevents:{EVENT}")
    assert gross_of(in_minor.read(delivery(order(minor, currency)))) == minor


@pytest.mark.parametrize("gross", ["", None, "1_000", "1,000.00", "NaN", "1e5", True, [], {}, msgspec.Raw(b"1e400")])
def test_what_is_no_amount_is_refused(tmp_path: Path, gross: object) -> None:
    with pytest.raises(Invalid, match=r"events\[0\]"):
        written(tmp_path, f"events:{EVENT}").read(delivery(order(gross)))


@pytest.mark.parametrize("currency", ["euro", "", "€", "XXX", None])
def test_what_is_no_currency_is_refused(tmp_path: Path, currency: Any) -> None:
    with pytest.raises(Invalid, match="currency"):
        written(tmp_path, f"events:{EVENT}").read(delivery(order(1, currency)))


@pytest.mark.parametrize(
    ("found", "written_as"),
    [
        ("2026-11-20T11:00:00+01:00", None),
        ("2026-11-20T11:00:00", None),
        ("20/11/2026 11:00", "%d/%m/%Y %H:%M"),
        (1795168800, "epoch"),
        (Decimal("1795168800.0"), "epoch"),
        ("1795168800000", "epoch_ms"),
    ],
)
def test_a_moment_is_read_as_it_is_written(found: object, written_as: str | None) -> None:
    assert moment(found, written_as, PARIS) == datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("found", "written_as"),
    [
        ("2026-11-20T11:00:00", None),
        ("Ada", None),
        (10**14, "epoch"),
        (Decimal("1E+5000"), "epoch"),
        ("0001-01-01T00:00+10:00", None),
    ],
)
def test_what_is_no_moment_is_refused_and_not_repeated(found: object, written_as: str | None) -> None:
    with pytest.raises(Invalid) as told:
        moment(found, written_as, None)
    assert "Ada" not in str(told.value)


@given(st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_a_moment_is_the_same_wherever_the_clock_hangs(at: datetime, minutes: int) -> None:
    there = at.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=minutes)))
    assert moment(there.isoformat(), None, None) == at.replace(tzinfo=UTC)


def test_values_are_translated_cut_out_and_turned(tmp_path: Path) -> None:
    text = f"events:{EVENT}".replace("{value: online}", "{path: from, translate: {W: online, '1': store}}").replace(
        "sku: sku", "sku: {path: sku, pattern: '^art-(.+)$'}, discount_minor: {path: off, negate: 'true'}"
    )
    teller = written(tmp_path, text)
    line = {"sku": "art-CHAIR", "n": "2", "gross": 10, "off": "-1.50"}
    (said,) = teller.read(delivery(order(0, **{"from": 1, "lines": [line]}))).said
    assert isinstance(said.data, OrderPlaced)
    (made,) = said.data.lines
    assert (said.data.channel, made.sku, made.quantity, made.discount_minor) == ("store", "CHAIR", 2, 150)
    wrongs: tuple[tuple[dict[str, Any], str], ...] = (
        ({"from": "Ada"}, "data.channel"),
        ({"lines": [{**line, "sku": "Ada"}]}, "item 0.sku"),
        ({"lines": [{**line, "sku": f"art-{'a' * 500}"}]}, "item 0.sku"),
    )
    for wrong, place in wrongs:
        with pytest.raises(Invalid) as told:
            teller.read(delivery(order(0, **{"from": "W", "lines": [line], **wrong})))
        assert place in str(told.value)
        assert "Ada" not in str(told.value)


def test_a_customer_is_never_named_whether_by_field_or_as_the_subject(tmp_path: Path) -> None:
    text = """
events:
  - type: customer.contacted
    subject: who
    time: at
    data: {contact_id: call, medium: {value: phone}, customer_email: mail}
"""
    teller = written(tmp_path, text)
    body = {"who": 4711, "at": "2026-11-20T10:00:00Z", "call": 9, "mail": "ada.exemple@example.org"}
    (said,) = teller.read(delivery(body)).said
    assert said.subject == teller.names.customer("4711")
    assert isinstance(said.data, CustomerContacted)
    assert said.data.contact_id == "9"
    by_mail = Teller(CONNECTOR, msgspec.structs.replace(teller.account, customers="email"))
    (said,) = by_mail.read(delivery({**body, "who": None})).said
    assert said.subject == by_mail.names.customer(None, "ADA.exemple@example.org")
    with pytest.raises(Invalid, match=r"events\[0\].subject: is empty"):
        teller.read(delivery({**body, "who": None}))


def test_a_body_may_hold_many_things_but_not_without_end(tmp_path: Path) -> None:
    teller = written(tmp_path, f"events:{EVENT}".replace("subject: id", "each: orders\n    subject: id"))
    reading = teller.read(delivery({"orders": [order(1, id=i) for i in range(1000)]}))
    assert len({said.subject for said in reading.said}) == 1000
    with pytest.raises(Invalid, match="too many"):
        teller.read(delivery({"orders": [order(1)] * 1001}))


def test_a_mapping_that_is_changed_holds_from_then_on_and_a_fault_changes_nothing(tmp_path: Path) -> None:
    teller = written(tmp_path, f"events:{EVENT}")
    assert gross_of(teller.read(delivery(order(1)))) == 100
    written(tmp_path, f"events:{EVENT}\n# in cents\nmoney: minor")
    assert gross_of(teller.read(delivery(order(1)))) == 1
    written(tmp_path, "events: what?")
    assert gross_of(teller.read(delivery(order(1)))) == 1
    (tmp_path / "mapping.yml").unlink()
    assert gross_of(teller.read(delivery(order(1)))) == 1
    written(tmp_path, f"events:{EVENT}")
    assert gross_of(teller.read(delivery(order(1)))) == 100


def test_a_mapping_that_never_was_without_a_fault_refuses_what_comes(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="line 1"):
        written(tmp_path, "events: what?").read(delivery(order(1)))
    with pytest.raises(ConfigurationError, match="cannot be read"):
        Teller(CONNECTOR, GenericAccount(mapping=str(tmp_path / "nowhere.yml"))).read(delivery(order(1)))


@pytest.mark.parametrize(
    ("event", "topic"), [("order.paid", "order.paid"), ("Ada Exemple", "delivery"), (7, "delivery")]
)
def test_a_topic_looks_like_a_name_and_not_like_a_person(tmp_path: Path, event: object, topic: str) -> None:
    teller = written(tmp_path, f"topic: event\nevents:{EVENT}")
    assert teller.read(delivery(order(1, event=event))).topic == topic


def test_only_events_whose_subject_the_sender_gives_can_be_made() -> None:
    assert {"order.placed", "lead.closed", "nps.answered", "survey.invited", "offer.made"} <= set(TYPES)
    assert "visits.counted" not in TYPES
    assert all("revision" in EVENT_TYPES[name].data.__struct_fields__ for name in TYPES)


BODY = b'{"id": 1}'
SENT = str(int(RECEIVED.timestamp()))
HEX = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()
TIMED = hmac.new(SECRET.encode(), f"v0:{SENT}:".encode() + BODY, hashlib.sha512).digest()
WAYS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "hex": ({"header": "X-Signature", "prefix": "sha256="}, {"x-signature": f"sha256={HEX.upper()}"}),
    "sha1": (
        {"header": "X-Signature", "algorithm": "sha1", "encoding": "base64"},
        {"x-signature": base64.b64encode(hmac.new(SECRET.encode(), BODY, hashlib.sha1).digest()).decode()},
    ),
    "timed": (
        {
            "header": "X-Signature",
            "algorithm": "sha512",
            "encoding": "base64",
            "message": "v0:{timestamp}:{body}",
            "timestamp_header": "X-Sent",
        },
        {"x-signature": base64.b64encode(TIMED).decode(), "x-sent": SENT},
    ),
    "token": ({"signed": "token", "prefix": "Bearer "}, {"authorization": f"Bearer {SECRET}"}),
    "basic": ({"signed": "basic"}, {"authorization": f"Basic {base64.b64encode(SECRET.encode()).decode()}"}),
}


def account_of(way: str) -> GenericAccount:
    return msgspec.convert({"mapping": "-", **WAYS[way][0]}, GenericAccount)


@pytest.mark.parametrize("way", WAYS)
def test_a_delivery_is_known_in_each_way(way: str) -> None:
    headers = WAYS[way][1]
    CONNECTOR.verify(delivery(BODY, headers), account_of(way), ["another", SECRET])
    for wrong in ({}, dict.fromkeys(headers, ""), {name: f"{text}0" for name, text in headers.items()}):
        with pytest.raises(Unauthenticated):
            CONNECTOR.verify(delivery(BODY, wrong), account_of(way), [SECRET])


@given(st.sampled_from(["hex", "sha1", "timed"]), st.integers(0, 8 * len(BODY) - 1))
def test_one_bit_changed_in_what_is_signed_is_not_taken(way: str, bit: int) -> None:
    whole = delivery(BODY, WAYS[way][1])
    with pytest.raises(Unauthenticated):
        CONNECTOR.verify(whole._replace(body=flipped(BODY, bit)), account_of(way), [SECRET])
    with pytest.raises(Unauthenticated):
        CONNECTOR.verify(whole, account_of(way), [flipped_text(SECRET, bit)])


@given(st.integers(0, 200))
def test_one_bit_changed_in_a_secret_text_is_not_taken(bit: int) -> None:
    for way in ("token", "basic"):
        changed = {"authorization": flipped_text(WAYS[way][1]["authorization"], bit)}
        with pytest.raises(Unauthenticated):
            CONNECTOR.verify(delivery(BODY, changed), account_of(way), [SECRET])


@pytest.mark.parametrize("seconds", [301, -301])
def test_what_was_overheard_long_ago_is_not_taken(seconds: int) -> None:
    late = delivery(BODY, WAYS["timed"][1], received_at=RECEIVED + timedelta(seconds=seconds))
    with pytest.raises(Unauthenticated, match="not of now"):
        CONNECTOR.verify(late, account_of("timed"), [SECRET])


def test_a_time_may_be_in_milliseconds() -> None:
    sent = f"{SENT}000"
    digest = hmac.new(SECRET.encode(), f"{sent}.".encode() + BODY, hashlib.sha256).hexdigest()
    words = {"header": "X-Signature", "message": "{timestamp}.{body}", "timestamp_header": "X-Sent"}
    account = GenericAccount(mapping="-", **words)
    CONNECTOR.verify(delivery(BODY, {"x-signature": digest, "x-sent": sent}), account, [SECRET])
    nameless = msgspec.structs.replace(account, timestamp_header="")
    with pytest.raises(Unauthenticated, match="timestamp_header"):
        CONNECTOR.verify(delivery(BODY, {"x-signature": digest, "x-sent": sent}), nameless, [SECRET])


def test_an_account_is_checked_before_anything_is_sent(tmp_path: Path) -> None:
    for name in ("shop", "crm"):
        check(GenericAccount(mapping=f"docs/examples/connector_{name}.yml"))
    with pytest.raises(ConfigurationError, match="timestamp_header"):
        check(GenericAccount(mapping="docs/examples/connector_shop.yml", message="{timestamp}.{body}"))
    with pytest.raises(ConfigurationError, match="line 1: events"):
        check(GenericAccount(mapping=str(written(tmp_path, "events: []").account.mapping)))  # type: ignore[attr-defined]
    with pytest.raises(ConfigurationError, match="cannot be read"):
        check(GenericAccount(mapping="nowhere.yml"))


def test_a_sender_may_sign_as_standard_webhooks_has_it() -> None:
    secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
    headers = {
        "webhook-id": "m1",
        "webhook-timestamp": SENT,
        "webhook-signature": signature(secret, f"m1.{SENT}.".encode() + BODY),
    }
    account = GenericAccount(mapping="-", signed="standard-webhooks")
    CONNECTOR.verify(delivery(BODY, headers), account, [secret])
    with pytest.raises(Unauthenticated):
        CONNECTOR.verify(delivery(BODY + b" ", headers), account, [secret])
