"""What a declaration of a KPI says when it is asked by name."""

import pytest

from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.kpi import Kpi, Totals


@pytest.fixture(params=list(all_kpis().values()), ids=list(all_kpis()))
def kpi(request: pytest.FixtureRequest) -> Kpi:
    found: Kpi = request.param
    return found


def test_metrics_and_cuts_are_found_by_their_names(kpi: Kpi) -> None:
    assert all(kpi.metric(metric.name) is metric for metric in kpi.metrics)
    assert kpi.headline is kpi.metrics[0]
    assert all(kpi.cut(cut.name) is cut for cut in kpi.cuts)
    assert kpi.cut("colour") is None
    with pytest.raises(LookupError, match=f"{kpi.id} tells no colour"):
        kpi.metric("colour")


def test_a_metric_is_told_by_the_cuts_it_names_or_by_all_that_are_not_brief(kpi: Kpi) -> None:
    for metric in kpi.metrics:
        for cut in kpi.cuts:
            by_all = not metric.cuts and (metric.source == "" or not cut.brief)
            assert metric.is_told_by(cut) == (cut in metric.cuts or by_all)


def test_groups_behind_which_people_stand_are_not_listed(kpi: Kpi) -> None:
    assert set(kpi.listed) | set(kpi.unlisted) >= set(kpi.groups)
    assert not set(kpi.listed) & set(kpi.unlisted)


def test_the_kpis_are_in_the_order_of_their_numbers() -> None:
    assert [kpi.number for kpi in all_kpis().values()] == list(range(1, len(all_kpis()) + 1))
    assert all(name == kpi.id for name, kpi in all_kpis().items())


def test_a_measure_that_there_is_not_is_no_0() -> None:
    totals = Totals({"orders": 3, "gross_minor": None})
    assert (totals["orders"], totals["gross_minor"], totals.money("gross_minor")) == (3, 0, None)
    with pytest.raises(KeyError):
        totals["ordrs"]
    with pytest.raises(KeyError):
        totals.money("ordrs")
