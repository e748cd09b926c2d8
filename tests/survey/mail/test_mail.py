"""Letters, taken by a real SMTP server."""

import asyncio
import re
from datetime import timedelta
from email.message import EmailMessage
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.database import Database, opened
from services.common.errors import ConfigurationError, Conflict
from services.common.mail.account import Account, Security, read_account, read_sender
from services.common.mail.courier import Courier, Outcome
from services.survey.links import Purpose
from services.survey.mail.mailer import LEASE, MOST_ATTEMPTS
from services.survey.records import About, Contact, Invitation
from services.survey.settings import SurveySettings
from services.survey.tables import SCHEMA
from tests.support.clock import START
from tests.support.mail import OK, MailServer, make_certificate, running_mail_server, text_of, with_login
from tests.support.redis import free_port
from tests.survey.parts import Service, asking


def delivered(events: list[Any]) -> list[tuple[bool, int]]:
    return [(event.data.delivered, event.data.revision) for event in events if event.type == "survey.invited"]


async def test_a_letter_is_delivered_and_told(service: Service, server: MailServer) -> None:
    await service.inviter.keep_contacts([Contact(customer_id="C-1", email="a@example.org", name="Zoë", language="en")])
    invitation = await service.inviter.invite(asking("A@example.org", customer_id="C-1"))
    assert await service.events() == []  # not delivered yet
    await service.send_all()
    (letter,) = server.letters
    assert letter["To"] == "Zoë <a@example.org>"
    assert letter["From"] == "Maison Bleue <avis@example.org>"
    assert letter["Subject"] == "Maison Bleue: a question for you"
    assert letter["Message-ID"] == f"<{invitation.id}@example.org>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert delivered(await service.events()) == [(True, 0)]
    assert (await service.inviter.find(invitation.id)).delivered_at == START
    assert service.counted("cadran_survey_letters_total", outcome="accepted") == 1


async def test_a_letter_has_eleven_links_and_two_ways_out(service: Service, server: MailServer) -> None:
    invitation = await service.inviter.invite(asking("a@example.org"))
    await service.send_all()
    (letter,) = server.letters
    link, leave = (service.links.url(purpose, invitation.id) for purpose in (Purpose.NPS, Purpose.UNSUBSCRIBE))
    assert f"\r\nList-Unsubscribe: <{leave}>\r\n".encode() in server.raw[0]  # whole: else no program reads it
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    plain, html = text_of(letter, "plain"), text_of(letter, "html")
    assert "Recommanderiez-vous Maison Bleue" in plain
    assert re.findall(r"https://\S+", plain) == [link, leave]
    assert re.findall(r'href="([^"]+)"', html) == [f"{link}?score={n}" for n in range(11)] + [leave]


names = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=100)


def letter_to(name: str) -> EmailMessage:
    service = Service(None)  # type: ignore[arg-type] - a letter is written without the database
    month = START + timedelta(days=30)
    invitation = Invitation(
        id="i", about=About(touchpoint="t"), email=None, language="en", created_at=START, expires_at=month
    )
    return service.invitation_letters.write(invitation, "a@example.org", name, START)


@given(names)
def test_no_name_adds_a_header(name: str) -> None:
    letter = letter_to(name)
    head = letter.as_bytes().split(b"\r\n\r\n")[0]
    starts = [line for line in head.split(b"\r\n") if line[:1] not in b" \t"]
    assert [line.split(b":")[0].decode() for line in starts] == letter.keys()
    assert len(starts) == 11


def test_a_name_that_is_markup_is_shown_as_text() -> None:
    letter = letter_to("<script>")
    assert "Hello <script>," in text_of(letter, "plain")
    assert "Hello &lt;script&gt;," in text_of(letter, "html")


def test_a_line_break_in_a_name_is_refused_wherever_it_came_from() -> None:
    with pytest.raises(ValueError, match="CR or LF"):
        letter_to("Anna\r\nBcc: b@example.org")


async def test_an_address_that_is_refused_bounces(service: Service, server: MailServer) -> None:
    server.at_rcpt = lambda address: OK if address.startswith("b") else "550 5.1.1 <a@example.org>: no such user"
    first = await service.inviter.invite(asking("a@example.org"))
    await service.inviter.invite(asking("b@example.org"))
    await service.send_all()
    assert [letter["To"] for letter in server.letters] == ["b@example.org"]
    assert sorted(delivered(await service.events())) == [(False, 0), (True, 0)]
    bounced = await service.inviter.find(first.id)
    assert (bounced.bounce, bounced.delivered_at) == ("550 5.1.1", None)  # the codes alone: no address


async def test_a_letter_is_tried_again_ever_later_and_then_given_up(service: Service, server: MailServer) -> None:
    server.at_data = lambda _: "451 4.7.1 greylisted"
    await service.inviter.invite(asking("a@example.org"))
    tried = []
    for _ in range(60 * 40):
        before = service.counted("cadran_survey_letters_total", outcome="postponed")
        await service.send_all()
        if service.counted("cadran_survey_letters_total", outcome="postponed") > before:
            tried.append(service.clock.now)
        service.clock.pass_by(minutes=1)
    gaps = [(later - earlier) / timedelta(minutes=1) for earlier, later in pairwise(tried)]
    assert len(tried) == MOST_ATTEMPTS
    assert gaps[:4] == [1, 2, 4, 8]
    assert max(gaps) == 240
    assert delivered(await service.events()) == [(False, 0)]


async def test_a_letter_that_is_taken_later_is_delivered(service: Service, server: MailServer) -> None:
    server.at_rcpt = lambda _: "450 4.2.0 busy"
    await service.inviter.invite(asking("a@example.org"))
    await service.send_all()
    server.at_rcpt = lambda _: OK
    await service.send_all()
    assert server.letters == []
    service.clock.pass_by(minutes=1)
    await service.send_all()
    assert delivered(await service.events()) == [(True, 0)]


@pytest.mark.parametrize("refusal", ["554 5.7.1 <a@example.org>: Relay access denied", "530 5.7.0 Must log in first"])
async def test_a_server_that_lets_us_write_to_nobody_bounces_nobody(
    service: Service, server: MailServer, refusal: str
) -> None:
    """Most servers say only at the recipient that they do not take letters from us."""
    server.at_rcpt = lambda _: refusal
    asked = await service.inviter.invite(asking("a@example.org"))
    await service.send_all()
    assert (await service.inviter.find(asked.id)).bounced_at is None
    assert service.counted("cadran_survey_letters_total", outcome="postponed") == 1
    server.at_rcpt = lambda _: OK
    service.clock.pass_by(minutes=1)
    await service.send_all()
    assert delivered(await service.events()) == [(True, 0)]


@pytest.mark.parametrize("fault", ["550 5.7.1 sender refused", "421 4.3.2 closing"])
async def test_our_own_fault_bounces_nobody(service: Service, server: MailServer, fault: str) -> None:
    server.at_mail = fault
    await service.inviter.invite(asking("a@example.org"))
    pauses = [await service.mailer.send_one() for _ in range(12)]
    assert pauses[:4] == [1, 2, 4, 8]
    assert pauses[-1] == 300
    assert await service.events() == []
    server.at_mail = OK
    await service.send_all()
    assert delivered(await service.events()) == [(True, 0)]


async def test_letters_wait_for_a_server_that_is_down(database: Database) -> None:
    port = free_port()
    async with Service(database, port) as service:
        for address in ("a@example.org", "b@example.org"):
            await service.inviter.invite(asking(address))
        await service.send_all()
        assert service.counted("cadran_survey_letters_total", outcome="unreachable") == 1
        with running_mail_server(port) as server:
            await service.send_all()
            await service.__aexit__()
            assert len(server.letters) == 2


async def test_a_later_bounce_corrects_what_was_told(service: Service, server: MailServer) -> None:
    invitation = await service.inviter.invite(asking("a@example.org"))
    with pytest.raises(Conflict, match="not left"):
        await service.inviter.bounced(invitation.id)
    await service.send_all()
    for _ in range(2):
        await service.inviter.bounced(invitation.id)
    events = await service.events()
    assert delivered(events) == [(True, 0), (False, 1)]
    assert events[0].id != events[1].id


async def test_nothing_leaves_in_quiet_hours(database: Database, server: MailServer) -> None:
    async with Service(database, server.port, {"thu": ["09:00-10:00"]}) as service:  # it is Wednesday, ten o'clock
        await service.inviter.invite(asking("a@example.org"))
        assert await service.mailer.send_one() == 300
        service.clock.pass_by(hours=22.9)
        assert await service.mailer.send_one() == 300
        service.clock.pass_by(hours=0.1)
        await service.send_all()
    assert len(server.letters) == 1


async def test_what_was_withdrawn_or_opted_out_or_expired_does_not_leave(service: Service, server: MailServer) -> None:
    withdrawn = await service.inviter.invite(asking("a@example.org"))
    await service.inviter.invite(asking("b@example.org"))
    await service.inviter.invite(asking("c@example.org"))
    await service.inviter.withdraw(withdrawn.id)
    await service.inviter.opt_out("b@example.org", None)
    service.clock.pass_by(days=31)
    await service.inviter.invite(asking("d@example.org"))
    await service.send_all()
    while await service.mailer.send_one() is not None:
        pass
    assert [letter["To"] for letter in server.letters] == ["d@example.org"]


async def test_two_processes_send_nothing_twice(service: Service, server: MailServer, database_url: str) -> None:
    for i in range(60):
        await service.inviter.invite(asking(f"a{i}@example.org"))

    async def send(mailer: Any) -> None:
        while await mailer.send_one() is not None:
            pass

    with opened(database_url, SCHEMA) as second:
        await asyncio.gather(send(service.mailer), send(service.another_mailer(second)))
    assert sorted(str(letter["To"]) for letter in server.letters) == sorted(f"a{i}@example.org" for i in range(60))
    assert delivered(await service.events()) == [(True, 0)] * 60


async def test_who_is_killed_at_a_letter_leaves_that_one_to_another(service: Service, server: MailServer) -> None:
    await service.inviter.invite(asking("a@example.org"))
    claimed = await service.database.write(service.mailer._claim)
    assert claimed is not None  # and its process ends here
    another = service.another_mailer()
    assert await another.send_one() is None
    service.clock.pass_by(seconds=LEASE.total_seconds())
    await another.send_one()
    assert len(server.letters) == 1


async def test_a_password_goes_only_through_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    letter = EmailMessage()
    letter["From"], letter["To"] = "avis@example.org", "a@example.org"
    with running_mail_server(**with_login("cadran", "right", certificate)) as server:
        outcomes = []
        for security, password in (
            (Security.STARTTLS, "right"),
            (Security.STARTTLS, "wrong"),
            (Security.NONE, "right"),
        ):
            courier = Courier(Account("127.0.0.1", server.port, security, "cadran", password))
            outcomes.append((await courier.hand_over(letter)).outcome)
            await courier.rest()
        assert outcomes == [Outcome.ACCEPTED, Outcome.UNREACHABLE, Outcome.UNREACHABLE]
        assert len(server.letters) == 1


def test_settings_that_cannot_work_are_told(tmp_path: Path) -> None:
    password = tmp_path / "password"
    for user, file, security, named in (
        ("cadran", None, Security.TLS, "PASSWORD_FILE"),
        ("", password, Security.TLS, "PASSWORD_FILE"),
        ("cadran", password, Security.TLS, "PASSWORD_FILE"),  # there is no such file
        ("cadran", password, Security.NONE, "SECURITY"),
    ):
        with pytest.raises(ConfigurationError, match=f"CADRAN_SURVEY_SMTP_{named}"):
            read_account(
                SurveySettings(smtp_host="mail", smtp_user=user, smtp_password_file=file, smtp_security=security)
            )
    with pytest.raises(ConfigurationError, match="CADRAN_SURVEY_MAIL_FROM"):
        read_sender(SurveySettings())
