"""Erasing customers from Kafka, step by step; it may be killed at any of them and run again.

1. Copy every topic that names one of them, without them, while events flow; and hold the copies against the topics.
2. Close these topics to writers: senders are answered 503 and send again. Copy what had still come, compare all of it,
   and note that the copies count.
3. Have workers let go of the live state, which cannot be gone on with. Delete the topics and make them again, empty:
   senders may write at once.
4. Append the copies to them. What senders write meanwhile stands between, which changes no number: in whatever order
   events come, they make the same entities.
5. Rebuild the state, delete the note, and the copies.

Killed before the note, nothing had happened: the copies are made anew. Killed later, it goes on: a topic that bears the
id in the note is still to be deleted, and what a new one holds of its copy is found by comparing.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from typing import NamedTuple

from redis import Redis

from services.common.errors import ConfigurationError
from services.common.topics import Topic
from services.kpi_stream.live_state import freeze, live_state
from services.operations.erasing.copying import Copy, Differs, matched
from services.operations.erasing.logs import Logs, Offsets
from services.operations.erasing.rewriting import Fate, Rewriter
from services.operations.erasing.swapping import (
    JOURNAL,
    Admin,
    Journal,
    copy_of,
    read_journal,
    wait_until_closed,
    write_journal,
)

Step = Callable[[str, int | None], Callable[[int], None]]
"""Shows a step that is begun, of so many records if that is known; what it returns is told how many more are done."""

QUIET_SECONDS = 2.0

REPLICA_LAG_SECONDS = 35.0
"""A follower that stalls keeps what its leader took from readers, until it counts as out of sync:
`replica.lag.time.max.ms`, by default 30 s."""

LET_GO_SECONDS = 10.0
"""In seconds a worker that holds a batch sees that its state takes no commit; what it tells till then is refused."""

GONE_SECONDS = 5.0
"""Consumers see that a topic is gone, so that they begin the new one at its beginning."""


def quiet_seconds(replication: int) -> float:
    """For how long nothing more may come out of a closed topic, until all of it is known to have come."""
    return QUIET_SECONDS if replication == 1 else REPLICA_LAG_SECONDS


class Found(NamedTuple):
    """What a topic holds of customers: records by what becomes of them, and how many others name one of them still."""

    records: int
    named: Mapping[Fate, int]
    names_still: int


class Erasure:
    """Erases customers from the topics."""

    def __init__(self, redis: Redis, logs: Logs, admin: Admin, step: Step) -> None:
        self._redis = redis
        self._logs = logs
        self._admin = admin
        self._step = step

    async def search(self, customers: Set[str]) -> dict[str, Found]:
        """What each topic holds of them; topics that do not name them are left out."""
        rewriter = Rewriter(customers)
        found = {topic.value: await self._search(topic, rewriter) for topic in Topic}
        return {topic: each for topic, each in found.items() if each.named or each.names_still}

    async def _search(self, topic: str, rewriter: Rewriter) -> Found:
        begins, ends = await self._logs.begins(topic), await self._logs.ends(topic)
        total = sum(ends.values()) - sum(begins.values())
        done = self._step(f"searching {topic}", total)
        named: Counter[Fate] = Counter()
        names_still = 0
        async for _, records in self._logs.read(topic, begins, ends):
            for record in records:
                outcome = rewriter.outcome(topic, record)
                names_still += outcome.names_still
                if outcome.named and outcome.fate is not Fate.KEPT:
                    named[outcome.fate] += 1
            done(len(records))
        return Found(total, named, names_still)

    async def is_unfinished(self) -> bool:
        """Did an earlier run make copies that count, and not come to its end?"""
        return await read_journal(self._logs, self._admin) is not None

    async def has_left_something(self) -> bool:
        """Did an earlier run come to its end without putting away its copies, or opening the topics?"""
        return self._admin.is_erasing()

    async def abort(self) -> None:
        """Take back what an earlier run left before its copies counted.

        :raises ConfigurationError: when they do.
        """
        if await self.is_unfinished():
            mend = "run `cadran erase-customer` again: it goes on"
            raise ConfigurationError("the topics are being replaced: there is no way back", mend=mend)
        self._take_back()

    def _take_back(self) -> None:
        self._admin.delete([JOURNAL])  # before anybody may write: no note may come in late
        self._admin.open_to_writers()
        self._admin.delete(map(copy_of, Topic))

    async def replace(self, topics: Collection[str], customers: Set[str]) -> None:
        """Steps 1 and 2: from here on the copies count."""
        copies = [await self._begin(topic, Rewriter(customers, frozenset(topics))) for topic in sorted(topics)]
        try:
            for copy in copies:
                await self._bring_up(copy)
            self._admin.close_to_writers(topics)
            await wait_until_closed(self._logs, topics)
            await self._bring_to_an_end(copies)
        except BaseException:
            self._admin.open_to_writers()
            raise
        journal = Journal(self._admin.ids(topics), {copy.source: dict(copy.next) for copy in copies})
        await write_journal(self._logs, self._admin, journal, self._admin.shape(copies[0].target))

    async def _begin(self, topic: str, rewriter: Rewriter) -> Copy:
        self._admin.create(copy_of(topic), self._admin.shape(topic))
        return Copy(self._logs, rewriter, topic, copy_of(topic), await self._logs.begins(topic))

    async def _bring_up(self, copy: Copy) -> None:
        """Copy what is there, and look at it; then once more, what came meanwhile."""
        for _ in range(2):
            ends = await self._logs.ends(copy.source)
            done = self._step(f"copying {copy.source}", sum(ends.values()) - sum(copy.next.values()))
            await copy.advance(done)
            self._step(f"comparing {copy.source}", None)
            await copy.verify()

    async def _bring_to_an_end(self, copies: Sequence[Copy]) -> None:
        """Copy the rest: what a leader took before it closed may be told a moment later, when its followers have it."""
        done = self._step("copying what had still come", None)
        quiet = quiet_seconds(self._admin.shape(copies[0].source).replication)
        quiet_since = time.monotonic()
        while time.monotonic() < quiet_since + quiet:
            if any([await copy.advance(done) for copy in copies]):
                quiet_since = time.monotonic()
            await asyncio.sleep(0.2)
        for copy in copies:
            await copy.verify()

    async def bring_back(self) -> None:
        """Steps 3 and 4, or what is left of them: the topics made again, and filled with their copies."""
        journal = await read_journal(self._logs, self._admin)
        if journal is None:
            return
        now = self._admin.ids(self._admin.there() & journal.topics.keys())
        old = [topic for topic, its_id in journal.topics.items() if now.get(topic) == its_id]
        if old:
            await self._let_go(journal)
            if len(old) == len(journal.topics):
                await self._require_nothing_came(journal)
            self._admin.delete(old)
        self._step("making the topics again", None)
        if journal.topics.keys() - self._admin.there():
            await asyncio.sleep(GONE_SECONDS)
        for topic in journal.topics:
            self._admin.create(topic, self._admin.shape(copy_of(topic)))
        for topic in journal.topics:
            await self._fill(topic)

    async def _let_go(self, journal: Journal) -> None:
        self._step("waiting until the workers let go", None)
        state = live_state(self._redis)
        if state is not None and all(state.topics.get(topic, old) == old for topic, old in journal.topics.items()):
            freeze(self._redis, state)
        await asyncio.sleep(LET_GO_SECONDS)

    async def _require_nothing_came(self, journal: Journal) -> None:
        """The last look, while all can still be taken back.

        :raises Differs: when topics hold what their copies do not: it is taken back.
        """
        late = [topic for topic in sorted(journal.topics) if await self._logs.ends(topic) != journal.ends[topic]]
        if late:
            self._take_back()
            mend = (
                "nothing was deleted; see that Kafka's replicas are in sync, and run this again for the same customers"
            )
            raise Differs(f"{', '.join(late)} took records that were not copied", mend=mend)

    async def _fill(self, topic: str) -> None:
        copy = copy_of(topic)
        ends = await self._logs.ends(copy)
        done = self._step(f"filling {topic}", sum(ends.values()))
        async for partition, records in self._logs.read(copy, await self._filled(topic, ends), ends):
            await self._logs.append(topic, partition, records)
            done(len(records))
        self._step(f"comparing {topic}", None)
        if await self._filled(topic, ends) != ends:
            raise Differs(f"{topic} does not hold all of its copy", mend="run this again: it goes on")

    async def _filled(self, topic: str, ends: Offsets) -> Offsets:
        """By partition, how much of its copy a topic holds."""
        counts = [matched(self._logs, copy_of(topic), topic, partition) for partition in ends]
        return dict(zip(ends, await asyncio.gather(*counts), strict=True))

    async def put_away(self) -> None:
        """Step 5, once the state is rebuilt."""
        self._admin.delete([JOURNAL])
        self._admin.delete(map(copy_of, Topic))
