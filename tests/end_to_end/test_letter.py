"""The weekly letter of a running board: sent by itself, with the read API's numbers."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from services.board.formats import Formats
from services.board.letter.commands import register
from services.board.letter.weeks import Week, last_whole_week
from services.common.errors import CadranError, ConfigurationError, Invalid, Unavailable
from services.common.settings import Port
from tests.support.events import PARIS, cloud_event, line
from tests.support.mail import OK, MailServer, running_mail_server, text_of
from tests.support.stack import RunningStack, running_stack, wait_for

WEEK = last_whole_week(datetime.now(PARIS).date())
FRENCH = Formats("fr", PARIS)


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with running_mail_server() as running:
        yield running


@pytest.fixture(scope="module")
def stack(server: MailServer) -> Iterator[RunningStack]:
    """A board whose mail server does not take letters at first; the week and the one before have sales."""
    server.at_data = lambda _: "451 4.3.0 later"
    settings = {
        "CADRAN_BOARD_SMTP_HOST": "127.0.0.1",
        "CADRAN_BOARD_SMTP_PORT": str(server.port),
        "CADRAN_BOARD_SMTP_SECURITY": "none",
        "CADRAN_BOARD_MAIL_FROM": "cadran@example.org",
        "CADRAN_BOARD_LETTER_TO": '["anne@example.org"]',
        "CADRAN_BOARD_LETTER_AT": "mon 00:00",
    }
    with running_stack(**settings) as running:
        running.send([order(day) for week in (WEEK, WEEK.before()) for day in days(week)])
        running.wait_applied()
        yield running


def days(week: Week) -> list[date]:
    return [week.first + timedelta(days=i) for i in range(7)]


def order(day: date) -> dict[str, object]:
    time = datetime(day.year, day.month, day.day, 11, tzinfo=UTC)
    return cloud_event("order.placed", f"O-{day}", time, channel="online", currency="EUR", lines=[line(100 * day.day)])


@pytest.fixture
def run(stack: RunningStack, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)
    return CliRunner()


def letter(run: CliRunner, *arguments: str) -> str:
    """What `cadran letter …` prints."""
    app = typer.Typer(pretty_exceptions_enable=False)
    register(app)
    app.callback()(lambda: None)
    result = run.invoke(app, ["letter", *arguments])
    if isinstance(result.exception, CadranError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def week_sales(stack: RunningStack) -> str:
    """As the read API tells them and the board writes them."""
    row = stack.kpi("sales", from_=WEEK.first.isoformat(), to=WEEK.last.isoformat())["rows"][0]
    assert row["value"] == sum(day.day for day in days(WEEK))
    return FRENCH.value(row["value"], "EUR")


def test_the_board_sends_it_by_itself_with_the_read_apis_number(stack: RunningStack, server: MailServer) -> None:
    server.at_data = lambda _: OK
    stack.kill("board")  # when it is back, the letter is due
    wait_for(lambda: server.letters, "the letter comes")
    (sent,) = server.letters
    assert week_sales(stack) in text_of(sent)
    assert week_sales(stack) in text_of(sent, "html")
    assert sent["To"] == "anne@example.org"


def test_a_command_writes_the_same_and_leaves_out_who_has_had_it(
    stack: RunningStack, server: MailServer, run: CliRunner, tmp_path: Path
) -> None:
    assert week_sales(stack) in letter(run, "write")
    for kind in ("html", "pdf", "txt", "eml"):
        file = tmp_path / f"week.{kind}"
        assert "Cadran – Semaine du" in letter(run, "write", "--out", str(file))
        assert file.stat().st_size > 500
    wait_for(lambda: "have had it" in letter(run, "send"), "the board's own is written down")
    before = len(server.letters)
    assert "bob@example.org" in letter(run, "send", "--to", "bob@example.org", "--dry-run")
    assert len(server.letters) == before
    assert letter(run, "send", "--to", "bob@example.org", "--language", "en").strip() == "bob@example.org: accepted"
    assert server.letters[-1]["Subject"].startswith("Cadran – Week of")


def test_what_cannot_be_is_told_with_its_mend(
    run: CliRunner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stack: RunningStack
) -> None:
    with pytest.raises(Invalid, match="is not over"):
        letter(run, "write", "--week", datetime.now(PARIS).date().isoformat())
    with pytest.raises(Invalid, match="no kind of letter"):
        letter(run, "write", "--out", str(tmp_path / "week.doc"))
    with pytest.raises(Invalid, match="write fr or en"):
        letter(run, "write", "--language", "de")
    monkeypatch.setenv("CADRAN_BOARD_SMTP_HOST", "")
    with pytest.raises(ConfigurationError, match="CADRAN_BOARD_SMTP_HOST"):
        letter(run, "send", "--to", "bob@example.org")
    monkeypatch.setenv("CADRAN_BOARD_LETTER_AT", "monday")
    with pytest.raises(ConfigurationError, match="mon 07:30"):
        letter(run, "write")
    monkeypatch.delenv("CADRAN_BOARD_LETTER_AT")
    monkeypatch.setenv("CADRAN_BOARD_API", f"http://127.0.0.1:{stack.settings.port(Port.SHOP)}")
    with pytest.raises(Unavailable, match="read API does not answer"):
        letter(run, "write")
