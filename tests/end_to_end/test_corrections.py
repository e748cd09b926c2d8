"""What is said of a day after its number was shown: named by `explain`, whatever is said again, and after a rebuild."""

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.common.events import encode, parse
from services.common.publisher import Message, Publisher
from services.common.settings import Port
from services.common.topics import Topic
from tests.support.events import NOW, PARIS, cloud_event, line
from tests.support.stack import RunningStack, running_stack

SOLD_AT = NOW - timedelta(days=3)


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    """A stack in which a number has settled as soon as it is shown."""
    with running_stack(CADRAN_STREAM_SETTLED_AFTER="0") as running:
        yield running


def order(name: str, gross: int, rep: str, at: datetime = SOLD_AT, **data: Any) -> dict[str, Any]:
    return cloud_event(
        "order.placed", name, at, channel="x", currency="EUR", lines=[line(gross)], rep_id=rep, customer_id="c", **data
    )


FIRST = [order("A1", 10_000, "ana"), order("A2", 7_000, "bob"), order("NEW", 1, "ana", NOW)]
LATE = [
    order("A2", 8_000, "bob", revision=1),
    order("A3", 5_000, "eve"),
    cloud_event("order.returned", "A1", NOW, return_id="R", currency="EUR", amount_minor=700),
]


@pytest.fixture(scope="module", autouse=True)
def story(stack: RunningStack) -> None:
    """Of a past day two orders are told; then one of them again, with another amount, and one that nobody knew."""
    stack.send(FIRST)
    stack.wait_applied()
    time.sleep(1.1)  # what is heard within one second is heard at once
    stack.send(LATE)
    stack.wait_applied()


def explain(stack: RunningStack, kpi: str = "sales", key: str | None = None, **query: str) -> dict[str, Any]:
    """What stands behind a number of the past day; `from_` stands for `from`."""
    day = SOLD_AT.date().isoformat()
    asked = {name.rstrip("_"): value for name, value in ({"from_": day, "to": day} | query).items()}
    with stack.http(Port.EXPORTER, key) as client:
        response = client.get(f"/v1/kpis/{kpi}/explain", params=asked)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return {name: value for name, value in answer.items() if name != "as_of"}


def late(answer: dict[str, Any]) -> dict[str, list[str]]:
    """By entity, the ids of its late events."""
    return {each["id"]: [event["id"] for event in each["events"] if event["late"]] for each in answer["entities"]}


def test_what_came_late_is_named_with_what_it_adds(stack: RunningStack) -> None:
    answer = explain(stack)
    assert late(answer) == {"A1": [], "A2": [LATE[0]["id"]], "A3": [LATE[1]["id"]]}
    corrected = {each["id"]: each["adds"][0]["measures"] for each in answer["entities"] if each.get("corrected")}
    one = {"orders": 1, "units": 1}
    assert corrected == {"A2": {**one, "gross_minor": 8_000}, "A3": {**one, "gross_minor": 5_000}}
    sums = {"span": "window", "currency": "EUR", "measures": {"orders": 2, "units": 2, "gross_minor": 13_000}}
    assert answer["corrections"] == {"entities": 2, "adds": [sums], "flags": []}


def test_each_event_says_of_whom_it_is_and_when_it_was_heard(stack: RunningStack) -> None:
    a1, a2, _ = explain(stack)["entities"]
    assert [(event["type"], event["subject"], event["id"]) for event in a1["events"]] == [
        ("order.placed", "A1", FIRST[0]["id"]),
        ("order.returned", "A1", LATE[2]["id"]),
    ]
    (event,) = a2["events"]
    assert (event["revision"], datetime.fromisoformat(event["time"])) == (1, SOLD_AT)
    assert NOW <= datetime.fromisoformat(a1["events"][0]["received"]) < datetime.fromisoformat(event["received"])


def test_it_is_late_for_whoever_it_counts(stack: RunningStack) -> None:
    """Nothing else was ever told of eve on that day, but the day had been shown."""
    assert late(explain(stack, by="rep", member="eve")) == {"A3": [LATE[1]["id"]]}
    assert late(explain(stack, by="rep", member="ana")) == {"A1": []}


def test_a_customer_is_corrected_by_the_orders_that_are_theirs(stack: RunningStack) -> None:
    answer = explain(stack, "loyalty")
    assert late(answer) == {"c": [LATE[0]["id"], LATE[1]["id"]]}
    assert {event["type"] for event in answer["entities"][0]["events"]} == {"order.placed", "order.returned"}


def test_those_corrected_can_be_asked_for_alone_page_by_page(stack: RunningStack) -> None:
    first = explain(stack, corrected="yes", limit="1")
    second = explain(stack, corrected="yes", limit="1", after=first["next"])
    assert [*late(first), *late(second)] == ["A2", "A3"]
    assert second["next"] is None
    assert first["corrections"] == second["corrections"] == explain(stack)["corrections"]


def test_what_was_not_shown_yet_is_not_corrected(stack: RunningStack) -> None:
    """Of a day that has not closed nothing is late; nor is a return that happened later."""
    today = NOW.date().isoformat()
    answer = explain(stack, from_=today, to=today)
    assert late(answer) == {"A1": [], "NEW": []}
    assert answer["corrections"] == {"entities": 0, "adds": [], "flags": []}


def test_saying_it_again_changes_nothing(stack: RunningStack) -> None:
    """The gateway takes a repetition for one; where its mark is gone, it comes in once more."""
    before = [explain(stack, kpi) for kpi in ("sales", "loyalty")]
    sent_again = stack.send([*FIRST, *LATE])
    assert sent_again["duplicates"] == len(FIRST) + len(LATE)
    now = datetime.now(UTC)
    again = [parse(json.dumps(each).encode(), receivedat=now, zone=PARIS) for each in (*LATE, *FIRST)]
    asyncio.run(_publish(stack, [Message(Topic.ORDERS, each.subject.encode(), encode(each)) for each in again]))
    stack.wait_applied()
    assert [explain(stack, kpi) for kpi in ("sales", "loyalty")] == before


async def _publish(stack: RunningStack, messages: list[Message]) -> None:
    async with Publisher(stack.settings.kafka_access, client_id="test", timeout=10) as publisher:
        await publisher.publish(messages)


def test_the_board_may_ask(stack: RunningStack) -> None:
    assert explain(stack, key=stack.layout.board_key.read_text().strip()) == explain(stack)


def test_a_rebuild_tells_the_same(stack: RunningStack) -> None:
    before = [explain(stack, kpi) for kpi in ("sales", "loyalty")]
    done = stack.cadran("rebuild")
    assert done.returncode == 0, done.stderr
    stack.wait_applied()
    assert [explain(stack, kpi) for kpi in ("sales", "loyalty")] == before
