"""Every address that the board answers."""

from collections.abc import Iterator
from typing import Any

from fastapi.routing import APIRoute

from services.board.main import build
from services.board.settings import BoardSettings
from services.board.tables import SCHEMA
from services.common.database import Database, database_url
from tests.support.stack import RunningStack


def board_routes(stack: RunningStack) -> list[APIRoute]:
    """As the board is built for a stack, with what the environment says of it."""
    database = Database(database_url("", stack.settings.local_dir, SCHEMA), SCHEMA)
    return list(_all(build(stack.settings, BoardSettings.load(), database).app))


def _all(router: Any) -> Iterator[APIRoute]:
    """Those of a router and of all that it includes."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from _all(route.original_router)
