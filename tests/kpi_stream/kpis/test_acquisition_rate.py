from datetime import timedelta
from typing import Any

import pytest

from services.common.events import Event
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.acquisition_rate import CLASS_EDGES, CLASSES, DAY_STEPS, class_of, quantile
from services.kpi_stream.kpis.kpi import Flag
from tests.support.events import at, event
from tests.support.world import engine_of, rows, total_row, world

NOW = "2026-11-23 10:37"


def lead(
    name: str,
    day: str,
    *,
    won_after: int | None = None,
    lost_after: int | None = None,
    rep: str = "ana",
    **closing: Any,
) -> list[Event]:
    created = at(f"{day} 09:30")
    found = [event("lead.created", name, created, rep_id=rep)]
    for outcome, days in (("won", won_after), ("lost", lost_after)):
        if days is not None:
            found.append(event("lead.closed", name, created + timedelta(days=days), outcome=outcome, **closing))
    return found


def test_the_headline_follows_a_cohort_that_had_its_time() -> None:
    """On 23 November, month to date: 23 days that ended 31 days ago, 1 to 23 October."""
    here = world(NOW)
    events = [
        *lead("first", "2026-10-01", won_after=30),
        *lead("last", "2026-10-22", won_after=31),
        *lead("open", "2026-10-10"),
        *lead("before", "2026-09-30", won_after=1),
        *lead("after", "2026-10-24", won_after=1),
    ]
    row = total_row("acquisition_rate", engine_of(events, here.now), here)
    assert (row.numerator, row.denominator) == (1, 3)
    assert row.value == pytest.approx(1 / 3)
    assert row.interval is not None
    assert Flag.IMMATURE not in row.flags
    assert row.compared is not None
    assert row.compared.value == row.value
    assert row.compared.previous == 1  # the lead of 30 September
    assert row.compared.until == at("2026-11-23 00:00")


def test_days_to_win_are_days_of_the_calendar() -> None:
    here = world(NOW)
    created, won = at("2026-10-01 23:50"), at("2026-10-31 23:55")
    late = [event("lead.created", "a", created, rep_id="x"), event("lead.closed", "a", won, outcome="won")]
    assert total_row("acquisition_rate", engine_of(late, here.now), here).numerator == 1
    later = [late[0], event("lead.closed", "a", at("2026-11-01 00:05"), outcome="won")]
    assert total_row("acquisition_rate", engine_of(later, here.now), here).numerator == 0


def test_days_that_are_asked_for_are_followed_themselves_and_flagged_while_young() -> None:
    here = world(NOW)
    engine = engine_of([*lead("a", "2026-11-02", won_after=3), *lead("b", "2026-11-03")], here.now)
    young = total_row("acquisition_rate", engine, here, window="2026-11-01/2026-11-05")
    assert (young.numerator, young.denominator) == (1, 2)
    assert Flag.IMMATURE in young.flags
    assert young.compared is None
    old = total_row("acquisition_rate", engine, here, window="2026-10-01/2026-10-05")
    assert Flag.IMMATURE not in old.flags
    assert old.compared is not None


def test_closing_rates_go_by_the_day_of_closing_and_by_amount() -> None:
    here = world(NOW)
    events = [
        *lead("w", "2026-01-02", won_after=320, amount_minor=3000, currency="EUR"),
        *lead("l", "2026-11-02", lost_after=2, amount_minor=1000, currency="EUR"),
        *lead("o", "2026-11-02"),
    ]
    row = total_row("acquisition_rate", engine_of(events, here.now), here)
    assert row.measures["created"] == 2
    assert (row.measures["won"], row.measures["lost"]) == (1, 1)
    assert (row.measures["won_amount"], row.measures["won_amount_minor"]) == (30, 3000)
    closing = row.related["closing_rate"]
    assert (closing.value, closing.numerator, closing.denominator) == (0.5, 1, 2)
    assert row.related["closing_rate_by_amount"].value == 0.75
    assert row.related["won_so_far"].flags == (Flag.IMMATURE, Flag.SMALL_N)
    assert row.related["days_to_close"].details["median"] == pytest.approx(320, abs=50)


def test_a_loss_without_amount_takes_what_the_lead_was_worth() -> None:
    here = world(NOW)
    created = event("lead.created", "a", at("2026-11-02 09:00"), amount_minor=700, currency="EUR")
    lost = event("lead.closed", "a", at("2026-11-04 09:00"), outcome="lost")
    row = total_row("acquisition_rate", engine_of([created, lost], here.now), here)
    assert row.measures["lost_amount_minor"] == 700


def test_numerator_and_denominator_go_to_the_same_rep() -> None:
    here = world(NOW)
    events = [
        *lead("a", "2026-10-05", won_after=2, rep="ana", rep_id="bob"),
        *lead("b", "2026-10-05", rep="ana"),
        event("lead.assigned", "b", at("2026-10-07 09:00"), rep_id="cleo"),
    ]
    engine = engine_of(events, here.now)
    by_rep = rows("acquisition_rate", engine, here, by="rep")
    assert {rep: (row.numerator, row.denominator) for rep, row in by_rep.items()} == {"bob": (1, 1), "cleo": (0, 1)}
    by_owner = rows("acquisition_rate", engine, here, by="owner")
    assert {rep: (row.numerator, row.denominator) for rep, row in by_owner.items()} == {"ana": (1, 1), "cleo": (0, 1)}


@pytest.mark.parametrize(
    ("days", "name"),
    [(0, "d0"), (1, "d1"), (2, "d7"), (7, "d7"), (8, "d14"), (30, "d30"), (31, "d60"), (365, "d365"), (366, "more")],
)
def test_classes_of_days(days: int, name: str) -> None:
    assert CLASSES[class_of(days)] == name
    assert len(CLASSES) == len(CLASS_EDGES) + 1


def test_quantiles_are_exact_where_steps_are_single_days_and_close_beyond() -> None:
    def counts(*days: int) -> list[int]:
        return [
            sum(1 for day in days if day <= last and (i == 0 or day > DAY_STEPS[i - 1]))
            for i, last in enumerate(DAY_STEPS)
        ]

    assert quantile(counts(1, 2, 3, 4, 5), 0.5) == 3
    assert quantile(counts(*range(0, 101)), 0.5) == pytest.approx(50, abs=3)
    assert quantile(counts(*range(0, 101)), 0.9) == pytest.approx(90, abs=5)
    assert quantile(counts(), 0.5) is None


def test_it_is_not_told_over_an_hour_and_not_known_without_leads() -> None:
    assert set(all_kpis()["acquisition_rate"].windows).isdisjoint({"1h", "24h"})
    assert total_row("acquisition_rate", engine_of([], at(NOW)), world(NOW), window="7d").value is None
