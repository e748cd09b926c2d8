"""`cadran topics`, `keys`, `dead`, `rebuild`, `simulate`, and `make up`'s own manners."""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import httpx
import pytest

from deploy.local.programs import ROOT
from services.common.events import encode, parse
from services.common.publisher import Message, Publisher
from services.common.settings import Port
from services.common.topics import Topic
from services.kpi_stream.dead_letters import letter_message
from services.kpi_stream.rebuild import REBUILD_WORKER
from tests.support.dirt import invoice_lines, write_gzipped
from tests.support.engine import MemoryRecord
from tests.support.events import NOW, PARIS, cloud_event, line
from tests.support.gate import Verdict, running_gate
from tests.support.stack import RunningStack, wait_for


def publish(stack: RunningStack, *messages: Message) -> None:
    async def run() -> None:
        async with Publisher(stack.settings.kafka_access, client_id="test", timeout=10) as publisher:
            await publisher.publish(messages)

    asyncio.run(run())


def orders_today(stack: RunningStack) -> int:
    return int(stack.kpi("sales", window="7d")["rows"][0]["measures"]["orders"])


@pytest.mark.parametrize(
    "command",
    [[], ["topics"], ["keys"], ["dead"], ["dead", "replay"], ["import"], ["simulate"], ["rebuild"], ["backfill"]],
)
def test_help_says_what_a_command_does(stack: RunningStack, command: list[str]) -> None:
    done = stack.cadran(*command, "--help")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 5


def test_topics_are_created_once_and_a_difference_is_told(stack: RunningStack) -> None:
    assert "every topic exists" in stack.cadran("topics", "create").stdout
    assert stack.cadran("topics", "check").returncode == 0
    stack.environment["CADRAN_PARTITIONS"] = "5"
    try:
        done = stack.cadran("topics", "check")
    finally:
        del stack.environment["CADRAN_PARTITIONS"]
    assert done.returncode == 1
    assert "cadran.orders has 12 partitions, the setting says 5" in done.stdout


def test_a_mistake_is_one_line_that_says_what_to_do(stack: RunningStack) -> None:
    done = stack.cadran("dead", "show", "nothing")
    assert done.returncode == 1
    assert done.stderr.strip() == "cadran: no dead letter is called 'nothing' - `cadran dead list` shows them"


def test_what_cannot_be_applied_is_kept_with_its_reason_and_blocks_nothing(stack: RunningStack) -> None:
    good = cloud_event("order.placed", "after", NOW, channel="online", currency="EUR", lines=[line(1)])
    publish(
        stack,
        Message(Topic.ORDERS, b"x", b"\xff\x00 not json", 3),
        Message(Topic.ORDERS, b"x", b'{"type": "order.placed"}', 3),
        Message(Topic.LEADS, None, b"\xc1", 1, [("cadran-notices", b"gossip")]),
    )
    before = orders_today(stack)
    stack.send([good])
    wait_for(lambda: orders_today(stack) == before + 1, "the partition is not blocked")
    wait_for(lambda: stack.cadran("dead", "list").stdout.count("cadran.") >= 3, "three dead letters")
    listed = stack.cadran("dead", "list").stdout
    assert "gossip" in stack.cadran("dead", "show", _name(listed, "cadran.leads")).stdout
    shown = stack.cadran("dead", "show", _name(listed, "cadran.orders")).stdout
    assert "not json" in shown or "order.placed" in shown


def _name(listed: str, topic: str) -> str:
    return next(text.split()[0] for text in listed.splitlines() if text.strip().startswith(topic))


def test_a_replay_is_on_record_and_counts_nothing_twice(stack: RunningStack) -> None:
    """A record that is fit today, set aside by a defect that was mended since."""
    sent = cloud_event("order.placed", "late-fix", NOW, channel="online", currency="EUR", lines=[line(1)])
    placed = parse(json.dumps(sent).encode(), receivedat=NOW, zone=PARIS)
    record = MemoryRecord(10**9, 0, b"late-fix", encode(placed), [])
    publish(stack, letter_message(record, Topic.ORDERS.value, 7, "a defect of yesterday", NOW))
    before = orders_today(stack)
    name = f"{Topic.ORDERS}:7:{10**9}"
    for _ in range(2):
        assert "1 replayed" in stack.cadran("dead", "replay", name).stdout
        wait_for(lambda: orders_today(stack) == before + 1, "the order counts, once")
    listed = [text for text in stack.cadran("dead", "list").stdout.splitlines() if text.strip().startswith(name)]
    assert len(listed) == 1
    assert "a defect of" in listed[0]
    assert listed[0].count(f"{datetime.now(UTC):%Y-%m-%d}") == 2  # dead since, and replayed


def test_a_rebuild_gives_the_same_numbers_in_a_state_of_its_own(stack: RunningStack) -> None:
    stack.wait_applied()
    before = [stack.kpi(kpi, window="90d", by=by)["rows"] for kpi, by in (("sales", "channel"), ("new_leads", "rep"))]
    old = json.loads(stack.redis().get("cadran:state") or b"{}")["version"]
    done = stack.cadran("rebuild")
    assert done.returncode == 0, done.stderr
    assert "every headline is as it was" in done.stdout
    assert json.loads(stack.redis().get("cadran:state") or b"{}")["version"] != old
    assert not list(stack.redis().scan_iter(f"cadran:{old}:*"))
    wait_for(lambda: stack.supervisor.state("worker").state == "RUNNING" and stack.applied(), "the worker follows")
    assert [
        stack.kpi(kpi, window="90d", by=by)["rows"] for kpi, by in (("sales", "channel"), ("new_leads", "rep"))
    ] == before
    count = orders_today(stack)
    stack.send([cloud_event("order.placed", "after-rebuild", NOW, channel="online", currency="EUR", lines=[line(1)])])
    wait_for(lambda: orders_today(stack) == count + 1, "events go on being applied")


WORKER = [sys.executable, "-m", "services.kpi_stream.main"]


@pytest.mark.parametrize("other", [{"CADRAN_TIME_ZONE": "America/New_York"}, {"CADRAN_PAIRS": ""}])
def test_a_worker_of_other_settings_commits_nothing_and_names_rebuild(
    stack: RunningStack, other: dict[str, str]
) -> None:
    environment = {**stack.environment, **other, "CADRAN_STREAM_WORKER": "2"}
    with subprocess.Popen(WORKER, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True) as worker:
        assert worker.stderr is not None
        line_of_log = next(text for text in worker.stderr if "commits nothing" in text)
        worker.kill()
    assert "cadran rebuild" in line_of_log
    assert "other settings or other pairs of products" in line_of_log


def test_pairs_with_a_fault_are_told_before_anything_is_begun(stack: RunningStack, tmp_path: Path) -> None:
    path = tmp_path / "pairs.yml"
    path.write_text("pairs:\n  DESK-01: [DESK-01]\n")
    environment = {**stack.environment, "CADRAN_PAIRS": str(path), "CADRAN_STREAM_WORKER": "2"}
    rebuild = [sys.executable, "-m", "services.common.cli", "rebuild"]
    for command in (WORKER, rebuild):
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert done.returncode == 1
        assert "pairs.yml line 2: pairs.DESK-01: goes with itself" in done.stderr


def test_a_small_simulation_fills_every_kpi_and_is_not_begun_twice(stack: RunningStack) -> None:
    assert stack.cadran("simulate", "--days", "3", "--no-live").returncode == 0
    stack.wait_applied()
    assert stack.kpi("sales", window="7d", by="store")["rows"]
    assert stack.kpi("new_leads", window="7d", by="rep")["rows"][0]["label"] == "Ana"
    sent = orders_today(stack)
    assert stack.cadran("simulate", "--days", "3", "--no-live").returncode == 0
    stack.wait_applied()
    assert orders_today(stack) == sent
    assert "seed 7 lives here" in stack.cadran("simulate", "--seed", "8").stderr


IMPORT = ("import", "--mapping", "docs/examples/online_retail.yml")


def imported_orders(stack: RunningStack) -> int:
    return int(stack.kpi("sales", from_="2011-02-01", to="2011-02-28")["rows"][0]["measures"]["orders"])


def begin_import(stack: RunningStack, path: Path, url: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "services.common.cli", *IMPORT, "--url", url, str(path)]
    return subprocess.Popen(command, env=stack.environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_an_import_that_is_killed_or_waits_in_vain_goes_on_where_it_stopped(
    stack: RunningStack, tmp_path: Path
) -> None:
    rows = invoice_lines(Random(4), 16_000)
    path = tmp_path / "lines.csv.gz"
    write_gzipped(path, rows)
    some = 3  # as many as are on their way at once: whatever comes first, the first batches pass
    some_pass = lambda number: Verdict.PASS if number <= some else Verdict.LATER  # noqa: E731
    with running_gate(stack.url(Port.INGEST), some_pass) as gate:
        with begin_import(stack, path, gate.url) as killed:
            wait_for(lambda: len(gate.asked) > some and imported_orders(stack) > 0, "some orders are there", 120)
            killed.kill()
        sent, asked = imported_orders(stack), len(gate.asked)
        with begin_import(stack, path, gate.url) as waiting:
            assert waiting.stdout is not None
            assert "this import was interrupted when all" in waiting.stdout.readline()
            wait_for(lambda: len(gate.asked) > asked, "it asks in vain", 120)
            waiting.terminate()  # Ctrl-C is ignored by whoever was begun in the background
            assert "run the same command again" in waiting.communicate(timeout=60)[0]
        gate.verdict = lambda _: Verdict.PASS
        done = stack.cadran(*IMPORT, "--url", gate.url, str(path))
        assert done.returncode == 0, done.stderr
        assert "this import was interrupted when all" in done.stdout
        stack.wait_applied()
        orders = len({row["InvoiceNo"] for row in rows if row["InvoiceNo"][0] != "C"})
        assert imported_orders(stack) == orders > sent > 0
        again = stack.cadran(*IMPORT, "--url", gate.url, str(path))
    assert "interrupted" not in again.stdout
    assert " 0 accepted" in again.stdout
    assert list((stack.settings.local_dir / "imports").iterdir()) == []


def test_what_is_in_the_way_is_named_before_anything_starts(stack: RunningStack) -> None:
    """A second instance on the same ports."""
    environment = {**stack.environment, "CADRAN_LOCAL_DIR": f"{stack.layout.root}/second"}
    done = subprocess.run(
        [sys.executable, "-m", "deploy.local.stack", "up"], env=environment, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert f"port {stack.settings.port(Port.BOARD)} (board) is in use" in done.stderr


def test_up_again_changes_nothing_that_runs(stack: RunningStack) -> None:
    before = {state.name: state.pid for state in stack.supervisor.states()}
    done = subprocess.run(
        [sys.executable, "-m", "deploy.local.stack", "up"],
        env=stack.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert {state.name: state.pid for state in stack.supervisor.states()} == before


def test_data_outlives_down_and_up(stack: RunningStack) -> None:
    stack.wait_applied()
    before = orders_today(stack)
    assert before > 0
    for command in ("down", "up"):
        done = subprocess.run(
            [sys.executable, "-m", "deploy.local.stack", command],
            env=stack.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
    assert orders_today(stack) == before


def test_status_with_other_ports_than_what_runs_says_so(stack: RunningStack) -> None:
    command = [sys.executable, "-m", "deploy.local.stack", "status"]
    own = subprocess.run(command, env=stack.environment, cwd=ROOT, capture_output=True, text=True)
    assert (own.returncode, "RUNNING" in own.stdout) == (0, True)
    environment = {**stack.environment, "CADRAN_PORT_OFFSET": "1"}
    other = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert other.returncode == 1
    assert f"export CADRAN_PORT_OFFSET={stack.settings.port_offset}" in other.stderr


def states(stack: RunningStack) -> set[bytes]:
    return {key.split(b":")[1] for key in stack.redis().scan_iter("cadran:*:made_of")}


def test_a_rebuild_that_is_killed_leaves_nothing_that_stands_in_the_way(stack: RunningStack) -> None:
    live = states(stack)
    command = [sys.executable, "-m", "services.common.cli", "rebuild"]
    with subprocess.Popen(command, env=stack.environment, cwd=ROOT, stdout=subprocess.DEVNULL) as rebuild:
        port = stack.settings.port(Port.WORKER_METRICS) + REBUILD_WORKER
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/metrics"), "the rebuild has begun")
        second = stack.cadran("rebuild")
        assert (second.returncode, "another rebuild is at work" in second.stderr) == (1, True)
        rebuild.kill()
    wait_for(lambda: not answers(f"http://127.0.0.1:{port}/metrics"), "its worker ends with it")
    before = orders_today(stack)
    wait_for(lambda: stack.cadran("rebuild").returncode == 0, "the next one is let through")
    assert len(states(stack)) == 1
    assert states(stack) != live
    wait_for(lambda: orders_today(stack) == before, "the numbers are as they were")


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False
