"""A rebuild under load: killed, interrupted, aborted, resumed; the totals stay exact and the live state serves on."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.local.programs import ROOT
from services.common.keys import DRAFT, STATE_POINTER, state_record
from tests.faults.load import Traffic, assert_exact, counted
from tests.support.stack import RunningStack, wait_for


def test_a_rebuild_that_is_killed_under_load_goes_on_where_it_was_and_ends_exact(stack: RunningStack) -> None:
    """The live state is spoilt first: the rebuilt one must say where they differ, and only there, and must be right."""
    history = applied(stack, seed=21, events=12_000)
    old = live(stack)
    _lose_leads(stack)
    traffic = Traffic(stack, seed=22, pause=1.0)  # long enough for both states to be read between two batches
    traffic.start()

    with slow_rebuild(stack) as first:
        wait_for(lambda: replayed(stack) > 4_000, "the replay is on its way")
        first.kill()
    draft = unfinished(stack)
    assert live(stack) == old
    done = rebuild(stack)

    assert done.returncode == 0, done.stderr
    share = re.search(rf"going on with state {draft}, (\d+) % done", done.stdout)
    assert share, done.stdout
    assert 5 < int(share[1]) < 100
    differing = re.findall(r"^(\w+) (\w+): \S+ was live, \S+ is rebuilt$", done.stdout, re.MULTILINE)
    assert {kpi for kpi, _ in differing} == {"new_leads"}, done.stdout
    assert ("new_leads", "7d") in differing
    assert f"{len(differing)} headlines differ" in done.stdout
    assert live(stack) == draft
    traffic.finish()
    assert_exact(stack, history, traffic)
    assert not list(stack.redis().scan_iter(f"cadran:{old}:*"))
    assert states(stack) == {draft}


def test_an_interrupted_rebuild_is_dropped_on_demand_and_never_gone_on_with_by_another_release(
    stack: RunningStack,
) -> None:
    traffic = applied(stack, seed=23, events=5_000)
    old = live(stack)

    with slow_rebuild(stack) as first:
        wait_for(lambda: replayed(stack) > 1_000, "the replay is on its way")
        first.send_signal(signal.SIGINT)
        told, _ = first.communicate(timeout=60)
    draft = unfinished(stack)
    assert f"state {draft} stays unfinished" in told
    assert states(stack) == {old, draft}
    assert f"state {draft} dropped" in rebuild(stack, "--abort").stdout
    assert not list(stack.redis().scan_iter(f"cadran:{draft}:*"))
    assert "no rebuild is unfinished" in rebuild(stack, "--abort").stdout
    assert live(stack) == old

    with slow_rebuild(stack) as second:
        wait_for(lambda: replayed(stack) > 1_000, "the replay is on its way")
        second.kill()
    unfit = unfinished(stack)
    record = json.loads(stack.redis().get(state_record(unfit)) or b"")
    stack.redis().set(state_record(unfit), json.dumps({**record, "digest": "of another release"}))
    done = rebuild(stack)
    assert done.returncode == 0, done.stderr
    assert "going on with" not in done.stdout
    assert "every headline is as it was" in done.stdout
    assert states(stack) == {live(stack)}
    assert live(stack) not in (old, unfit)
    assert_exact(stack, traffic)


def test_a_release_that_makes_another_state_touches_nothing_until_a_rebuild_and_is_exact_after_it(
    stack: RunningStack,
) -> None:
    """An upgrade at once: the new worker waits, the board shows what there was, no event is lost."""
    traffic = applied(stack, seed=24, events=2_000)
    _made_by_another_release(stack)
    for turn in (stack.supervisor.stop, stack.supervisor.start):
        turn("worker")
    log = stack.layout.logs / "worker.log"
    wait_for(lambda: "this worker commits nothing" in log.read_text(), "the new worker waits")

    later = Traffic(stack, seed=25, pause=0.0)
    later.start()
    wait_for(lambda: later.sent > 500, "events go on coming in")
    later.finish()
    assert "run `cadran rebuild`" in log.read_text()
    assert counted(stack) == traffic.totals

    done = rebuild(stack)
    assert done.returncode == 0, done.stderr
    assert "of another make: nothing to compare with" in done.stdout
    assert_exact(stack, traffic, later)
    assert states(stack) == {live(stack)}


def applied(stack: RunningStack, seed: int, events: int) -> Traffic:
    """Traffic of more than so many events that was sent to its end and applied: something to replay."""
    traffic = Traffic(stack, seed=seed, pause=0.0)
    traffic.start()
    wait_for(lambda: traffic.sent > events, "there is something to replay")
    traffic.finish()
    stack.wait_applied()
    return traffic


@contextmanager
def slow_rebuild(stack: RunningStack) -> Iterator["subprocess.Popen[str]"]:
    """A rebuild that takes small batches, to be met on its way."""
    environment = {**stack.environment, "CADRAN_STREAM_MAX_BATCH": "10"}
    # Who runs the tests in the background has Ctrl-C ignored, and so would what they start.
    command = ["env", "--default-signal=INT", sys.executable, "-m", "services.common.cli", "rebuild"]
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        yield running


def rebuild(stack: RunningStack, *options: str) -> "subprocess.CompletedProcess[str]":
    """A rebuild, as soon as the lock of one that was killed has run out."""
    done: list[subprocess.CompletedProcess[str]] = []

    def is_let_through() -> bool:
        done.append(stack.cadran("rebuild", *options))
        return "another rebuild is at work" not in done[-1].stderr

    wait_for(is_let_through, "the rebuild is let through")
    return done[-1]


def live(stack: RunningStack) -> str:
    return str(json.loads(stack.redis().get(STATE_POINTER) or b"")["version"])


def unfinished(stack: RunningStack) -> str:
    return (stack.redis().get(DRAFT) or b"").decode()


def states(stack: RunningStack) -> set[str]:
    return {key.decode().split(":")[1] for key in stack.redis().scan_iter(state_record("*"))}


def replayed(stack: RunningStack) -> int:
    """Records that the draft holds."""
    draft = unfinished(stack)
    return sum(map(int, stack.redis().hvals(f"cadran:{draft}:{{0}}:next"))) if draft else 0


def _made_by_another_release(stack: RunningStack) -> None:
    record = state_record(live(stack))
    made_of = json.loads(stack.redis().get(STATE_POINTER) or b"")
    for key in (STATE_POINTER, record):
        stack.redis().set(key, json.dumps({**made_of, "digest": "of another release"}))


def _lose_leads(stack: RunningStack) -> None:
    """What no worker would do: cells deleted, so that the live state tells too few new leads."""
    before = counted(stack)["leads"]
    stack.redis().delete(*stack.redis().scan_iter(f"cadran:{live(stack)}:*:c:leads*"))
    assert counted(stack)["leads"] < before
