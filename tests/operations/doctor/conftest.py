from collections.abc import Iterator

import pytest

from tests.support.doctor import Doctor
from tests.support.stack import RunningStack, running_stack


@pytest.fixture(scope="package")
def stack() -> Iterator[RunningStack]:
    with running_stack() as running:
        yield running


@pytest.fixture(scope="package")
def doctor(stack: RunningStack) -> Doctor:
    return Doctor(stack)
