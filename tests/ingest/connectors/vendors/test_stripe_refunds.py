"""What Stripe's refunds become, by either of its ways to tell of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import Invalid
from services.ingest.connectors.connector import Wanted
from services.ingest.connectors.vendors.stripe import CONNECTOR
from services.ingest.connectors.vendors.stripe.account import StripeAccount
from services.ingest.connectors.vendors.stripe.payloads import Refund, Session, TotalDetails
from services.ingest.connectors.vendors.stripe.refunds import returned_of
from tests.ingest.connectors.vendors.stripe_story import (
    BEGAN,
    GIVEN_BACK,
    SHOP,
    by_day,
    changed,
    example,
    read,
    returns,
)
from tests.support.stories import Teller, in_every_order


def test_a_refund_is_a_return_of_its_own_day() -> None:
    reading = read(example("refund_created"))
    (said,) = reading.said
    assert (said.type, said.subject, said.time) == ("order.returned", "pi_3Example0001", GIVEN_BACK)
    data = returns(example("refund_created"))
    assert (data.return_id, data.amount_minor, data.currency) == ("re_3Example0001", 5700, "EUR")
    assert (data.reason, data.channel) == ("requested_by_customer", "online")
    assert reading.wanted == (Wanted("payment", "pi_3Example0001"),)


def test_the_accounts_tax_is_taken_out_of_it() -> None:
    assert returns(example("refund_created"), StripeAccount(tax_percent="20")).amount_minor == 4750
    assert returns(example("refund_created"), StripeAccount(tax_percent="5.5")).amount_minor == 5403


def test_a_reason_in_free_words_is_left_out() -> None:
    assert returns(changed("refund_created", reason="Ada Exemple was cross")).reason is None


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_a_refund_that_failed_is_taken_back_whenever_that_is_heard(status: str) -> None:
    made, failed = example("refund_created"), changed("refund_created", "refund.failed", status=status)
    readings = [
        read(event) for event in (example("completed"), made, failed, {**failed, "type": "charge.refund.updated"})
    ]
    for engine in in_every_order(SHOP, readings):
        assert by_day(engine)["gross_minor", BEGAN.date()] == 10000
        assert ("returned_minor", GIVEN_BACK.date()) not in by_day(engine)


def test_charge_refunded_says_the_same_as_refund_created() -> None:
    """In old versions of the API, which may come beside new ones."""
    old, new = read(example("charge_refunded")), read(example("refund_created"))
    assert old.said == new.said


def test_charge_refunded_without_its_refunds_only_asks_for_them() -> None:
    reading = read(changed("charge_refunded", refunds=None))
    assert reading.said == ()
    assert reading.wanted == (Wanted("payment", "pi_3Example0001"),)
    assert reading.ignored == "the account takes refunds from refund.created"


def by_charge(event_id: str, before: int, after: int) -> dict[str, Any]:
    event = changed("charge_refunded", refunds=None, amount_refunded=after)
    return {**event, "id": event_id, "data": {**event["data"], "previous_attributes": {"amount_refunded": before}}}


def test_an_account_may_count_by_charge_refunded_alone() -> None:
    account = StripeAccount(refunds="charge")
    events = [
        example("completed"),
        by_charge("evt_a", 0, 3000),
        by_charge("evt_b", 3000, 5000),
        changed("refund_created", amount=2000),
        changed("refund_created", "refund.failed", amount=2000, status="failed"),
    ]
    teller = Teller(CONNECTOR, account)
    for engine in in_every_order(teller, [read(event, account) for event in events]):
        assert by_day(engine)["returned_minor", GIVEN_BACK.date()] == 3000


def test_charge_refunded_must_say_what_was_refunded_before() -> None:
    event = changed("charge_refunded", refunds=None)
    event["data"].pop("previous_attributes")
    with pytest.raises(Invalid, match="amount_refunded"):
        read(event, StripeAccount(refunds="charge"))


parts_of_a_whole = st.lists(st.integers(1, 10**6), min_size=1, max_size=12)


@given(parts_of_a_whole, st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_refunds_of_everything_give_back_all_goods_and_no_more(parts: list[int], tax: int, random: Any) -> None:
    total = sum(parts) + tax
    session = Session(
        id="cs",
        created=0,
        currency="eur",
        amount_subtotal=sum(parts),
        amount_total=total,
        total_details=TotalDetails(amount_tax=tax),
    )
    amounts = [*parts, tax] if tax else parts
    refunds = [
        Refund(id=f"re_{i}", amount=amount, currency="eur", created=i // 2, payment_intent="pi")
        for i, amount in enumerate(amounts)
    ]
    failed = Refund(id="re_x", amount=total, currency="eur", created=1, payment_intent="pi", status="failed")
    refunds.insert(random.randint(0, len(refunds)), failed)
    random.shuffle(refunds)
    said = list(returned_of(session, refunds, SHOP.account))
    assert sum(each.data.amount_minor for each in said) == sum(parts)  # type: ignore[attr-defined]
    assert all(each.data.amount_minor >= 0 for each in said)  # type: ignore[attr-defined]


def test_a_refund_of_what_no_checkout_sold_gives_nothing_back() -> None:
    refund = Refund(id="re", amount=500, currency="eur", created=5, payment_intent="pi")
    (said,) = returned_of(None, [refund], SHOP.account)
    assert (said.data.amount_minor, said.data.revision) == (0, 5001)  # type: ignore[attr-defined]
