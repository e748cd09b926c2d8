"""`/v1/targets`, `/v1/promotions` and `/v1/reps`: what was stated, from a real stack."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.common.settings import Port
from tests.support.events import NOW, cloud_event, line
from tests.support.stack import RunningStack, wait_for

PERIODS = {"month": "2026-10-01", "quarter": "2026-07-01"}


def target(value: float, days: int, period: str = "month", **data: Any) -> dict[str, Any]:
    stated = {"measure": "new_leads", "period": period, "starts_on": PERIODS[period], "value": value, **data}
    return cloud_event("target.set", None, NOW - timedelta(days=days), **stated)


RAISED = target(50, 2, rep_id="ana")
EVENTS = [
    target(40, 3, rep_id="ana"),
    RAISED,
    target(300, 3),
    target(900, 3, "quarter"),
    target(12_345, 3, measure="sales", team_id="blue"),
    cloud_event("promotion.set", "xmas", NOW, name="Noël", from_="2026-12-01", to="2026-12-24", channels=["online"]),
    cloud_event("rep.set", "ana", NOW - timedelta(days=9), alias="Ana", team_id="blue"),
    cloud_event("order.placed", "O1", NOW, channel="online", currency="EUR", rep_id="bob", lines=[line(1)]),
]


@pytest.fixture(scope="module", autouse=True)
def story(stack: RunningStack) -> None:
    stack.send(EVENTS)
    stack.wait_applied()


def listed(stack: RunningStack, path: str, status: int = 200, **query: Any) -> dict[str, Any]:
    parameters = {name.rstrip("_"): value for name, value in query.items()}
    with stack.http(Port.EXPORTER) as client:
        response = client.get(f"/v1/{path}", params=parameters)
    assert response.status_code == status, response.text
    return response.json()  # type: ignore[no-any-return]


def test_a_target_is_told_with_its_history(stack: RunningStack) -> None:
    found = {each["subject"]: each for each in listed(stack, "targets")["targets"]}
    assert list(found) == sorted(found)
    ana = found["new_leads/rep%3Aana/month/2026-10-01"]
    assert (ana["member"], ana["value"], ana["unit"]) == ({"rep_id": "ana"}, 50, "count")
    assert [(each["value"], each["event_id"]) for each in ana["statements"]] == [
        (40, EVENTS[0]["id"]),
        (50, RAISED["id"]),
    ]
    assert datetime.fromisoformat(ana["statements"][1]["time"]) == datetime.fromisoformat(RAISED["time"])
    assert found["new_leads/all/month/2026-10-01"]["member"] == {}
    sales = found["sales/team%3Ablue/month/2026-10-01"]
    assert (sales["member"], sales["value"], sales["unit"]) == ({"team_id": "blue"}, 123.45, "EUR")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"measure": "sales"}, 1),
        ({"period": "quarter"}, 1),
        ({"from_": "2026-10-01"}, 3),
        ({"from_": "2026-10-02"}, 0),
        ({"measure": "new_leads", "period": "month"}, 2),
    ],
)
def test_targets_are_narrowed(stack: RunningStack, query: dict[str, str], count: int) -> None:
    assert len(listed(stack, "targets", **query)["targets"]) == count


def test_pages_follow_each_other_and_hold_everything_once(stack: RunningStack) -> None:
    whole = listed(stack, "targets")
    assert whole["next"] is None
    found, after = [], ""
    for _ in whole["targets"]:
        page = listed(stack, "targets", limit=1, after=after)
        found += page["targets"]
        after = page["next"]
    assert found == whole["targets"]
    assert after is None


def test_promotions_and_reps(stack: RunningStack) -> None:
    (promotion,) = listed(stack, "promotions")["promotions"]
    where = {"channels": ["online"], "regions": []}
    told = {"name": "Noël", "from": "2026-12-01", "to": "2026-12-24", **where}
    assert promotion.items() >= {"subject": "xmas", "id": "xmas", **told}.items()
    (statement,) = promotion["statements"]
    assert statement.items() >= told.items()
    assert listed(stack, "reps") == {
        "reps": [{"rep_id": "ana", "alias": "Ana", "team": "blue"}, {"rep_id": "bob", "alias": None, "team": None}],
        "next": None,
    }


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"measure": "luck"}, "measure"),
        ({"period": "day"}, "period"),
        ({"from_": "x"}, "from"),
        ({"limit": 0}, "limit"),
    ],
)
def test_a_refusal_names_the_parameter(stack: RunningStack, query: dict[str, Any], field: str) -> None:
    problem = listed(stack, "targets", 400, **query)
    assert problem["field"] == field
    assert problem["mend"]


def test_the_scope_is_asked_for(stack: RunningStack) -> None:
    key = stack.cadran("keys", "create", "sender", "--scope", "events:write").stdout.strip()
    with stack.http(Port.EXPORTER, key) as client:
        for path in ("targets", "promotions", "reps"):
            wait_for(lambda path=path: client.get(f"/v1/{path}").status_code == 403, "the new key is known")  # type: ignore[misc]
