"""Pages, which have no document: each address that a service answers, with invented parameters, forms and cookies."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from random import Random
from urllib.parse import quote, urlencode

import httpx

from services.board.users import Role
from services.common.settings import Port
from tests.fuzz.apis.schemathesis_run import TIME_OUT, Ran
from tests.fuzz.parsers.mutating import ODD, any_bytes
from tests.support.board_routes import board_routes
from tests.support.stack import PASSWORD, RunningStack

METHODS = ("GET", "GET", "GET", "HEAD", "POST", "POST", "PUT", "DELETE")
FIELDS = {
    "measure": ["sales", "nps", "new_leads"],
    "period": ["month", "quarter", "year"],
    "starts_on": ["2026-11-01", "2027-01-01"],
    "value": ["1 000", "12,5 %", "-1"],
    "window": ["mtd", "7d", "1h"],
    "by": ["channel", "rep", "owner"],
    "member": ["online", "all"],
    "lang": ["fr", "en"],
    "trend": ["30d", "1y"],
    "to": ["/kpis/sales", "//elsewhere.example", "/"],
    "name": ["director", "ana", "SalesFall"],
    "password": ["wrong"],
    "level": ["-5 %", "10"],
    "lasts": ["2"],
    "span": ["h", "d"],
    "severity": ["info", "critical"],
    "from": ["2026-11-01", "2026-12-01T09:00"],
    "form": ["a1b2c3d4e5f60718"],
    "version": ["1a"],
    "week": ["2026-W47"],
    "score": ["9", "11"],
    "comment": ["fine"],
    "token": ["cdr_0_0"],
}
SURVEY = (
    "/nps/{token}",
    "/nps/{token}/thanks",
    "/pulse/{token}",
    "/unsubscribe/{token}",
    "/verbatims",
    "/verbatims/sign-in",
    "/verbatims/sign-out",
)
"""The pages of surveys, which stand in no document either."""


class Crawl:
    """Requests to one service, drawn with a seed, and what became of them."""

    def __init__(
        self, clients: Sequence[httpx.Client], paths: Sequence[str], known: Mapping[str, Sequence[str]]
    ) -> None:
        self._clients, self._paths, self._known = clients, paths, known
        self._statuses: Counter[str] = Counter()
        self._slowest = (0.0, "")
        self._failures: list[str] = []

    def run(self, name: str, cases: int, seed: int) -> Ran:
        random = Random(f"{name} {seed}")
        for _ in range(cases):
            self._one(random)
        return Ran(name, cases, self._statuses, *self._slowest, self._failures)

    def _one(self, random: Random) -> None:
        path = random.choice(self._paths)
        client, method = random.choice(self._clients), random.choice(METHODS)
        address = "/".join(self._segment(random, part) for part in path.split("/"))
        query, fields = self._pairs(random), self._pairs(random)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        began = time.monotonic()
        try:
            status = _asked(client, method, f"{address}?{query}", fields if method == "POST" else None, form)
        except httpx.HTTPError as error:
            self._failures.append(f"{method} {address}?{query} with {fields}: {error!r}")
            return
        self._slowest = max(self._slowest, (time.monotonic() - began, f"{method} {path}"))
        self._statuses[str(status)] += 1
        if status >= 500:
            self._failures.append(f"{method} {address}?{query} with {fields}: {status}")

    def _segment(self, random: Random, part: str) -> str:
        """A part of a path: as it stands, or for a parameter what is there, or is not."""
        head, brace, rest = part.partition("{")
        if not brace:
            return part
        name, _, tail = rest.partition("}")
        return f"{head}{quote(self._value(random, name), safe='')}{tail}"

    def _pairs(self, random: Random) -> str:
        names = random.sample(list(FIELDS), random.choice((0, 1, 2, 4)))
        return urlencode([(name, self._value(random, name)) for name in names])

    def _value(self, random: Random, name: str) -> str:
        known = [*self._known.get(name, ()), *FIELDS.get(name, ())]
        if known and random.random() < 0.6:
            return random.choice(known)
        if known and random.random() < 0.5:
            return any_bytes(random, [random.choice(known).encode()]).decode(errors="replace")
        return str(random.choice(ODD)).encode("utf-8", "replace").decode()


def _asked(client: httpx.Client, method: str, address: str, body: str | None, headers: Mapping[str, str]) -> int:
    """The status; of a stream no more than the beginning is read."""
    content = None if body is None else body.encode()
    with client.stream(method, address, content=content, headers=headers if content is not None else {}) as answer:
        if "event-stream" not in answer.headers.get("content-type", ""):
            answer.read()
        return answer.status_code


def crawl_board(stack: RunningStack, known: Mapping[str, Sequence[str]], cases: int, seed: int) -> Ran:
    """The board, as everybody who may sign in, and as nobody."""
    with ExitStack() as open_clients:
        nobody = httpx.Client(base_url=stack.url(Port.BOARD), timeout=TIME_OUT)
        clients = [open_clients.enter_context(nobody), open_clients.enter_context(stack.board())]
        for role in Role:
            stack.add_person(f"fuzz-{role.value}", role, "rep-1" if role is Role.REP else None)
            clients.append(open_clients.enter_context(stack.board(f"fuzz-{role.value}", PASSWORD)))
        paths = sorted({route.path for route in board_routes(stack)})
        return Crawl(clients, paths, {**known, "kpi": known["kpi_id"]}).run("board", cases, seed)


def crawl_surveys(stack: RunningStack, known: Mapping[str, Sequence[str]], cases: int, seed: int) -> Ran:
    """The pages of surveys, with the links of some invitations."""
    with stack.http(Port.SURVEY) as asks:
        links = [asks.post("/v1/invitations", json={"touchpoint": "shop"}).json()["link"] for _ in range(20)]
    tokens = [link.rpartition("/")[2] for link in links]
    with httpx.Client(base_url=stack.url(Port.SURVEY), timeout=TIME_OUT) as client:
        return Crawl([client], SURVEY, {**known, "token": tokens}).run("survey pages", cases, seed)
