"""Faults of Cadran's processes, of what watches them, the machine: made for real, found, their mend named, mended."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from deploy.local.programs import ROOT
from services.board.tables import SCHEMA as BOARD
from services.common.auth import KeyRing, Scope
from services.common.database import opened
from services.common.outbox import put
from services.common.settings import Port
from services.common.windows import utc_now
from services.ingest.tables import SCHEMA as INGEST
from services.operations.doctor import machine_checks
from services.operations.doctor.installation import Limits
from services.operations.doctor.machine_checks import BOARD_SCOPES
from tests.support.doctor import Doctor
from tests.support.events import event
from tests.support.prometheus import query, running_prometheus
from tests.support.redis import free_port
from tests.support.stack import RunningStack, wait_for

pytestmark = pytest.mark.usefixtures("well")


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


def test_a_password_is_open_to_others_and_a_certificate_may_be(doctor: Doctor, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch(mode=0o644)
    assert doctor.findings("secrets", CADRAN_REDIS_CA_FILE=str(file)) == []
    doctor.finds("secrets", f"{file} is open to others", f"chmod 600 {file}", CADRAN_REDIS_PASSWORD_FILE=str(file))


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
