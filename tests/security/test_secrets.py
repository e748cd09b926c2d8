"""No secret of an installation is seen anywhere but where it is kept, whatever is done with it, rightly or wrongly."""

import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from services.common.auth import KeyRing, Scope
from services.common.settings import Port
from services.common.watched_file import RECHECK_SECONDS
from tests.security.places import SERVICES, found, places_of
from tests.support.stack import RunningStack, running_stack, wait_for
from tests.survey.asked import ask

ACCOUNTS = """\
accounts:
  shopify:
    paris:
      secret_file: {folder}/shopify.secret
      token_file: {folder}/shopify.token
      api: http://127.0.0.1:9
"""
KEPT = {
    "the webhook's secret": ("shopify.secret", "shpss_Rm9yIHRlc3RzIG9ubHkgMTIzNDU2"),
    "the vendor's token": ("shopify.token", "shpat_VG9rZW4gZm9yIHRlc3RzIDk4NzY1"),
    "the mail server's password": ("smtp.password", "Zm9yLXRlc3RzLW9ubHktc210cA"),
    "the new password": ("new.password", "four other words together"),
}

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    for name, secret in KEPT.values():
        (folder / name).write_text(f"{secret}\n")
    (folder / "accounts.yml").write_text(ACCOUNTS.format(folder=folder))
    return folder


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[RunningStack]:
    with running_stack(
        CADRAN_LOG_LEVEL="DEBUG",
        CADRAN_INGEST_CONNECTORS=str(folder / "accounts.yml"),
        CADRAN_SURVEY_SMTP_HOST="127.0.0.1",
        CADRAN_SURVEY_SMTP_PORT="9",
        CADRAN_SURVEY_SMTP_USER="cadran",
        CADRAN_SURVEY_SMTP_PASSWORD_FILE=str(folder / "smtp.password"),
        CADRAN_SURVEY_MAIL_FROM="avis@example.org",
    ) as running:
        yield running


class Used:
    """Every secret of a stack, after a run that has used them all; and every answer that was no success."""

    def __init__(self, stack: RunningStack, folder: Path) -> None:
        self.stack = stack
        self.refused: list[httpx.Response] = []
        self.secrets = {name: secret for name, (_, secret) in KEPT.items()}
        for name in ("dev.key", "board.key", "director.password", "board.secret", "survey.secret", "pseudonyms.secret"):
            self.secrets[name] = (stack.layout.root / name).read_text().strip()
        self._commands(folder)
        self._keys()
        self._board()
        self._survey()
        self._webhooks()
        keys = {name: secret for name, secret in self.secrets.items() if secret.startswith("cdr_")}
        self.secrets |= {f"secret half of {name}": secret.split("_", 2)[2] for name, secret in keys.items()}

    def _commands(self, folder: Path) -> None:
        def printed(*arguments: str) -> str:
            done = self.stack.cadran(*arguments)
            assert done.returncode == 0, done.stderr
            return done.stdout.strip()

        self.secrets["a key"] = printed("keys", "create", "shop", "--scope", "events:write", "--scope", "surveys:read")
        (key,) = (key for key in KeyRing(self.stack.settings.api_keys_file).all() if key.name == "shop")
        self.secrets["its next secret"] = printed("keys", "rotate", key.id)
        assert self.stack.cadran("keys", "revoke", self.secrets["a key"]).returncode == 1  # a key for its id
        wait_for(lambda: self._is_known(self.secrets["its next secret"]), "the rotated key is known")
        password = str(folder / "new.password")
        printed("users", "add", "max", "--role", "director", "--password-file", password)

    def _is_known(self, key: str) -> bool:
        with self.stack.http(Port.INGEST, key) as client:
            return client.post("/v1/events", json={}).status_code != 401

    def _keys(self) -> None:
        for port in SERVICES:
            for name in ("a key", "its next secret", "dev.key", "board.key"):
                key = self.secrets[name]
                with httpx.Client(base_url=self.stack.url(port), timeout=60) as client:
                    self._try(client, "GET", "/v1/kpis", headers={"Authorization": f"Bearer {key}"})
                    self._try(client, "GET", "/v1/kpis", headers={"Authorization": key})
                    self._try(client, "GET", "/v1/alerts", auth=("cadran", key))
                    self._try(client, "GET", f"/v1/kpis/sales?key={key}")
                    self._try(client, "POST", "/v1/events", json={"key": key, "id": key})
                    self._try(
                        client, "POST", "/v1/events/batch", content=key, headers={"Authorization": f"Bearer {key}"}
                    )
                    self._try(client, "PUT", "/v1/watch", json=[{"sku": 1, "key": key}])
                    client.get(f"/v1/kpis/{key}")  # what was asked for is told to who asked, and to no log

    def _board(self) -> None:
        for name in ("director.password", "the new password"):
            user = "director" if name == "director.password" else "max"
            with self.stack.board(user, self.secrets[name]) as client:
                client.get("/")
                self.secrets[f"session of {user}"] = client.cookies["cadran_board"]
                self._try(client, "GET", "/reps?by=nothing")
                client.cookies.set("cadran_board", f"{self.secrets[f'session of {user}']}x")
                self._try(client, "POST", "/targets", data={"form": "x"})
        with httpx.Client(base_url=self.stack.url(Port.BOARD), timeout=60) as client:
            wrong = {"name": self.secrets["director.password"], "password": self.secrets["dev.key"]}
            self._try(client, "POST", "/sign-in", data=wrong)
            self._try(client, "POST", "/sign-in", data={**wrong, "form": "x" * 200_000})

    def _survey(self) -> None:
        asked = ask(self.stack)
        self.secrets["a survey's link"] = asked.token
        with httpx.Client(base_url=self.stack.url(Port.SURVEY), timeout=60) as client:
            client.get(asked.link)
            client.get(f"/nps/{asked.token}x")
            client.post(asked.link, data={"score": "many"})  # the form again, which is at its link
            signed_in = client.post("/verbatims/sign-in", data={"key": self.secrets["its next secret"]})
            self.secrets["session of a reader"] = signed_in.cookies["cadran_survey"]
            client.get("/verbatims")
            self._try(client, "POST", "/verbatims/sign-in", data={"key": f"{self.secrets['dev.key']}x"})
        with self.stack.http(Port.SURVEY) as client:
            client.post("/v1/invitations", json={"touchpoint": "delivery", "email": "zoe@example.org"})

    def _webhooks(self) -> None:
        with self.stack.http(Port.INGEST) as client:
            since = {"since": "2026-11-01T00:00:00+01:00"}
            assert client.post("/v1/connectors/shopify/paris/sync", json=since).status_code == 202
        with httpx.Client(base_url=self.stack.url(Port.INGEST), timeout=60) as client:
            for header in ("X-Shopify-Hmac-Sha256", "Authorization"):
                sent = {header: self.secrets["the webhook's secret"], "X-Shopify-Topic": "orders/create"}
                self._try(client, "POST", "/v1/connectors/shopify/paris", json={"id": 1}, headers=sent)

    def _try(self, client: httpx.Client, method: str, path: str, **sent: object) -> None:
        answer = client.request(method, path, **sent)  # type: ignore[arg-type]
        if answer.status_code >= 400:
            self.refused.append(answer)


@pytest.fixture(scope="module")
def used(stack: RunningStack, folder: Path) -> Used:
    return Used(stack, folder)


def test_no_secret_is_seen_anywhere(used: Used) -> None:
    places = places_of(used.stack, used.refused)
    assert len(used.secrets) > 15
    assert {answer.status_code for answer in used.refused} >= {401, 403, 404, 413}
    assert found(used.secrets, places) == set()


def test_the_settings_of_the_programs_are_readable_by_their_owner_alone(stack: RunningStack) -> None:
    """An address of a database may hold a password."""
    config = stack.layout.supervisor_config
    assert b"CADRAN_" in config.read_bytes()
    assert stat.S_IMODE(config.stat().st_mode) == 0o600


def test_the_search_finds_what_is_there(used: Used) -> None:
    """The same secrets, each put where it must not be, in one of the ways in which that happens."""
    stack, secret = used.stack, used.secrets["dev.key"]
    program = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    environment = {**stack.environment, "CADRAN_KEY": secret}
    with (
        subprocess.Popen([*program, secret], env=stack.environment, stdin=subprocess.PIPE) as told,
        subprocess.Popen(program, env=environment, stdin=subprocess.PIPE) as given,
        stack.redis() as client,
    ):
        client.hset("cadran:test", "key", secret)
        log = stack.layout.logs / "leak.log"
        log.write_text(f"GET /v1/kpis?key={secret}\n")
        audit = stack.settings.audit_path.read_bytes()
        stack.settings.audit_path.write_bytes(audit + secret.encode())
        echoed = httpx.get(f"{stack.url(Port.EXPORTER)}/v1/{secret}", headers={"Authorization": f"Bearer {secret}"})
        try:
            where = {place for _, place in found({"key": secret}, places_of(stack, [echoed]))}
        finally:
            client.delete("cadran:test")
            log.unlink()
            stack.settings.audit_path.write_bytes(audit)
            for process in (told, given):
                process.communicate()
    wanted = {"redis", "log leak.log", "audit log", "answer 0", f"command of {told.pid}", f"environment of {given.pid}"}
    assert where == wanted


@pytest.mark.parametrize("text", ["{}", "user:{}", "x{}", "ab{}yz"])
def test_the_search_sees_through_basic_authentication_and_addresses(text: str) -> None:
    secret = "c/d+r=_0123456789"
    written = httpx.BasicAuth(text.format(secret), "x")._auth_header.encode()
    assert found({"key": secret}, {"log": written}) == {("key", "log")}
    assert found({"key": secret}, {"log": str(httpx.URL("http://x/", params={"key": secret})).encode()})


def test_a_secret_is_rotated_while_everything_runs(stack: RunningStack) -> None:
    ring = KeyRing(stack.settings.api_keys_file)
    first = ring.create("reader", (Scope.READ_KPIS,), "")
    key = ring.all()[-1]

    def status(token: str) -> int:
        with stack.http(Port.EXPORTER, token) as client:
            return client.get("/v1/kpis").status_code

    wait_for(lambda: status(first) == 200, "the key is known", patience=RECHECK_SECONDS + 5)

    def rotated(grace: str) -> str:
        done = stack.cadran("keys", "rotate", key.id, "--grace", grace)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    second = rotated("1h")
    wait_for(lambda: status(second) == 200, "its second secret is known", patience=RECHECK_SECONDS + 5)
    assert status(first) == 200
    third = rotated("0s")
    wait_for(lambda: status(first) == 401, "the first is refused", patience=RECHECK_SECONDS + 5)
    assert [status(token) for token in (second, third)] == [401, 200]
