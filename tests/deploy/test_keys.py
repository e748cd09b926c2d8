"""The keys that the local stack makes for itself."""

from pathlib import Path

import pytest
from rich.console import Console

from deploy.local.stack import Stack
from services.common.auth import KeyRing, Scope
from services.common.errors import Forbidden
from services.common.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(local_dir=tmp_path)


@pytest.fixture
def stack(settings: Settings) -> Stack:
    return Stack(settings, Console(quiet=True))


def test_a_boards_key_of_before_may_do_what_a_board_needs_today(settings: Settings, stack: Stack) -> None:
    """It may be in use: it stays as it reads."""
    ring = KeyRing(settings.api_keys_file)
    before = ring.create("board", (Scope.READ_KPIS, Scope.ADMIN), namespace="")
    other = ring.create("reader", (Scope.READ_KPIS,), namespace="")
    stack.layout.board_key.write_text(f"{before}\n")

    stack.make_keys()

    assert stack.layout.board_key.read_text() == f"{before}\n"
    assert ring.check(before, Scope.EXPLAIN).name == "board"
    for key, scope in ((before, Scope.ADMIN), (other, Scope.EXPLAIN)):
        with pytest.raises(Forbidden):
            ring.check(key, scope)


def test_keys_are_made_once(settings: Settings, stack: Stack) -> None:
    made = []
    for _ in range(2):
        stack.make_keys()
        made.append([path.read_text() for path in (stack.layout.dev_key, stack.layout.board_key)])
    assert made[0] == made[1]
    assert len(KeyRing(settings.api_keys_file).all()) == 2


def test_a_key_file_that_a_kill_left_empty_is_filled(settings: Settings, stack: Stack) -> None:
    for path in (stack.layout.dev_key, stack.layout.board_key):
        path.touch(mode=0o600)

    stack.make_keys()

    ring = KeyRing(settings.api_keys_file)
    assert ring.check(stack.layout.dev_key.read_text().strip(), Scope.ADMIN).name == "development"
    assert ring.check(stack.layout.board_key.read_text().strip(), Scope.EXPLAIN).name == "board"
