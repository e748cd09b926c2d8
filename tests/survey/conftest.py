from collections.abc import Iterator

import pytest

from tests.support.stack import RunningStack, running_stack
from tests.survey.asked import Asked, ask


@pytest.fixture(scope="package")
def stack() -> Iterator[RunningStack]:
    """A stack for the tests of this folder, which keep to ids and days of their own."""
    with running_stack() as running:
        yield running


@pytest.fixture
def asked(stack: RunningStack) -> Asked:
    """An open invitation."""
    return ask(stack)
