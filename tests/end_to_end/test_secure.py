"""The whole stack over TLS, with a user for each service: it works, and who is not let in is told why."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from redis.exceptions import AuthenticationError, NoPermissionError

from deploy.local.programs import ROOT
from services.common.errors import ConfigurationError
from services.common.kafka_access import KafkaAccess
from services.common.kafka_refusals import require_kafka_admits
from services.common.redis_clients import blocking_redis
from services.common.redis_refusals import require_redis_admits
from services.common.settings import Port, Settings
from services.common.topic_admin import admin_client
from services.common.topics import Topic
from tests.faults.servers import partitions_held
from tests.support.events import NOW, cloud_event, line
from tests.support.stack import RunningStack, running_stack, settings_of, wait_for

SERVICES = {
    "ingest": "services.ingest.main",
    "survey": "services.survey.main",
    "pricing": "services.pricing_watch.main",
    "worker": "services.kpi_stream.main",
    "exporter": "services.kpi_stream.exporter.main",
    "board": "services.board.main",
}
HTTP = (Port.INGEST, Port.SURVEY, Port.PRICING, Port.EXPORTER, Port.BOARD, Port.ALERTS)


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    with running_stack(CADRAN_LOCAL_SECURE="true") as found:
        yield found


def settings_as(stack: RunningStack, user: str, **settings: str) -> Settings:
    return settings_of(stack.environment_of(user, **settings))


def order(name: str, gross: int) -> dict[str, object]:
    """An order that tells its customer."""
    sold = {"channel": "online", "currency": "EUR", "customer_id": "c"}
    return cloud_event("order.placed", name, NOW, **sold, lines=[line(gross)])


def net_sales(stack: RunningStack) -> float:
    return float(stack.kpi("sales", window="mtd")["rows"][0]["value"])


def test_an_event_goes_its_whole_way(stack: RunningStack) -> None:
    before = net_sales(stack)
    stack.send([order("A1", 1_000)])
    stack.wait_applied()
    assert net_sales(stack) == before + 10
    assert stack.kpi("loyalty", window="30d")["rows"][0]["measures"]["customers"] == 1  # the order told them
    assert not stack.cadran("dead", "list").stdout.count("cadran.")


def test_two_workers_share_the_partitions(stack: RunningStack) -> None:
    environment = stack.environment_of("worker", CADRAN_STREAM_WORKER="1")
    command = [sys.executable, "-m", SERVICES["worker"]]
    with subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL) as second:
        try:
            wait_for(lambda: all(partitions_held(stack, worker) for worker in range(2)), "two workers share")
            before = net_sales(stack)
            stack.send([order(f"B{i}", 100) for i in range(40)])
            stack.wait_applied()
            assert net_sales(stack) == before + 40
        finally:
            second.terminate()


def test_the_operator_checks_topics_reads_dead_letters_and_rebuilds(stack: RunningStack) -> None:
    stack.send([order("C1", 500)])
    stack.wait_applied()
    before = net_sales(stack)
    for arguments in (["topics", "check"], ["dead", "list"], ["rebuild"]):
        done = stack.cadran(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    wait_for(lambda: stack.applied() and net_sales(stack) == before, "the rebuilt state is served")


async def read(access: KafkaAccess, topic: Topic) -> None:
    async with AIOKafkaConsumer(**access.aiokafka(), auto_offset_reset="earliest") as consumer:
        partitions = [TopicPartition(topic, p) for p in range(12)]
        consumer.assign(partitions)
        async with asyncio.timeout(10):
            await consumer.getone()


async def write(access: KafkaAccess, topic: Topic) -> None:
    async with AIOKafkaProducer(**access.aiokafka()) as producer:
        await producer.send_and_wait(topic, b"")


@pytest.mark.parametrize(
    ("user", "topic"),
    [
        ("ingest", Topic.ORDERS),
        ("survey", Topic.ANSWERS),
        ("pricing", Topic.PRICES),
        ("board", Topic.REFERENCE),
        ("exporter", Topic.ORDERS),
        ("worker", Topic.DEAD),
    ],
)
async def test_no_user_reads_what_it_need_not(stack: RunningStack, user: str, topic: Topic) -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        await read(settings_as(stack, user).kafka_access, topic)


@pytest.mark.parametrize(
    ("user", "topic"),
    [
        ("ingest", Topic.DEAD),
        ("survey", Topic.ORDERS),
        ("pricing", Topic.ORDERS),
        ("board", Topic.ORDERS),
        ("exporter", Topic.ORDERS),
        ("worker", Topic.ORDERS),
    ],
)
async def test_no_user_writes_what_it_need_not(stack: RunningStack, user: str, topic: Topic) -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        await write(settings_as(stack, user).kafka_access, topic)


async def test_no_user_takes_the_place_of_a_worker(stack: RunningStack) -> None:
    access = settings_as(stack, "survey").kafka_access
    consumer = AIOKafkaConsumer(Topic.ORDERS, **access.aiokafka(), group_id="cadran-0123abcd")
    try:
        with pytest.raises(GroupAuthorizationFailedError):
            await consumer.start()
    finally:
        await consumer.stop()


def test_nobody_but_the_operator_deletes_topics(stack: RunningStack) -> None:
    for user in SERVICES:
        with (
            pytest.raises(ConfigurationError, match=f"Kafka does not allow this to {user}"),
            admin_client(settings_as(stack, user).kafka_access) as client,
        ):
            client.delete_topics([Topic.DEAD.value])


@pytest.mark.parametrize(
    ("user", "command"),
    [
        ("ingest", "GET cadran:state"),
        ("ingest", "SET cadran:0123abcd:made_of x"),
        ("ingest", "SCAN 0"),
        ("worker", "GET cadran:seen:x"),
        ("worker", "SET cadran:rebuilding x"),
        ("worker", "CONFIG SET maxmemory-policy allkeys-lru"),
        ("worker", "FLUSHALL"),
        ("exporter", "SET cadran:state x"),
        ("exporter", "UNLINK cadran:state"),
        ("exporter", "GET cadran:seen:x"),
        ("exporter", "EVAL return 0"),
        ("exporter", "ACL WHOAMI"),
    ],
)
def test_no_user_does_at_redis_what_it_need_not(stack: RunningStack, user: str, command: str) -> None:
    with blocking_redis(settings_as(stack, user).redis_access) as client, pytest.raises(NoPermissionError):
        client.execute_command(*command.split())


@pytest.mark.parametrize("user", ["board", "survey", "pricing"])
def test_who_needs_no_redis_is_unknown_to_it(stack: RunningStack, user: str) -> None:
    with blocking_redis(settings_as(stack, user).redis_access) as client, pytest.raises(AuthenticationError):
        client.ping()


NO_USER = {"CADRAN_KAFKA_USER": "", "CADRAN_KAFKA_PASSWORD_FILE": ""}
NO_TLS = {"CADRAN_KAFKA_CA_FILE": ""}


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"CADRAN_KAFKA_PASSWORD_FILE": str(Path(__file__))}, "CADRAN_KAFKA_PASSWORD_FILE: .*worker"),
        ({"CADRAN_KAFKA_USER": "nobody"}, "CADRAN_KAFKA_PASSWORD_FILE: .*nobody"),
        ({"CADRAN_KAFKA_MECHANISM": "PLAIN"}, "CADRAN_KAFKA_MECHANISM: "),
        ({"CADRAN_KAFKA_CA_FILE": ""}, "CADRAN_KAFKA_CA_FILE: .*not trusted"),
        ({"CADRAN_KAFKA_SECURITY": "plaintext", **NO_USER, **NO_TLS}, "CADRAN_KAFKA_SECURITY: Kafka speaks TLS"),
        ({"CADRAN_KAFKA_SECURITY": "sasl_plaintext", **NO_TLS}, "CADRAN_KAFKA_SECURITY: Kafka speaks TLS"),
        ({"CADRAN_KAFKA_SECURITY": "ssl", **NO_USER}, "CADRAN_KAFKA_SECURITY: .* asks for a user"),
    ],
)
def test_why_kafka_refuses_is_told(stack: RunningStack, settings: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        require_kafka_admits(settings_as(stack, "worker", **settings).kafka_access)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"CADRAN_REDIS_PASSWORD_FILE": str(Path(__file__))}, "CADRAN_REDIS_PASSWORD_FILE: .*worker"),
        ({"CADRAN_REDIS_USER": "", "CADRAN_REDIS_PASSWORD_FILE": ""}, "CADRAN_REDIS_PASSWORD_FILE: .*default user"),
        ({"CADRAN_REDIS_CA_FILE": ""}, "CADRAN_REDIS_CA_FILE: .*not trusted"),
    ],
)
def test_why_redis_refuses_is_told(stack: RunningStack, settings: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        require_redis_admits(settings_as(stack, "worker", **settings).redis_access)


def test_a_redis_that_speaks_tls_is_told_of(stack: RunningStack) -> None:
    url = stack.settings.redis_url.replace("rediss", "redis")
    with pytest.raises(ConfigurationError, match="CADRAN_REDIS: Redis speaks TLS"):
        require_redis_admits(settings_as(stack, "worker", CADRAN_REDIS=url, CADRAN_REDIS_CA_FILE="").redis_access)


def test_a_server_without_tls_is_told_of(stack: RunningStack) -> None:
    """Prometheus's port answers, but not so."""
    place = f"127.0.0.1:{stack.settings.port(Port.PROMETHEUS)}"
    with pytest.raises(ConfigurationError, match="CADRAN_KAFKA_SECURITY: Kafka speaks no TLS"):
        require_kafka_admits(settings_as(stack, "worker", CADRAN_KAFKA=place).kafka_access)
    with pytest.raises(ConfigurationError, match="CADRAN_REDIS: Redis speaks no TLS"):
        require_redis_admits(settings_as(stack, "worker", CADRAN_REDIS=f"rediss://{place}/0").redis_access)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_with_a_wrong_password_ends_with_one_line(stack: RunningStack, service: str, tmp_path: Path) -> None:
    wrong = tmp_path / "password"
    wrong.write_text("not-the-password")
    environment = stack.environment_of(
        service, CADRAN_KAFKA_PASSWORD_FILE=str(wrong), CADRAN_LOCAL_DIR=str(tmp_path), CADRAN_STREAM_WORKER="2"
    )
    command = [sys.executable, "-m", SERVICES[service]]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].partition(" cannot start: ")[2].startswith("CADRAN_KAFKA_PASSWORD_FILE: ")
    assert "Traceback" not in done.stderr
    assert "not-the-password" not in done.stdout + done.stderr


def test_no_secret_is_shown(stack: RunningStack) -> None:
    secrets = stack.layout.secrets
    assert {oct(path.stat().st_mode)[-3:] for path in secrets.iterdir()} == {"600"}
    passwords = {path.read_text() for path in secrets.glob("*.password")}
    assert len(passwords) == len(SERVICES) + 2  # and the operator's and Kafka's own

    shown = [httpx.get(f"{stack.url(port)}{path}").text for port in HTTP for path in ("/readyz", "/metrics")]
    shown += [path.read_text() for folder in (stack.layout.logs, stack.layout.config) for path in folder.iterdir()]
    for password in passwords:
        assert not [text[:100] for text in shown if password in text]
