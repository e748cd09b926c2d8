"""The same reader, given what really leaves the service over many rounds; and what is left in it."""

import re
from collections.abc import Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import httpx
import pytest
from prometheus_client import generate_latest

from services.common.audit import AuditLog
from services.common.auth import KeyRing, Scope
from services.common.database import opened
from services.common.events import encode
from services.common.signed_cookie import SignedCookie
from services.survey.answers.service import Surveys
from services.survey.api import Parts, create_app
from services.survey.pulse import tables
from services.survey.pulse.clearing import REMEMBERED, Cleared, Row
from services.survey.pulse.schedule import Schedule
from services.survey.sessions import COOKIE, Sessions
from services.survey.tables import SCHEMA, letters
from tests.support.databases import sqlite_url
from tests.support.mail import MailServer, running_mail_server, text_of
from tests.survey.parts import PARIS, Service
from tests.survey.pulse.company import Round, history
from tests.survey.pulse.reader import coalitions, found
from tests.survey.pulse.rounds import Rounds
from tests.survey.pulse.weakened import without_all_but_the_fewest

SEEDS = range(6)
LASTING = REMEMBERED + 1


class Lived(NamedTuple):
    """What a company has gone through: its rounds, all that left the service, and all that nobody may find in it."""

    rounds: Sequence[Round]
    told: Sequence[Cleared]
    published: str
    secrets: Sequence[str]


class Asked:
    """The service as people and programs have it: its API, its forms, and its letters by real SMTP."""

    def __init__(self, service: Service, mail: MailServer, folder: Path) -> None:
        self.rounds = Rounds(service.database, service.links, service.clock)
        self.service = service
        self._mail = mail
        keys = KeyRing(folder / "keys.json")
        self.audit = AuditLog(folder / "audit.log")
        key = keys.create("operator", (Scope.WRITE_SURVEYS,), "")
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(create_app(self._parts(keys), asynccontextmanager(_nothing))),
            base_url="https://survey.example.org",
            headers={"Authorization": f"Bearer {key}"},
        )
        self.heard: list[str] = []
        """All that the API and the metrics said."""

    def _parts(self, keys: KeyRing) -> Parts:
        service = self.service
        return Parts(
            surveys=Surveys(service.database, service.links, zone=PARIS, clock=service.clock, written=lambda: None),
            pulse=self.rounds.pulse,
            schedule=Schedule(PARIS, is_holiday=lambda _: False, day=0, open_days=7, reminder_days=4),
            pulse_readers={},
            inviter=service.inviter,
            links=service.links,
            pages=service.pages,
            brand=service.brand,
            keys=keys,
            audit=self.audit,
            clock=service.clock,
            sessions=Sessions(
                SignedCookie(COOKIE, ["x" * 40], path="/verbatims", base_url=""), keys, Scope.READ_SURVEYS
            ),
            database=service.database,
            zone=PARIS,
            registry=service.registry,
            checks={},
        )

    async def go_through(self, rounds: Sequence[Round]) -> Lived:
        secrets: set[str] = set()
        for number, each in enumerate(rounds):
            secrets |= await self._ask(each, number)
            self.service.clock.pass_by(days=30)
        events = await self.rounds.events()
        published = "\n".join([*self.heard, *(encode(event).decode() for event in events)])
        return Lived(rounds, _read(events), published, sorted(secrets))

    async def _ask(self, round_: Round, number: int) -> set[str]:
        """One round; what is secret of it."""
        roster = [{"email": _address(who), "team_id": team} for who, team in round_.team_of.items()]
        await self._call("PUT", "/v1/pulse/roster", json=roster)
        await self._call("POST", "/v1/pulse/rounds")
        await self.service.send_all()
        self.heard.append(self._metrics())
        words = {who: f"words-of-{_address(who)}-in-{number}" for who in round_.score_of}
        answering = sorted(round_.score_of)
        for who in answering[::2]:
            await self._answer(who, round_.score_of[who], words[who])
        self.service.clock.pass_by(days=4)
        await self.rounds.pulse.remind()
        await self.service.send_all()
        assert self._metrics() == self.heard[-1]  # nor how many were reminded
        for who in answering[1::2]:
            await self._answer(who, round_.score_of[who], words[who])
        tickets = {ticket.id for ticket in await self.rounds.tickets()}
        await self._call("POST", "/v1/pulse/rounds/close")
        tokens = {_token(letter) for letter in self._mail.letters}
        self._mail.letters.clear()
        addresses = {_address(who) for who in round_.team_of}
        digests = {sha256(address.encode()).hexdigest() for address in addresses}
        return tickets | tokens | addresses | digests | set(words.values())

    async def _answer(self, who: str, score: int, words: str) -> None:
        letter = self._mail.to(_address(who))[-1]
        sent = await self._http.post(f"/pulse/{_token(letter)}", data={"overall": str(score), "comment": words})
        assert sent.status_code == 303
        assert self._metrics() == self.heard[-1]  # nobody sees that somebody has answered

    async def _call(self, method: str, path: str, **content: Any) -> None:
        response = await self._http.request(method, path, **content)
        assert response.is_success, response.text
        self.heard.append(response.text)
        self.heard.append((await self._http.get("/v1/pulse/rounds")).text)
        self.heard.append(self._metrics())

    def _metrics(self) -> str:
        return generate_latest(self.service.registry).decode()


async def _nothing(_: object) -> Any:
    yield


def _address(who: str) -> str:
    return f"{who.replace('/', '.')}@example.org"


def _token(letter: Any) -> str:
    found = re.search(r"/pulse/(\S+)", text_of(letter))
    assert found is not None
    return found[1]


def _read(events: Sequence[Any]) -> list[Cleared]:
    """What the events tell, round by round: nothing else is known of them."""
    told: dict[str, list[Row]] = {}
    for event in events:
        row = Row(event.data.team_id, event.data.invited, event.data.answered, event.data.figures)
        told.setdefault(event.data.round_id, []).append(row)
    return [Cleared(tuple(rows), {}) for _, rows in sorted(told.items())]


async def live(seed: int, folder: Path) -> Lived:
    random = Random(seed)
    with opened(sqlite_url(folder), SCHEMA) as database, running_mail_server() as mail:
        async with Service(database, mail.port) as service:
            asked = Asked(service, mail, folder)
            whole = history(random, LASTING + random.choice((0, 2)), LASTING)
            lived = await asked.go_through([each for each in whole if each.team_of])
            assert await asked.rounds.rows(tables.tickets) == []
            assert await asked.rounds.rows(tables.answers) == []
            assert await asked.rounds.rows(letters) == []
            return lived


def caught(seed: int, lived: Lived) -> list[list[str]]:
    """Whom friends find, who read all that was told while opinions last."""
    rounds, told = lived.rounds[-LASTING:], lived.told[-LASTING:]
    return [found(rounds, told, friends) for friends in coalitions(Random(seed), rounds)]


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_reader_of_all_that_leaves_the_service_finds_nobody(
    seed: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lived = await live(seed, tmp_path)

    assert len(lived.told) == len(lived.rounds)
    assert not any(caught(seed, lived))
    published = lived.published + "".join(capfd.readouterr())
    assert [secret for secret in lived.secrets if secret in published] == []


async def test_without_suppression_the_same_reader_finds_somebody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_all_but_the_fewest(monkeypatch)
    lived = await live(SEEDS[0], tmp_path)

    assert any(caught(SEEDS[0], lived))
