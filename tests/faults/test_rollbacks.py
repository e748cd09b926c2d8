"""Redis goes back to an older state, as after a failover to a replica that lags: the totals stay exact."""

import time

from tests.faults.load import Traffic, assert_exact
from tests.faults.servers import bring_back, copy_of_redis
from tests.support.stack import RunningStack


def test_totals_are_exact_after_redis_was_rolled_back_while_batches_were_queued(stack: RunningStack) -> None:
    """What a failover to a replica that lags does: an older state, and Kafka further on."""
    traffic = Traffic(stack, seed=3)
    traffic.start()
    time.sleep(3.0)
    older = copy_of_redis(stack)
    time.sleep(3.0)
    bring_back(stack, older)
    time.sleep(2.0)
    traffic.finish()
    assert_exact(stack, traffic)


def test_a_rollback_is_noticed_even_when_no_new_record_comes(stack: RunningStack) -> None:
    traffic = Traffic(stack, seed=4)
    traffic.start()
    time.sleep(2.0)
    older = copy_of_redis(stack)
    time.sleep(2.0)
    traffic.finish()
    assert_exact(stack, traffic)
    bring_back(stack, older)
    assert_exact(stack, traffic)
