"""Carrying out what is planned: an order's customer is asked when the time has come."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime

import prometheus_client
from sqlalchemy import Connection

from services.common.database import Database
from services.common.errors import CadranError
from services.common.windows import Clock
from services.survey.asking.inviter import Inviter
from services.survey.asking.people import Reason, reason_of
from services.survey.orders import plan_store
from services.survey.orders.rules import Plan, Rules
from services.survey.records import Asking, By

LOOK_AGAIN = 5.0
MOST_TOGETHER = 100
ASKED = "asked"


class Planner:
    """Asks when plans are due. `written` is called when someone was asked."""

    def __init__(
        self,
        database: Database,
        inviter: Inviter,
        rules: Rules,
        *,
        clock: Clock,
        written: Callable[[], None],
        not_asked: prometheus_client.Counter,
    ) -> None:
        self._database = database
        self._inviter = inviter
        self._rules = rules
        self._clock = clock
        self._written = written
        self._not_asked = not_asked

    async def run(self) -> None:
        """Look for ever."""
        while True:
            if await self.ask_due() == 0:
                await asyncio.sleep(LOOK_AGAIN)

    async def ask_due(self) -> int:
        """Ask about the orders that are due; how many plans were settled."""
        outcomes = await self._database.write(self._settle_due)
        if outcomes[ASKED]:
            self._written()
        for reason in outcomes.keys() & set(Reason):
            self._not_asked.labels(reason).inc(outcomes[reason])
        return outcomes.total()

    def _settle_due(self, connection: Connection) -> Counter[str]:
        now = self._clock()
        outcomes: Counter[str] = Counter()
        for plan in plan_store.due_plans(connection, now, MOST_TOGETHER):
            outcome = self._outcome(connection, plan, now)
            plan_store.settle(connection, plan.order_id, outcome)
            outcomes[outcome] += 1
        plan_store.forget_older(connection, now - self._rules.horizon)
        return outcomes

    def _outcome(self, connection: Connection, plan: Plan, now: datetime) -> str:
        """What becomes of a plan; one that was slept over, for hours, is dropped: that question is no longer asked."""
        if now - plan.due_at > self._rules.recent:
            return Reason.LATE
        if plan_store.is_cancelled(connection, plan):
            return Reason.CANCELLED
        about = {name: getattr(plan.about, name) for name in plan.about.__struct_fields__}
        try:
            self._inviter.ask(connection, Asking(by=By.MAIL, **about), now)
        except CadranError as error:
            reason = reason_of(error)
            if reason is None:
                raise
            return reason
        return ASKED
