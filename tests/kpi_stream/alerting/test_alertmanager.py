"""Alertmanager's file: who is told of what, by Alertmanager's own reading of it."""

import subprocess
from pathlib import Path

import pytest
import yaml

from services.common.errors import ConfigurationError
from services.kpi_stream.alerting.settings import AlertSettings
from services.kpi_stream.alerting.telling.config import FILE, RETENTION, alertmanager_file, write_alertmanager
from services.kpi_stream.alerting.telling.receivers import TEAMS_SINCE, Version
from services.kpi_stream.alerting.thresholds.teams import Team
from tests.support.alertmanager import OLDEST

MAIL = AlertSettings.model_validate({"smtp_host": "mail.example.org", "mail_from": "cadran@example.org"})
DIRECTION = Team("direction", "fr", email=("a@example.org", "b@example.org"), webhook="https://chat.example.org/hook")
OPERATIONS = Team("operations", "en", email=("ops@example.org",))
SILENT = Team("buyers", "fr")
TEAMS = (DIRECTION, OPERATIONS, SILENT)


def amtool(*arguments: str) -> str:
    done = subprocess.run(["amtool", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alerts")
    write_alertmanager(TEAMS, MAIL, OLDEST, folder)
    return folder


def told(folder: Path, **labels: str) -> str:
    return amtool(
        "config", "routes", "test", f"--config.file={folder / FILE}", *(f"{n}={v}" for n, v in labels.items() if v)
    )


def test_alertmanager_takes_it_with_its_templates(folder: Path) -> None:
    said = amtool("check-config", str(folder / FILE))
    assert "4 inhibit rules" in said
    assert "1 templates" in said


@pytest.mark.parametrize("severity", ["critical", "warning", "info", ""])
@pytest.mark.parametrize("team", ["direction", "operations", "buyers", "typo", ""])
@pytest.mark.parametrize("kind", ["kpi", "platform", "trial"])
def test_everybody_is_told_of_theirs_and_operations_of_what_is_nobodys(
    folder: Path, severity: str, team: str, kind: str
) -> None:
    expected = team if team in ("direction", "operations") else "operations"
    assert told(folder, severity=severity, recipient=team, about=kind, kpi="sales") == expected


@pytest.mark.parametrize("team", ["direction", "operations", "typo", ""])
@pytest.mark.parametrize("kind", ["inhibitor", "watchdog"])
def test_nobody_is_told_of_what_is_for_machines(folder: Path, team: str, kind: str) -> None:
    assert told(folder, severity="none", recipient=team, about=kind) == "nobody"


@pytest.mark.parametrize(
    ("teams", "receiver"),
    [
        ((DIRECTION, SILENT), "direction"),
        ((DIRECTION, Team("operations", "en")), "direction"),
        ((OPERATIONS, DIRECTION), "operations"),
        ((SILENT,), "nobody"),
        ((), "nobody"),
    ],
)
def test_what_is_nobodys_goes_to_the_first_who_can_be_told(
    tmp_path: Path, teams: tuple[Team, ...], receiver: str
) -> None:
    write_alertmanager(teams, MAIL, OLDEST, tmp_path)
    assert told(tmp_path, recipient="typo", severity="critical") == receiver


def test_what_was_told_is_remembered_for_longer_than_until_it_is_told_again(folder: Path) -> None:
    def hours(text: str) -> int:
        return int(text[:-1]) * {"h": 1, "d": 24}[text[-1]]

    route = yaml.safe_load((folder / FILE).read_text())["route"]
    repeats = [branch["repeat_interval"] for team in (route, *route["routes"][1:3]) for branch in team["routes"][-3:]]
    assert len(repeats) == 9
    assert max(map(hours, repeats)) < hours(RETENTION)


def test_the_same_teams_make_the_same_file() -> None:
    assert alertmanager_file(TEAMS, MAIL, OLDEST) == alertmanager_file(list(TEAMS), MAIL, OLDEST)


def test_a_letter_goes_to_each_address_by_itself(folder: Path) -> None:
    receivers = {each["name"]: each for each in yaml.safe_load((folder / FILE).read_text())["receivers"]}
    assert [each["to"] for each in receivers["direction"]["email_configs"]] == ["a@example.org", "b@example.org"]
    assert list(receivers) == ["direction", "operations", "nobody"]


def test_no_secret_is_in_it(tmp_path: Path) -> None:
    for name in ("slack", "teams", "token", "password"):
        (tmp_path / name).write_text("hunter2")
    team = Team(
        "direction", "fr", email=("a@example.org",), slack_file=tmp_path / "slack", teams_file=tmp_path / "teams",
        webhook="https://chat.example.org/hook", webhook_token_file=tmp_path / "token",
    )  # fmt: skip
    mail = MAIL.model_copy(update={"smtp_user": "cadran", "smtp_password_file": tmp_path / "password"})
    text = alertmanager_file([team], mail, TEAMS_SINCE)
    assert "hunter2" not in text
    assert all(str(tmp_path / name) in text for name in ("slack", "teams", "token", "password"))


def test_an_old_alertmanager_is_not_given_what_it_does_not_know(tmp_path: Path) -> None:
    team = Team("direction", teams_file=tmp_path / "teams")
    with pytest.raises(ConfigurationError, match=r"teams.direction.teams: Alertmanager 0.27 cannot .* install .* 0.28"):
        write_alertmanager([team], MAIL, Version(0, 27), tmp_path / "alerts")
    assert not (tmp_path / "alerts").exists()
    assert "msteamsv2_configs" in alertmanager_file([team], MAIL, Version(0, 28))
    assert "msteamsv2_configs" in alertmanager_file([team], MAIL, Version(1, 0))


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"smtp_host": ""}, "CADRAN_ALERTS_SMTP_HOST: the team direction is told by e-mail, and there is no mail"),
        ({"mail_from": ""}, "CADRAN_ALERTS_MAIL_FROM: letters need a sender"),
        ({"smtp_user": "cadran"}, "CADRAN_ALERTS_SMTP_PASSWORD_FILE: a user and a password belong together"),
        ({"smtp_security": "tls"}, "CADRAN_ALERTS_SMTP_PORT: .* set it to 465"),
        ({"smtp_port": 465}, "CADRAN_ALERTS_SMTP_PORT: .* else to another"),
    ],
)
def test_mail_that_could_not_leave_is_refused(fields: dict[str, object], text: str) -> None:
    mail = AlertSettings.model_validate({**MAIL.model_dump(), **fields})
    with pytest.raises(ConfigurationError, match=text):
        alertmanager_file([DIRECTION], mail, OLDEST)


def test_a_password_is_read_as_an_old_alertmanager_would(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("s3cret\n")
    mail = MAIL.model_copy(update={"smtp_user": "cadran", "smtp_password_file": tmp_path / "password"})
    with pytest.raises(
        ConfigurationError, match="CADRAN_ALERTS_SMTP_PASSWORD_FILE: .* ends in a line break"
    ) as refused:
        alertmanager_file([DIRECTION], mail, OLDEST)
    assert "s3cret" not in str(refused.value)
    assert "smtp_auth_password_file" in alertmanager_file([DIRECTION], mail, Version(0, 27))


def test_without_letters_no_mail_server_is_asked_for() -> None:
    content = yaml.safe_load(alertmanager_file([Team("direction", webhook="http://x")], AlertSettings(), OLDEST))
    assert content["global"] == {}


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("alertmanager, version 0.25.0 (branch: debian/sid, revision: 0.25.0-1+b4)", (0, 25)),
        ("alertmanager, version 0.28.1 (branch: HEAD, revision: b2099eaa)", (0, 28)),
        ("1.2.3-rc.0", (1, 2)),
    ],
)
def test_a_release_is_read(text: str, version: tuple[int, int]) -> None:
    assert Version.read(text) == version


def test_what_names_no_release_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="names no release"):
        Version.read("alertmanager, version  (branch: , revision: unknown)")
