from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.board.direction import CUTS, offered
from services.kpi_stream.kpis import all_kpis

cuts = st.lists(st.sampled_from(CUTS) | st.text(min_size=1), unique=True)


def kpi(*names: str) -> dict[str, Any]:
    return {"cuts": [{"by": name} for name in names]}


@given(st.lists(cuts))
def test_every_cut_that_a_kpi_declares_is_offered_once(declared: list[list[str]]) -> None:
    found = offered(kpi(*names) for names in declared)
    assert len(found) == len(set(found))
    assert set(found) == {name for names in declared for name in names}
    known = [cut for cut in CUTS if cut in found]
    assert found[: len(known)] == known


def test_a_cut_that_only_a_new_kpi_has_comes_last() -> None:
    assert offered([kpi("supplier", "team"), kpi("rep", "supplier")]) == ["rep", "team", "supplier"]


def test_no_cut_of_ours_is_left_out() -> None:
    kpis = [kpi(*(cut.name for cut in each.cuts if cut.fields)) for each in all_kpis().values()]
    assert {"owner", "channel,region"} <= set(offered(kpis))
