"""Every service of the Compose file by its own command, environment, secrets and health check; without an engine."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from tests.support.composed import Composed, composed
from tests.support.stack import wait_for

LAMP = {"sku": "LAMP-01", "quantity": 2, "gross_minor": 12900}


@pytest.fixture(scope="module")
def cadran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    with composed(
        tmp_path_factory.mktemp("compose"), DEMO_DAYS="2", CADRAN_PRICING_ALLOWED_HOSTS='["shop:8005"]'
    ) as it:
        it.start("ingest", "survey", "pricing", "worker", "exporter", "alerts", "board")
        yield it


def key(cadran: Composed, *scopes: str) -> dict[str, str]:
    made = cadran.run("operator", "keys", "create", "shop", *(word for each in scopes for word in ("--scope", each)))
    assert made.returncode == 0, made.stderr
    return {"Authorization": f"Bearer {made.stdout.strip()}"}


def test_an_order_is_counted(cadran: Composed) -> None:
    headers = key(cadran, "events:write", "kpis:read")
    order = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/shop",
        "type": "order.placed",
        "subject": "A-1",
        "time": datetime.now(UTC).isoformat(),
        "data": {"channel": "online", "currency": "EUR", "lines": [LAMP]},
    }

    sent = httpx.post(f"{cadran.url('ingest', 8001)}/v1/events/batch", headers=headers, json=[order])

    def is_counted() -> bool:
        answer = httpx.get(f"{cadran.url('exporter', 8004)}/v1/kpis/sales?window=today", headers=headers)
        return bool(answer.json()["value"])

    assert sent.status_code == 202, sent.text
    wait_for(is_counted, "the order is counted")


def test_prometheus_reaches_every_service_by_the_file_of_containers(cadran: Composed) -> None:
    def all_are_up() -> bool:
        answer = httpx.get(f"{cadran.url('prometheus', 9090)}/api/v1/query", params={"query": "up"}).json()
        return {each["value"][1] for each in answer["data"]["result"]} == {"1"} and len(answer["data"]["result"]) == 9

    wait_for(all_are_up, "every target is up")


@pytest.mark.parametrize("name", ["kafka", "redis", "prometheus", "alertmanager", "ingest", "worker", "board"])
def test_a_health_check_tells_well_from_ill(cadran: Composed, name: str) -> None:
    ill = Composed(cadran.folder / f"ill-{name}", {})
    assert cadran.check(name).returncode == 0
    assert ill.check(name).returncode != 0
