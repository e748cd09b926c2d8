"""From events to people: real Prometheus, Alertmanager, webhook and mail server, beside everything else of a stack."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.common.settings import Port
from services.common.whole_files import replace_file
from services.kpi_stream.exporter.of_the_moment import OPEN
from tests.support.events import NOW, PARIS, cloud_event, line
from tests.support.mail import MailServer, running_mail_server, text_of
from tests.support.stack import RunningStack, running_stack, wait_for
from tests.support.webhook import Webhook, running_webhook

YEAR = {"period": "year", "starts_on": f"{NOW.year}-01-01"}
SOLD = 10_000
THRESHOLDS = """
teams:
  direction: {{language: fr, email: [direction@example.org], webhook: {url}/direction}}
  operations: {{language: en, email: [operations@example.org], webhook: {url}/operations}}
alerts:
  SalesUnderPace:
    kpi: sales
    window: ytd
    of: pace
    below: 90 %
    clear: 95 %
    sure: no
    least: 0
    lasts: 0m
    severity: critical
    title: {{en: Sales are under pace, fr: Les ventes sont sous le rythme}}
  LeadsOfToday: {{kpi: new_leads, window: 24h, below: 5, least: 0, lasts: 0m, severity: critical}}
  LeadsAtTheirLevel: {{kpi: new_leads, window: 30d, below: 3, least: 0, lasts: 0m, severity: critical}}
"""
BUDGET = 30.0
"""Seconds from an event to its message: 10 until it is scraped, 10 until it is judged, 10 to be grouped."""
SNAPSHOT = 31.0
"""Seconds after which Alertmanager has written down what it told."""
PATIENCE = 120.0


@pytest.fixture(scope="module")
def webhook() -> Iterator[Webhook]:
    with running_webhook() as server:
        yield server


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    with running_mail_server() as server:
        yield server


@pytest.fixture(scope="module")
def thresholds(tmp_path_factory: pytest.TempPathFactory, webhook: Webhook) -> Path:
    path = tmp_path_factory.mktemp("alerts") / "thresholds.yml"
    path.write_text("teams: {direction: {language: fr}, operations: {language: en}}\nalerts: {}\n")
    return path


@pytest.fixture(scope="module")
def stack(thresholds: Path, mail: MailServer, webhook: Webhook) -> Iterator[RunningStack]:
    """The thresholds hold from when Prometheus knows that the company is closed: before, it is taken to be open."""
    settings = {
        "CADRAN_ALERTS_THRESHOLDS": str(thresholds),
        "CADRAN_ALERTS_SMTP_HOST": "127.0.0.1",
        "CADRAN_ALERTS_SMTP_PORT": str(mail.port),
        "CADRAN_ALERTS_SMTP_SECURITY": "none",
        "CADRAN_ALERTS_MAIL_FROM": "cadran@example.org",
        "CADRAN_ALERTS_OLD_AFTER": "20",
        "CADRAN_ALERTS_OLD_TOLD_AFTER": "20",
    }
    with running_stack(**settings) as running:
        leads = [cloud_event("lead.created", f"lead {n}", NOW, kind="lead", source="web") for n in range(3)]
        running.send([opening(), *leads, order("first", SOLD)])
        running.wait_applied()
        wait_for(lambda: is_closed(running), "Prometheus knows that the company is closed")
        replace_file(thresholds, THRESHOLDS.format(url=webhook.url).encode(), 0o600)
        yield running


def is_closed(stack: RunningStack) -> bool:
    """As Prometheus was told."""
    answer = httpx.get(f"{stack.url(Port.PROMETHEUS)}/api/v1/query", params={"query": f"max({OPEN})"}).json()
    return float(answer["data"]["result"][0]["value"][1]) == 0


_seconds = count()


def stated(event_type: str, **data: Any) -> dict[str, Any]:
    """Each later than the one before, so that it holds."""
    return cloud_event(event_type, None, NOW - timedelta(minutes=5) + timedelta(seconds=next(_seconds)), **data)


def opening(*hours: str) -> dict[str, Any]:
    """The company's hours of today."""
    return stated("calendar.set", day=datetime.now(PARIS).date().isoformat(), hours=list(hours))


def order(name: str, euros: int) -> dict[str, Any]:
    return cloud_event("order.placed", name, NOW, channel="online", currency="EUR", lines=[line(100 * euros)])


def returned(name: str, euros: int) -> dict[str, Any]:
    goods = {"return_id": f"{name} back", "currency": "EUR", "amount_minor": 100 * euros}
    return cloud_event("order.returned", name, NOW, **goods)


def target(euros: int) -> dict[str, Any]:
    return stated("target.set", measure="sales", value=100 * euros, **YEAR)


def told(webhook: Webhook, team: str, alert: str) -> list[str]:
    """How an alert stood in each message to a team."""
    return [
        each["status"]
        for body in webhook.at(f"/{team}")
        for each in body["alerts"]
        if each["labels"]["alertname"] == alert
    ]


def all_told(webhook: Webhook) -> set[str]:
    """Every alert that anybody was told of."""
    return {each["labels"]["alertname"] for message in webhook.taken for each in message.body["alerts"]}


def standing(stack: RunningStack, alert: str) -> dict[str, Any]:
    """How an alert stands, and why."""
    with stack.http(Port.ALERTS) as client:
        answer = client.get(f"/v1/alerts/{alert}")
    assert answer.status_code == 200, answer.text
    member: dict[str, Any] = answer.json()["members"][0]
    return member


def test_while_the_company_is_closed_nothing_is_told_until_it_opens(stack: RunningStack, webhook: Webhook) -> None:
    wait_for(lambda: standing(stack, "LeadsOfToday")["why"]["beyond"], "it is beyond its level")
    assert standing(stack, "LeadsOfToday")["why"]["open"] is False
    time.sleep(BUDGET)
    assert all_told(webhook) == set()
    stack.send([opening("00:00-24:00")])
    wait_for(lambda: told(webhook, "direction", "LeadsOfToday") == ["firing"], "it is told", PATIENCE)


def test_sales_that_fall_under_pace_are_told_once_whatever_restarts_and_that_they_are_back(
    stack: RunningStack, webhook: Webhook, mail: MailServer
) -> None:
    stack.send([target(1_000_000)])
    stack.wait_applied()
    elapsed = stack.kpi("sales", window="ytd")["rows"][0]["elapsed"]
    stack.send([target(round(SOLD / elapsed))])
    wait_for(lambda: standing(stack, "SalesUnderPace")["value"] == pytest.approx(1, abs=0.01), "they are in pace")
    time.sleep(BUDGET)
    assert told(webhook, "direction", "SalesUnderPace") == []

    stack.send([returned("first", SOLD // 5)])
    wait_for(lambda: told(webhook, "direction", "SalesUnderPace") == ["firing"], "direction is told", PATIENCE)
    wait_for(lambda: letters(mail, "Les ventes sont sous le rythme"), "direction has a letter")
    (letter,) = letters(mail, "Les ventes sont sous le rythme")
    assert "seuil : sous 90 %" in text_of(letter)

    time.sleep(SNAPSHOT)
    for program in ("prometheus", "exporter", "alerts", "worker", "alertmanager"):
        stack.kill(program)
        stack.pid(program)
    time.sleep(2 * BUDGET)
    assert told(webhook, "direction", "SalesUnderPace") == ["firing"]
    assert told(webhook, "direction", "LeadsOfToday") == ["firing"]

    stack.send([order("second", SOLD // 5)])
    wait_for(lambda: told(webhook, "direction", "SalesUnderPace") == ["firing", "resolved"], "they are back", PATIENCE)
    assert told(webhook, "direction", "LeadsAtTheirLevel") == []
    assert all_told(webhook) == {"LeadsOfToday", "SalesUnderPace"}


def test_when_data_stops_that_is_told_and_nothing_else(stack: RunningStack, webhook: Webhook, mail: MailServer) -> None:
    """Even where a number has just passed its threshold."""
    stack.kill("worker")
    stack.supervisor.stop("worker")
    stack.send([order(f"unseen {n}", 1) for n in range(100)])
    wait_for(lambda: told(webhook, "operations", "NumbersAreOld"), "operations are told", PATIENCE)
    time.sleep(BUDGET)
    assert len(letters(mail, "Numbers are old")) == 1
    assert all_told(webhook) == {"LeadsOfToday", "SalesUnderPace", "NumbersAreOld"}
    assert told(webhook, "direction", "LeadsOfToday") == ["firing"]
    stack.supervisor.start("worker")
    wait_for(lambda: "resolved" in told(webhook, "operations", "NumbersAreOld"), "they are new again", PATIENCE)
    assert told(webhook, "direction", "LeadsOfToday") == ["firing"]


def letters(mail: MailServer, said: str) -> list[EmailMessage]:
    return [letter for letter in mail.letters if said in text_of(letter)]
