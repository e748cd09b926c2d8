"""A topic's copy without some customers: made while events flow, and held against what it is a copy of."""

import struct
from collections.abc import AsyncGenerator, Callable
from hashlib import blake2b

from services.common.errors import CadranError
from services.operations.erasing.logs import Logs, Offsets
from services.operations.erasing.rewriting import Fate, Record, Rewriter
from services.operations.erasing.tally import Tally

Told = Callable[[int], None]
"""Called with how many records more are done."""

_LENGTHS = struct.Struct(">qqq")


class Differs(CadranError):
    """A copy is not what it must be."""

    code = "differs"


class Checksum:
    """Of records in their order: equal when not a byte of them differs."""

    def __init__(self) -> None:
        self._hash = blake2b(digest_size=16)

    def add(self, record: Record) -> None:
        texts = [record.key or b"", record.value or b"", *(part for n, v in record.headers for part in (n.encode(), v))]
        self._hash.update(_LENGTHS.pack(record.timestamp, record.key is None, record.value is None))
        for text in texts:
            self._hash.update(len(text).to_bytes(4) + text)

    @property
    def digest(self) -> bytes:
        return self._hash.digest()


class Held:
    """What one partition holds, or must hold: how many records, and their checksum."""

    def __init__(self) -> None:
        self.count = 0
        self.checksum = Checksum()

    def add(self, record: Record) -> None:
        self.count += 1
        self.checksum.add(record)


class Copy:
    """A copy of one topic in another. `source` is read from `begins` on; `advance` goes on from where it was."""

    def __init__(self, logs: Logs, rewriter: Rewriter, source: str, target: str, begins: Offsets) -> None:
        self._logs = logs
        self._rewriter = rewriter
        self.source = source
        self.target = target
        self.next = dict(begins)
        self._expected = {partition: Held() for partition in begins}
        self._seen = {partition: Held() for partition in begins}
        self._stated, self._copied = Tally(), Tally()

    async def advance(self, told: Told) -> int:
        """Copy up to where the source ends now; how many records that were."""
        ends = await self._logs.ends(self.source)
        done = 0
        async for partition, records in self._logs.read(self.source, self.next, ends):
            copies = [copy for record in records if (copy := self._kept(record)) is not None]
            for copy in copies:
                self._expected[partition].add(copy)
            await self._logs.append(self.target, partition, copies)
            self.next[partition] += len(records)
            done += len(records)
            told(len(records))
        return done

    def _kept(self, record: Record) -> Record | None:
        """The record's copy; what is said in all is taken of the record as it was."""
        outcome = self._rewriter.outcome(self.source, record)
        if outcome.fate in (Fate.KEPT, Fate.FREED):
            self._stated.add(record)
        return outcome.record

    async def verify(self) -> None:
        """Read the copy back, on from where that was done before.

        :raises Differs: when it is not byte for byte what was to be copied, or says anything else in all.
        """
        done = {partition: held.count for partition, held in self._seen.items()}
        async for partition, records in self._logs.read(self.target, done, await self._logs.ends(self.target)):
            for record in records:
                self._seen[partition].add(record)
                self._copied.add(record)
        for partition, expected in self._expected.items():
            seen = self._seen[partition]
            if (seen.count, seen.checksum.digest) != (expected.count, expected.checksum.digest):
                raise Differs(
                    f"{self.target}:{partition} holds {seen.count} records, not the {expected.count} that were copied",
                    mend="run the command again: it makes the copy anew",
                )
        if self._copied != self._stated:
            raise Differs(f"{self.target} does not add up to what {self.source} says", mend="tell the makers of Cadran")


async def records_of(logs: Logs, topic: str, partition: int, since: int = 0) -> AsyncGenerator[Record, None]:
    """The records of a partition, one by one, up to where it ends now."""
    end = await logs.end_of(topic, partition)
    async for _, records in logs.read(topic, {partition: since}, {partition: end}):
        for record in records:
            yield record


async def matched(logs: Logs, copy: str, target: str, partition: int) -> int:
    """How many of a copy's first records a topic holds already, in their order, whatever was written between them."""
    wanted, held = records_of(logs, copy, partition), records_of(logs, target, partition)
    count = 0
    try:
        sought = await anext(wanted, None)
        async for record in held:
            if sought is None:
                break
            if record == sought:
                count += 1
                sought = await anext(wanted, None)
    finally:
        await wanted.aclose()
        await held.aclose()
    return count
