"""Whatever the order of arrival, the batches, the duplicates and the crashes: the cells of a recomputation."""

import json
from datetime import UTC, datetime
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from services.common.events import Event, parse
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.measures import BY_MONTH, month_ordinal
from tests.faults.histories import block
from tests.support.engine import Engine
from tests.support.events import PARIS
from tests.support.oracle import KPIS, recompute
from tests.support.strategies import histories

HEARD = ("orders", "lent", "sales", "scores")
"""The fields that hold what others told."""


def run(events: list[Event], seed: int) -> Engine:
    engine = Engine()
    engine.publish(events)
    engine.run(Random(seed))
    assert engine.unapplied == []
    return engine


@given(histories, st.integers())
def test_any_order_and_duplication_gives_the_cells_of_a_recomputation(events: list[Event], seed: int) -> None:
    random = Random(seed)
    arrived = events + [random.choice(events) for _ in range(random.randint(0, 5)) if events]
    random.shuffle(arrived)

    engine = run(arrived, seed)

    assert engine.by_day(KPIS) == recompute(events)


@given(st.integers(0, 2**32), st.integers())
def test_so_does_whatever_faults_are_inflicted_under(traffic: int, seed: int) -> None:
    """Some hundred events of which most name others, where Hypothesis alone says five."""
    now = datetime.now(UTC)
    sent = block("b", Random(traffic))
    events = [parse(json.dumps(each).encode(), receivedat=now, zone=PARIS) for each in sent]

    assert run(Random(seed).sample(events, len(events)), seed).by_day(KPIS) == recompute(events)


@given(histories, st.integers(), st.integers())
def test_any_order_gives_the_same_entities(events: list[Event], one: int, other: int) -> None:
    shuffled = Random(one).sample(events, len(events))

    first, second = run(events, one), run(shuffled, other)

    assert _own_state(first) == _own_state(second)
    assert _filled(first.index) == _filled(second.index)


def _filled(index: dict[tuple[str, int], set[str]]) -> dict[tuple[str, int], set[str]]:
    return {key: ids for key, ids in index.items() if ids}


def _own_state(engine: Engine) -> dict[object, object]:
    """Entities without the offsets of what they heard: those name records, and records stand elsewhere in each log."""
    return {
        name: [getattr(entity, field) for field in entity.__struct_fields__ if field not in HEARD]  # type: ignore[attr-defined]
        for name, entity in engine.entities.items()
    }


@given(histories, st.integers())
def test_months_are_the_sums_of_their_days(events: list[Event], seed: int) -> None:
    engine = run(events, seed)

    groups = [group for kpi in KPIS for group in all_kpis()[kpi].groups if BY_MONTH in group.resolutions]
    kept = {measure for group in groups for measure in group.measures}
    sums: dict[tuple[str, str, str, str, int], int] = {}
    for cell, value in engine.by_day(KPIS).items():
        if cell.measure in kept and cell.currency in ("", "EUR"):
            key = (*cell[:4], month_ordinal(cell.day))
            sums[key] = sums.get(key, 0) + value
    found = engine.by_ordinal(BY_MONTH, KPIS)
    assert {k: v for k, v in found.items() if k[1] in ("", "EUR")} == {k: v for k, v in sums.items() if v}
