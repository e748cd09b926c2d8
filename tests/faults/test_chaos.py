"""A short `make chaos`."""

from tests.faults.chaos import report, run


def test_every_number_is_exact_after_half_a_minute_of_random_faults() -> None:
    done = run(30, seed=7, say=print)

    assert done.comparison.differences == [], report(done)
    assert done.comparison.events > 2_000
    assert {stall.fault.name for stall in done.stalls}
