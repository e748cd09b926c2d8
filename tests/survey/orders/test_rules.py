"""Which orders are asked about."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.database import Database
from services.common.errors import ConfigurationError
from services.common.events import Event
from services.common.events.fields import REVISION_MAX
from services.survey.orders import plan_store
from services.survey.orders.order_listener import OrderListener
from services.survey.orders.rules import Rule, Rules, is_sampled, load_rules, plan_of
from services.survey.records import Contact
from tests.support.clock import START
from tests.support.events import event, line
from tests.survey.parts import Service

DELIVERY = Rule(touchpoint="delivery", delay_hours=72, channels=("online",))
STORE = Rule(touchpoint="store", delay_hours=2, stores=("S-1",), regions=("north",))
RULES = Rules(orders=(DELIVERY, STORE))
EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "survey_rules.yml"


def placed(order_id: str = "A-1", time: datetime = START, **data: Any) -> Event:
    fields = {"channel": "online", "currency": "EUR", "lines": [line(1000)], "customer_id": "C-1", **data}
    return event("order.placed", order_id, time, **fields)


@given(st.text(min_size=1), st.floats(0, 1), st.floats(0, 1))
def test_a_greater_share_only_adds(order_id: str, one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert is_sampled(order_id, more) or not is_sampled(order_id, less)
    assert is_sampled(order_id, 1)
    assert not is_sampled(order_id, 0)


@pytest.mark.parametrize("share", [0.01, 0.25, 0.5, 0.9])
def test_a_sample_is_as_large_as_it_is_said_to_be(share: float) -> None:
    chosen = sum(is_sampled(f"order-{i}", share) for i in range(20_000))
    assert abs(chosen - share * 20_000) < 4 * (share * (1 - share) * 20_000) ** 0.5


def test_the_first_rule_that_fits_holds() -> None:
    online = plan_of(placed(store_id="S-1", region="north"), RULES, START)
    store = plan_of(placed(channel="store", store_id="S-1", region="north", rep_id="R-1"), RULES, START)
    assert online is not None
    assert store is not None
    assert (online.about.touchpoint, online.due_at) == ("delivery", START + timedelta(hours=72))
    assert (store.about.touchpoint, store.about.rep_id) == ("store", "R-1")
    assert plan_of(placed(channel="store", store_id="S-2", region="north"), RULES, START) is None
    assert plan_of(placed(channel="store", store_id="S-1", region="south"), RULES, START) is None
    assert plan_of(placed(customer_id=None), RULES, START) is None


@given(st.timedeltas(timedelta(0), timedelta(days=4000)))
def test_an_imported_history_asks_nobody(age: timedelta) -> None:
    plan = plan_of(placed(time=START - age), RULES, START)
    assert (plan is None) == (age > RULES.recent)


async def heard(database: Database, *events: Event, now: datetime = START) -> None:
    """Write events down as the listener does."""
    listener = OrderListener("", database, RULES, lambda: now)
    await database.write(lambda connection: listener._write(events, connection))


async def outcomes(service: Service) -> dict[str, str | None]:
    rows = await service.database.read(
        lambda connection: connection.exec_driver_sql("SELECT order_id, outcome FROM order_plans").all()
    )
    return dict(tuple(row) for row in rows)


@pytest.fixture
async def service(database: Database) -> Service:
    service = Service(database)
    await service.inviter.keep_contacts(
        [Contact(customer_id=f"C-{i}", email=f"c{i}@example.org", language="en") for i in range(1, 6)]
    )
    return service


async def test_an_order_is_asked_about_once_when_it_is_due(service: Service) -> None:
    planner = service.planner(RULES)
    for _ in range(3):  # a replay
        await heard(service.database, placed(), placed())
        assert await planner.ask_due() == 0
    service.clock.pass_by(hours=72)
    assert await planner.ask_due() == 1
    await heard(service.database, placed(revision=7))
    assert await planner.ask_due() == 0
    assert await outcomes(service) == {"A-1": "asked"}


async def test_why_an_order_is_not_asked_about(service: Service) -> None:
    planner = service.planner(RULES)
    await service.inviter.opt_out("c2@example.org", None)
    await heard(
        service.database,
        placed("asked", customer_id="C-1"),
        placed("throttled", customer_id="C-1", time=START + timedelta(seconds=1)),
        placed("opted out", customer_id="C-2"),
        placed("unknown", customer_id="C-9"),
        placed("cancelled", customer_id="C-3"),
        event("order.cancelled", "cancelled", START + timedelta(hours=1)),
        now=START + timedelta(hours=1),
    )
    service.clock.pass_by(hours=73)
    await planner.ask_due()
    assert await outcomes(service) == {
        "asked": "asked",
        "throttled": "throttled",
        "opted out": "opted_out",
        "unknown": "no_contact",
        "cancelled": "cancelled",
    }
    assert service.counted("cadran_survey_not_asked_total", reason="cancelled") == 1


@pytest.mark.parametrize(
    ("cancelled", "revision", "outcome"),
    [(None, 0, "cancelled"), (None, 9, "cancelled"), (1, 1, "cancelled"), (1, 2, "asked")],
)
@pytest.mark.parametrize("cancelled_first", [True, False])
async def test_a_greater_revision_revives_an_order(
    service: Service, cancelled: int | None, revision: int, outcome: str, cancelled_first: bool
) -> None:
    told = {} if cancelled is None else {"revision": cancelled}
    events = [event("order.cancelled", "A-1", START, **told), placed(revision=revision)]
    await heard(service.database, *(events if cancelled_first else reversed(events)))
    service.clock.pass_by(hours=72)
    await service.planner(RULES).ask_due()
    assert await outcomes(service) == {"A-1": outcome}


async def test_after_a_long_stop_nobody_is_asked_about_what_is_long_ago(service: Service) -> None:
    await heard(service.database, placed())
    service.clock.pass_by(hours=72 + 49)
    await service.planner(RULES).ask_due()
    assert await outcomes(service) == {"A-1": "late"}


async def test_what_no_replay_can_tell_again_is_forgotten(service: Service) -> None:
    await heard(service.database, placed(), event("order.cancelled", "A-2", START))
    service.clock.pass_by(hours=72)
    await service.planner(RULES).ask_due()
    service.clock.now = START + RULES.horizon + timedelta(seconds=1)
    await service.planner(RULES).ask_due()
    await heard(service.database, placed(), now=service.clock.now)
    assert await outcomes(service) == {}
    left = await service.database.read(
        lambda connection: connection.exec_driver_sql("SELECT count(*) FROM cancelled_orders").scalar()
    )
    assert left == 0


async def test_of_two_cancellations_the_wider_stands(database: Database) -> None:
    for revision in (3, REVISION_MAX, 5):
        await database.write(lambda c, revision=revision: plan_store.cancel(c, "A-1", revision, START))
    found = await database.read(lambda c: c.exec_driver_sql("SELECT revision FROM cancelled_orders").scalar())
    assert found == REVISION_MAX


def test_the_example_can_be_read() -> None:
    assert [rule.touchpoint for rule in load_rules(EXAMPLE).orders] == ["delivery", "store"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "object"),
        ("orders: []", "orders"),
        ("orders: [{touchpoint: delivery}]", "delay_hours: is missing"),
        ("orders: [{touchpoint: delivery, delay_hours: 1, sampel: 1}]", "did you mean sample?"),
        ("orders: [{touchpoint: delivery, delay_hours: 1, sample: 50}]", "sample"),
        ("orders: [{", "no YAML"),
    ],
)
def test_what_is_wrong_with_a_file_of_rules_is_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "rules.yml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match="CADRAN_SURVEY_RULES") as refusal:
        load_rules(path)
    assert told in str(refusal.value)


def test_whoever_is_not_of_the_sample_is_not_asked() -> None:
    nobody = Rules(orders=(Rule(touchpoint="delivery", delay_hours=72, channels=("online",), sample=0.0),))
    assert plan_of(placed(), nobody, START) is None
