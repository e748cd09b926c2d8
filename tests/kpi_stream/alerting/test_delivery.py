"""From Alertmanager to people, with a real one and real receivers: once, together, and not while it would be wrong.

That nothing more was told is seen by what is told after it: `told_before` sends another alert and waits for it.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from services.kpi_stream.alerting.thresholds.teams import Team
from tests.support.alertmanager import RunningAlertmanager, alert, inhibitor, mail_settings, running_alertmanager
from tests.support.mail import MailServer, make_certificate, running_mail_server, with_login
from tests.support.stack import wait_for
from tests.support.webhook import Webhook


@pytest.fixture
def server(tmp_path: Path, webhook: Webhook) -> Iterator[RunningAlertmanager]:
    (tmp_path / "token").write_text("s3cret\n")
    direction = Team("direction", webhook=f"{webhook.url}/direction", webhook_token_file=tmp_path / "token")
    operations = Team("operations", webhook=f"{webhook.url}/operations")
    with running_alertmanager(tmp_path, [direction, operations]) as running:
        yield running


def of(bodies: Sequence[dict[str, Any]], kpi: str = "sales") -> list[list[tuple[str, str]]]:
    """By message about a KPI: the stores that it names, and how each stands."""
    return [
        [(each["labels"].get("store", ""), each["status"]) for each in body["alerts"]]
        for body in bodies
        if body["commonLabels"].get("kpi") == kpi
    ]


def told_before(server: RunningAlertmanager, webhook: Webhook, kpi: str) -> list[list[tuple[str, str]]]:
    """What direction was told about sales until it was told about another KPI, of which it was told nothing before."""
    server.tell([alert(kpi=kpi, hours="always")])
    wait_for(lambda: of(webhook.at("/direction"), kpi), "the other alert is told")
    return of(webhook.at("/direction"))


FIRING = [("lyon", "firing"), ("paris", "firing")]
OVER = [("lyon", "resolved"), ("paris", "resolved")]


def test_one_cause_makes_one_message_and_one_when_it_is_over(server: RunningAlertmanager, webhook: Webhook) -> None:
    stores = ("paris", "lyon")
    server.tell([alert(store=store) for store in stores])
    wait_for(lambda: of(webhook.at("/direction")) == [FIRING], "both are told in one")
    server.tell([alert(store=store) for store in stores])  # as Prometheus does every minute
    assert told_before(server, webhook, "nps") == [FIRING]
    server.tell([alert(store=store, ended=True) for store in stores])
    wait_for(lambda: of(webhook.at("/direction")) == [FIRING, OVER], "both are over in one")
    assert {message.authorization for message in webhook.taken if message.path == "/direction"} == {"Bearer s3cret"}
    assert "s3cret" not in server.log + "".join(path.read_text() for path in server.folder.rglob("*.yml"))


def test_all_that_is_wrong_with_cadran_itself_is_one_message(server: RunningAlertmanager, webhook: Webhook) -> None:
    names = ("WorkerLags", "NumbersAreOld", "SourceIsQuiet")
    server.tell([alert("operations", alertname=name, about="platform", kpi="sales") for name in names])
    wait_for(lambda: webhook.at("/operations"), "it is told")
    (body,) = webhook.at("/operations")
    assert {each["labels"]["alertname"] for each in body["alerts"]} == set(names)


def test_what_is_nobodys_reaches_operations(server: RunningAlertmanager, webhook: Webhook) -> None:
    server.tell([alert("typo")])
    wait_for(lambda: of(webhook.at("/operations")) == [[("", "firing")]], "operations are told")
    assert told_before(server, webhook, "nps") == []


@pytest.mark.parametrize("end", [RunningAlertmanager.stop, RunningAlertmanager.kill])
def test_a_restart_tells_nothing_twice_and_forgets_no_end(
    server: RunningAlertmanager, webhook: Webhook, end: Callable[[RunningAlertmanager], None]
) -> None:
    firing, over = [("paris", "firing")], [("paris", "resolved")]
    server.tell([alert(store="paris")])
    wait_for(lambda: of(webhook.at("/direction")) == [firing], "it is told")
    server.remembers()
    end(server)
    server.start()
    server.tell([alert(store="paris")])
    assert told_before(server, webhook, "nps") == [firing]
    server.remembers()
    end(server)
    server.start()
    server.tell([alert(store="paris", ended=True)])
    wait_for(lambda: of(webhook.at("/direction")) == [firing, over], "it is over")


def test_what_could_not_be_told_is_told_later_and_once(server: RunningAlertmanager, webhook: Webhook) -> None:
    webhook.status = 503
    server.tell([alert(store="paris")])
    wait_for(lambda: len(webhook.refused) > 1, "it is tried again")
    webhook.status = 200
    wait_for(lambda: of(webhook.at("/direction")) == [[("paris", "firing")]], "it is told")
    assert told_before(server, webhook, "nps") == [[("paris", "firing")]]


def test_numbers_that_cannot_be_trusted_are_not_told_and_those_of_other_kpis_are(
    server: RunningAlertmanager, webhook: Webhook
) -> None:
    server.tell([inhibitor("NumbersCannotBeTrusted", kpi="sales")])
    server.tell([alert(store="paris"), alert("operations", alertname="NumbersAreOld", about="platform", kpi="sales")])
    wait_for(lambda: webhook.at("/operations"), "operations are told why")
    assert told_before(server, webhook, "nps") == []
    server.tell([inhibitor("NumbersCannotBeTrusted", ended=True, kpi="sales")])
    wait_for(lambda: of(webhook.at("/direction")) == [[("paris", "firing")]], "they are told once they can be trusted")


def test_while_the_company_is_closed_only_what_has_hours_of_its_own_is_told(
    server: RunningAlertmanager, webhook: Webhook
) -> None:
    server.tell([inhibitor("CompanyIsClosed")])
    told = [
        alert(kpi="sales", store="paris"),
        alert(kpi="new_leads", channel="online"),
        alert(kpi="loyalty", region="x"),
    ]
    server.tell(told)
    for kpi in ("new_leads", "loyalty"):
        wait_for(lambda kpi=kpi: len(of(webhook.at("/direction"), kpi)) == 1, f"{kpi} is told")
    assert told_before(server, webhook, "nps") == []
    server.tell([inhibitor("CompanyIsClosed", ended=True)])
    wait_for(lambda: of(webhook.at("/direction")) == [[("paris", "firing")]], "sales are told when it opens")


def test_what_was_told_before_it_closed_is_neither_over_nor_told_anew(
    server: RunningAlertmanager, webhook: Webhook
) -> None:
    server.tell([alert(store="paris")])
    wait_for(lambda: of(webhook.at("/direction")) == [[("paris", "firing")]], "it is told")
    server.tell([inhibitor("CompanyIsClosed")])
    assert told_before(server, webhook, "nps") == [[("paris", "firing")]]
    server.tell([inhibitor("CompanyIsClosed", ended=True)])
    assert told_before(server, webhook, "loyalty") == [[("paris", "firing")]]
    server.tell([alert(store="paris", ended=True)])
    wait_for(lambda: len(of(webhook.at("/direction"))) == 2, "it is over")
    assert of(webhook.at("/direction"))[1] == [("paris", "resolved")]


def test_an_address_that_is_refused_keeps_nothing_from_the_others(tmp_path: Path, mail: MailServer) -> None:
    mail.at_rcpt = lambda address: "550 5.1.1 no such user" if address.startswith("gone") else "250 OK"
    team = Team("direction", email=("gone@example.org", "here@example.org"))
    with running_alertmanager(tmp_path, [team], mail_settings(mail)) as server:
        server.tell([alert(store="paris")])
        wait_for(lambda: mail.to("here@example.org"), "the other has the letter")
    assert mail.to("gone@example.org") == []


def test_letters_leave_over_tls_with_a_password_from_its_file(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    (tmp_path / "password").write_text("s3cret")
    login = with_login("cadran", "s3cret", certificate)
    login["auth_exclude_mechanism"] = ["LOGIN"]  # this server asks for it in words that Alertmanager does not know
    with running_mail_server(**login) as mail:
        account = {"smtp_security": "starttls", "smtp_user": "cadran", "smtp_password_file": tmp_path / "password"}
        team = Team("direction", email=("a@example.org",))
        with running_alertmanager(
            tmp_path, [team], mail_settings(mail, **account), SSL_CERT_FILE=str(certificate)
        ) as server:
            server.tell([alert(store="paris")])
            wait_for(lambda: mail.to("a@example.org"), "the letter is taken")
            assert "s3cret" not in server.log + (tmp_path / "alertmanager.yml").read_text()
