"""A deal of Pipedrive's, as its webhooks tell of it, and what that comes to."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from services.ingest.connectors.connector import Reading
from services.ingest.connectors.vendors.pipedrive import CONNECTOR, PipedriveAccount
from tests.support.engine import Engine
from tests.support.stories import Teller, delivery

EXAMPLES = Path(__file__).parents[1] / "examples" / "pipedrive"
ANA, BOB, CLEO = 901, 902, 903
SOURCE_FIELD = "d4de1c1518b4531717c676029a45911c340390a6"
ACCOUNT = PipedriveAccount(
    reps={"901": "ana", "902": "bob", "903": "cleo"}, source_field=SOURCE_FIELD, sources={"17": "fair"}
)


COMPANY = Teller(CONNECTOR, ACCOUNT)
PERSONAL = ("Ada", "Exemple", "ada.exemple", "99 00 12", "rue de", "Bea")


def example(name: str) -> dict[str, Any]:
    return msgspec.json.decode((EXAMPLES / f"{name}.json").read_bytes())


CREATED = example("create_deal")
DEAL = CREATED["data"]
ALL = [example(path.stem) for path in sorted(EXAMPLES.glob("*.json"))]


def change(at: str, previous: Mapping[str, Any], **data: Any) -> dict[str, Any]:
    """A deal's webhook of a change at a time of November; it is Bob's by now."""
    moment = f"2026-11-{at}:00Z"
    meta = {**CREATED["meta"], "action": "change", "timestamp": moment}
    return {"meta": meta, "data": {**DEAL, "owner_id": BOB, "update_time": moment, **data}, "previous": previous}


HANDED_ON = change("03T08:00", {"owner_id": ANA})
WON = change("05T08:00", {"status": "open", "value": 1200.5}, status="won", won_time="2026-11-05T08:00:00Z", value=1300)
REOPENED = change("06T08:00", {"status": "won", "won_time": "2026-11-05T08:00:00Z"}, value=1300)
LOST = change("09T08:00", {"status": "open"}, status="lost", lost_time="2026-11-09T08:00:00Z", value=1300)


def read(*bodies: Mapping[str, Any]) -> list[Reading]:
    return [COMPANY.read(delivery(body)) for body in bodies]


def told(*bodies: Mapping[str, Any], cut: str = "all") -> dict[tuple[str, str, int], int]:
    """(measure, member, day of November) -> value, of what some webhooks say."""
    engine = Engine()
    COMPANY.feed(read(*bodies), engine)
    engine.run(Random(1))
    return counted(engine, cut)


def counted(engine: Engine, cut: str) -> dict[tuple[str, str, int], int]:
    cells = engine.by_day(["new_leads", "acquisition_rate"]).items()
    wanted = ("leads", "won", "won_amount_minor", "lost", "lost_amount_minor")
    return {
        (cell.measure, cell.member, cell.day.day): n for cell, n in cells if cell.cut == cut and cell.measure in wanted
    }


USERS = {"ana": ANA, "bob": BOB, "cleo": CLEO}


def history(steps: Sequence[str]) -> tuple[list[dict[str, Any]], dict[tuple[str, str, int], int]]:
    """A deal's webhooks, a step a day from the third of November on, and what they come to."""
    state = {**DEAL, "value": 100}
    webhooks = [{**CREATED, "data": state}]
    credit: tuple[str, str, int] | None = None
    owner, worth = "ana", None
    for day, step in enumerate(steps, 3):
        moment = f"2026-11-{day:02}T08:00:00Z"
        if step == "restored":
            webhooks.append(_deletion(f"2026-11-{day:02}T06:00:00Z"))
            webhooks.append(_changed(moment, {**state, "update_time": moment}, {"is_deleted": True}))
            if credit and credit[0] == "lost":
                credit, worth = ("lost", owner, day), state["value"]
            continue
        if step in USERS:
            new: dict[str, Any] = {"owner_id": USERS[step]}
            owner = step
        elif step == "value":
            new = {"value": state["value"] + 1}
        else:
            new = {"status": step}
            if step != state["status"]:
                new |= {"won_time": None, "lost_time": None} | ({} if step == "open" else {f"{step}_time": moment})
                credit, worth = None if step == "open" else (step, owner, day), None
        previous = {name: state[name] for name, value in new.items() if state[name] != value}
        state = {**state, **new, "update_time": moment}
        webhooks.append(_changed(moment, state, previous))
    expected = {("leads", "ana", 2): 1}
    if credit:
        measure, rep, day = credit
        expected |= {credit: 1, (f"{measure}_amount_minor", rep, day): (worth or state["value"]) * 100}
    return webhooks, expected


def _changed(moment: str, state: Mapping[str, Any], previous: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "meta": {**CREATED["meta"], "action": "change", "timestamp": moment},
        "data": dict(state),
        "previous": previous,
    }


def _deletion(moment: str) -> dict[str, Any]:
    deleted = example("delete_deal")
    return {**deleted, "meta": {**deleted["meta"], "timestamp": moment}}
