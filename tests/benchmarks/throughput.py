"""How fast events are consumed: ours against others, on the same topic of a real Kafka."""

import json
import subprocess
import sys
from collections.abc import Collection, Iterator

from deploy.local.programs import ROOT
from services.common.topics import Topic
from services.common.windows import utc_now
from tests.benchmarks.cadran import NUDGES, consume, consume_together
from tests.benchmarks.measured import Measured
from tests.benchmarks.orders import BUSY, SPARSE, Sent, message, mixed, orders, orders_of, publish, unnamed
from tests.support.stack import RunningStack, running_servers

QUIX = "quix_windowed"
PEERS = ("aiokafka_floor", "faust_windowed", QUIX)
BENCH_PYTHON = ROOT / ".local" / "bench-venv" / "bin" / "python"
"""Of the environment that `make bench` makes for the peer that needs other packages than ours."""

PEER_SECONDS = 120


def measure(events: int, peers: Collection[str]) -> Iterator[Measured]:
    """Every contender, one after the other."""
    yield from _busy_hours(events, peers)
    yield _alone("cadran_sparse", orders(events, until=utc_now(), over=SPARSE))
    now = utc_now()
    yield _alone("cadran_unnamed", unnamed(orders(events, until=now, over=BUSY)))
    yield _alone("cadran_mix", mixed(events, until=now))
    yield _alone("cadran_mix_orders", orders_of(mixed(events, until=now)))
    yield _alone("cadran_mix_unnamed", unnamed(orders_of(mixed(events, until=now))))


def _busy_hours(events: int, peers: Collection[str]) -> Iterator[Measured]:
    """The orders of two hours, for everyone; then all of them again."""
    messages = [message(sent) for sent in orders(events, until=utc_now(), over=BUSY)]
    with running_servers() as stack:
        publish(stack.settings.kafka_servers, messages)
        for name in peers:
            yield _peer(stack, name, events)
        yield consume_together(stack, "cadran_two_workers", events, workers=2)
        stack.redis().flushall()
        yield consume(stack, "cadran", events + NUDGES)
        publish(stack.settings.kafka_servers, messages)
        yield consume(stack, "cadran_replay", events)


def _alone(name: str, history: Iterator[Sent]) -> Measured:
    """Another history, for one worker of ours."""
    messages = [message(sent) for sent in history]
    with running_servers() as stack:
        publish(stack.settings.kafka_servers, messages)
        return consume(stack, name, len(messages))


def _peer(stack: RunningStack, name: str, events: int) -> Measured:
    python = str(BENCH_PYTHON) if name == QUIX else sys.executable
    command = [python, "-m", f"tests.benchmarks.peers.{name}", stack.settings.kafka_servers, Topic.ORDERS, str(events)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PEER_SECONDS)
    if done.returncode != 0:
        raise RuntimeError(f"{name} ends with {done.returncode}: {done.stderr[-2000:]}")
    return Measured(name=name, **json.loads(done.stdout.splitlines()[-1]))
