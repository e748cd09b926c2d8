"""The service's parts on a database, with a clock that the test sets."""

from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry
from sqlalchemy import select

import services.survey
from services.common.calendar import BusinessCalendar
from services.common.database import Database
from services.common.events import Event, decode
from services.common.i18n import load_translations
from services.common.mail.account import Account, Security
from services.common.mail.courier import Courier
from services.survey import tables
from services.survey.asking.invitation_letters import InvitationLetters
from services.survey.asking.inviter import Inviter
from services.survey.branding import Branding
from services.survey.links import Links, Purpose
from services.survey.mail.letters import LetterWriter
from services.survey.mail.mailer import Mailer
from services.survey.metrics import SurveyMetrics
from services.survey.orders.planner import Planner
from services.survey.orders.rules import Rules
from services.survey.pages import Pages
from services.survey.pulse.letters import PulseLetters
from services.survey.records import Asking
from tests.support.clock import Clock
from tests.support.mail import ALWAYS

PARIS = ZoneInfo("Europe/Paris")
PAUSE = timedelta(days=90)


class Service:
    """What asks and what sends."""

    def __init__(self, database: Database, port: int = 0, hours: dict[str, list[str]] | None = None) -> None:
        self.database = database
        self.clock = Clock()
        self.registry = CollectorRegistry()
        self.metrics = SurveyMetrics(self.registry)
        self.links = Links(["s" * 40], "https://survey.example.org")
        self.brand = Branding("Maison Bleue", "#0b6e75", None)
        locale = Path(services.survey.__file__).parent / "locale"
        self.pages = Pages(load_translations(locale), "fr", self.brand)
        writer = LetterWriter(self.pages, self.brand, "avis@example.org")
        self.invitation_letters = InvitationLetters(writer, self.links, PARIS)
        self.desks = {
            Purpose.NPS: self.invitation_letters,
            Purpose.PULSE: PulseLetters(writer, self.links, PARIS),
        }
        self.calendar = BusinessCalendar(PARIS, is_holiday=lambda _: False, weekly_hours=hours or ALWAYS)
        self.inviter = Inviter(
            database,
            zone=PARIS,
            clock=self.clock,
            valid=timedelta(days=30),
            pause=PAUSE,
            has_mail=True,
            written=lambda: None,
            not_asked=self.metrics.not_asked,
        )
        self._port = port
        self._couriers: list[Courier] = []
        self.mailer = self.another_mailer()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for courier in self._couriers:
            await courier.rest()

    def another_mailer(self, database: Database | None = None) -> Mailer:
        """A mailer as another process has it."""
        self._couriers.append(Courier(Account("127.0.0.1", self._port, Security.NONE)))
        return Mailer(
            database or self.database,
            self.desks,
            self._couriers[-1],
            self.calendar,
            clock=self.clock,
            per_minute=6000,
            outcomes=self.metrics.letters,
            waiting=self.metrics.letters_waiting,
        )

    def planner(self, rules: Rules) -> Planner:
        return Planner(
            self.database,
            self.inviter,
            rules,
            clock=self.clock,
            written=lambda: None,
            not_asked=self.metrics.not_asked,
        )

    async def send_all(self) -> None:
        """Send until no letter is due, or none can leave."""
        while await self.mailer.send_one() == 60 / 6000:
            pass

    async def events(self) -> list[Event]:
        """Every event that was written down, in order."""
        rows = await self.database.read(
            lambda connection: connection.execute(select(tables.outbox.c.value).order_by(tables.outbox.c.id)).all()
        )
        return [decode(value) for (value,) in rows]

    def counted(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0


def asking(email: str | None = None, **fields: Any) -> Asking:
    return Asking(email=email, **{"touchpoint": "delivery", **fields})
