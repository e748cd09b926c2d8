from collections.abc import Iterator

import pytest

from tests.support.events import PAIRS_FILE
from tests.support.stack import RunningStack, running_stack


@pytest.fixture
def stack() -> Iterator[RunningStack]:
    """A stack of its own for every fault: what one test breaks no other should find."""
    with running_stack(CADRAN_PAIRS=str(PAIRS_FILE)) as running:
        yield running
