"""Campaigns from the command to the stream; what is told of customers where, and where never."""

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deploy.local.programs import ROOT
from services.common.settings import Port
from services.common.topics import Topic
from tests.ingest.campaigns.asked import all_drawn, ask, set_up, told, wait_told
from tests.ingest.campaigns.parts import customers
from tests.support.kafka import records
from tests.support.stack import RunningStack, running_stack, wait_for


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    with running_stack() as running:
        yield running


@pytest.fixture
def api(stack: RunningStack) -> Iterator[httpx.Client]:
    with stack.http(Port.INGEST) as client:
        yield client


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def write(path: Path, *lines: str) -> str:
    path.write_text("\n".join(("customer_id", *lines)) + "\n")
    return str(path)


def test_a_campaign_is_run_by_commands(stack: RunningStack, api: httpx.Client, tmp_path: Path) -> None:
    made = stack.cadran("campaigns", "set", "autumn", "--share", "0.8", "--seed", "s", "--name", "Autumn [letter]")
    assert made.stdout == "autumn: 80.0% of those who are drawn from now on are contacted (seed s)\n", made.stderr
    file = write(tmp_path / "customers.csv", *customers(2500))
    drawn = stack.cadran("campaigns", "assign", "autumn", file)
    assert drawn.returncode == 0, drawn.stderr
    assert [row["customer_id"] for row in rows(drawn.stdout)] == customers(2500)
    assert {row["customer_id"]: row["group"] for row in rows(drawn.stdout)}["C-1"] == ask(api, "autumn", "C-1").json()[
        "group"
    ]
    again = stack.cadran("campaigns", "assign", "autumn", "--customer", "C-7", "--customer", "C-3")
    assert rows(again.stdout) == [rows(drawn.stdout)[7], rows(drawn.stdout)[3]]
    listed = stack.cadran("campaigns", "list").stdout
    shown = stack.cadran("campaigns", "show", "autumn").stdout
    assert "Autumn [letter]" in listed
    assert "balanced: 2,0" in shown
    assert "2,000.0 expected" in shown
    wait_told(stack, "autumn", customers(2500))
    assert told(stack, "autumn") == {row["customer_id"]: row["group"] for row in rows(drawn.stdout)}


def test_a_customer_is_forgotten_in_every_campaign(stack: RunningStack, api: httpx.Client) -> None:
    person, other = "Pseudonym-to-be-forgotten", "Pseudonym-that-stays"
    for campaign in ("forget 1", "forget 2"):
        set_up(api, campaign)
        for customer in (person, other):
            ask(api, campaign, customer)
        wait_told(stack, campaign, [person, other])
    before = {campaign: all_drawn(api, campaign) for campaign in ("forget 1", "forget 2")}
    wait_for(lambda: "cadran_ingest_outbox_events 0.0" in api.get("/metrics").text, "nothing waits for Kafka")
    command = [sys.executable, "-m", "services.common.cli", "campaigns", "forget", person]
    kept = subprocess.run(command, env=stack.environment, cwd=ROOT, capture_output=True, text=True, input="n\n")
    assert (kept.returncode, all_drawn(api, "forget 1")) == (1, before["forget 1"])
    done = stack.cadran("campaigns", "forget", person, "--yes")
    assert done.stdout == f"forget 1: {before['forget 1'][person]}, forget 2: {before['forget 2'][person]}\nforgotten\n"
    for campaign, groups in before.items():
        assert all_drawn(api, campaign) == {other: groups[other]}
    held = {path.name: path.read_bytes() for path in stack.layout.data.glob("ingest.sqlite*")}
    assert any(other.encode() in content for content in held.values())
    assert [name for name, content in held.items() if person.encode() in content] == []
    again = stack.cadran("campaigns", "forget", person, "--yes")
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == f"cadran: nothing was drawn for {person!r} - check the id\n"


def test_the_stream_takes_every_draw(stack: RunningStack, api: httpx.Client) -> None:
    set_up(api, "stream")
    for customer in customers(20):
        ask(api, "stream", customer)
    wait_told(stack, "stream", customers(20))
    stack.wait_applied()
    assert records(stack.settings, Topic.DEAD) == []


def test_a_mistake_is_one_line_that_says_what_to_do(stack: RunningStack, tmp_path: Path) -> None:
    bad = write(tmp_path / "bad.csv", "C-1", "C-2,x")
    for arguments, mend in (
        (("set", "autumn", "--share", "1.5"), "share: expected a number < 1.0 - send the share to contact"),
        (("set", "one", "--share", "0.5", "--seed", ""), "seed: "),
        (("set", "a/b", "--share", "0.5"), "without a slash"),
        (("show", "nothing"), "no campaign is called 'nothing' - set it up first"),
        (("assign", "nothing", "--customer", "C-1"), "no campaign is called 'nothing' - set it up first"),
        (("assign", "autumn"), "name a file or customers, one of the two - `cadran campaigns assign"),
        (("assign", "autumn", bad), "line 3: has not as many fields as the header"),
        (("assign", "autumn", str(tmp_path / "none.csv")), "cannot be read"),
    ):
        done = stack.cadran("campaigns", *arguments)
        assert (done.returncode, done.stdout) == (1, ""), arguments
        assert done.stderr.startswith("cadran: ")
        assert mend in done.stderr, done.stderr


def test_the_steps_of_the_documentation_work_as_they_are_written(stack: RunningStack, api: httpx.Client) -> None:
    text = Path("docs/campaigns.md").read_text().replace(".local/dev.key", str(stack.layout.dev_key))
    text = text.replace("http://127.0.0.1:8001", stack.url(Port.INGEST)).replace("/autumn", "/documented")
    steps = [step for step in re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL) if "curl" in step]
    command = ["bash", "-euc"]
    made, one, drawn, shown = [
        subprocess.run([*command, step], capture_output=True, text=True, timeout=60).stdout for step in steps
    ]
    assert json.loads(made)["share"] == 0.9
    assert {row["customer_id"]: row["group"] for row in rows(drawn)} == all_drawn(api, "documented")
    assert all_drawn(api, "documented")["C-1"] == json.loads(one)["group"]
    assert json.loads(shown)["balance"]["verdict"] == "too_few"


@pytest.mark.parametrize("command", [[], ["set"], ["list"], ["show"], ["assign"], ["forget"]])
def test_help_says_what_a_command_does(stack: RunningStack, command: list[str]) -> None:
    done = stack.cadran("campaigns", *command, "--help")
    assert done.returncode == 0
    assert "ampaign" in done.stdout


def test_no_log_and_no_metric_tells_of_a_customer(stack: RunningStack, api: httpx.Client) -> None:
    secret = "Pseudonym-that-nobody-logs"
    set_up(api, "quiet")
    ask(api, "quiet", secret)
    ask(api, "quiet", f"{secret}\n")
    ask(api, "quiet", secret * 10)
    ask(api, "nothing", secret)
    api.get(f"/v1/nothing/{secret}")
    api.post("/v1/campaigns/quiet/assignments", json={"customers": [secret, ""]})
    api.post(
        "/v1/campaigns/quiet/assignments", content=f"customer_id\n{secret},x\n", headers={"Content-Type": "text/csv"}
    )
    assert all_drawn(api, "quiet").keys() == {secret}
    wait_told(stack, "quiet", [secret])
    metrics = api.get("/metrics").text
    assert 'cadran_campaigns_customers_drawn_total{group="contact"}' in metrics
    assert secret not in metrics
    assert "quiet" not in metrics
    logs = {path.name: path.read_text() for path in stack.layout.logs.glob("*.log*")}
    assert "ingest.log" in logs
    assert [name for name, text in logs.items() if secret in text] == []
