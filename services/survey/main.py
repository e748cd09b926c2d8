"""`python -m services.survey.main`: the survey service. Settings and clients are built here and nowhere else."""

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from services.common.audit import AuditLog
from services.common.auth import KeyRing, Scope
from services.common.background import Work, at_work
from services.common.calendar import BusinessCalendar, public_holidays
from services.common.database import Database, database_url
from services.common.errors import CadranError, ConfigurationError
from services.common.http import serve
from services.common.i18n import load_translations
from services.common.logging import configure_logging
from services.common.mail.account import read_account, read_sender
from services.common.mail.courier import Courier
from services.common.outbox import Outbox, OutboxMetrics
from services.common.publisher import publisher_of
from services.common.settings import Port, Settings
from services.common.signed_cookie import SignedCookie
from services.common.signing_secrets import read_secrets
from services.common.topic_admin import require_topics
from services.common.windows import utc_now
from services.survey.answers.service import Surveys
from services.survey.api import Parts, create_app
from services.survey.asking.counting import Counting
from services.survey.asking.invitation_letters import InvitationLetters
from services.survey.asking.inviter import Inviter
from services.survey.branding import Branding
from services.survey.links import Links, Purpose
from services.survey.mail.hours import next_open
from services.survey.mail.letters import LetterWriter
from services.survey.mail.mailer import Mailer
from services.survey.metrics import SurveyMetrics
from services.survey.orders.order_listener import OrderListener
from services.survey.orders.planner import Planner
from services.survey.orders.rules import load_rules
from services.survey.pages import Pages
from services.survey.pulse.clock import PulseClock
from services.survey.pulse.letters import PulseLetters
from services.survey.pulse.schedule import Schedule
from services.survey.pulse.service import Pulse
from services.survey.sessions import COOKIE, Sessions
from services.survey.settings import SurveySettings
from services.survey.sign_in_pages import VERBATIMS
from services.survey.tables import SCHEMA


class Core(NamedTuple):
    """What everything else works with."""

    settings: Settings
    survey: SurveySettings
    metrics: SurveyMetrics
    database: Database
    links: Links
    pages: Pages
    brand: Branding
    keys: KeyRing
    sessions: Sessions


def build(settings: Settings, survey: SurveySettings, database: Database) -> ASGIApp:
    """The app on an open database, closed with its lifespan; its clients are opened and closed with it."""
    registry = CollectorRegistry()
    core = _core(settings, survey, database, SurveyMetrics(registry))
    publisher = publisher_of(settings, "survey", timeout=survey.publish_timeout)
    outbox = Outbox(core.database, publisher, OutboxMetrics("survey", registry))
    mailer = _mailer(core) if survey.smtp_host else None

    def written() -> None:
        outbox.written()
        if mailer is not None:
            mailer.written()

    inviter = Inviter(
        core.database,
        zone=settings.zone,
        clock=utc_now,
        valid=timedelta(days=survey.valid_days),
        pause=timedelta(days=survey.ask_again_days),
        has_mail=mailer is not None,
        written=written,
        not_asked=core.metrics.not_asked,
    )
    works: list[Work] = [outbox.run, Counting(core.database, core.metrics.invitations).run]
    works += [] if mailer is None else [mailer.run]
    works += [] if survey.rules is None else _asking_about_orders(core, survey.rules, inviter, written)

    pulse = Pulse(
        core.database, core.links, zone=settings.zone, clock=utc_now, has_mail=mailer is not None, written=written
    )
    schedule = _schedule(core)
    works.append(PulseClock(pulse, schedule, utc_now).run)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with publisher, at_work(works):
            yield
        core.database.close()

    parts = Parts(
        surveys=Surveys(core.database, core.links, zone=settings.zone, clock=utc_now, written=outbox.written),
        inviter=inviter,
        pulse=pulse,
        schedule=schedule,
        pulse_readers=survey.pulse_readers,
        links=core.links,
        pages=core.pages,
        brand=core.brand,
        keys=core.keys,
        audit=AuditLog(settings.audit_path),
        sessions=core.sessions,
        database=core.database,
        zone=settings.zone,
        clock=utc_now,
        registry=registry,
        checks={"database": core.database.check},
    )
    return create_app(parts, lifespan)


def _core(settings: Settings, survey: SurveySettings, database: Database, metrics: SurveyMetrics) -> Core:
    brand = Branding(survey.brand_name, survey.brand_colour, survey.brand_logo)
    base_url = survey.url or f"http://127.0.0.1:{settings.port(Port.SURVEY)}"
    secrets = read_secrets(survey.secret_file or settings.local_dir / "survey.secret", "CADRAN_SURVEY_SECRET_FILE")
    keys = KeyRing(settings.api_keys_file, request_rate=settings.request_rate)
    return Core(
        settings,
        survey,
        metrics,
        database,
        Links(secrets, base_url),
        Pages(load_translations(Path(__file__).parent / "locale"), survey.language, brand),
        brand,
        keys,
        Sessions(SignedCookie(COOKIE, secrets, path=VERBATIMS, base_url=base_url), keys, Scope.READ_SURVEYS),
    )


def _mailer(core: Core) -> Mailer:
    survey = core.survey
    days_off = () if survey.mail_on_holidays else public_holidays(core.settings.country)
    calendar = BusinessCalendar(
        core.settings.zone, is_holiday=lambda day: day in days_off, weekly_hours=survey.mail_hours
    )
    next_open(calendar, utc_now())  # hours in which nothing ever leaves are told now
    writer = LetterWriter(core.pages, core.brand, read_sender(survey))
    return Mailer(
        core.database,
        {
            Purpose.NPS: InvitationLetters(writer, core.links, core.settings.zone),
            Purpose.PULSE: PulseLetters(writer, core.links, core.settings.zone),
        },
        Courier(read_account(survey)),
        calendar,
        clock=utc_now,
        per_minute=survey.mail_per_minute,
        outcomes=core.metrics.letters,
        waiting=core.metrics.letters_waiting,
    )


def _schedule(core: Core) -> Schedule:
    survey, days_off = core.survey, public_holidays(core.settings.country)
    return Schedule(
        core.settings.zone,
        is_holiday=lambda day: day in days_off,
        day=survey.pulse_day,
        open_days=survey.pulse_open_days,
        reminder_days=survey.pulse_reminder_days,
    )


def _asking_about_orders(core: Core, path: Path, inviter: Inviter, written: Callable[[], None]) -> list[Work]:
    if not core.survey.smtp_host:
        raise ConfigurationError(
            "rules ask by mail", field="CADRAN_SURVEY_RULES", mend="set CADRAN_SURVEY_SMTP_HOST, or unset the rules"
        )
    rules = load_rules(path)
    planner = Planner(core.database, inviter, rules, clock=utc_now, written=written, not_asked=core.metrics.not_asked)
    return [OrderListener(core.settings.kafka_access, core.database, rules, utc_now).run, planner.run]


def main() -> None:
    try:
        settings, survey = Settings.load(), SurveySettings.load()
        configure_logging("survey", level=settings.log_level, log_format=settings.log_format)
        require_topics(settings)
        database = Database(database_url(survey.database.get_secret_value(), settings.local_dir, SCHEMA), SCHEMA)
        database.open()
        app = build(settings, survey, database)
    except CadranError as error:
        sys.exit(f"survey cannot start: {error}")
    serve(app, settings, Port.SURVEY, grace=10)


if __name__ == "__main__":
    main()
