"""The state in Redis against the logs in Kafka: is it ours, within the logs, and does it go on?"""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient, OffsetSpec

from services.common.errors import Unavailable
from services.common.keys import REBUILDING
from services.kpi_stream.dead_letters import read_shelf
from services.kpi_stream.declared import declared_by
from services.kpi_stream.draft import unfinished
from services.kpi_stream.entities.kinds import CONSUMED_TOPICS
from services.kpi_stream.exporter.freshness import Offsets
from services.kpi_stream.live_state import require_fit
from services.kpi_stream.state_version import StateVersion
from services.operations.backup.restoring import mark
from services.operations.backup.restoring import unfinished as unfinished_restore
from services.operations.doctor.findings import Finding, Severity
from services.operations.doctor.installation import Installation

STANDSTILL_SECONDS = 8.0
"""Where records wait for so long and none is applied, nobody is at work: a change of workers takes less. One partition
may wait for longer while others are caught up with, which is a warning."""
LOOK_SECONDS = 0.5
SHOWN = 3
"""Of many partitions with the same fault."""
WORKER = "see the worker's log and start one (`make up`)"


def state(installation: Installation) -> Iterator[Finding]:
    """:raises ConfigurationError: when it is of another make, or of another Kafka."""
    live = installation.live_state()
    if live is None:
        yield Finding("Redis holds no state: nothing was ever applied, or it was lost", f"{WORKER}: it makes one")
    else:
        require_fit(live, installation.settings, declared_by(installation.settings))


def offsets(installation: Installation) -> Iterator[Finding]:
    live = _live(installation)
    nexts = installation.positions(live)
    with installation.kafka() as kafka:
        begins, ends = _logs(kafka, OffsetSpec.EARLIEST, live), _logs(kafka, OffsetSpec.LATEST, live)
    yield from outside(nexts, begins, ends)


def outside(nexts: Offsets, begins: Offsets, ends: Offsets) -> Iterator[Finding]:
    """Where the state stands at no place of the log, or could not be made again from it."""
    unknown = [tp for tp in ends if tp not in nexts]
    if unknown:
        yield Finding(f"the state knows nothing of {_named(unknown)}", "run `cadran rebuild`")
    lost = [tp for tp, begin in begins.items() if tp in nexts and nexts[tp] < begin]
    if lost:
        yield Finding(
            f"records that were not applied yet are gone from Kafka: {_named(lost)}",
            "restore them from a backup, or run `cadran rebuild` to go on without them",
        )
    beyond = [tp for tp, end in ends.items() if nexts.get(tp, 0) > end]
    if beyond:
        yield Finding(
            f"the state stands beyond the end of the log: {_named(beyond)}: Kafka lost records, or is another",
            "restore Kafka from a backup or mend CADRAN_KAFKA, then run `cadran rebuild`",
        )
    deleted = [tp for tp, begin in begins.items() if begin > 0 and tp not in lost]
    if deleted:
        yield Finding(
            f"old records were deleted from Kafka: {_named(deleted)}: a rebuild would not know them",
            "restore them from a backup before the next `cadran rebuild`",
            Severity.WARNING,
        )


def workers(installation: Installation) -> Iterator[Finding]:
    live = _live(installation)
    name = f"cadran-{live.version}"
    with installation.kafka() as kafka:
        group = kafka.describe_groups([name])[name]
    held = {tp for member in group["members"] for tp in _held(member)}
    alone = [tp for tp in _partitions(live) if (tp.topic, tp.partition) not in held]
    if alone:
        yield Finding(f"no worker holds {_named([(tp.topic, tp.partition) for tp in alone])}", WORKER)


def lag(installation: Installation) -> Iterator[Finding]:
    live = _live(installation)
    with installation.kafka() as kafka:
        ends = _logs(kafka, OffsetSpec.LATEST, live)
        first = nexts = installation.positions(live)
        until = time.monotonic() + STANDSTILL_SECONDS
        while (still := standing(first, nexts, ends)) and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
            nexts = installation.positions(live)
    waiting = sum(max(0, end - nexts.get(tp, 0)) for tp, end in ends.items())
    if still:
        what = f"{waiting:,} records wait, and none is applied of {_named(still)}"
        yield Finding(what, WORKER, Severity.FAULT if nexts == first else Severity.WARNING)
    elif waiting > installation.limits.waiting_records:
        yield Finding(
            f"{waiting:,} records wait",
            "after an import it passes by itself; else add a worker (docs/scaling.md)",
            Severity.WARNING,
        )


def standing(first: Offsets, now: Offsets, ends: Offsets) -> list[tuple[str, int]]:
    """Partitions whose log has records that wait, and of which none was applied since the first look."""
    return [tp for tp, end in ends.items() if tp in now and now[tp] < end and now[tp] <= first.get(tp, 0)]


def draft(installation: Installation) -> Iterator[Finding]:
    with installation.redis() as redis:
        left = None if redis.exists(REBUILDING) else unfinished(redis)
    if left is not None:
        yield Finding(
            f"a rebuild was interrupted; its state {left.version} takes room in Redis",
            "`cadran rebuild` goes on with it, `cadran rebuild --abort` drops it",
            Severity.WARNING,
        )


def restore(installation: Installation) -> Iterator[Finding]:
    """Half of a backup and half of what was there before: services start on it, and count what is not so."""
    left = unfinished_restore(installation.settings)
    if left is not None:
        yield Finding(
            f"a restore of backup {left.backup} was broken off: what is here may be half of it",
            "stop every service and run `cadran restore FOLDER` of that backup again: it goes on; "
            f"delete {mark(installation.settings)} only if you bring all back by other means",
        )


def dead_letters(installation: Installation) -> Iterator[Finding]:
    shelf = asyncio.run(read_shelf(installation.settings))
    left = sum(replayed is None for _, replayed in shelf.letters())
    if left:
        yield Finding(
            f"{left:,} records could not be applied, and were never replayed",
            "`cadran dead list` says why; mend that, then `cadran dead replay --all`",
            Severity.WARNING,
        )


def _live(installation: Installation) -> StateVersion:
    live = installation.live_state()
    if live is None:  # it was there a moment ago
        raise Unavailable("Redis holds no state any more", mend=WORKER)
    return live


def _partitions(live: StateVersion) -> list[TopicPartition]:
    return [TopicPartition(topic.value, p) for topic in CONSUMED_TOPICS for p in range(live.partitions)]


def _logs(kafka: KafkaAdminClient, spec: OffsetSpec, live: StateVersion) -> Offsets:
    found = kafka.list_partition_offsets(dict.fromkeys(_partitions(live), spec))
    return {(tp.topic, tp.partition): at.offset for tp, at in found.items()}


def _held(member: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for topic in member["member_assignment"]["assigned_partitions"]:
        for partition in topic["partitions"]:
            yield topic["topic"], partition


def _named(partitions: Iterable[tuple[str, int]]) -> str:
    """The first of them, and how many more there are."""
    names = [f"{topic}:{partition}" for topic, partition in sorted(partitions)]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
