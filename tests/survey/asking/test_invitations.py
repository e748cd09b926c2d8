"""Asking through the service's doors: the API, files, and orders in Kafka; letters arrive by real SMTP."""

import asyncio
import csv
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from aiokafka import AIOKafkaConsumer

from services.common.events import decode
from services.common.settings import Port
from services.common.topics import Topic
from tests.support.events import cloud_event, line
from tests.support.mail import OK, MailServer, running_mail_server, text_of
from tests.support.stack import RunningStack, running_stack, wait_for

RULES = """
orders:
  - {touchpoint: at once, channels: [online], delay_hours: 0}
  - {touchpoint: later, channels: [store], delay_hours: 0.001}
recent_hours: 24
"""


class Running(NamedTuple):
    """A stack whose surveys are sent to a mail server."""

    stack: RunningStack
    mail: MailServer

    def post(self, path: str, content: Any = None) -> httpx.Response:
        with self.stack.http(Port.SURVEY) as client:
            return client.post(path, json=content)

    def get(self, path: str) -> dict[str, Any]:
        with self.stack.http(Port.SURVEY) as client:
            return client.get(path).json()  # type: ignore[no-any-return]

    def letter(self, address: str) -> EmailMessage:
        """The one letter to an address, once it is here."""
        wait_for(lambda: self.mail.to(address), f"a letter to {address}")
        (letter,) = self.mail.to(address)
        return letter

    def metric(self, line: str) -> float:
        text = httpx.get(f"{self.stack.url(Port.SURVEY)}/metrics").text
        return next((float(found.split()[-1]) for found in text.splitlines() if found.startswith(line)), 0.0)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    rules = tmp_path_factory.mktemp("rules") / "rules.yml"
    rules.write_text(RULES)
    with (
        running_mail_server() as mail,
        running_stack(**mail.settings, CADRAN_SURVEY_RULES=str(rules)) as stack,
    ):
        yield Running(stack, mail)


def links(letter: EmailMessage) -> list[str]:
    return re.findall(r"http://\S+", text_of(letter))


async def events(stack: RunningStack) -> list[Any]:
    """All events of surveys in Kafka."""
    consumer = AIOKafkaConsumer(
        Topic.ANSWERS.value, **stack.settings.kafka_access.aiokafka(), auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        found = []
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += [decode(record.value) for record in records]
        return found
    finally:
        await consumer.stop()


def told(stack: RunningStack, invitation_id: str) -> list[tuple[bool, int]]:
    """What Kafka holds of an invitation: whether it was delivered, by revision."""
    return [
        (event.data.delivered, event.data.revision)
        for event in asyncio.run(events(stack))
        if event.type == "survey.invited" and event.subject == invitation_id
    ]


def test_a_letter_is_answered_and_its_way_can_be_followed(running: Running) -> None:
    made = running.post("/v1/invitations", {"touchpoint": "delivery", "email": "way@example.org", "language": "en"})
    assert made.status_code == 201, made.text
    assert "link" not in made.json()
    link, _ = links(running.letter("way@example.org"))
    path = f"/v1/invitations/{made.json()['id']}"
    wait_for(lambda: running.get(path)["delivered_at"], "it is delivered")
    assert running.get(path)["opened_at"] is None
    httpx.get(f"{link}?score=9")
    assert running.get(path)["opened_at"] is not None
    httpx.post(link, data={"score": "9"})
    status = running.get(path)
    assert (status["standing"], status["bounced_at"]) == ("answered", None)
    assert "way@example.org" not in json.dumps(status)
    wait_for(lambda: running.metric('cadran_survey_invitations{step="answered",touchpoint="delivery"}') >= 1, "counted")
    wait_for(lambda: running.metric("cadran_survey_outbox_events ") == 0, "events have left")
    assert told(running.stack, made.json()["id"]) == [(True, 0)]
    assert running.post(f"{path}/bounced").status_code == 204
    wait_for(lambda: running.metric("cadran_survey_outbox_events ") == 0, "events have left")
    assert told(running.stack, made.json()["id"]) == [(True, 0), (False, 1)]


def test_a_second_question_within_90_days_is_refused_with_when_it_is_possible(running: Running) -> None:
    content = {"touchpoint": "delivery", "email": "twice@example.org"}
    assert running.post("/v1/invitations", content).status_code == 201
    refused = running.post("/v1/invitations", content)
    assert refused.status_code == 409
    again = datetime.fromisoformat(refused.json()["mend"].split()[3])
    assert timedelta(days=89, hours=23) < again - datetime.now(UTC) <= timedelta(days=90)
    assert int(refused.headers["Retry-After"]) > 89 * 86400


def test_one_click_of_a_mail_program_is_enough(running: Running) -> None:
    """RFC 8058: a POST without cookies, from anywhere, answered without a redirect."""
    running.post("/v1/invitations", {"touchpoint": "delivery", "email": "leave@example.org", "customer_id": "C-leave"})
    letter = running.letter("leave@example.org")
    leave = letter["List-Unsubscribe"].strip("<>")
    assert leave == links(letter)[1]
    page = httpx.get(leave, params={"lang": "en"})
    assert "Do not ask me again" in page.text
    assert [httpx.head(link).status_code for link in links(letter)] == [200] * 2
    refused = {"touchpoint": "delivery", "customer_id": "C-leave"}
    assert "was asked at" in running.post("/v1/invitations", refused).json()["detail"]  # looking changed nothing
    for _ in range(2):
        done = httpx.post(leave, files={"List-Unsubscribe": (None, "One-Click")}, headers={"Origin": "https://m.test"})
        assert done.status_code == 200
        assert "ne vous demandera plus" in done.text
    assert "does not want" in running.post("/v1/invitations", refused).json()["detail"]
    forged = f"{leave[:-3]}abc"
    assert httpx.post(forged).status_code == 404


def test_who_calls_is_not_asked_either(running: Running) -> None:
    assert running.post("/v1/opt-outs", {"email": "Called@example.org"}).status_code == 204
    assert running.post("/v1/opt-outs", {}).status_code == 422
    refused = running.post("/v1/invitations", {"touchpoint": "delivery", "email": "called@example.org"})
    assert refused.status_code == 409


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"touchpoint": "t", "email": "nobody"}, "email"),
        ({"touchpoint": "t", "email": "a@example.org\r\nBcc: b@example.org"}, "email"),
        ({"touchpoint": "t\n", "email": "a@example.org"}, "touchpoint"),
        ({"touchpoint": "t", "by": "mail"}, "customer_id"),
        ({"touchpoint": "t", "by": "pigeon"}, "by"),
        ({"touchpoint": "t", "e-mail": "a@example.org"}, "e-mail"),
        ({"touchpoint": "t", "email": "a@example.org", "language": "fr\n"}, "language"),
        ({}, "touchpoint"),
    ],
)
def test_what_cannot_be_asked_is_told_with_its_field(running: Running, content: dict[str, Any], field: str) -> None:
    refused = running.post("/v1/invitations", content)
    assert (refused.status_code, refused.json()["field"]) == (422, field)
    assert refused.json()["mend"]


def write_csv(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_file_of_contacts_then_one_of_people(running: Running, tmp_path: Path) -> None:
    contacts = [
        {"customer_id": f"F-{i}", "email": f"f{i}@example.org", "name": f"Léa {i}", "language": "fr"}
        for i in range(450)
    ]
    contacts[7]["email"] = "nobody"
    contacts[8]["language"] = "french"
    rejects = tmp_path / "rejects.csv"
    kept = running.stack.cadran(
        "survey", "contacts", str(write_csv(tmp_path / "contacts.csv", contacts)), "--rejects", str(rejects)
    )
    assert kept.returncode == 1, kept.stderr
    assert "448 kept" in kept.stdout
    assert "line 9: rejected: email: 'nobody' is no e-mail address" in kept.stdout
    assert [row["line"] for row in csv.DictReader(rejects.read_text().splitlines())] == ["9", "10"]

    people = write_csv(
        tmp_path / "people.csv",
        [{"customer_id": f"F-{i}", "email": "", "channel": "online"} for i in range(9)]
        + [{"customer_id": "", "email": f"g{i}@example.org", "channel": ""} for i in range(300)]
        + [{"customer_id": "", "email": "", "channel": ""}],
    )
    first = running.stack.cadran("survey", "invite", str(people), "--touchpoint", "file")
    assert "307 invited" in first.stdout, first.stdout + first.stderr
    assert "line 9: rejected: customer_id: no address is known of this customer" in first.stdout
    again = running.stack.cadran("survey", "invite", str(people), "--touchpoint", "file")
    assert "310 not taken" in again.stdout
    assert "line 2: not asked: this person was asked at" in again.stdout
    everyone = [f"f{i}@example.org" for i in range(7)] + [f"g{i}@example.org" for i in range(300)]
    wait_for(lambda: all(running.mail.to(address) for address in everyone), "all letters")
    assert all(len(running.mail.to(address)) == 1 for address in everyone)
    assert running.letter("f3@example.org")["To"] == "Léa 3 <f3@example.org>"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("e-mail\na@example.org\n", "has a column 'e-mail' - did you mean email?"),
        ("", "is empty - its first line names the columns"),
        ('email\n"a@example.org\n', "is no CSV"),
        ("email\né@example.org\n", "UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_sends_nothing(running: Running, tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(text.encode("latin-1"))
    done = running.stack.cadran("survey", "invite", str(path), "--touchpoint", "file")
    assert done.returncode == 1
    assert told in done.stderr


def order(name: str, customer_id: str, placed: datetime, channel: str = "online") -> dict[str, Any]:
    lines = [line(1000)]
    return cloud_event(
        "order.placed", name, placed, channel=channel, currency="EUR", lines=lines, customer_id=customer_id
    )


def test_recent_orders_are_asked_about_once(running: Running) -> None:
    ids = ("K-1", "K-2", "K-old", "K-store", "K-cancelled")
    with running.stack.http(Port.SURVEY) as client:
        contacts = [{"customer_id": id_, "email": f"{id_}@example.org".lower()} for id_ in ids]
        assert client.put("/v1/contacts", json=contacts).status_code == 200
    now = datetime.now(UTC)
    sent = [
        order("O-1", "K-1", now),
        order("O-2", "K-2", now - timedelta(hours=23)),
        order("O-3", "K-old", now - timedelta(hours=25)),
        order("O-4", "K-old", now - timedelta(days=900)),
        order("O-5", "K-cancelled", now, "store"),
        cloud_event("order.cancelled", "O-5", now),
        order("O-6", "K-store", now, "store"),
        order("O-7", "K-1", now),
    ]
    running.stack.send(sent)
    for address in ("k-1@example.org", "k-2@example.org", "k-store@example.org"):
        running.letter(address)
    wait_for(lambda: running.metric('cadran_survey_not_asked_total{reason="cancelled"}') == 1, "one is cancelled")
    wait_for(lambda: running.metric('cadran_survey_not_asked_total{reason="throttled"}') >= 1, "one is throttled")
    assert not running.mail.to("k-old@example.org")
    assert not running.mail.to("k-cancelled@example.org")


def test_letters_survive_kill_9(running: Running) -> None:
    """At any moment: each is sent, and for each kill at most one twice, with one Message-ID."""
    addresses = [f"k9-{i}@example.org" for i in range(200)]
    running.mail.at_data = slowly
    made = running.post("/v1/invitations/batch", [{"touchpoint": "kill", "email": each} for each in addresses])
    assert Counter(each["status"] for each in made.json()["results"]) == {"invited": 200}
    kills = 3
    for part in range(1, kills + 1):
        wait_for(lambda part=part: sum(map(arrived(running), addresses)) >= part * 40, "letters arrive")
        running.stack.kill("survey")
    running.mail.at_data = lambda _: OK
    wait_for(lambda: all(map(arrived(running), addresses)), "every letter arrives", 290)
    copies = [running.mail.to(address) for address in addresses]
    assert sum(map(len, copies)) <= 200 + kills
    assert len({letter["Message-ID"] for letters in copies for letter in letters}) == 200


def slowly(_: str) -> str:
    time.sleep(0.02)
    return OK


def arrived(running: Running) -> Any:
    return lambda address: bool(running.mail.to(address))


def test_no_log_and_no_metric_holds_an_address(running: Running) -> None:
    running.mail.at_rcpt = lambda address: f"550 5.1.1 <{address}>: no such user"
    running.post("/v1/invitations", {"touchpoint": "delivery", "email": "secret@example.org"})
    wait_for(lambda: running.metric('cadran_survey_letters_total{outcome="refused"}') >= 1, "it is refused")
    running.mail.at_rcpt = lambda _: OK
    logs = "".join(path.read_text() for path in running.stack.layout.logs.glob("survey*"))
    metrics = httpx.get(f"{running.stack.url(Port.SURVEY)}/metrics").text
    assert "example.org" not in logs + metrics
    assert "F-3" not in metrics


def test_without_a_mail_server_the_setting_is_named(stack: RunningStack) -> None:
    with stack.http(Port.SURVEY) as client:
        refused = client.post("/v1/invitations", json={"touchpoint": "delivery", "email": "a@example.org"})
    assert (refused.status_code, refused.json()["field"]) == (409, "CADRAN_SURVEY_SMTP_HOST")
