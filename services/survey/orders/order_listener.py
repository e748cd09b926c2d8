"""Hearing of orders: from `cadran.orders`, each written down before its offset is committed."""

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.errors import KafkaError
from sqlalchemy import Connection

from services.common.database import Database
from services.common.errors import Invalid, Unavailable
from services.common.events import Event, decode
from services.common.events.fields import REVISION_MAX
from services.common.kafka_access import KafkaAccess
from services.common.logging import get_logger
from services.common.topics import Topic
from services.common.windows import Clock
from services.survey.orders import plan_store
from services.survey.orders.rules import Rules, plan_of

log = get_logger(__name__)

GROUP = "cadran-survey"
MOST_TOGETHER = 500
PAUSE = 5.0


class OrderListener:
    """Plans what to ask about. It may hear the same twice: an order is planned once."""

    def __init__(self, access: KafkaAccess, database: Database, rules: Rules, clock: Clock) -> None:
        self._access = access
        self._database = database
        self._rules = rules
        self._clock = clock

    async def run(self) -> None:
        """Listen for ever; when Kafka or the database does not answer, try again from what was committed."""
        while True:
            try:
                await self._listen()
            except (KafkaError, Unavailable) as error:
                log.warning("orders are not heard", error=repr(error))
                await asyncio.sleep(PAUSE)

    async def _listen(self) -> None:
        consumer = AIOKafkaConsumer(
            Topic.ORDERS.value,
            **self._access.aiokafka(),
            client_id=GROUP,
            group_id=GROUP,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        try:
            await consumer.start()
            while True:
                batches = await consumer.getmany(timeout_ms=1000, max_records=MOST_TOGETHER)
                events = [event for records in batches.values() for event in _read(records)]
                if events:
                    await self._database.write(partial(self._write, events))
                if batches:
                    await consumer.commit()
        finally:
            await consumer.stop()

    def _write(self, events: Sequence[Event], connection: Connection) -> None:
        now = self._clock()
        for event in events:
            if event.type == "order.placed":
                plan = plan_of(event, self._rules, now)
                if plan is not None:
                    plan_store.keep_plan(connection, plan)
            elif event.type == "order.cancelled" and now - event.time <= self._rules.horizon:
                revision = REVISION_MAX if event.data.revision is None else event.data.revision
                plan_store.cancel(connection, event.subject, revision, now)


def _read(records: Iterable[ConsumerRecord]) -> list[Event]:
    """The events of some records; what is none is told and left out, as no later try would read it."""
    events = []
    for record in records:
        try:
            events.append(decode(record.value or b""))
        except Invalid as error:
            place = f"{record.topic}:{record.partition}:{record.offset}"
            log.warning("a record is no event", record=place, error=str(error))
    return events
