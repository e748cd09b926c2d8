from collections.abc import Iterator

import pytest

from services.common.windows import utc_now
from tests.support.doctor import Doctor
from tests.support.events import cloud_event
from tests.support.stack import RunningStack, running_stack


@pytest.fixture(scope="package")
def stack() -> Iterator[RunningStack]:
    with running_stack() as running:
        yield running


@pytest.fixture(scope="package")
def doctor(stack: RunningStack) -> Doctor:
    return Doctor(stack)


@pytest.fixture(scope="module")
def well(stack: RunningStack) -> Iterator[None]:
    """Before and after all faults nothing is found: neither a false alarm, nor what a test has left."""
    stack.send([cloud_event("lead.created", f"L{i}", utc_now(), rep_id="ana", source="fair") for i in range(50)])
    _is_well(stack)
    yield
    _is_well(stack)


def _is_well(stack: RunningStack) -> None:
    stack.wait_applied()
    done = stack.cadran("doctor")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.endswith("\nall is well\n"), done.stdout
