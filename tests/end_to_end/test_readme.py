"""The ways for an integrator of the README and of docs/sending.md, run as they are written, on a test's stack."""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from services.common.settings import Port
from tests.docs.pages import blocks_of, pointed_at
from tests.support.gate import Gate, Verdict, running_gate
from tests.support.stack import RunningStack, wait_for

PROGRAMS = {
    "sh": ("bash", "-euc"),
    "python": (sys.executable, "-c"),
    "javascript": ("node", "--input-type=module", "-e"),
}
FILES = {"java": ("Send.java", ("java",)), "go": ("send.go", ("go", "run"))}
"""Languages whose programs are files: what a reader calls theirs, and how it is run."""


@pytest.fixture(scope="module")
def blocks(stack: RunningStack) -> list[tuple[str, str]]:
    """The README's blocks of code with their language, pointed at the stack."""
    return blocks_at(Path("README.md"), stack)


def blocks_at(page: Path, stack: RunningStack) -> list[tuple[str, str]]:
    found = blocks_of(page)
    return [(block.language, pointed_at(block.code, stack.settings, stack.layout.root)) for block in found]


def run_block(blocks: list[tuple[str, str]], language: str, holding: str) -> list[str]:
    """What each line of output says."""
    code = next(code for kind, code in blocks if kind == language and holding in code)
    with tempfile.TemporaryDirectory() as folder:
        command = [*PROGRAMS[language], code] if language in PROGRAMS else in_a_file(language, code, Path(folder))
        done = subprocess.run(command, capture_output=True, text=True, timeout=180)  # Go compiles first
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def in_a_file(language: str, code: str, folder: Path) -> list[str]:
    """How code is run that must stand in a file."""
    name, program = FILES[language]
    (folder / name).write_text(code)
    return [*program, str(folder / name)]


def test_an_integrator_sends_events_and_reads_them_back(stack: RunningStack, blocks: list[tuple[str, str]]) -> None:
    assert json.loads(run_block(blocks, "sh", "order.placed")[0])["status"] == "accepted"
    assert "'accepted': 1" in run_block(blocks, "python", "lead.created")[0]
    stack.wait_applied()
    assert stack.kpi("sales", from_="2026-11-23", to="2026-11-23")["rows"][0]["value"] == 129.0
    assert stack.kpi("new_leads", from_="2026-11-23", to="2026-11-23")["rows"][0]["value"] == 1
    answers = "".join(run_block(blocks, "sh", "explain"))
    assert answers.count('"kpi":"sales"') == 2


def test_a_customer_is_asked_and_answers(stack: RunningStack, blocks: list[tuple[str, str]]) -> None:
    link = json.loads(run_block(blocks, "sh", "/v1/invitations")[0])["link"]
    assert httpx.post(link, data={"score": "9"}).status_code == 303
    wait_for(lambda: stack.kpi("nps", window="30d")["rows"][0]["n"] == 1, "the answer is counted")


def test_a_price_that_was_seen_is_in_the_index(stack: RunningStack, blocks: list[tuple[str, str]]) -> None:
    watched, told = map(json.loads, "".join(run_block(blocks, "sh", "/v1/watch")).replace("}{", "}\n{").splitlines())
    assert [item["status"] for item in (*watched["results"], *told["results"])] == ["kept", "trusted"]
    wait_for(lambda: stack.kpi("competitor_prices", window="today")["rows"][0]["n"] == 1, "the price is counted")
    assert stack.kpi("competitor_prices", window="today")["rows"][0]["value"] == 107.59
    explained = stack.cadran("prices", "explain", "LAMP-99", "northlight")
    assert "given" in explained.stdout, explained.stderr


@pytest.fixture
def busy(stack: RunningStack) -> Iterator[Gate]:
    """It breaks off the first request, and says "later" to the second."""
    first = {1: Verdict.BROKEN_OFF, 2: Verdict.LATER}
    with running_gate(stack.url(Port.INGEST), lambda number: first.get(number, Verdict.PASS)) as gate:
        yield gate


@pytest.mark.parametrize(
    ("language", "event"),
    [("python", "order.placed"), ("javascript", "lead.created"), ("java", "lead.created"), ("go", "order.placed")],
)
def test_a_snippet_sends_the_same_until_it_is_answered(
    stack: RunningStack, busy: Gate, language: str, event: str
) -> None:
    there = [
        (kind, code.replace(stack.url(Port.INGEST), busy.url))
        for kind, code in blocks_at(Path("docs/sending.md"), stack)
    ]
    assert run_block(there, language, event) == ["1 accepted, 0 known already"]
    assert len(busy.asked) == 3
    assert len(set(busy.asked)) == 1
    assert run_block(there, language, event) == ["0 accepted, 1 known already"]
    spoiled = [(kind, code.replace("2026-11-24T09", "1026-11-24T09")) for kind, code in there]
    told = run_block(spoiled, language, event)
    assert told[0] == "0 accepted, 0 known already"
    assert "time" in told[1]


def test_what_the_snippets_sent_is_counted(stack: RunningStack) -> None:
    stack.wait_applied()
    day = {"from_": "2026-11-24", "to": "2026-11-24"}
    values = {kpi: stack.kpi(kpi, **day)["rows"][0]["value"] for kpi in ("sales", "new_leads")}
    assert values == {"sales": 2 * 129.0, "new_leads": 2}


def test_every_page_that_the_readme_names_is_there() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", Path("README.md").read_text())
    assert len(links) > 8
    assert [link for link in links if not Path(link).exists()] == []
