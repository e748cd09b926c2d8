"""Every vendor's deliveries on a real stack: to the numbers, and nothing of a person on the way."""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx
import msgspec
import pytest

from services.common.settings import Port
from services.common.topics import Topic
from services.ingest.connectors.vendors import CONNECTORS
from tests.ingest.connectors.senders import SENDERS, Sent, examples_of
from tests.support.kafka import records
from tests.support.stack import RunningStack, running_stack, wait_for

PUBLIC = "https://cadran.example.org"
DAYS = {"from": "2026-01-01", "to": "2026-11-25"}
"""What the examples tell of lies within."""
PERSONAL = re.compile(
    r"e-?mail|first_?name|last_?name|full_?name|phone|address_?[12]|line[12]|street|^ip$|ip_address|_ip$|^city|zip|"
    r"postcode|postal|user_?agent|^note|comment",
    re.IGNORECASE,
)
"""Fields that hold something of a person, in the payload of whatever vendor."""
FAMILY = "Exemple"
"""The name of everybody in the examples."""
NOT_PERSONAL = {"Lyon"}
"""The town of a customer, and the id of a shop."""
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+|\b(?:\d{1,3}\.){3}\d{1,3}\b|\+\d[\d ]{7,}")
"""A mail address, an IP or a telephone number, wherever it stands."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    folder = tmp_path_factory.mktemp("accounts")
    accounts: dict[str, dict[str, Any]] = {}
    for vendor, sender in SENDERS.items():
        (folder / vendor).write_text(sender.secret)
        accounts[vendor] = {"paris": {**sender.words, "secret_file": str(folder / vendor)}}
    file = folder / "accounts.yml"
    file.write_bytes(msgspec.yaml.encode({"accounts": accounts}))
    with running_stack(CADRAN_INGEST_CONNECTORS=str(file), CADRAN_INGEST_PUBLIC_URL=PUBLIC) as running:
        yield running


@pytest.fixture(scope="module")
def answers(stack: RunningStack) -> Mapping[str, list[httpx.Response]]:
    """What was answered to each example of each vendor, in its order."""
    given = {vendor: [deliver(stack, vendor, path) for path in examples_of(vendor)] for vendor in SENDERS}
    wait_for(lambda: metric(stack, "cadran_ingest_outbox_events ") == 0, "nothing waits for Kafka")
    stack.wait_applied()
    return given


def deliver(stack: RunningStack, vendor: str, path: Path, body: bytes | None = None) -> httpx.Response:
    content = path.read_bytes() if body is None else body
    where = f"/v1/connectors/{vendor}/paris"
    sent = Sent(content, f"{PUBLIC}{where}", datetime.now(UTC), path.stem)
    return httpx.post(
        f"{stack.url(Port.INGEST)}{where}", content=content, headers=SENDERS[vendor].headers(sent), timeout=30
    )


def metric(stack: RunningStack, start: str) -> float:
    text = httpx.get(f"{stack.url(Port.INGEST)}/metrics").text
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(start))


def test_every_vendor_is_tried_here() -> None:
    assert SENDERS.keys() == CONNECTORS.keys()


@pytest.mark.parametrize("vendor", SENDERS)
def test_every_example_is_taken_and_makes_something(
    vendor: str, answers: Mapping[str, list[httpx.Response]], stack: RunningStack
) -> None:
    assert {answer.status_code for answer in answers[vendor]} == {200}
    with stack.http(Port.INGEST) as client:
        listed = client.get(f"/v1/connectors/{vendor}/paris/deliveries").json()["deliveries"]
    assert len(listed) >= len(answers[vendor])
    assert {each["outcome"] for each in listed} <= {"accepted", "ignored"}, listed
    assert any(each["made"] for each in listed)


def test_what_is_forged_is_refused_whatever_the_vendor(
    stack: RunningStack, answers: Mapping[str, list[httpx.Response]]
) -> None:
    before = metric(stack, "cadran_connector_events_total")
    for vendor, sender in SENDERS.items():
        where = f"{stack.url(Port.INGEST)}/v1/connectors/{vendor}/paris"
        path = examples_of(vendor)[0]
        body = path.read_bytes().replace(sender.secret[:-3].encode(), b"00D000000000999")
        sent = Sent(body, where, datetime(2020, 1, 1, tzinfo=UTC), path.stem)
        forged = {name: f"{value[:-6]}AAAA==" for name, value in sender.headers(sent).items() if "Signature" in name}
        for headers in ({}, forged):
            assert httpx.post(where, content=body, headers=headers).status_code == 401, (vendor, headers)
    assert metric(stack, "cadran_connector_events_total") == before


def test_whatever_is_signed_is_answered(stack: RunningStack) -> None:
    """200, or 401 where the body itself says whose it is: never an error of ours."""
    random = Random(3)
    for vendor in SENDERS:
        for path in examples_of(vendor):
            for body in (b"", b"{}", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 3000, *cut(path.read_bytes(), random)):
                assert deliver(stack, vendor, path, body).status_code in (200, 401), (vendor, body[:80])


def cut(content: bytes, random: Random) -> Iterator[bytes]:
    """The content with some bytes gone, or others in their place."""
    for _ in range(8):
        start = random.randrange(len(content))
        yield content[:start] + random.randbytes(random.randrange(4)) + content[start + random.randrange(40) :]


def test_nothing_of_a_person_is_found_anywhere(
    stack: RunningStack, answers: Mapping[str, list[httpx.Response]]
) -> None:
    people = {word for vendor in SENDERS for path in examples_of(vendor) for word in personal(path)} | {FAMILY}
    assert {"ada.exemple@example.org", "203.0.113.7", "1 rue de l'Essai", "+33 6 00 00 00 00", "69001"} <= people
    found = {(where, word) for where, text in everything(stack, answers) for word in people if stands_in(word, text)}
    assert found == set()


def test_the_search_finds_what_is_there(stack: RunningStack, answers: Mapping[str, list[httpx.Response]]) -> None:
    """So that it is not for want of looking that nothing is found."""
    places = {where for where, text in everything(stack, answers) if "shopify:paris:" in text}
    assert {"Kafka", "Redis", "database"} <= places
    assert any("deal/" in text for where, text in everything(stack, answers) if where == "read API")
    assert {where for where, _ in everything(stack, answers)} > {"logs", "metrics", "answers"}


def stands_in(word: str, text: str) -> bool:
    """Whether a text in small letters holds a word; of digits alone, not as a part of a longer number."""
    sought = word.casefold()
    if sought in text and sought.isdigit():
        return re.search(rf"(?<![\d.]){sought}(?![\d.])", text) is not None
    return sought in text


def test_a_number_is_sought_as_itself() -> None:
    assert stands_in("69001", '{"zip":"69001"}')
    assert not stands_in("69001", "process_cpu_seconds_total 4.2769001")
    assert stands_in("Ada", "canada, ada")


def personal(path: Path) -> set[str]:
    """What stands in fields about people, and all that looks like an address or a number of one."""
    text = path.read_text()
    found = set(ADDRESS.findall(text))
    if path.suffix == ".json":
        found |= set(_of_people(msgspec.json.decode(text)))
    return {word for word in found if len(word) > 4} - NOT_PERSONAL


def _of_people(value: object, field: str = "") -> Iterator[str]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from _of_people(child, key if isinstance(key, str) else field)
    if isinstance(value, str) and value and PERSONAL.search(field):
        yield value


def everything(stack: RunningStack, answers: Mapping[str, list[httpx.Response]]) -> Iterator[tuple[str, str]]:
    """Each place that anything may be kept in or told by, and all that it holds, in small letters."""
    for where, content in (*kept(stack), *told(stack)):
        yield where, content.decode(errors="replace").casefold()
    for given in answers.values():
        yield from (("answers", answer.text.casefold()) for answer in given)


def kept(stack: RunningStack) -> Iterator[tuple[str, bytes]]:
    for topic in Topic:
        yield from (("Kafka", value) for value in records(stack.settings, topic))
    redis = stack.redis()
    for key in redis.scan_iter():
        yield "Redis", f"{key!r} {redis.dump(key)!r}".encode()
    yield from (("logs", path.read_bytes()) for path in stack.layout.logs.iterdir())
    yield from (("database", path.read_bytes()) for path in stack.layout.data.glob("ingest.sqlite*"))


def told(stack: RunningStack) -> Iterator[tuple[str, bytes]]:
    for port in (Port.INGEST, Port.EXPORTER, Port.WORKER_METRICS):
        yield "metrics", httpx.get(f"{stack.url(port)}/metrics").content
    with stack.http(Port.EXPORTER) as api:
        for kpi in api.get("/v1/kpis").json():
            for way in ("", "/explain"):
                yield "read API", api.get(f"/v1/kpis/{kpi['id']}{way}", params=DAYS).content


def test_commands_say_how_an_account_stands(stack: RunningStack, answers: Mapping[str, list[httpx.Response]]) -> None:
    listed = stack.cadran("connectors", "list")
    assert listed.returncode == 0, listed.stderr
    assert all(vendor in listed.stdout for vendor in SENDERS)
    waited = stack.cadran("connectors", "check", "tally", "paris", "--wait", "1")
    assert waited.returncode == 1
    assert f"{PUBLIC}/v1/connectors/tally/paris" in waited.stdout
    assert "nothing came within 1 s" in waited.stderr
    wrong = stack.cadran("connectors", "check", "tali", "paris")
    assert "the vendors are shopify" in wrong.stderr
    cannot = stack.cadran("connectors", "sync", "tally", "paris", "--since", "2026-11-01")
    assert "token" in cannot.stderr
    assert stack.cadran("connectors", "sync", "tally", "paris", "--since", "soon").stderr.count("\n") == 1
    shown = stack.cadran("connectors", "deliveries", "shopify", "paris", "--limit", "500")
    assert "orders/create: accepted - order.placed x 1" in shown.stdout
    redacted = stack.cadran("connectors", "redactions")
    assert "customers/redact" in redacted.stdout


def test_a_secret_is_made_once(stack: RunningStack, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    made = stack.cadran("connectors", "secret", str(file))
    assert file.read_text() == made.stdout
    assert file.stat().st_mode & 0o777 == 0o600
    assert "is there already" in stack.cadran("connectors", "secret", str(file)).stderr
    assert "there is no folder" in stack.cadran("connectors", "secret", str(tmp_path / "run" / "secret")).stderr


def test_the_database_holds_no_body(stack: RunningStack, answers: Mapping[str, list[httpx.Response]]) -> None:
    """Deliveries are listed by what they became."""
    with sqlite3.connect(stack.layout.data / "ingest.sqlite") as database:
        columns = [row[1] for row in database.execute("pragma table_info(deliveries)")]
    assert columns == ["id", "vendor", "account", "received_at", "topic", "outcome", "reason", "made"]
