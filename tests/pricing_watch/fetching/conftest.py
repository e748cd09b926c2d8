"""A shop for each test: what it saw is that test's alone."""

from collections.abc import Iterator

import pytest

from tests.support.shop import RunningShop, running_shop


@pytest.fixture
def shop() -> Iterator[RunningShop]:
    with running_shop() as running:
        yield running
