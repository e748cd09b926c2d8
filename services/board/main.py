"""`python -m services.board.main`: the board. Settings and clients are built here and nowhere else."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from services.board.api import Parts, create_app
from services.board.client import read_api_client
from services.board.letter.office import letter_works
from services.board.service import BoardService
from services.board.settings import BoardSettings
from services.board.store import ChangeSignal, ReadApi
from services.board.tables import SCHEMA
from services.common.background import at_work
from services.common.database import Database, database_url
from services.common.errors import CadranError
from services.common.http import serve
from services.common.i18n import load_translations
from services.common.logging import configure_logging
from services.common.settings import Port, Settings


def build(settings: Settings, board: BoardSettings, database: Database) -> FastAPI:
    """The app on an open database, closed with its lifespan; its client is opened and closed with it."""
    client = read_api_client(settings, board)
    api = ReadApi(client)
    changes = ChangeSignal(api)
    works = letter_works(settings, board, api, database)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        listening = asyncio.create_task(changes.listen())
        async with at_work(works):
            yield
        listening.cancel()
        await asyncio.wait([listening])
        await client.aclose()
        database.close()

    async def read_api() -> None:
        await api.kpis()

    parts = Parts(
        service=BoardService(api),
        changes=changes,
        translations=load_translations(Path(__file__).parent / "locale"),
        default_language=board.language,
        zone=settings.zone,
        checks={"read API": read_api},
    )
    return create_app(parts, lifespan)


def main() -> None:
    try:
        settings, board = Settings.load(), BoardSettings.load()
        configure_logging("board", level=settings.log_level, log_format=settings.log_format)
        database = Database(database_url(board.database.get_secret_value(), settings.local_dir, SCHEMA), SCHEMA)
        database.open()
        app = build(settings, board, database)
    except CadranError as error:
        sys.exit(f"board cannot start: {error}")
    serve(app, host=settings.host, port=settings.port(Port.BOARD), grace=2)


if __name__ == "__main__":
    main()
