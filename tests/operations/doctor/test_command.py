"""The command itself: what it prints, its status, and that nothing which is away or hangs holds it up."""

import json
import re
import subprocess
import sys

import pytest

from deploy.local.programs import ROOT
from services.common.errors import Invalid
from services.operations.doctor.all_checks import all_checks
from services.operations.doctor.commands import doctor
from services.operations.doctor.installation import NAMED
from services.operations.doctor.machine_checks import SECRETS
from tests.support.doctor import silent_port
from tests.support.redis import free_port
from tests.support.stack import RunningStack

SERVERS = ("kafka", "redis", "prometheus", "alertmanager")


def _doctor(stack: RunningStack, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.common.cli", "doctor", *options]
    environment = {**stack.environment, **settings}
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120)


def _all_at(port: int) -> tuple[list[str], dict[str, str]]:
    """Options and settings by which everything is to be found there."""
    url = f"http://127.0.0.1:{port}"
    return [f"--at={service}={url}" for service in NAMED], {
        "CADRAN_KAFKA": f"127.0.0.1:{port}",
        "CADRAN_REDIS": f"redis://127.0.0.1:{port}/0",
        "CADRAN_ALERTS_PROMETHEUS": url,
        "CADRAN_ALERTS_ALERTMANAGER": url,
    }


def test_of_a_stack_that_is_well_every_check_is_made_and_good(stack: RunningStack) -> None:
    done = _doctor(stack, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert [entry["check"] for entry in told] == [check.name for check in all_checks()]
    assert [entry for entry in told if not entry["good"] or entry["findings"] or entry["waits_for"]] == []


@pytest.mark.parametrize("hangs", [False, True])
def test_whatever_is_away_or_says_nothing_is_told_and_holds_nothing_up(stack: RunningStack, hangs: bool) -> None:
    with silent_port() as silent:
        options, settings = _all_at(silent if hangs else free_port())
        done = _doctor(stack, "--json", *options, **settings)
    assert (done.returncode, done.stderr) == (1, "")
    outcomes = {entry["check"]: entry for entry in json.loads(done.stdout)}
    for name in (*SERVERS, *NAMED):
        (finding,) = outcomes[name]["findings"]
        assert "does not answer" in finding["what"], (name, finding)
        assert "start it" in finding["mend"]
    assert outcomes["state: offsets"]["waits_for"] == "kafka"
    assert outcomes["redis: memory"]["waits_for"] == "redis"
    assert outcomes["board: database"]["good"]


def test_what_it_prints_can_be_read_on_a_narrow_terminal(stack: RunningStack) -> None:
    options, settings = _all_at(free_port())
    done = _doctor(stack, *options, "--free-percent=100", COLUMNS="50", **settings)
    assert done.returncode == 1
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert max(map(len, lines)) <= 50
    assert lines[lines.index("✗ kafka") + 1].startswith("    Kafka does not answer at")
    assert "✓ api keys" in lines
    assert "- redis: memory - not looked at before redis is" in lines
    assert f"{len(all_checks())} checks: " in done.stdout


def test_a_warning_is_told_and_leaves_the_status_as_it_is(stack: RunningStack) -> None:
    with stack.redis() as redis:
        redis.config_set("appendonly", "no")
        try:
            done = _doctor(stack)
        finally:
            redis.config_set("appendonly", "yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert "! redis: settings\n    appendonly is off" in done.stdout
    assert done.stdout.endswith(f"{len(all_checks())} checks: 0 faults, 1 warnings\n")


def test_no_secret_is_told(stack: RunningStack) -> None:
    secret = "s3cret-of-somebody"
    dead = free_port()
    done = _doctor(
        stack,
        CADRAN_INGEST_DATABASE=f"postgresql+psycopg://somebody:{secret}@127.0.0.1:{dead}/cadran",
        CADRAN_SURVEY_DATABASE=f"nonsense://{secret}",
        CADRAN_ALERTS_PROMETHEUS=f"http://somebody:{secret}@127.0.0.1:{dead}",
    )
    told = done.stdout + done.stderr
    assert done.returncode == 1
    for name in ("ingest: database", "survey: database", "prometheus"):
        assert f"✗ {name}\n" in told
    kept = [path.read_text().strip() for kind in SECRETS[:3] for path in stack.layout.root.glob(kind)]
    assert len(kept) > 5
    assert [word for word in (secret, *kept) if word in told] == []


def test_where_the_shared_settings_are_wrong_that_is_all_that_can_be_said(stack: RunningStack) -> None:
    done = _doctor(stack, CADRAN_PARTITONS="12")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[:1] == ["✗ settings: shared"]
    assert "did you mean CADRAN_PARTITIONS?" in done.stdout


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"without": ["kafcka"]}, "--without: no check is called 'kafcka' - "),
        ({"at": ["board"]}, "--at: 'board' names no address - write `board=http://host:8000`"),
        ({"at": ["bord=http://127.0.0.1:1"]}, "--at: no service is called 'bord' - write worker, ingest, "),
    ],
)
def test_an_option_that_cannot_be_is_refused(options: dict[str, list[str]], fault: str) -> None:
    with pytest.raises(Invalid, match=re.escape(fault)):
        doctor(**options)


def test_a_check_can_be_left_out(stack: RunningStack) -> None:
    done = _doctor(stack, "--json", "--without=pricing", "--without=pricing: outbox")
    names = {entry["check"] for entry in json.loads(done.stdout)}
    assert {check.name for check in all_checks()} - names == {"pricing", "pricing: outbox"}


def test_every_check_is_in_the_documentation() -> None:
    page = (ROOT / "docs" / "doctor.md").read_text()
    assert [check.name for check in all_checks() if f"`{check.name}`" not in page] == []
