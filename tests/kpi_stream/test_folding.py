from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.kpi_stream.entities.kinds import ENTITY_KINDS, NOTICE_KINDS, EntityKind
from services.kpi_stream.entities.notices import Notice
from services.kpi_stream.folding import EntityName, Folder, Item, by_entity
from services.kpi_stream.kpis import all_kpis
from tests.support.events import DECLARED, PARIS, at, event, line

FOLDER = Folder(all_kpis().values(), DECLARED)
ORDER = ENTITY_KINDS["order"]


def item(offset: int, name: str = "placed", *, subject: str = "O1", **data: Any) -> Item:
    usual = {"channel": "online", "currency": "EUR", "lines": [line(100)]} if name == "placed" else {}
    found = event(f"order.{name}", subject, at("2026-11-02 10:00"), **{**usual, **data})
    return Item(offset, ORDER, subject, ORDER.fold, found)


def broken(offset: int, subject: str = "O1") -> Item:
    def fail(entity: Any, said: Any, zone: ZoneInfo) -> Any:
        raise ZeroDivisionError("a defect")

    return Item(offset, ORDER, subject, fail, None)


def sales(folded: Any) -> int:
    return sum(
        sums[0]
        for (_, _, members), by_minute in folded.facts.items()
        for sums in by_minute.values()
        if ("all", "") in members
    )


def test_what_cannot_be_taken_in_is_set_aside_and_holds_nothing_up() -> None:
    folded = FOLDER.fold(by_entity([item(0), broken(1), item(2, "cancelled"), item(3, subject="O2")]), {})
    assert [(each.offset, each.reason) for each in folded.unapplied] == [(1, "ZeroDivisionError: a defect")]
    assert set(folded.entities) == {EntityName("order", "O1"), EntityName("order", "O2")}
    assert sales(folded) == 1


def test_what_is_known_already_changes_nothing() -> None:
    same = item(0)
    once = FOLDER.fold(by_entity([same, same]), {})
    again = FOLDER.fold(by_entity([same]), once.entities)
    assert again.entities == {}
    assert list(again.facts.items()) == []


def test_an_edit_takes_back_what_was_added_before() -> None:
    first = FOLDER.fold(by_entity([item(0)]), {})
    edited = FOLDER.fold(by_entity([item(1, lines=[line(70)], revision=1)]), first.entities)
    gross = [s[2] for (group, *_), sums in edited.facts.items() if group.name == "sales" for s in sums.values()]
    assert gross == [-30]


def test_others_are_told_even_of_what_changed_back_within_a_batch() -> None:
    """A zombie may have told the middle state under a lower offset: the last word must bear a greater one."""
    known = FOLDER.fold(by_entity([item(0, lead_id="L1")]), {}).entities
    middle = item(1, lead_id="L2", revision=1)
    back = item(2, lead_id="L1", revision=2)
    told = FOLDER.fold(by_entity([middle, back]), known).notices["order_to_lead"]
    assert {(notice.to, notice.offset, notice.content is None) for notice in told} == {
        ("L1", 2, False),
        ("L2", 2, True),
    }


def test_nobody_is_told_when_what_they_know_did_not_change() -> None:
    known = FOLDER.fold(by_entity([item(0, lead_id="L1")]), {}).entities
    assert FOLDER.fold(by_entity([item(1, lead_id="L1")]), known).notices == {}


def test_entities_enter_and_leave_the_days_on_which_they_count() -> None:
    first = FOLDER.fold(by_entity([item(0)]), {})
    (kind, day), ids = next(iter(first.entered.items()))
    assert (kind, ids) == ("order", {"O1"})
    moved = event(
        "order.placed", "O1", at("2026-11-05 10:00"), channel="online", currency="EUR", lines=[line(100)], revision=1
    )
    change = Item(1, ORDER, "O1", ORDER.fold, moved)
    later = FOLDER.fold(by_entity([change]), first.entities)
    assert later.left == {("order", day): {"O1"}}
    assert later.entered == {("order", day + 3): {"O1"}}


def test_an_older_notice_is_not_heard() -> None:
    hear = NOTICE_KINDS["order_to_lead"].hear
    lead = ENTITY_KINDS["lead"].model()
    newer = hear(lead, Notice("L", "O", 5, None), PARIS)
    assert hear(newer, Notice("L", "O", 4, "older"), PARIS) == newer


@pytest.mark.parametrize("kind", ENTITY_KINDS.values(), ids=lambda kind: kind.name)
def test_an_empty_entity_contributes_nothing_and_tells_nothing(kind: EntityKind) -> None:
    """What lets a new entity be folded without taking anything away."""
    name = EntityName(kind.name, "store/lyon/2026-11-20")
    assert FOLDER.facts(name, kind.empty) == []
    for tells in NOTICE_KINDS.values():
        assert tells.sender != kind.name or tells.told(name.id, kind.empty) == {}
