from collections.abc import Iterator

import pytest

from tests.support.stack import RunningStack, running_stack


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    """A stack for a module's tests, which keep to ids and days of their own."""
    with running_stack() as running:
        yield running
