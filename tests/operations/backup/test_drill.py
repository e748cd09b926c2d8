"""The drills of `make drill`: things are lost after a backup under load, and every number comes back."""

from pathlib import Path

import pytest

from tests.operations.backup.drill import DRILLS, report

pytestmark = pytest.mark.timeout(900)  # stacks are stopped and started again


@pytest.mark.parametrize("lost", DRILLS)
def test_every_number_is_exact_after_a_restore(lost: str, tmp_path: Path) -> None:
    shown = DRILLS[lost](tmp_path / "backup", print)

    assert shown.comparison.differences == [], report(shown)
    assert shown.comparison.events > 4_000
    assert shown.answers > 0
    assert shown.double == 0
