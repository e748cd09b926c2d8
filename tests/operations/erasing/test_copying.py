"""Copies, closed topics and the note, on a real Kafka."""

from collections.abc import AsyncIterator

import pytest

from services.common.errors import ConfigurationError, Unavailable
from services.common.events import encode
from services.common.publisher import Message, Publisher
from services.common.redis_clients import blocking_redis
from services.common.topics import Topic
from services.operations.erasing.copying import Copy, Differs, matched
from services.operations.erasing.erasure import Erasure, quiet_seconds
from services.operations.erasing.logs import Logs
from services.operations.erasing.rewriting import Record, Rewriter
from services.operations.erasing.swapping import (
    LARGEST,
    NOTHING,
    Admin,
    Journal,
    copy_of,
    read_journal,
    topics_of_erasing,
    wait_until_closed,
    write_journal,
)
from tests.operations.erasing.test_rewriting import naming, record_of
from tests.support.stack import RunningStack

LEADS, ORDERS = Topic.LEADS.value, Topic.ORDERS.value
ANNA = "c-anna"


@pytest.fixture
async def logs(servers: RunningStack) -> AsyncIterator[Logs]:
    async with Logs(servers.settings) as opened:
        yield opened


async def held(logs: Logs, topic: str) -> dict[int, list[Record]]:
    found: dict[int, list[Record]] = {}
    async for partition, records in logs.read(topic, await logs.begins(topic), await logs.ends(topic)):
        found.setdefault(partition, []).extend(records)
    return found


def done(_: int) -> None:
    pass


async def test_a_copy_holds_every_other_record_as_it_was_and_a_foreign_one_is_found(logs: Logs, admin: Admin) -> None:
    others = [
        Record(None, b"junk", (), 1_600_000_000_000),
        Record(b"key", None, (("h", b"1"), ("h", b"")), 1_600_000_000_001),
        record_of(naming("order.placed", "c-bert", by="e-1")),
        Record(b"", b"x" * 300_000, (), 1_600_000_000_002),
    ]
    order = naming("order.placed", ANNA, by="e-2")
    await logs.append(ORDERS, 0, [*others, record_of(order)])
    await logs.append(ORDERS, 5, others)
    admin.create(copy_of(ORDERS), admin.shape(ORDERS))
    copy = Copy(logs, Rewriter({ANNA}), ORDERS, copy_of(ORDERS), await logs.begins(ORDERS))

    assert await copy.advance(done) == 9
    await copy.verify()
    copied = await held(logs, copy_of(ORDERS))
    assert copied[5] == others
    assert copied[0][:4] == others
    assert ANNA.encode() not in (copied[0][4].value or b"")

    await logs.append(ORDERS, 5, [record_of(order)])  # what comes later is copied behind
    assert await copy.advance(done) == 1
    await copy.verify()
    assert len((await held(logs, copy_of(ORDERS)))[5]) == 5

    await logs.append(copy_of(ORDERS), 5, others[:1])
    with pytest.raises(Differs, match=r"orders\.erasing:5 holds 6 records, not the 5"):
        await copy.verify()


async def test_what_a_topic_holds_of_its_copy_is_found_between_what_others_wrote(logs: Logs, admin: Admin) -> None:
    mine = [Record(b"k", str(number).encode(), (), 1_600_000_000_000 + number) for number in range(5)]
    others = [Record(b"k", b"new", (), 1_700_000_000_000)]
    admin.create(copy_of(LEADS), admin.shape(LEADS))
    await logs.append(copy_of(LEADS), 2, mine)
    assert await matched(logs, copy_of(LEADS), LEADS, 2) == 0
    await logs.append(LEADS, 2, [*others, mine[0], *others, mine[1]])
    assert await matched(logs, copy_of(LEADS), LEADS, 2) == 2
    await logs.append(LEADS, 2, [*mine[2:], *others])
    assert await matched(logs, copy_of(LEADS), LEADS, 2) == 5
    assert await matched(logs, copy_of(LEADS), LEADS, 3) == 0


async def test_a_closed_topic_refuses_whoever_writes_until_it_is_opened_again(
    servers: RunningStack, logs: Logs, admin: Admin
) -> None:
    event = naming("order.placed", "c-bert", by="e-3")
    message = Message(Topic.ORDERS, event.subject.encode(), encode(event))
    admin.close_to_writers([ORDERS])
    await wait_until_closed(logs, [ORDERS])
    ends = await logs.ends(ORDERS)
    async with Publisher(servers.settings.kafka_access, client_id="test", timeout=5.0) as publisher:
        with pytest.raises(Unavailable):
            await publisher.publish([message])
        assert await logs.ends(ORDERS) == ends
        assert admin.open_to_writers() == [ORDERS]
        await publisher.publish([message])
    assert sum((await logs.ends(ORDERS)).values()) == sum(ends.values()) + 1
    assert LARGEST not in admin.shape(ORDERS).configs


async def test_before_the_note_all_is_taken_back_and_after_it_nothing_is(
    servers: RunningStack, logs: Logs, admin: Admin
) -> None:
    with blocking_redis(servers.settings.redis_access) as redis:
        erasure = Erasure(redis, logs, admin, lambda _what, _total: done)
        admin.create(copy_of(ORDERS), admin.shape(ORDERS))
        admin.close_to_writers([ORDERS])
        await erasure.abort()
        assert copy_of(ORDERS) not in admin.there()
        assert admin.shape(ORDERS).configs.get(LARGEST) != NOTHING

        journal = Journal(admin.ids([ORDERS]), {ORDERS: dict(await logs.ends(ORDERS))})
        await write_journal(logs, admin, journal, admin.shape(ORDERS))
        assert await read_journal(logs, admin) == journal
        with pytest.raises(ConfigurationError, match="no way back"):
            await erasure.abort()
        await erasure.put_away()
        assert not await erasure.is_unfinished()


async def test_what_comes_out_after_the_copies_counted_is_not_deleted(
    servers: RunningStack, logs: Logs, admin: Admin
) -> None:
    """What a stalled follower held back comes out late."""
    with blocking_redis(servers.settings.redis_access) as redis:
        erasure = Erasure(redis, logs, admin, lambda _what, _total: done)
        before, copied = admin.ids([ORDERS, LEADS]), {topic: dict(await logs.ends(topic)) for topic in (ORDERS, LEADS)}
        await logs.append(ORDERS, 1, [record_of(naming("order.placed", "c-bert", by="e-4"))])
        ends = await logs.ends(ORDERS)
        for topic in (ORDERS, LEADS):
            admin.create(copy_of(topic), admin.shape(topic))
        admin.close_to_writers([ORDERS, LEADS])
        await write_journal(logs, admin, Journal(before, copied), admin.shape(copy_of(ORDERS)))
        with pytest.raises(Differs, match=r"^cadran\.orders took records that were not copied - nothing was deleted"):
            await erasure.bring_back()
        assert (admin.ids([ORDERS, LEADS]), await logs.ends(ORDERS)) == (before, ends)
        assert not topics_of_erasing(admin.there())
        assert admin.shape(ORDERS).configs.get(LARGEST) != NOTHING


def test_where_there_are_followers_one_that_stalls_is_waited_for() -> None:
    assert quiet_seconds(1) < 5
    assert quiet_seconds(2) > 30
