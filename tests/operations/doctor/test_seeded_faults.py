"""Faults made for real on a stack that is well: each is found, and its mend is named. Afterwards the stack is well."""

import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from redis import Redis

from deploy.local.programs import ROOT
from services.board.tables import SCHEMA as BOARD
from services.common.auth import KeyRing, Scope
from services.common.database import opened
from services.common.keys import DRAFT, STATE_POINTER
from services.common.outbox import put
from services.common.publisher import Message, Publisher
from services.common.redis_clients import blocking_redis, servers
from services.common.settings import Port
from services.common.topic_admin import admin_client, create_topics
from services.common.topics import Topic
from services.common.windows import utc_now
from services.ingest.tables import SCHEMA as INGEST
from services.kpi_stream.dead_letters import Shelf, read_shelf, replay_messages
from services.kpi_stream.declared import declared_by
from services.kpi_stream.draft import discard
from services.kpi_stream.live_state import ensure_live, live_state, new_version, prepare
from services.operations.doctor import machine_checks
from services.operations.doctor.installation import Limits
from services.operations.doctor.machine_checks import BOARD_SCOPES
from tests.support.doctor import Doctor, silent_port
from tests.support.events import cloud_event, event
from tests.support.prometheus import query, running_prometheus
from tests.support.redis import free_port, running_redis, running_redis_cluster
from tests.support.stack import RunningStack, wait_for


@pytest.fixture(scope="module", autouse=True)
def well(stack: RunningStack) -> Iterator[None]:
    """Before and after all faults nothing is found: neither a false alarm, nor what a test has left."""
    stack.send([cloud_event("lead.created", f"L{i}", utc_now(), rep_id="ana", source="fair") for i in range(50)])
    _is_well(stack)
    yield
    _is_well(stack)


def _is_well(stack: RunningStack) -> None:
    stack.wait_applied()
    done = stack.cadran("doctor")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.endswith("\nall is well\n"), done.stdout


# --- Kafka


def test_a_topic_is_missing(stack: RunningStack, doctor: Doctor) -> None:
    with admin_client(stack.settings.kafka_servers) as kafka:
        kafka.delete_topics([Topic.DEAD.value])
        wait_for(lambda: Topic.DEAD not in kafka.list_topics(), "the topic is gone")
    try:
        doctor.finds("kafka: topics", "cadran.dead is missing", "run `cadran topics create`")
    finally:
        create_topics(stack.settings)


def test_a_topic_has_other_partitions_than_the_setting_says(doctor: Doctor) -> None:
    what = "cadran.orders has 12 partitions, the setting says 6"
    doctor.finds("kafka: topics", what, "set CADRAN_PARTITIONS", CADRAN_PARTITIONS="6")


def test_a_topic_forgets(stack: RunningStack, doctor: Doctor) -> None:
    with _topic_config(stack, Topic.LEADS, "retention.ms", "604800000"):
        what = "cadran.leads has retention.ms=604800000, it must be -1"
        doctor.finds("kafka: topics", what, "--topic cadran.leads --add-config retention.ms=-1")


def test_a_topic_is_kept_fewer_times_than_the_setting_says(doctor: Doctor) -> None:
    what = "cadran.orders has 1 replicas, CADRAN_REPLICATION is 3"
    doctor.finds("kafka: replicas", what, "kafka-reassign-partitions.sh", CADRAN_REPLICATION="3")


def test_a_topic_acknowledges_too_soon(stack: RunningStack, doctor: Doctor) -> None:
    with _topic_config(stack, Topic.LEADS, "min.insync.replicas", "2"):
        what = "cadran.leads has min.insync.replicas=2"
        doctor.finds("kafka: replicas", what, "--add-config min.insync.replicas=1")


@contextmanager
def _topic_config(stack: RunningStack, topic: Topic, name: str, value: str) -> Iterator[None]:
    with admin_client(stack.settings.kafka_servers) as kafka:
        resource = ConfigResource(ConfigResourceType.TOPIC, topic.value)
        described = kafka.describe_configs([resource])["topic"][topic.value]
        _set(kafka, topic, name, value)
        try:
            yield
        finally:
            _set(kafka, topic, name, described[name]["value"])


def _set(kafka: KafkaAdminClient, topic: Topic, name: str, value: str) -> None:
    kafka.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic.value, configs={name: value})])


def test_a_record_could_not_be_applied(stack: RunningStack, doctor: Doctor) -> None:
    asyncio.run(_publish(stack, [Message(Topic.LEADS, b"L", b"no event")]))
    wait_for(lambda: list(_shelf(stack).letters()), "the worker makes a dead letter")
    try:
        doctor.finds("dead letters", "1 records could not be applied", "`cadran dead replay --all`")
    finally:
        marks = [replay_messages(letter)[1] for letter, _ in _shelf(stack).letters()]
        asyncio.run(_publish(stack, marks))


def _shelf(stack: RunningStack) -> Shelf:
    return asyncio.run(read_shelf(stack.settings))


async def _publish(stack: RunningStack, messages: list[Message]) -> None:
    async with Publisher(stack.settings.kafka_servers, client_id="test", timeout=10) as publisher:
        await publisher.publish(messages)


# --- Redis


def test_redis_is_away(doctor: Doctor) -> None:
    url = f"redis://127.0.0.1:{free_port()}/0"
    doctor.finds("redis", "does not answer", "mend CADRAN_REDIS", CADRAN_REDIS=url)


def test_redis_takes_connections_and_says_nothing(doctor: Doctor) -> None:
    with silent_port() as port:
        url = f"redis://127.0.0.1:{port}/0"
        doctor.finds("redis", "does not answer: Timeout", "mend CADRAN_REDIS", CADRAN_REDIS=url)


def test_redis_does_not_let_us_in(doctor: Doctor) -> None:
    with running_redis() as url, Redis.from_url(url) as redis:
        redis.config_set("requirepass", "a-secret")
        doctor.finds("redis", "it does not let us in", "mend the user and password", CADRAN_REDIS=url)


def test_of_a_cluster_every_server_is_looked_at(doctor: Doctor) -> None:
    well = ("--hash-max-listpack-entries", "512", "--hash-max-listpack-value", "1024", "--appendonly", "yes")
    with running_redis_cluster(3, *well) as url:
        names = ("redis", "redis: settings", "redis: memory", "clock", "releases")
        assert doctor.findings(*names, CADRAN_REDIS=url) == []
        with blocking_redis(url) as cluster:
            last = list(servers(cluster))[-1]
            last.config_set("maxmemory-policy", "allkeys-lru")
        doctor.finds("redis: settings", "maxmemory-policy is allkeys-lru", "CONFIG SET", CADRAN_REDIS=url)
    doctor.finds("redis", "does not answer", "mend CADRAN_REDIS", CADRAN_REDIS=url)


def test_redis_is_a_replica(doctor: Doctor) -> None:
    with running_redis() as primary, running_redis() as url, Redis.from_url(url) as redis:
        redis.replicaof("127.0.0.1", primary.removesuffix("/0").rpartition(":")[2])
        doctor.finds("redis", "this is a replica", "name the primary in CADRAN_REDIS", CADRAN_REDIS=url)


@pytest.mark.parametrize(
    ("setting", "wrong", "mend"),
    [
        ("maxmemory-policy", "allkeys-lru", "CONFIG SET maxmemory-policy noeviction"),
        ("hash-max-listpack-entries", "128", "CONFIG SET hash-max-listpack-entries 512"),
        ("hash-max-listpack-value", "64", "CONFIG SET hash-max-listpack-value 1024"),
    ],
)
def test_redis_is_set_otherwise(stack: RunningStack, doctor: Doctor, setting: str, wrong: str, mend: str) -> None:
    with _redis_config(stack, setting, wrong):
        doctor.finds("redis: settings", f"{setting} is {wrong}, it must be", mend)


def test_redis_would_lose_all_at_a_crash(stack: RunningStack, doctor: Doctor) -> None:
    with _redis_config(stack, "appendonly", "no"):
        doctor.finds("redis: settings", "appendonly is off", "CONFIG SET appendonly yes")


def test_redis_is_nearly_full(stack: RunningStack, doctor: Doctor) -> None:
    with stack.redis() as redis:
        used = redis.info("memory")["used_memory"]
    with _redis_config(stack, "maxmemory", str(used * 104 // 100)):
        doctor.finds("redis: memory", "% of maxmemory", "raise maxmemory")


@contextmanager
def _redis_config(stack: RunningStack, name: str, value: str) -> Iterator[None]:
    with stack.redis() as redis:
        before = redis.config_get(name)[name]
        redis.config_set(name, value)
        try:
            yield
        finally:
            redis.config_set(name, before)


# --- the state


def test_there_is_no_state(doctor: Doctor) -> None:
    with running_redis() as url:
        doctor.finds("state", "Redis holds no state", "start one", CADRAN_REDIS=url)


def test_the_state_is_of_another_make(doctor: Doctor) -> None:
    what = "was made by another release, with other settings"
    doctor.finds("state", what, "run `cadran rebuild`", CADRAN_REPORTING_CURRENCY="USD")


def test_the_state_is_of_another_kafka(stack: RunningStack, doctor: Doctor) -> None:
    with stack.redis() as redis:
        pointer = redis.get(STATE_POINTER)
    cluster = re.search(rb'"cluster":"([^"]+)"', pointer)[1]
    with running_redis() as url, Redis.from_url(url) as other:
        other.set(STATE_POINTER, pointer.replace(cluster, b"another"))
        doctor.finds("state", "was made from another Kafka", "mend CADRAN_KAFKA or CADRAN_REDIS", CADRAN_REDIS=url)


def test_the_state_stands_beyond_the_log(stack: RunningStack, doctor: Doctor) -> None:
    with _another_state(stack) as (url, redis, key):
        redis.hset(key, "cadran.orders:3", 10**9)
        what = "stands beyond the end of the log: cadran.orders:3"
        doctor.finds("state: offsets", what, "then run `cadran rebuild`", CADRAN_REDIS=url)


def test_the_state_does_not_know_a_partition(stack: RunningStack, doctor: Doctor) -> None:
    with _another_state(stack) as (url, redis, key):
        redis.hdel(key, "cadran.leads:0")
        what = "the state knows nothing of cadran.leads:0"
        doctor.finds("state: offsets", what, "run `cadran rebuild`", CADRAN_REDIS=url)


def test_no_worker_is_on_the_state(stack: RunningStack, doctor: Doctor) -> None:
    with _another_state(stack) as (url, _, _):
        what = "no worker holds cadran.answers:0, cadran.answers:1, cadran.answers:2 and 93 more"
        doctor.finds("workers", what, "start one", CADRAN_REDIS=url)


@contextmanager
def _another_state(stack: RunningStack) -> Iterator[tuple[str, Redis, str]]:
    """A state of these topics that nobody works on, in a Redis of its own; the key of shard 0's offsets."""
    with running_redis() as url, Redis.from_url(url) as redis:
        state = ensure_live(redis, stack.settings, declared_by(stack.settings))
        yield url, redis, state.keys(0).next_offsets


def test_a_worker_stands_still(stack: RunningStack, doctor: Doctor) -> None:
    stack.signal("worker", signal.SIGSTOP)
    try:
        stack.send([cloud_event("lead.created", "L-stopped", utc_now(), rep_id="ana", source="fair")])
        doctor.finds("lag", "1 records wait, and none is applied of cadran.leads:", "see the worker's log")
    finally:
        stack.signal("worker", signal.SIGCONT)


def test_a_rebuild_was_interrupted(stack: RunningStack, doctor: Doctor) -> None:
    with stack.redis() as redis:
        draft = new_version(stack.settings, declared_by(stack.settings))
        prepare(redis, draft)
        redis.set(DRAFT, draft.version)
        try:
            doctor.finds("state: rebuild", f"its state {draft.version} takes room", "`cadran rebuild --abort` drops it")
        finally:
            discard(redis)
        assert live_state(redis) is not None


# --- services


def test_a_service_is_away_and_another_is_not_ready_for_it(stack: RunningStack, doctor: Doctor) -> None:
    with _stopped(stack, "exporter"):
        doctor.finds("exporter", f"does not answer at {stack.url(Port.EXPORTER)}", "start it (`make up`)")
        doctor.finds("board", "it is not ready: read API", "mend read API")
        wait_for(lambda: query(stack, 'up{job="cadran-kpis"} == 0'), "Prometheus has seen it")
        doctor.finds("prometheus: targets", "cadran-kpis cannot be scraped", f"at {stack.url(Port.EXPORTER)}/metrics")


def test_a_service_hangs(stack: RunningStack, doctor: Doctor) -> None:
    stack.signal("pricing", signal.SIGSTOP)
    try:
        doctor.finds("pricing", "takes connections and does not answer", "see its log")
    finally:
        stack.signal("pricing", signal.SIGCONT)


def test_another_program_has_taken_a_port(stack: RunningStack, doctor: Doctor, tmp_path: Path) -> None:
    port = str(stack.settings.port(Port.PRICING))
    with _stopped(stack, "pricing"):
        command = [sys.executable, "-m", "http.server", port, "--bind", "127.0.0.1"]
        with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as other:
            try:
                wait_for(lambda: httpx.get(stack.url(Port.PRICING)).is_success, "the other program answers")
                doctor.finds("pricing", "another program answers at", "set CADRAN_PORT_PRICING or CADRAN_PORT_OFFSET")
            finally:
                other.terminate()


def test_no_worker_runs(stack: RunningStack, doctor: Doctor) -> None:
    with _stopped(stack, "worker"):
        doctor.finds("worker", f"does not answer at {stack.url(Port.WORKER_METRICS)}", "start it (`make up`)")


@contextmanager
def _stopped(stack: RunningStack, program: str) -> Iterator[None]:
    stack.supervisor.stop(program)
    try:
        yield
    finally:
        stack.supervisor.start(program)
        port = Port.WORKER_METRICS if program == "worker" else Port(program)
        wait_for(lambda: httpx.get(f"{stack.url(port)}/readyz").is_success, f"{program} is ready")


def test_events_wait_in_a_service(stack: RunningStack, doctor: Doctor) -> None:
    stack.signal("kafka", signal.SIGSTOP)
    try:
        stated = event("lead.created", "L-waits", "2026-11-23T09:00:00Z", rep_id="ana", source="fair")
        with opened(_database(stack, "board"), BOARD) as database:
            asyncio.run(database.write(lambda connection: put(connection, [stated])))
        metrics = f"{stack.url(Port.BOARD)}/metrics"
        wait_for(lambda: "cadran_board_outbox_events 1.0" in httpx.get(metrics).text, "the board has seen it")
        doctor.finds("board: outbox", "1 events wait for Kafka, the oldest for", "Kafka does not take them")
    finally:
        stack.signal("kafka", signal.SIGCONT)
    wait_for(lambda: "cadran_board_outbox_events 0.0" in httpx.get(metrics).text, "it has left")


def _database(stack: RunningStack, service: str) -> str:
    return f"sqlite:///{stack.layout.data / f'{service}.sqlite'}"


def test_a_service_never_had_its_tables(doctor: Doctor, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'none.sqlite'}"
    doctor.finds("survey: database", "no tables yet", "start the service", CADRAN_SURVEY_DATABASE=url)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("revision", "what", "mend"),
    [
        ("0001", "of an earlier release", "start the service again"),
        ("9999", "made by a later release", "run that release"),
    ],
)
def test_tables_are_of_another_release(
    stack: RunningStack, doctor: Doctor, tmp_path: Path, revision: str, what: str, mend: str
) -> None:
    url = f"sqlite:///{tmp_path / 'ingest.sqlite'}"
    with opened(url, INGEST) as database:
        asyncio.run(
            database.write(lambda c: c.exec_driver_sql("UPDATE alembic_version SET version_num = ?", (revision,)))
        )
    doctor.finds("ingest: database", what, mend, CADRAN_INGEST_DATABASE=url)


# --- Prometheus and Alertmanager


def test_prometheus_is_away(doctor: Doctor) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    doctor.finds("prometheus", f"does not answer at {url}", "mend CADRAN_ALERTS_PROM", CADRAN_ALERTS_PROMETHEUS=url)


def test_prometheus_looks_at_nothing(doctor: Doctor, tmp_path: Path) -> None:
    with running_prometheus(tmp_path) as url:
        doctor.finds("prometheus: targets", "has no job cadran-kpis", "prometheus.yml", CADRAN_ALERTS_PROMETHEUS=url)
        doctor.finds("prometheus: targets", "tells no Alertmanager", "`alerting`", CADRAN_ALERTS_PROMETHEUS=url)
        doctor.finds("prometheus: rules", "rules are not in Prometheus", "`rule_files`", CADRAN_ALERTS_PROMETHEUS=url)


def test_prometheus_has_refused_its_rules(stack: RunningStack, doctor: Doctor) -> None:
    other, reload = stack.layout.root / "alerts" / "rules" / "other.yml", f"{stack.url(Port.PROMETHEUS)}/-/reload"
    other.write_text("groups: nonsense\n")
    try:
        assert not httpx.post(reload).is_success
        doctor.finds("prometheus: rules", "it refused its file", "see its log")
    finally:
        other.unlink()
        assert httpx.post(reload).is_success


def test_alertmanager_is_away(doctor: Doctor) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    doctor.finds(
        "alertmanager", f"does not answer at {url}", "mend CADRAN_ALERTS_ALERT", CADRAN_ALERTS_ALERTMANAGER=url
    )


def test_alerts_are_not_what_the_thresholds_say(doctor: Doctor, tmp_path: Path) -> None:
    file = tmp_path / "thresholds.yml"
    file.write_text("teams: {direction: {email: [a@example.org]}, operations: {}}\nalerts: {SalesFall: off}\n")
    given = {
        "CADRAN_ALERTS_THRESHOLDS": str(file),
        "CADRAN_ALERTS_SMTP_HOST": "mail.example.org",
        "CADRAN_ALERTS_MAIL_FROM": "cadran@example.org",
    }
    what = "rules/cadran.yml is not what the thresholds and settings say"
    doctor.finds("thresholds", what, "see the log of the alerts process", **given)


def test_the_thresholds_cannot_be_read(doctor: Doctor, tmp_path: Path) -> None:
    file = tmp_path / "thresholds.yml"
    file.write_text("teams: {direction: {}, operations: {}}\nalerts: {NoSuchAlert: off}\n")
    doctor.finds("thresholds", "NoSuchAlert", "", CADRAN_ALERTS_THRESHOLDS=str(file))


def test_alertmanager_was_fed_another_file(stack: RunningStack, doctor: Doctor) -> None:
    file, reload = stack.layout.root / "alerts" / "alertmanager.yml", f"{stack.url(Port.ALERTMANAGER)}/-/reload"
    ours = file.read_bytes()
    file.write_text("route: {receiver: somebody}\nreceivers: [{name: somebody}]\n")
    assert httpx.post(reload).is_success
    file.write_bytes(ours)
    try:
        doctor.finds("alertmanager: receivers", "Alertmanager tells somebody, the thresholds say nobody", "read again")
    finally:
        assert httpx.post(reload).is_success


# --- the machine


@pytest.mark.parametrize(("wrong", "way"), [(timedelta(minutes=5), "ahead of"), (-timedelta(minutes=5), "behind")])
def test_the_clock_is_wrong(doctor: Doctor, wrong: timedelta, way: str) -> None:
    found = doctor.findings("clock", clock=lambda: utc_now() + wrong)
    against = [finding.what.partition(f" s {way} that of ")[2] for finding in found]
    assert set(against) == {"Redis", "prometheus", "ingest", "survey", "pricing", "exporter", "alerts", "board"}
    assert all("timedatectl set-ntp true" in finding.mend for finding in found)


def test_the_disk_is_nearly_full(stack: RunningStack, doctor: Doctor) -> None:
    """Whatever is free is too little where all must be."""
    limits = Limits(free_percent=100)
    doctor.finds("disk", f"{stack.layout.root} has ", "make room", limits=limits)
    doctor.finds("kafka: disk", f"broker 1: {stack.layout.data / 'kafka'} has ", "make room", limits=limits)


@pytest.mark.parametrize("name", ["dev.key", "keys.json", "survey.secret", "director.password"])
def test_a_secret_is_open_to_others(stack: RunningStack, doctor: Doctor, name: str) -> None:
    path = stack.layout.root / name
    path.chmod(0o644)
    try:
        doctor.finds("secrets", f"{path} is open to others (mode 644)", f"chmod 600 {path}")
    finally:
        path.chmod(0o600)


def test_there_is_no_api_key(doctor: Doctor, tmp_path: Path) -> None:
    mend = "`cadran keys create NAME --scope events:write`"
    doctor.finds("api keys", "holds no API key", mend, CADRAN_KEYS_FILE=str(tmp_path / "keys.json"))


def test_the_boards_key_will_not_do(doctor: Doctor, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    ring = KeyRing(keys)
    token = ring.create("board", BOARD_SCOPES, namespace="")
    other = ring.create("other", (Scope.WRITE_EVENTS,), namespace="")
    file = tmp_path / "board.key"
    given = {"CADRAN_KEYS_FILE": str(keys), "CADRAN_BOARD_KEY_FILE": str(file)}
    mend = "`cadran keys create board --scope kpis:read"
    file.write_text(token)
    assert doctor.findings("board key", **given) == []
    ring.revoke(token.split("_")[1])
    doctor.finds("board key", "this API key is not known", mend, **given)
    file.write_text(other)
    doctor.finds("board key", "this key has not the scope kpis:read", mend, **given)


def test_a_setting_is_unknown(doctor: Doctor) -> None:
    doctor.finds(
        "settings: stream", "CADRAN_STREAM_WROKER", "did you mean CADRAN_STREAM_WORKER", CADRAN_STREAM_WROKER="1"
    )


def test_a_setting_is_wrong(doctor: Doctor) -> None:
    what = "CADRAN_BOARD_LETTER_AT"
    doctor.finds("settings: board", what, "docs/settings.md", CADRAN_BOARD_LETTER_AT="someday")


def test_packages_are_other_than_pinned(doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pinned = tmp_path / "requirements.txt"
    pinned.write_text((ROOT / "requirements.txt").read_text().replace("httpx==", "httpx==99.") + "no-such-package==1\n")
    monkeypatch.setattr(machine_checks, "REQUIREMENTS", pinned)
    doctor.finds("python packages", "httpx is 0.", "`make setup`")
    doctor.finds("python packages", "no-such-package is not installed", "`make setup`")
