"""When a worker that does not get on ends itself."""

import time

from services.kpi_stream.service import Position
from services.kpi_stream.watchdog import PATIENCE_WHILE_OTHERS_GO_ON, Watchdog

ONE, OTHER = ("cadran.orders", 0), ("cadran.leads", 3)
PATIENCE = 100.0


def watched() -> tuple[Watchdog, dict[tuple[str, int], Position], float]:
    positions = {ONE: Position(), OTHER: Position()}
    for position in positions.values():
        position.next = 10
    watchdog = Watchdog(positions, stalled_after=PATIENCE)
    return watchdog, positions, time.monotonic()


def test_a_loop_that_does_not_turn_is_noticed() -> None:
    watchdog, _, now = watched()
    watchdog.turn(now)
    assert watchdog.stalled(now + PATIENCE - 1) is None
    assert watchdog.stalled(now + PATIENCE + 1) == "the event loop does not turn"


def test_nothing_that_waits_is_no_stall() -> None:
    watchdog, _, now = watched()
    for later in (0.0, 500.0, 1000.0):
        watchdog.turn(now + later)
        watchdog.look({ONE: 10, OTHER: 10}, now + later)
        assert watchdog.stalled(now + later) is None
    assert watchdog.lags == {}


def test_records_that_wait_while_nothing_is_applied_are_a_stall() -> None:
    watchdog, _, now = watched()
    for later in (0.0, PATIENCE - 1):
        watchdog.turn(now + later)
        watchdog.look({ONE: 15, OTHER: 10}, now + later)
        assert watchdog.stalled(now + later) is None
    watchdog.turn(now + PATIENCE + 2)
    assert watchdog.stalled(now + PATIENCE + 2) == "5 records wait in cadran.orders:0 and none is applied"


def test_a_partition_that_waits_while_others_go_on_is_given_longer() -> None:
    watchdog, positions, now = watched()
    longest = PATIENCE * PATIENCE_WHILE_OTHERS_GO_ON
    later = 0.0
    while later < longest:
        positions[OTHER].next = 10 + int(later)
        watchdog.turn(now + later)
        watchdog.look({ONE: 15, OTHER: 10**6}, now + later)
        assert watchdog.stalled(now + later) is None
        later += 50.0
    watchdog.turn(now + longest + 1)
    assert watchdog.stalled(now + longest + 1) is not None
