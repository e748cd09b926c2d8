"""No page names a command, an option, a target of make or a setting that is not there."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from docs.generate import SETTINGS
from services.common.cli import build
from tests.docs.pages import PAGES, commands

PLACEHOLDER = re.compile(r"[…|\[\]()]|\.\.\.")
"""What stands for what a reader puts there: options in brackets, choices, and so on."""
SETTING = re.compile(r"\bCADRAN_[A-Z_]*[A-Z]\b(?!_?…|_\*|\*)")


def fault_of(line: str, program: Any) -> str | None:
    """What the program does not know of a command line."""
    words = shlex.split(PLACEHOLDER.sub(" ", line), comments=True)[1:]
    for word in list(words):
        if not hasattr(program, "commands") or word.startswith("-"):
            break
        known = program.commands.get(word)
        if known is None:
            return f"no command is called {word!r}"
        program = known
        words.remove(word)
    options = {name for parameter in program.params for name in (*parameter.opts, *parameter.secondary_opts)} | {
        "--help"
    }
    unknown = [word.partition("=")[0] for word in words if word.startswith("--") and len(word) > 2]
    return next((f"no option is called {word!r}" for word in unknown if word not in options), None)


@pytest.fixture(scope="module")
def cadran() -> Any:
    return typer.main.get_command(build())


def test_every_command_of_cadran_is_there(cadran: Any) -> None:
    faults = {f"{page}: {line}": fault_of(line, cadran) for page in PAGES for line in commands(page, "cadran")}
    assert len(faults) > 60
    assert {place: fault for place, fault in faults.items() if fault} == {}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("cadran keys burn", "no command is called 'burn'"),
        ("cadran kays list", "no command is called 'kays'"),
        ("cadran keys create shop --scoop events:write", "no option is called '--scoop'"),
        ("cadran keys create shop --scope events:write  # a comment --with dashes", None),
    ],
)
def test_a_wrong_command_is_told(cadran: Any, line: str, fault: str | None) -> None:
    assert fault_of(line, cadran) == fault


def test_every_target_of_make_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", Path("Makefile").read_text(), re.MULTILINE))
    lines = ((page, line) for page in PAGES for line in commands(page, "make") if not PLACEHOLDER.search(line))
    named = {(str(page), line.split()[1]) for page, line in lines}
    assert len(named) > 20
    assert {(page, target) for page, target in named if target not in targets} == set()


def test_every_setting_is_there() -> None:
    known = {
        f"{model.model_config.get('env_prefix', '')}{name}".upper()
        for model in SETTINGS.values()
        for name in model.model_fields
    }
    known |= set(SETTING.findall(Path("deploy/grafana/provisioning/datasources/prometheus.yml").read_text()))
    named = {(str(page), name) for page in PAGES for name in SETTING.findall(page.read_text(encoding="utf-8"))}
    assert len({name for _, name in named}) > 60
    assert {(page, name) for page, name in named if name not in known} == set()


def test_every_decision_is_in_the_index() -> None:
    index = Path("docs/decisions/index.md").read_text()
    assert [page.name for page in Path("docs/decisions").glob("0*.md") if f"({page.name})" not in index] == []


def test_the_readme_is_short_and_every_page_stands_once_in_the_site() -> None:
    assert len(Path("README.md").read_text().splitlines()) < 150
    pages = re.findall(r"[\w/-]+\.md$", Path("mkdocs.yml").read_text(), re.MULTILINE)
    assert len(pages) > 60
    assert len(pages) == len(set(pages))
