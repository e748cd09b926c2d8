"""`cadran survey pulse` against a running service."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support.mail import MailServer
from tests.support.stack import RunningStack, wait_for
from tests.survey.parts import PARIS
from tests.survey.pulse.running import Survey, running_survey

Run = Callable[..., CompletedProcess[str]]
GOOD = "email,team_id,language\nAnna@example.org,north,en\nbea@example.org,north,\ncarl@example.org,south,fr\n"


@pytest.fixture
def survey(servers: RunningStack, mail: MailServer, tmp_path: Path) -> Iterator[Survey]:
    with running_survey(servers, mail, tmp_path) as running:
        yield running


@pytest.fixture
def run(servers: RunningStack, survey: Survey) -> Run:
    def cadran(*arguments: str, url: str = survey.url) -> CompletedProcess[str]:
        return servers.cadran("survey", "pulse", *arguments, "--url", url)

    return cadran


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    path = tmp_path / "team.csv"
    path.write_text(GOOD)
    return path


def refused(done: CompletedProcess[str]) -> str:
    """The one line that says why."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


def said(done: CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_round_from_the_roster_to_its_end(run: Run, roster: Path, survey: Survey, mail: MailServer) -> None:
    assert refused(run("open")) == (
        "cadran: nobody is in the roster - `cadran survey pulse roster team.csv` says who is asked"
    )
    assert said(run("roster", str(roster))) == "3 people in 2 teams"
    today = datetime.now(UTC).astimezone(PARIS).date()
    opened = said(run("open", "--last-day", str(today + timedelta(days=3))))
    assert re.fullmatch(rf"round {today}: 3 people asked, until \S+", opened)
    wait_for(lambda: mail.to("anna@example.org"), "a letter")
    assert refused(run("open")) == f"cadran: round {today} is open - close it first"
    assert said(run("rounds")).startswith(f"{today}  open until ")
    assert said(run("close")) == f"round {today} is closed, and told"
    assert said(run("rounds")).startswith(f"{today}  closed ")
    assert refused(run("close")) == "cadran: no round is open - `cadran survey pulse open` opens one"
    assert refused(run("open")) == f"cadran: round {today} was opened before - open the next one tomorrow"
    assert survey.rows("SELECT * FROM pulse_tickets") == []


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("email,team_id\na@example.org,north\nanna,north", r"line 3, email: 'anna' is no e-mail address.*name@example"),
        (
            "email,team_id\na@example.org,north\nA@example.org,south",
            "line 3, email: somebody is here twice - keep each",
        ),
        ("email,team_id\n\na@example.org,all", "line 3, team_id: no team may be called 'all' - give it another name"),
        ("email,team_id\na@example.org,", "line 2, team_id: "),
        ("email,team_id\nb@example.org,north\na@example.org,a\x7fb", "line 3, team_id: holds a control character"),
        ("email,team_id,language\na@example.org,north,french", "line 2, language: "),
        ("email,team_id\na@example.org", "line 2: has not as many fields as the header"),
        ("email,team\na@example.org,north", "has a column 'team' - did you mean team_id"),
        ("", "is empty - its first line names the columns: email, team_id, language"),
    ],
)
def test_a_file_that_is_wrong_changes_nothing_and_is_told_where(
    run: Run, roster: Path, survey: Survey, lines: str, why: str
) -> None:
    said(run("roster", str(roster)))
    roster.write_text(lines)
    assert re.search(why, refused(run("roster", str(roster))))
    assert len(survey.rows("SELECT * FROM pulse_people")) == 3


def test_a_day_that_cannot_be_the_last_is_refused(run: Run, roster: Path) -> None:
    said(run("roster", str(roster)))
    assert refused(run("open", "--last-day", "tomorrow")) == (
        "cadran: --last-day: 'tomorrow' is no day - write it as 2026-12-04"
    )
    assert refused(run("open", "--last-day", "2026-01-01")) == (
        "cadran: last_day: 2026-01-01 is gone - send today or a later day"
    )
    assert refused(run("open", "--last-day", "9999-12-31")) == (
        "cadran: last_day: 9999-12-31 is more than a year away - send an earlier day"
    )


def test_without_a_mail_server_no_round_opens(
    run: Run, roster: Path, servers: RunningStack, mail: MailServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with running_survey(servers, mail, tmp_path_factory.mktemp("mute"), CADRAN_SURVEY_SMTP_HOST="") as mute:
        said(run("roster", str(roster), url=mute.url))
        why = "cadran: CADRAN_SURVEY_SMTP_HOST: this service cannot send mail - set it: the pulse asks by mail"
        assert refused(run("open", url=mute.url)) == why
