"""The first keys of an installation, and the first person: made once, for the local stack and for containers alike."""

import secrets
from collections.abc import Sequence
from pathlib import Path

from deploy.local.programs import Layout
from services.board.users import Role, Users
from services.common.auth import KeyRing, Scope
from services.common.settings import Settings
from services.common.whole_files import OURS_ALONE, replace_file

OF_THE_BOARD = (Scope.READ_KPIS, Scope.EXPLAIN, Scope.READ_ALERTS, Scope.WRITE_ALERTS)


def development_key(settings: Settings, layout: Layout) -> None:
    """A key with every scope."""
    _key(settings, layout.dev_key, "development", tuple(Scope))


def first_board_key(settings: Settings, layout: Layout) -> None:
    """The key that the board reads with."""
    _key(settings, layout.board_key, "board", OF_THE_BOARD)


def first_director(layout: Layout) -> None:
    """Somebody who may sign in to the board; the password is readable by the owner alone."""
    people = Users(layout.board_users)
    if people.all():
        return
    password = secrets.token_urlsafe(12)
    replace_file(layout.director_password, f"{password}\n".encode(), OURS_ALONE)
    people.add("director", Role.DIRECTOR, None, password)


def _key(settings: Settings, path: Path, name: str, scopes: Sequence[Scope]) -> None:
    """A key in a file that its owner alone may read: made once, with the scopes of today."""
    ring = KeyRing(settings.api_keys_file)
    token = path.read_text().strip() if path.exists() else ""
    if token:
        ring.rescope(token, tuple(scopes))
    else:
        token = ring.create(name, tuple(scopes), namespace="")
        replace_file(path, f"{token}\n".encode(), OURS_ALONE)
