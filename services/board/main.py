"""`python -m services.board.main`: the board. Settings and clients are built here and nowhere else."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from services.board.alerts.watch import Alerts
from services.board.answers import Answers
from services.board.api import Parts, create_app
from services.board.client import alerts_client, board_url, read_api_client
from services.board.editing.desk import Desk
from services.board.editing.service import Editing
from services.board.letter.office import letter_works, week_reader, week_writer
from services.board.oidc import Oidc, remember_who_left
from services.board.read_api import ChangeSignal, ReadApi
from services.board.remote import Remote
from services.board.rendering import Renderer
from services.board.sessions import COOKIE, Sessions
from services.board.settings import BoardSettings
from services.board.tables import SCHEMA
from services.board.users import Users
from services.board.week_pages import Weeks
from services.common.audit import AuditLog
from services.common.background import Work, at_work, once
from services.common.database import Database, database_url
from services.common.errors import CadranError
from services.common.http import serve
from services.common.i18n import load_translations
from services.common.kafka_refusals import require_kafka_admits
from services.common.logging import configure_logging
from services.common.outbox import Outbox, OutboxMetrics
from services.common.publisher import Publisher, publisher_of
from services.common.secure_headers import SecureHeaders
from services.common.settings import Port, Settings
from services.common.signed_cookie import SignedCookie
from services.common.signing_secrets import read_secrets
from services.common.windows import utc_now


def build(settings: Settings, board: BoardSettings, database: Database) -> ASGIApp:
    """The app, its clients opened and closed with its lifespan.

    The database is opened beside, and Kafka reached, as soon as they let themselves be: numbers are shown without them.
    """
    registry = CollectorRegistry()
    publisher = publisher_of(settings, "board", timeout=board.publish_timeout)
    outbox = Outbox(database, publisher, OutboxMetrics("board", registry))
    client, client_of_alerts = read_api_client(settings, board), alerts_client(settings, board)
    api = ReadApi(client)
    changes = ChangeSignal(api)
    answers = Answers(api, changes)
    alerts = Alerts(Remote(client_of_alerts, "the alerts process"))
    users = Users(board.users_path(settings.local_dir))
    secrets = read_secrets(board.secret_file or settings.local_dir / "board.secret", "CADRAN_BOARD_SECRET_FILE")
    base_url = board_url(settings, board)
    works = [_send_edits(outbox, publisher), *letter_works(settings, board, api, database)]

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            async with client, client_of_alerts, at_work([changes.listen, alerts.watch, once(database.open, works)]):
                yield
        finally:
            database.close()

    async def read_api() -> None:
        await api.get("/v1/kpis", {})

    translations = load_translations(Path(__file__).parent / "locale")
    renderer = Renderer(answers, alerts, translations, board.language, settings.zone)
    sessions = Sessions(SignedCookie(COOKIE, secrets, path="/", base_url=base_url, samesite="lax"), users)
    parts = Parts(
        changes=changes,
        answers=answers,
        alerts=alerts,
        renderer=renderer,
        users=users,
        sessions=sessions,
        weeks=Weeks(week_reader(settings, api), week_writer(settings, board)),
        oidc=Oidc(board, base_url) if board.oidc_issuer else None,
        desk=_desk(settings, answers, alerts, Editing(database, outbox.written), renderer, sessions),
        registry=registry,
        checks={"read API": read_api},  # neither the database nor Kafka: numbers are shown without them
    )
    app = create_app(parts, lifespan)
    if parts.oidc is not None:
        remember_who_left(app, secrets[-1], base_url)
    return SecureHeaders(app)  # around the framework: it answers internal errors outside of its own middlewares


def _send_edits(outbox: Outbox, publisher: Publisher) -> Work:
    async def send_edits() -> None:
        await outbox.count()  # told while Kafka is still away
        async with publisher:
            await outbox.run()

    return send_edits


def _desk(
    settings: Settings, answers: Answers, alerts: Alerts, editing: Editing, renderer: Renderer, sessions: Sessions
) -> Desk:
    return Desk(
        answers=answers,
        alerts=alerts,
        editing=editing,
        audit=AuditLog(settings.audit_path),
        renderer=renderer,
        sessions=sessions,
        clock=utc_now,
        zone=settings.zone,
        currency=settings.reporting_currency,
    )


def main() -> None:
    try:
        settings, board = Settings.load(), BoardSettings.load()
        configure_logging("board", level=settings.log_level, log_format=settings.log_format)
        require_kafka_admits(settings.kafka_access)
        database = Database(database_url(board.database.get_secret_value(), settings.local_dir, SCHEMA), SCHEMA)
        app = build(settings, board, database)
    except CadranError as error:
        sys.exit(f"board cannot start: {error}")
    serve(app, settings, Port.BOARD, grace=2)


if __name__ == "__main__":
    main()
