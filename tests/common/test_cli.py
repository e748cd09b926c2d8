"""The `cadran` program, made of what every service adds."""

import subprocess
import sys
from importlib.metadata import entry_points
from typing import Any

import pytest
from typer.main import get_group

from services.common.cli import GROUP, build

FIRST_WORDS = sorted(point.name for point in entry_points(group=GROUP))


def _told(command: Any) -> tuple[Any, ...]:
    """What a user is told of a command, and of those in its group."""
    inner = {name: _told(each) for name, each in getattr(command, "commands", {}).items()}
    return command.help, [(each.name, each.opts, each.help) for each in command.params], inner


def test_every_command_is_added_under_its_first_word() -> None:
    assert sorted(get_group(build()).commands) == FIRST_WORDS


@pytest.mark.parametrize("word", FIRST_WORDS)
def test_a_command_alone_is_what_it_is_in_the_whole_program(word: str) -> None:
    alone, whole = (_told(get_group(program).commands[word]) for program in (build(word), build()))
    assert alone == whole


def test_a_command_loads_nothing_of_other_services() -> None:
    script = "import sys; from services.common.cli import build; build('keys'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert {name for name in loaded if name.startswith("services.") and name.split(".")[1] != "common"} == set()


def test_a_word_that_is_no_command_is_told_with_those_that_are() -> None:
    command = [sys.executable, "-m", "services.common.cli", "rebiuld"]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 2
    assert "rebuild" in ended.stderr
