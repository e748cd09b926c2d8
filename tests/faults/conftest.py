from collections.abc import Iterator

import pytest

from tests.support.stack import RunningStack, running_stack


@pytest.fixture
def stack() -> Iterator[RunningStack]:
    """A stack of its own for every fault: what one test breaks no other should find."""
    with running_stack() as running:
        yield running
