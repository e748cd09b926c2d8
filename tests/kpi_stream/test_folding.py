from typing import Any

from services.kpi_stream.entities.kinds import ENTITY_KINDS, NOTICE_KINDS
from services.kpi_stream.entities.notices import Notice
from services.kpi_stream.entities.order import Order
from services.kpi_stream.folding import EntityName, Folder, Item
from services.kpi_stream.kpis import all_kpis
from tests.support.events import PARIS, at, event, line

FOLDER = Folder(all_kpis().values(), PARIS)
ORDER = ENTITY_KINDS["order"]


def item(offset: int, name: str = "placed", *, subject: str = "O1", **data: Any) -> Item:
    usual = {"channel": "online", "currency": "EUR", "lines": [line(100)]} if name == "placed" else {}
    found = event(f"order.{name}", subject, at("2026-11-02 10:00"), **{**usual, **data})
    return Item(offset, ORDER, subject, lambda entity: ORDER.fold(entity, found))


def broken(offset: int, subject: str = "O1") -> Item:
    def fail(entity: Any) -> Any:
        raise ZeroDivisionError("a defect")

    return Item(offset, ORDER, subject, fail)


def sales(folded: Any) -> int:
    return sum(values[0] for group, _, _, members, values in folded.facts.items() if ("all", "") in members)


def test_what_cannot_be_taken_in_is_set_aside_and_holds_nothing_up() -> None:
    folded = FOLDER.fold([item(0), broken(1), item(2, "cancelled"), item(3, subject="O2")], {})
    assert [(each.offset, each.reason) for each in folded.unapplied] == [(1, "ZeroDivisionError: a defect")]
    assert set(folded.entities) == {EntityName("order", "O1"), EntityName("order", "O2")}
    assert sales(folded) == 1


def test_what_is_known_already_changes_nothing() -> None:
    same = item(0)
    once = FOLDER.fold([same, same], {})
    again = FOLDER.fold([same], once.entities)
    assert again.entities == {}
    assert list(again.facts.items()) == []


def test_an_edit_takes_back_what_was_added_before() -> None:
    first = FOLDER.fold([item(0)], {})
    edited = FOLDER.fold([item(1, lines=[line(70)], revision=1)], first.entities)
    gross = [values[2] for group, *_, values in edited.facts.items() if group.name == "sales"]
    assert gross == [-30]


def test_others_are_told_even_of_what_changed_back_within_a_batch() -> None:
    """A zombie may have told the middle state under a lower offset: the last word must bear a greater one."""
    known = FOLDER.fold([item(0, lead_id="L1")], {}).entities
    middle = item(1, lead_id="L2", revision=1)
    back = item(2, lead_id="L1", revision=2)
    told = FOLDER.fold([middle, back], known).notices["order_to_lead"]
    assert {(notice.to, notice.offset, notice.content is None) for notice in told} == {
        ("L1", 2, False),
        ("L2", 2, True),
    }


def test_nobody_is_told_when_what_they_know_did_not_change() -> None:
    known = FOLDER.fold([item(0, lead_id="L1")], {}).entities
    assert FOLDER.fold([item(1, lead_id="L1")], known).notices == {}


def test_entities_enter_and_leave_the_days_on_which_they_count() -> None:
    first = FOLDER.fold([item(0)], {})
    (kind, day), ids = next(iter(first.entered.items()))
    assert (kind, ids) == ("order", {"O1"})
    moved = event(
        "order.placed", "O1", at("2026-11-05 10:00"), channel="online", currency="EUR", lines=[line(100)], revision=1
    )
    change = Item(1, ORDER, "O1", lambda entity: ORDER.fold(entity, moved))
    later = FOLDER.fold([change], first.entities)
    assert later.left == {("order", day): {"O1"}}
    assert later.entered == {("order", day + 3): {"O1"}}


def test_an_older_notice_is_not_heard() -> None:
    hear = NOTICE_KINDS["order_to_lead"].hear
    lead = ENTITY_KINDS["lead"].model()
    newer = hear(lead, Notice("L", "O", 5, None))
    assert hear(newer, Notice("L", "O", 4, "older")) == newer
    assert Order() == ENTITY_KINDS["order"].model()
