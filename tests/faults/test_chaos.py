"""A short `make chaos`, and what its comparison is worth."""

from random import Random

from tests.faults.chaos import report, run
from tests.faults.histories import block
from tests.faults.recomputation import compare
from tests.faults.sender import Sender
from tests.support.events import cloud_event
from tests.support.stack import RunningStack


def test_every_number_is_exact_after_half_a_minute_of_random_faults() -> None:
    done = run(30, seed=7, say=print)

    assert done.comparison.differences == [], report(done)
    assert done.comparison.events > 2_000
    assert done.stalls


def test_the_comparison_sees_what_is_lost_and_what_is_double(stack: RunningStack) -> None:
    sender = Sender(stack)
    sender.send(block("b", Random(1)))
    stack.wait_applied()
    one_more = cloud_event("lead.created", "b.L99", "2026-11-20T10:00:00Z")

    right = compare(stack, sender.acknowledged)
    lacking = compare(stack, [*sender.acknowledged, one_more])
    sender.send([one_more])
    stack.wait_applied()
    double = compare(stack, sender.acknowledged[:-1])
    sender.close()

    assert right.differences == []
    assert (lacking.lost, lacking.double) == (1, 0)
    assert (double.lost, double.double) == (0, 1)
    assert lacking.differences
    assert double.differences
