"""`cadran alerts test`: a trial by the way that every alert goes, and plain words where it does not arrive."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from services.common.errors import ConfigurationError, NotFound, Unavailable
from services.kpi_stream.alerting.commands import send_trial
from services.kpi_stream.alerting.thresholds.teams import Team
from services.kpi_stream.kpis.threshold import Severity
from tests.support.alertmanager import RunningAlertmanager, alert, mail_settings, running_alertmanager
from tests.support.mail import MailServer, text_of
from tests.support.redis import free_port
from tests.support.stack import wait_for
from tests.support.webhook import Webhook


def use(server: RunningAlertmanager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CADRAN_ALERTS_ALERTMANAGER", server.url)


def test_everybody_is_told_and_told_that_it_is_over(
    tmp_path: Path,
    mail: MailServer,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    direction = Team("direction", "fr", email=("a@example.org", "b@example.org"))
    operations = Team("operations", "en", webhook=f"{webhook.url}/operations")
    with running_alertmanager(tmp_path, [direction, operations, Team("buyers")], mail_settings(mail)) as server:
        use(server, monkeypatch)
        server.tell([alert(kpi="another")])  # what is told meanwhile is not taken for the trial
        send_trial(team=None, severity=Severity.CRITICAL)
        said = capsys.readouterr().out
        wait_for(lambda: len(webhook.at("/operations")) == 2, "it is over")
        wait_for(lambda: any("Terminé" in letter["Subject"] for letter in mail.to("b@example.org")), "it is over")
    assert "a trial (critical) goes to direction: e-mail a@example.org, b@example.org\n" in said
    assert "a trial (critical) goes to operations: webhook\n" in said
    assert "e-mail: 2 of 2 taken\nwebhook: 1 of 1 taken\n" in said
    trial = next(letter for letter in mail.to("a@example.org") if "essai" in letter["Subject"])
    assert trial["Subject"] == "Urgent\xa0: Ceci est un essai, tout va bien"
    assert "http://127.0.0.1:8000" in text_of(trial)
    first, last = webhook.at("/operations")
    assert (first["status"], last["status"]) == ("firing", "resolved")
    assert first["commonAnnotations"]["title_en"] == "A trial, nothing is wrong"


def test_one_team_can_be_tried_again_and_again(
    tmp_path: Path, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    teams = [Team(name, webhook=f"{webhook.url}/{name}") for name in ("direction", "operations")]
    with running_alertmanager(tmp_path, teams) as server:
        use(server, monkeypatch)
        for _ in range(2):
            send_trial(team="direction", severity=Severity.INFO)
        wait_for(lambda: len(webhook.at("/direction")) == 4, "both are over")
    assert sorted(body["status"] for body in webhook.at("/direction")) == ["firing", "firing", "resolved", "resolved"]
    assert webhook.at("/operations") == []


def test_letters_that_are_refused_are_told_and_the_trial_ends(
    tmp_path: Path,
    mail: MailServer,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    mail.at_mail = "550 5.7.1 not from you"
    team = Team("direction", email=("a@example.org",), webhook=webhook.url)
    with running_alertmanager(tmp_path, [team], mail_settings(mail)) as server:
        use(server, monkeypatch)
        with pytest.raises(Unavailable, match=r"not all were taken: e-mail: 0 of 1 taken - .*alertmanager\.log"):
            send_trial(team=None, severity=Severity.INFO)
        assert "not from you" in server.log  # where the command sends people to look
        assert server.alerts('about="trial"') == []
    assert "webhook: 1 of 1 taken" in capsys.readouterr().out


def test_a_silence_is_named(tmp_path: Path, webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_alertmanager(tmp_path, [Team("direction", webhook=webhook.url)]) as server:
        use(server, monkeypatch)
        now = datetime.now(UTC)
        silence = {
            "matchers": [{"name": "recipient", "value": "direction", "isRegex": False, "isEqual": True}],
            "startsAt": now.isoformat(), "endsAt": (now + timedelta(hours=1)).isoformat(),
            "createdBy": "somebody", "comment": "maintenance",
        }  # fmt: skip
        made = httpx.post(f"{server.url}/api/v2/silences", json=silence).json()["silenceID"]
        with pytest.raises(ConfigurationError, match=f"the team direction is not told: silence {made} keeps it back"):
            send_trial(team=None, severity=Severity.INFO)
    assert webhook.taken == []


def test_nobody_and_an_unknown_team_are_refused(
    tmp_path: Path, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_alertmanager(tmp_path / "nobody", [Team("direction")]) as server:
        use(server, monkeypatch)
        with pytest.raises(ConfigurationError, match=r"nobody would be told of any alert: .*\(docs/alerting\.md\)"):
            send_trial(team=None, severity=Severity.INFO)
    with running_alertmanager(tmp_path / "one", [Team("direction", webhook=webhook.url)]) as server:
        use(server, monkeypatch)
        with pytest.raises(NotFound, match="--team: no team 'directoin' has a way of its own - name one of direction"):
            send_trial(team="directoin", severity=Severity.INFO)
    assert webhook.taken == []


def test_an_alertmanager_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("CADRAN_ALERTS_ALERTMANAGER", url)
    with pytest.raises(Unavailable, match=f"Alertmanager does not answer at {url} - start it with `make up`"):
        send_trial(team=None, severity=Severity.INFO)
