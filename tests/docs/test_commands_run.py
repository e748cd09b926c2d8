"""Every command of the documentation runs as it is written, on a real stack; of those that cannot it is said why."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest

from services.common.settings import ROOT
from tests.docs.pages import PAGES, blocks_of, pointed_at, shell_lines
from tests.support.mail import MailServer, running_mail_server
from tests.support.stack import RunningStack, running_stack

ELSEWHERE = {
    r"make (demo|test|up|clean|generate)": "what `.ci/run` runs, what stands before this very test, or what ends it",
    r"make (bench|fuzz|coverage|mutation|soak|drill)": "takes minutes: the suite runs a small one of each",
    r"(\S+=\S+ )?\.venv/bin/pytest": "what runs this very test",
    r"cadran restore \S+$": "with services stopped: tests/operations/backup",
    r"cadran erase-customer (?!.*--dry-run)": "makes topics anew beneath all other pages: tests/faults/test_erasing.py",
    r"kubectl ": "needs a cluster: `make check` builds the manifests and holds them against their schemas",
    r"cadran connectors (check|sync)": "needs an account at a vendor: tests/ingest/connectors has servers like theirs",
    r"cadran grafana push": "needs a Grafana: tests/kpi_stream/grafana has a stand-in",
    r"cadran prices check https://shop.example": "asks a page of another's: tests/pricing_watch has servers of its own",
    r"cadran alerts test": "needs a way to reach people: tests/kpi_stream/alerting/test_trial.py",
    r"CADRAN_LOCAL_SECURE=true |\. \.local/secrets/": "a stack of another form: tests/end_to_end/test_secure.py",
    r"docker |printf %s ": "needs Docker, which is not here; and the files that it is given",
    r"(GOBIN|PATH)=/tmp/am|mv /tmp/am": "an Alertmanager of another release, tried by hand",
}
"""Commands by how they begin, and why they are not run."""


class Prepared(NamedTuple):
    """What a page takes for granted: files where a reader has theirs, and what is done before."""

    files: Mapping[str, str] = MappingProxyType({})
    typed: str = ""
    """Whenever a command asks."""
    before: str = ""
    stands_for: tuple[str, str] = ("", "")
    """What a page shows, and what a reader has in its place."""


FOLLOWED = {Path("docs/operating.md"): "from a stopped state to its end: tests/end_to_end/test_operating.py"}
"""Pages that are run as a whole elsewhere."""


PEOPLE = "customer_id,email,name,language\nC-7,anna@example.org,Anna,fr\n"
CONTACTS = {"contacts.csv": PEOPLE, "people.csv": "email\nanna@example.org\n"}
TEAM = "email,team_id,language\n" + "".join(f"p{number}@example.org,north,fr\n" for number in range(6))
INVOICES = """InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,6,2010-12-01 08:26:00,2.55,17850,United Kingdom
"""
WATCHED = """[{"sku": "LAMP-99", "name": "Oak lamp", "own_price": "129.00", "currency": "EUR", "competitors": [
{"competitor": "northlight", "page": "https://northlight.example/oak-lamp", "interval": "6h"}]}]"""
WATCH = (
    """curl -X PUT http://127.0.0.1:8003/v1/watch -H "Authorization: Bearer $(cat .local/dev.key)" -d @watched.json"""
)
PREPARED = {
    "docs/board.md": Prepared(typed="four words put together\n" * 2),
    "docs/campaigns.md": Prepared(typed="y\n"),
    "docs/keys.md": Prepared(
        before="id=$(cadran keys create known --scope events:write | cut -d _ -f 2)",
        stands_for=("3f9c2a71d05e", "$id"),
    ),
    "docs/kubernetes.md": Prepared(typed="four words put together\n" * 2),
    "docs/import.md": Prepared(files={"invoices.csv": INVOICES}),
    "docs/invitations.md": Prepared(files=CONTACTS),
    "docs/pricing.md": Prepared(files={"watched.json": WATCHED}, before=WATCH),
    "docs/running-the-pulse.md": Prepared(files={"team.csv": TEAM}, typed="y\n"),
    "docs/start.md": Prepared(before=f"cp {ROOT}/tests/ingest/exports/shopify_orders.csv orders_export.csv"),
    "docs/surveys.md": Prepared(files=CONTACTS, before="cadran survey contacts contacts.csv", typed="y\n"),
}


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    with running_mail_server() as server:
        yield server


@pytest.fixture(scope="module")
def stack(mail: MailServer) -> Iterator[RunningStack]:
    letters = {name.replace("SURVEY", "BOARD"): value for name, value in mail.settings.items() if "MAIL_" not in name}
    board = {
        **letters,
        "CADRAN_BOARD_MAIL_FROM": "cadran@example.org",
        "CADRAN_BOARD_LETTER_TO": '["bob@example.org"]',
    }
    with running_stack(**mail.settings, **board) as stack:
        yield stack


def runnable(page: Path) -> list[str]:
    """The commands of each of a page's blocks."""
    blocks = [] if page in FOLLOWED else [block for block in blocks_of(page) if block.language == "sh"]
    lines = ([line for line in shell_lines(block.code) if not is_elsewhere(line)] for block in blocks)
    return ["\n".join(block) for block in lines if block]


def is_elsewhere(line: str) -> bool:
    return any(re.match(beginning, line) for beginning in ELSEWHERE)


def here(stack: RunningStack, text: str) -> str:
    """The same of a test's stack, in a folder of its own."""
    return pointed_at(text, stack.settings, stack.layout.root).replace("/var/backups/", "./")


@pytest.mark.parametrize("page", [page for page in PAGES if runnable(page)], ids=str)
def test_a_pages_commands_run(page: Path, stack: RunningStack, tmp_path: Path) -> None:
    prepared = PREPARED.get(str(page), Prepared())
    for name, content in prepared.files.items():
        (tmp_path / name).write_text(content)
    for folder in ("docs", "deploy"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    (tmp_path / ".local").symlink_to(stack.layout.root)
    script = "\n".join(
        (
            "set -euo pipefail",
            f'cadran() {{ printf %b "$TYPED" | "{sys.executable}" -m services.common.cli "$@"; }}',
            'curl() { command curl --fail-with-body --silent --show-error "$@"; echo; }',
            here(stack, prepared.before),
            "set -x",
            *(f"(\n{here(stack, block).replace(*prepared.stands_for)}\n)" for block in runnable(page)),
        )
    )
    environment = {
        **os.environ,
        **stack.environment,
        "PYTHONPATH": str(ROOT),
        "TYPED": prepared.typed,
        "DEPLOY_SECRETS": "secrets",
    }
    done = subprocess.run(
        ["bash", "-c", script],
        start_new_session=True,  # without a terminal, so that passwords are read from what is typed
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_not_run_is_there() -> None:
    """An exception that nothing needs any more goes."""
    lines = [
        line
        for page in PAGES
        for block in blocks_of(page)
        if block.language == "sh"
        for line in shell_lines(block.code)
    ]
    assert [beginning for beginning in ELSEWHERE if not any(re.match(beginning, line) for line in lines)] == []
