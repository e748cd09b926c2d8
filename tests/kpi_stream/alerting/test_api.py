"""The API of alerts: who may ask it what, and what it says of what cannot be."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from services.common.audit import AuditLog
from services.common.auth import KeyRing, Scope
from services.kpi_stream.alerting.api import MOST_BYTES, Parts, create_app
from services.kpi_stream.alerting.keeper import Keeper
from services.kpi_stream.alerting.reading import Queries
from services.kpi_stream.alerting.service import AlertService
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.prometheus import PrometheusApi
from tests.kpi_stream.alerting.keeping import followed, keeper_of
from tests.support.prometheus import running_prometheus

NAMES = [alert.name for kpi in all_kpis().values() for alert in kpi.alerts]
BELOW, ABOVE = "SalesBehindPace", "OurPricesAreHigh"
URL = f"/v1/alerts/{BELOW}"
SHIPPED = Path("deploy/alerts/thresholds.yml").read_bytes()


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_prometheus(tmp_path_factory.mktemp("prometheus"), "--web.enable-lifecycle") as url:
        yield url


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "thresholds.yml"
    path.write_bytes(SHIPPED)
    return path


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


@pytest.fixture
async def keeper(path: Path, tmp_path: Path, prometheus: str, http: httpx.AsyncClient) -> Keeper:
    return await followed(keeper_of(path, tmp_path / "alerts", {"Prometheus": prometheus}, http))


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "keys.json")


@pytest.fixture
async def nobody(
    keeper: Keeper, keys: KeyRing, prometheus: str, http: httpx.AsyncClient, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """Who has no key."""
    service = AlertService(keeper, Queries(PrometheusApi(prometheus, http, "")))
    app = create_app(
        Parts(service, keys, AuditLog(tmp_path / "audit.log"), CollectorRegistry(), {}), lambda _: nullcontext()
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://alerts") as client:
        yield client


@pytest.fixture
def client(nobody: httpx.AsyncClient, keys: KeyRing) -> httpx.AsyncClient:
    """Who may do all."""
    nobody.headers.update(bearer(keys, Scope.READ_ALERTS, Scope.WRITE_ALERTS))
    return nobody


def bearer(keys: KeyRing, *scopes: Scope) -> dict[str, str]:
    return {"Authorization": f"Bearer {keys.create('somebody', scopes, '')}"}


async def put(client: httpx.AsyncClient, name: str = BELOW, **fields: Any) -> httpx.Response:
    """A change made from what is in force."""
    version = (await client.get("/v1/alerts")).json()["version"]
    return await client.put(f"/v1/alerts/{name}", json={"version": version, **fields})


@pytest.mark.parametrize(("method", "url"), [("GET", "/v1/alerts"), ("GET", URL), ("PUT", URL)])
async def test_without_a_key_of_its_scope_nobody_is_answered(
    nobody: httpx.AsyncClient, keys: KeyRing, method: str, url: str
) -> None:
    other = {"GET": Scope.WRITE_ALERTS, "PUT": Scope.READ_ALERTS}[method]
    assert (await nobody.request(method, url)).status_code == 401
    refused = await nobody.request(method, url, headers=bearer(keys, other))
    assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")


async def test_all_alerts_of_the_kpis_are_told_in_their_order(client: httpx.AsyncClient, keeper: Keeper) -> None:
    told = (await client.get("/v1/alerts")).json()
    assert [each["name"] for each in told["alerts"]] == NAMES
    assert (told["version"], told["refused"]) == (keeper.in_force.version, None)
    assert told["teams"] == ["direction", "operations"]


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_of_a_name_that_is_not_known_those_that_are_are_told(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/v1/alerts/Sales", json={"version": "v"})
    assert (answer.status_code, answer.json()["mend"]) == (404, f"there are {', '.join(NAMES)}")


async def test_a_change_is_answered_as_it_holds_and_by_whom(client: httpx.AsyncClient, path: Path) -> None:
    answer = await put(client, by="dora", level=0.8, clear=0.85, lasts="2h", sure=False)
    assert answer.status_code == 200
    assert {"level": 0.8, "clear": 0.85, "lasts": "2h", "sure": False}.items() <= answer.json().items()
    assert answer.json() == (await client.get(URL)).json()
    (entry,) = answer.json()["history"]
    assert (entry["by"], entry["alert"], entry["after"]) == (
        "dora",
        BELOW,
        {"below": "80 %", "clear": "85 %", "lasts": "2h", "sure": "no"},
    )
    await put(client, off=True)
    newest, _ = (await client.get(URL)).json()["history"]
    assert (newest["by"], newest["before"], newest["after"]) == ("", {}, {"off": "yes"})
    assert [each["off"] for each in (await client.get("/v1/alerts")).json()["alerts"] if each["name"] == BELOW] == [
        True
    ]


async def test_what_was_made_from_another_version_is_refused_and_changes_nothing(
    client: httpx.AsyncClient, path: Path
) -> None:
    answer = await client.put(URL, json={"version": "another", "level": 0.8})
    assert (answer.status_code, answer.json()["field"]) == (409, "version")
    assert path.read_bytes() == SHIPPED


CANNOT_BE: Mapping[str, tuple[str, dict[str, Any], str]] = {
    "a level below that is beyond where it ends": (BELOW, {"level": 0.9, "clear": 0.8}, "clear"),
    "a level above that is beyond where it ends": (ABOVE, {"level": 110, "clear": 120}, "clear"),
    "a level below that is no level": (BELOW, {"level": "much"}, "level"),
    "a level above that is no level": (ABOVE, {"level": "much"}, "level"),
    "fewer than none": (BELOW, {"least": -1}, "least"),
    "no length of time": (BELOW, {"lasts": "soon"}, "lasts"),
    "too long": (BELOW, {"lasts": "30d"}, "lasts"),
    "no severity": (BELOW, {"severity": "great"}, "severity"),
    "no hours": (BELOW, {"hours": "night"}, "hours"),
    "no team": (BELOW, {"team": "crew"}, "team"),
    "neither yes nor no": (BELOW, {"sure": "yes"}, "sure"),
    "nobody": (BELOW, {"by": ""}, "by"),
    "too long a name": (BELOW, {"by": "d" * 101}, "by"),
    "no field": (BELOW, {"levels": 1}, "levels"),
}


@pytest.mark.parametrize("name", CANNOT_BE)
async def test_what_cannot_be_is_refused_by_its_field(client: httpx.AsyncClient, path: Path, name: str) -> None:
    alert, fields, field = CANNOT_BE[name]
    answer = await put(client, alert, **fields)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert answer.json()["mend"]
    assert path.read_bytes() == SHIPPED


@pytest.mark.parametrize("level", [1e300, -1e300, 0.5])
@pytest.mark.parametrize("name", NAMES)
async def test_a_level_is_in_force_as_it_was_sent_or_is_refused_by_its_name(
    client: httpx.AsyncClient, name: str, level: float
) -> None:
    answer = await put(client, name, level=level, clear=level)
    if answer.status_code == 200:
        assert answer.json()["level"] == pytest.approx(level)
    else:
        assert (answer.status_code, answer.json()["field"]) == (422, "level")


async def test_without_a_version_nothing_is_changed(client: httpx.AsyncClient) -> None:
    answer = await client.put(URL, json={"level": 0.8})
    assert (answer.status_code, answer.json()["field"]) == (422, "version")


async def test_while_the_file_is_wrong_nothing_is_changed_in_it(
    client: httpx.AsyncClient, keeper: Keeper, path: Path
) -> None:
    bad = SHIPPED.replace(b"alerts: {}", b"alerts: {NpsFalls: {below: many}}")
    path.write_bytes(bad)
    await followed(keeper)
    assert "line 17" in (await client.get("/v1/alerts")).json()["refused"]
    answer = await put(client, level=0.8)
    assert (answer.status_code, answer.json()["mend"]) == (409, "mend the file of thresholds first")
    assert path.read_bytes() == bad


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"NaN", b'{"\xfe": 1}'])
async def test_a_body_that_is_no_json_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.put(URL, content=body)
    assert (answer.status_code, answer.json()["mend"]) == (400, "send a JSON object in UTF-8")


async def test_a_body_nested_without_end_is_refused_at_its_field(client: httpx.AsyncClient) -> None:
    answer = await client.put(URL, content=b'{"version": "1", "level":' + b"[" * 5000)
    assert (answer.status_code, answer.json()["field"]) == (422, "level")


@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b'"text"'])
async def test_a_body_that_is_no_object_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.put(URL, content=body)
    assert (answer.status_code, answer.json()["detail"][:18]) == (422, "expected an object")


async def test_too_large_a_body_is_refused(client: httpx.AsyncClient) -> None:
    assert (await client.put(URL, content=b" " * (MOST_BYTES + 1))).status_code == 413
