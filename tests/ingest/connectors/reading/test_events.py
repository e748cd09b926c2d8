"""From what was read to an event: no mail address goes further, wherever it stands."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import Invalid
from services.common.events import EVENT_TYPES
from services.common.events.examples import example
from services.ingest.connectors.connector import Said
from services.ingest.connectors.reading.events import event_of
from services.ingest.connectors.reading.surveys import score_of
from tests.support.events import PARIS

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


def said(subject: str = "A-1", **fields: Any) -> Said:
    data = msgspec.convert({**example("order.placed")["data"], **fields}, EVENT_TYPES["order.placed"].data)
    return Said("order.placed", subject, NOW, data)


def made(one: Said) -> Any:
    return event_of(one, vendor="shop", account="paris", received_at=NOW, zone=PARIS)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"subject": "ada@example.org"}, "subject"),
        ({"store_id": "of ada@example.org"}, "store_id"),
        ({"promotion_ids": ["AUTUMN", "ada@example.org"]}, "promotion_ids"),
        ({"lines": [{"sku": "ada@example.org", "quantity": 1, "gross_minor": 100}]}, "sku"),
    ],
)
def test_an_address_is_refused_by_the_field_that_holds_it(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(Invalid) as refused:
        made(said(**fields))
    assert refused.value.field == named


def test_a_rep_may_be_called_by_theirs_and_an_at_alone_is_no_address() -> None:
    assert made(said(rep_id="ana@example.org")).data.rep_id == "ana@example.org"
    assert made(said(store_id="5 @ lyon")).data.store_id == "5 @ lyon"


@given(st.integers(-5, 15), st.sampled_from([int, float, str]))
def test_a_score_is_a_whole_number_from_0_to_10_however_it_is_written(number: int, kind: Any) -> None:
    if 0 <= number <= 10:
        assert score_of(kind(number)) == number
    else:
        with pytest.raises(Invalid, match="0 to 10"):
            score_of(kind(number))


@pytest.mark.parametrize("value", [9.5, True, None, "", "nine", [9], float("inf"), "٣"])
def test_what_is_no_score_is_refused_and_not_repeated(value: object) -> None:
    with pytest.raises(Invalid, match="0 to 10"):
        score_of(value)
