"""What only we can make: links, cookies, API keys. Most inputs are not ours, and must be no one's.

The few that are taken must say what was signed.
"""

from collections.abc import Sequence
from random import Random

from fastapi import Request, Response

from services.board.sessions import Sessions
from services.board.users import Role, Users
from services.common.auth import KeyRing, Scope
from services.common.errors import Invalid, NotFound, Unauthenticated
from services.common.header_limit import MOST_HEADER_BYTES
from services.common.signed_cookie import SignedCookie
from services.survey.links import Links, Purpose
from tests.fuzz.parsers.fuzzing import Parser
from tests.fuzz.parsers.mutating import any_bytes, words_of
from tests.fuzz.parsers.tables import FOLDER

SECRETS = ["a secret of tests that is long enough", "another secret of tests, the newest"]
ID = "AbCdEfGhIjKlMnOp"
_links = Links(SECRETS, "https://cadran.example.org")
_keys = KeyRing(FOLDER / "keys.json")
_key = _keys.create("fuzz", (Scope.READ_KPIS,), "main")
_users = Users(FOLDER / "users.json")
_users.add("ana", Role.READER, None, "four words put together")
_cookie = SignedCookie("cadran_board", SECRETS, path="/", base_url="https://cadran.example.org")
_sessions = Sessions(_cookie, _users)


def _signed(purpose: Purpose) -> list[bytes]:
    return [_links.token(purpose, ID).encode(), Links(SECRETS[:1], "").token(purpose, ID).encode()]


def read_link(token: bytes, purpose: Purpose) -> None:
    assert _links.read(purpose, token.decode("latin-1")) == ID, "an id that nobody signed"


def read_key(header: bytes) -> None:
    key = _keys.authenticate(header.decode("latin-1"), Scope.READ_KPIS)
    assert key.name == "fuzz"


def read_cookie(header: bytes) -> None:
    if len(header) > MOST_HEADER_BYTES:
        raise Invalid("no such request comes in")
    user = _sessions.current(_request(header))
    if user is None:
        raise Unauthenticated("nobody is signed in")
    assert user.name == "ana"


def _request(cookie: bytes) -> Request:
    headers = [(b"cookie", cookie)]
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers})


def _cookies() -> list[bytes]:
    made = Response()
    _sessions.begin(made, _users.find("ana") or _nobody(), 3600)
    return [made.headers["set-cookie"].partition(";")[0].encode()]


def _nobody() -> None:
    raise NotFound("ana is gone")


_in_token = words_of(b".", b"-", b"_", b"=", b"IkFi", b"eyJ", b".eJw", b"cadran_board=", b"; ", b"cdr_", b"Bearer")


def _mutant(random: Random, corpus: Sequence[bytes]) -> bytes:
    return (_in_token if random.random() < 0.5 else any_bytes)(random, corpus)


PARSERS = [
    *(
        Parser(
            f"link, {purpose}", _signed(purpose), _mutant, lambda token, purpose=purpose: read_link(token, purpose), 25
        )
        for purpose in Purpose
    ),
    Parser("API key", [f"Bearer {_key}".encode()], _mutant, read_key, 30),
    Parser("cookie of the board", _cookies(), _mutant, read_cookie, 15),
]
