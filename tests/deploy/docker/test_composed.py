"""Every service of the Compose file by its own command, environment, secrets and health check; without an engine.

Only Grafana is not here. Kafka asks for a user, and Redis too: what a service may not do shows here.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.support.composed import Composed, composed
from tests.support.stack import wait_for

LAMP = {"sku": "LAMP-01", "quantity": 2, "gross_minor": 12900}
CHECKED = (
    "kafka",
    "redis",
    "prometheus",
    "alertmanager",
    "ingest",
    "survey",
    "pricing",
    "worker",
    "exporter",
    "alerts",
)

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def cadran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    """A demo, whose services are started in the order of the file; the simulator's past is a day."""
    demo = {"DEMO_DAYS": "1", "CADRAN_PRICING_ALLOWED_HOSTS": '["shop:8005"]'}
    with composed(tmp_path_factory.mktemp("compose"), **demo) as services:
        services.start("board", "survey", "simulator")
        yield services


@pytest.fixture(scope="module")
def headers(cadran: Composed) -> dict[str, str]:
    scopes = ("events:write", "kpis:read", "prices:read")
    made = cadran.run("operator", "keys", "create", "shop", *(word for each in scopes for word in ("--scope", each)))
    assert made.returncode == 0, made.stderr
    return {"Authorization": f"Bearer {made.stdout.strip()}"}


def test_an_order_is_counted(cadran: Composed, headers: dict[str, str]) -> None:
    def is_counted() -> bool:
        answer = httpx.get(f"{cadran.url('exporter', 8004)}/v1/kpis/sales?window=today&by=channel", headers=headers)
        return any(row["by"] == {"channel": "a-channel"} and row["value"] == 129 for row in answer.json()["rows"])

    order = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/shop",
        "type": "order.placed",
        "subject": "A-1",
        "time": datetime.now(UTC).isoformat(),
        "data": {"channel": "a-channel", "currency": "EUR", "lines": [LAMP]},
    }

    sent = httpx.post(f"{cadran.url('ingest', 8001)}/v1/events/batch", headers=headers, json=[order])

    assert sent.status_code == 202, sent.text
    wait_for(is_counted, "the order is counted")


def test_prometheus_reaches_every_service_by_the_file_of_containers(cadran: Composed) -> None:
    def all_are_up() -> bool:
        answer = httpx.get(f"{cadran.url('prometheus', 9090)}/api/v1/query", params={"query": "up"}).json()
        return [each["value"][1] for each in answer["data"]["result"]] == ["1"] * 9

    wait_for(all_are_up, "every target is up")


def test_the_demos_prices_are_read(cadran: Composed, headers: dict[str, str]) -> None:
    def are_watched() -> bool:
        answer = httpx.get(f"{cadran.url('pricing', 8003)}/v1/watch", headers=headers)
        return "127.0.0.1" in answer.text

    wait_for(are_watched, "the simulator has the shop watched")


@pytest.mark.parametrize("name", CHECKED)
def test_a_health_check_tells_well_from_ill(cadran: Composed, tmp_path: Path, name: str) -> None:
    assert cadran.check(name).returncode == 0
    assert Composed(tmp_path / "nobody", {}).check(name).returncode != 0


def test_every_one_shot_may_run_again(cadran: Composed) -> None:
    """As `docker compose up` runs them each time."""
    keys = (cadran.volume("state") / "keys.json").read_text()
    for name in ("prepare", "topics", "demo-key", "past"):
        done = cadran.run(name)
        assert done.returncode == 0, (name, done.stdout + done.stderr)
    assert (cadran.volume("state") / "keys.json").read_text() == keys


def test_the_worker_ends_in_its_time(cadran: Composed) -> None:
    assert cadran.stop("worker") == 0
