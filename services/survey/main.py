"""`python -m services.survey.main`: the survey service. Settings and clients are built here and nowhere else."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from services.common.auth import KeyRing, Scope
from services.common.errors import CadranError
from services.common.http import serve
from services.common.i18n import load_translations
from services.common.logging import configure_logging
from services.common.publisher import Publisher
from services.common.settings import Port, Settings
from services.common.topic_admin import require_topics
from services.common.windows import utc_now
from services.survey import verbatim_pages
from services.survey.api import Parts, create_app
from services.survey.branding import Branding
from services.survey.database import Database, database_url
from services.survey.links import Links, read_secrets
from services.survey.metrics import SurveyMetrics
from services.survey.outbox import Outbox
from services.survey.pages import Pages
from services.survey.service import Surveys
from services.survey.sessions import Sessions
from services.survey.settings import SurveySettings


def build(settings: Settings, survey: SurveySettings) -> FastAPI:
    """The app, its clients opened and closed with its lifespan."""
    registry = CollectorRegistry()
    metrics = SurveyMetrics(registry)
    database = Database(database_url(survey.database.get_secret_value(), settings.local_dir))
    publisher = Publisher(settings.kafka_servers, client_id="cadran-survey", timeout=survey.publish_timeout)
    outbox = Outbox(database, publisher, metrics.outbox_waiting, metrics.events_sent)
    base_url = survey.url or f"http://127.0.0.1:{settings.port(Port.SURVEY)}"
    secrets = read_secrets(survey.secret_file or settings.local_dir / "survey.secret")
    links = Links(secrets, base_url)
    keys = KeyRing(settings.api_keys_file)
    brand = Branding(survey.brand_name, survey.brand_colour, survey.brand_logo)
    surveys = Surveys(
        database,
        links,
        zone=settings.zone,
        clock=utc_now,
        valid=timedelta(days=survey.valid_days),
        written=outbox.written,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        database.open()
        async with publisher:
            sending = asyncio.create_task(outbox.run())
            yield
            sending.cancel()
            await asyncio.wait([sending])
        database.close()

    parts = Parts(
        surveys=surveys,
        pages=Pages(load_translations(Path(__file__).parent / "locale"), survey.language, brand),
        brand=brand,
        keys=keys,
        sessions=Sessions(secrets, keys, Scope.READ_SURVEYS, path=verbatim_pages.PATH, base_url=base_url),
        database=database,
        zone=settings.zone,
        registry=registry,
        checks={"database": database.check},
    )
    return create_app(parts, lifespan)


def main() -> None:
    try:
        settings, survey = Settings.load(), SurveySettings.load()
        configure_logging("survey", level=settings.log_level, log_format=settings.log_format)
        require_topics(settings)
        app = build(settings, survey)
    except CadranError as error:
        sys.exit(f"survey cannot start: {error}")
    serve(app, host=settings.host, port=settings.port(Port.SURVEY), grace=10)


if __name__ == "__main__":
    main()
