from typing import Any

import pytest

from services.kpi_stream.entities.order import Order, fold
from services.kpi_stream.entities.order_notices import OfferSale, lead_notices, offer_notices
from tests.support.events import PARIS, at, event, line


def order(*events: tuple[str, dict[str, Any]]) -> Order:
    found = Order()
    for i, (name, data) in enumerate(events):
        found = fold(found, event(f"order.{name}", "O", at(f"2026-11-0{i + 1} 10:00"), **data), PARIS)
    return found


def placed(*lines: dict[str, Any], **data: Any) -> tuple[str, dict[str, Any]]:
    return "placed", {"channel": "online", "currency": "EUR", "lines": list(lines) or [line(1000)], **data}


def returned(amount: int, name: str = "r1", **data: Any) -> tuple[str, dict[str, Any]]:
    return "returned", {"return_id": name, "currency": "EUR", "amount_minor": amount, **data}


def test_a_return_without_lines_is_shared_by_net() -> None:
    found = order(placed(line(1000, sku="a"), line(2000, sku="b", discount=1000), line(1, sku="c")), returned(1000))
    assert found.returned_by_line == {"r1": (500, 500, 0)}


def test_a_returned_line_falls_on_the_lines_of_its_sku_else_on_all() -> None:
    lines = [{"sku": "b", "quantity": 1, "amount_minor": 300}, {"sku": "z", "quantity": 1, "amount_minor": 10}]
    found = order(placed(line(1000, sku="a"), line(2000, sku="b")), returned(310, lines=lines))
    assert found.returned_by_line == {"r1": (3, 307)}


def test_a_returned_line_falls_on_those_of_its_offer_of_its_sku_where_that_brought_several() -> None:
    sold = placed(
        line(100, sku="a", offer="o"), line(200, sku="b", offer="o"), line(400, sku="a", offer="p"), line(800, sku="c")
    )

    def by_line(sku: str, offer: str | None, amount: int = 60) -> tuple[int, ...]:
        back = {"sku": sku, "quantity": 1, "amount_minor": amount, **({"offer_id": offer} if offer else {})}
        return order(sold, returned(amount, lines=[back])).returned_by_line["r1"]

    assert by_line("a", "o") == (60, 0, 0, 0)
    assert by_line("c", "o") == (20, 40, 0, 0)  # it brought none of that sku
    assert by_line("a", None) == (12, 0, 48, 0)
    assert by_line("a", "unknown") == (12, 0, 48, 0)
    assert by_line("z", "unknown", 1500) == (100, 200, 400, 800)


def test_what_falls_on_the_same_lines_is_added_up_before_it_is_spread() -> None:
    """Alone each cent would be the first line's."""
    cents = [{"sku": sku, "quantity": 1, "amount_minor": 1} for sku in ("a", "a", "z", "y")]
    found = order(placed(line(60, sku="a"), line(50, sku="a"), line(100, sku="b")), returned(4, lines=cents))
    assert found.returned_by_line == {"r1": (2, 1, 1)}


def test_what_another_currency_gives_back_is_on_no_line() -> None:
    sold = placed(line(100, sku="a", offer="o"), line(100, sku="b"))
    in_dollars = returned(100, "r2", currency="USD", lines=[{"sku": "a", "quantity": 1, "amount_minor": 100}])
    found = order(sold, returned(50), in_dollars)
    assert found.given_back_by_line == (25, 25)
    assert offer_notices("O", found) == {"o": OfferSale("EUR", 100, 25, is_cancelled=False)}
    assert order(sold, in_dollars, ("cancelled", {})).left_by_line == (100, 100)


def test_it_tells_every_offer_it_ever_named_and_those_it_names_how_their_lines_stand() -> None:
    lines = [line(100, offer="o"), line(300, discount=100, offer="p"), line(5, offer="p"), line(7)]
    found = order(placed(*lines, revision=1), placed(line(1, offer="q")), returned(100), ("cancelled", {}))
    told = offer_notices("O", found)
    assert told == {
        "o": OfferSale("EUR", 100, 32, is_cancelled=True),
        "p": OfferSale("EUR", 205, 66, is_cancelled=True),
        "q": None,
    }


def test_a_cancel_gives_back_what_no_return_has_whatever_their_time() -> None:
    found = order(placed(line(1000)), ("cancelled", {}), returned(400))
    assert (found.left, found.left_by_line) == (600, (600,))
    assert order(placed(line(1000)), ("cancelled", {}), returned(1400)).left == 0


@pytest.mark.parametrize(
    ("placed_revision", "cancel", "cancelled"),
    [(0, {}, True), (5, {}, True), (1, {"revision": 1}, True), (2, {"revision": 1}, False), (0, {"revision": 1}, True)],
)
def test_only_a_strictly_greater_revision_revives(
    placed_revision: int, cancel: dict[str, int], cancelled: bool
) -> None:
    found = order(placed(revision=placed_revision), ("cancelled", cancel))
    assert found.is_cancelled is cancelled
    assert found.is_living is not cancelled


def test_an_order_that_was_wholly_given_back_lives_no_more() -> None:
    assert order(placed(line(1000)), returned(999)).is_living
    assert not order(placed(line(1000)), returned(600), returned(400, "r2")).is_living
    assert order(placed(line(0))).is_living
    assert not order(placed(line(0)), returned(1)).is_living


def test_so_is_one_of_negative_worth() -> None:
    """Such as an exchange in which more came back than went out."""
    assert order(placed(line(-500))).is_living
    assert order(placed(line(-500)), returned(-499)).is_living
    assert order(placed(line(-500)), returned(100)).is_living
    assert not order(placed(line(-500)), returned(-500)).is_living
    assert not order(placed(line(-500)), returned(-600)).is_living


def test_an_edited_order_is_its_greatest_revision() -> None:
    found = order(placed(line(1), revision=2), placed(line(9), revision=1))
    assert found.net == 1


def test_it_tells_every_lead_it_ever_named_and_only_the_current_one_more_than_goodbye() -> None:
    found = order(placed(lead_id="L1", revision=1), placed(lead_id="L2"))
    told = lead_notices("O", found)
    assert set(told) == {"L1", "L2"}
    assert told["L1"] is not None
    assert told["L2"] is None


def test_a_snapshot_names_the_rep_where_there_is_one() -> None:
    def rep(*lines: dict[str, Any], **data: Any) -> str | None:
        told = lead_notices("O", order(placed(*lines, lead_id="L", **data)))["L"]
        return told.rep if told else "nothing told"

    assert rep(line(1), rep_id="ana") == "ana"
    assert rep(line(1, rep="bob"), line(1, rep="bob")) == "bob"
    assert rep(line(1, rep="bob"), line(1, rep="ana")) is None
    assert rep(line(1)) is None


def test_a_cancel_gives_nothing_back_of_an_order_that_was_never_placed() -> None:
    assert Order().left == 0
