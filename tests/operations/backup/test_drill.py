"""The drills of `make drill`: things are lost after a backup under load, and every number comes back."""

from pathlib import Path

import pytest

from tests.faults.recomputation import Comparison
from tests.operations.backup.drill import DRILLS, Lost, report

pytestmark = pytest.mark.timeout(900)  # stacks are stopped and started again


@pytest.mark.parametrize("lost", DRILLS)
def test_every_number_is_exact_after_a_restore(lost: str, tmp_path: Path) -> None:
    shown = DRILLS[lost](tmp_path / "backup", print)

    assert shown.exact, report(shown)
    assert shown.comparison.events > 4_000
    assert shown.answers > 0


def test_a_drill_that_lost_anything_or_counts_it_twice_is_not_exact() -> None:
    good = Comparison(events=9, entities=4, lost=0, double=0, cells=8, rows=2, differences=[])
    assert Lost(good, 1, 0).exact
    for wrong in ({"lost": 1}, {"double": 1}, {"differences": ["a row"]}):
        assert not Lost(good._replace(**wrong), 1, 0).exact
    assert not Lost(good, 1, 1).exact
