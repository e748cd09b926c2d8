"""Letters of the pulse, taken by a real SMTP server."""

import re
from email.message import EmailMessage

import pytest

from services.survey.pulse.records import Colleague
from services.survey.tables import letters
from tests.support.mail import OK, MailServer, text_of
from tests.survey.parts import Service
from tests.survey.pulse.rounds import Rounds

ASKED = [
    Colleague(email="anna@example.org", team_id="north", language="en"),
    Colleague(email="bea@example.org", team_id="north"),
    Colleague(email="carl@example.org", team_id="south", language="fr"),
]


@pytest.fixture
def rounds(service: Service) -> Rounds:
    return Rounds(service.database, service.links, service.clock)


def token(letter: EmailMessage) -> str:
    (link,) = re.findall(r"https://survey\.example\.org/pulse/(\S+)", text_of(letter))
    assert f'href="https://survey.example.org/pulse/{link}"' in text_of(letter, "html")
    return str(link)


async def answer_by(rounds: Rounds, letter: EmailMessage) -> None:
    ticket, _ = await rounds.pulse.find(token(letter))
    await rounds.answer(ticket)


def to(server: MailServer, name: str) -> list[EmailMessage]:
    return server.to(f"{name}@example.org")


async def test_each_gets_one_letter_whose_link_is_theirs(rounds: Rounds, service: Service, server: MailServer) -> None:
    await rounds.open(ASKED)
    await service.send_all()
    assert sorted(str(letter["To"]) for letter in server.letters) == [person.email for person in ASKED]
    opened = [await rounds.pulse.find(token(letter)) for letter in server.letters]
    assert [ticket.email for ticket, _ in opened] == [letter["To"] for letter in server.letters]
    (english,), (french,) = to(server, "anna"), to(server, "carl")
    assert english["Subject"] == "Maison Bleue: how is the team?"
    assert french["Subject"] == "Maison Bleue : comment va l’équipe ?"
    assert "You can answer until Wednesday, November 25, 2026." in text_of(english)
    assert "jusqu’au mercredi 25 novembre 2026." in text_of(french, "html")


async def test_a_reminder_is_another_letter_and_goes_to_who_has_not_answered(
    rounds: Rounds, service: Service, server: MailServer
) -> None:
    await rounds.open(ASKED)
    await service.send_all()
    await answer_by(rounds, to(server, "anna")[0])
    assert await rounds.pulse.remind() == 2
    await service.send_all()
    assert len(to(server, "anna")) == 1
    first, again = to(server, "bea")
    assert (first["Subject"], again["Subject"]) == (
        "Maison Bleue : comment va l’équipe ?",
        "Maison Bleue : vous pouvez encore répondre",
    )
    assert first["Message-ID"] != again["Message-ID"]
    assert token(first) == token(again)


async def test_who_answers_before_a_reminder_has_left_gets_none(
    rounds: Rounds, service: Service, server: MailServer
) -> None:
    await rounds.open(ASKED)
    await service.send_all()
    await rounds.pulse.remind()
    await answer_by(rounds, to(server, "anna")[0])
    while await service.mailer.send_one() is not None:
        pass
    assert [len(to(server, name)) for name in ("anna", "bea", "carl")] == [1, 2, 2]


async def test_what_waits_when_a_round_closes_does_not_leave(
    rounds: Rounds, service: Service, server: MailServer
) -> None:
    await rounds.open(ASKED)
    await rounds.pulse.close_round()
    assert await rounds.rows(letters) == []
    assert await service.mailer.send_one() is None
    assert server.letters == []


async def test_no_metric_tells_how_many_are_reminded(rounds: Rounds, service: Service, server: MailServer) -> None:
    server.at_rcpt = lambda address: "550 5.1.1 no such user" if address.startswith("carl") else OK
    await rounds.open(ASKED)
    await service.mailer.send_one()
    assert service.counted("cadran_survey_letters_waiting") == 0
    await service.send_all()
    assert service.counted("cadran_survey_letters_total", outcome="accepted") == 0
    assert service.counted("cadran_survey_letters_total", outcome="refused") == 1  # that is to be looked into
