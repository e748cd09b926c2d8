"""The service whole: API, commands, the file that is followed, and the way to the KPI."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse

from services.common.auth import KeyRing, Scope
from services.common.settings import Port
from services.simulator.shop.catalogue import BY_NAME, path_of, range_of
from tests.support.shop import RunningShop, running_shop
from tests.support.stack import RunningStack, running_stack, wait_for

NORTHLIGHT = BY_NAME["northlight"]
SKU = next(iter(range_of(NORTHLIGHT)))
ADDRESS = "127.0.0.1"


@pytest.fixture(scope="module")
def shop() -> Iterator[RunningShop]:
    with running_shop(clock=lambda: 1_764_000_000.0) as running:
        running.shop.robots[ADDRESS] = PlainTextResponse("")
        yield running


@pytest.fixture(scope="module")
def watch_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("watch") / "watch.yml"
    path.write_text("products: []\n")
    return path


@pytest.fixture(scope="module")
def stack(shop: RunningShop, watch_file: Path) -> Iterator[RunningStack]:
    with running_stack(
        CADRAN_PRICING_ALLOWED_HOSTS=json.dumps([f"{ADDRESS}:{shop.port}"]),
        CADRAN_PRICING_HOST_DELAY="0.05",
        CADRAN_PRICING_WATCH_LIST=str(watch_file),
    ) as running:
        yield running


@pytest.fixture
def api(stack: RunningStack) -> Iterator[httpx.Client]:
    with stack.http(Port.PRICING) as client:
        yield client


def product(sku: str, address: str = "", **fields: Any) -> dict[str, Any]:
    rival = {"competitor": "northlight", "page": address, "locale": "en-IE"}
    return {"sku": sku, "name": "A lamp", "own_price": "50.00", "currency": "EUR", "competitors": [rival], **fields}


def page_of(shop: RunningShop) -> str:
    return shop.url(path_of(NORTHLIGHT, SKU), host=ADDRESS)


def explained(api: httpx.Client, sku: str) -> dict[str, Any]:
    answer = api.get("/v1/explain", params={"sku": sku, "competitor": "northlight"})
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


def put(api: httpx.Client, *products: Any) -> list[dict[str, Any]]:
    answer = api.put("/v1/watch", json=products)
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]  # type: ignore[no-any-return]


def test_from_the_watch_list_to_the_kpi(stack: RunningStack, shop: RunningShop, api: httpx.Client) -> None:
    offer = shop.shop.offer(NORTHLIGHT, SKU)
    assert offer is not None
    assert [item["status"] for item in put(api, product("whole/way", page_of(shop)))] == ["kept"]
    wait_for(lambda: explained(api, "whole/way")["page"].get("verdict") == "trusted", "the price is trusted")
    stack.wait_applied()
    wait_for(lambda: stack.kpi("competitor_prices", window="today")["rows"][0]["n"] == 1, "the pair counts")
    (row,) = stack.kpi("competitor_prices", window="today", by="competitor")["rows"]
    assert row["by"] == {"competitor": "northlight"}
    assert row["value"] == pytest.approx(100 * 5000 / offer.price_minor, abs=0.01)


def test_a_price_is_explained_by_api_and_command(stack: RunningStack, shop: RunningShop, api: httpx.Client) -> None:
    put(api, product("explained", page_of(shop)))
    wait_for(lambda: explained(api, "explained")["readings"], "it is read")
    answer = explained(api, "explained")
    (reading,) = answer["readings"]
    assert reading["reading"]["method"] == "json_ld"
    assert len(reading["page_hash"]) == 64
    assert reading["reading"]["candidates"]
    told = stack.cadran("prices", "explain", "explained", "northlight")
    assert told.returncode == 0, told.stderr
    assert "trusted: the first one" in told.stdout
    assert reading["page_hash"][:12] in told.stdout
    assert page_of(shop) in told.stdout
    status = stack.cadran("prices", "status", "--limit", "1000")
    assert "explained" in status.stdout
    asked = stack.cadran("prices", "read", "explained", "northlight")
    assert asked.returncode == 0, asked.stderr
    wait_for(lambda: len(explained(api, "explained")["readings"]) == 2, "it is read again")
    again = explained(api, "explained")
    assert again["readings"][0]["reading"] is None  # it says the same as the one before
    assert again["evidence"]["reading"]["candidates"]


def test_what_is_not_watched_is_said_so(stack: RunningStack) -> None:
    told = stack.cadran("prices", "explain", "nothing", "nobody")
    assert told.returncode == 1
    assert "'nobody' is not watched for 'nothing'" in told.stderr


def test_the_file_is_followed_and_a_wrong_one_changes_nothing(
    stack: RunningStack, watch_file: Path, api: httpx.Client
) -> None:
    def own_price() -> str:
        return str(api.get("/v1/watch/from-file").json()["product"]["own_price"])

    good = "products:\n  - {sku: from-file, name: A lamp, own_price: 10.00, currency: EUR}\n"
    watch_file.write_text(good)
    wait_for(lambda: own_price() == "10.00", "the file is followed")
    watch_file.write_text(good.replace("10.00", "ten"))
    log = stack.layout.logs / "pricing.log"
    wait_for(lambda: "the watch list stays as it was" in log.read_text(), "the fault is told")
    assert "line 2: products[0].own_price" in log.read_text()
    assert own_price() == "10.00"
    watch_file.write_text(good.replace("10.00", "11.00"))
    wait_for(lambda: own_price() == "11.00", "the file is followed again")
    (refused,) = put(api, product("from-file"))
    assert refused["error"]["code"] == "conflict"
    assert "change it there" in refused["error"]["mend"]
    validated = stack.cadran("prices", "watch", "validate", str(watch_file))
    assert "good: 1 products" in validated.stdout


def test_a_table_goes_in_and_out(stack: RunningStack, tmp_path: Path, api: httpx.Client) -> None:
    table = tmp_path / "list.csv"
    table.write_text(
        "sku,product_name,own_price,own_currency,competitor,page,vat,vat_rate,pack,cheapest\n"
        "T-1,A lamp,12.90,EUR,one,https://one.example/1,excluded,20,6,yes\n"
        "T-1,A lamp,12.90,EUR,two,https://two.example/1,,,,\n"
        "T-2,A chair,49,EUR,one,ftp://one.example/2,,,,\n"
        "T-3,A desk,99,EUR,by-hand,,,,,\n"
        "T-3,Another desk,99,EUR,one,https://one.example/3,,,,\n"
    )
    rejects = tmp_path / "rejects.csv"
    told = stack.cadran("prices", "watch", "import", str(table), "--rejects", str(rejects))
    assert told.returncode == 1
    assert "1 kept" in told.stdout
    assert [line.split(",")[0] for line in rejects.read_text().splitlines()] == ["line", "4", "5"]
    kept = api.get("/v1/watch/T-1").json()["product"]
    assert [each["competitor"] for each in kept["competitors"]] == ["one", "two"]
    assert (kept["competitors"][0]["vat"], kept["competitors"][0]["cheapest"]) == ("excluded", True)
    exported = tmp_path / "out.csv"
    assert stack.cadran("prices", "watch", "export", str(exported)).returncode == 0
    assert "T-1,A lamp,12.90,EUR,1,,two,https://two.example/1" in exported.read_text()
    assert stack.cadran("prices", "watch", "drop", "T-1").returncode == 0
    assert api.get("/v1/watch/T-1").status_code == 404
    again = stack.cadran("prices", "watch", "drop", "T-1")
    assert "no product 'T-1' is watched" in again.stderr


def test_prices_are_given_by_table(stack: RunningStack, tmp_path: Path, api: httpx.Client) -> None:
    put(api, product("given"))
    table = tmp_path / "seen.csv"
    table.write_text(
        "sku,competitor,price,currency,stock,confirmed,note\n"
        "given,northlight,40.00,EUR,in_stock,,leaflet\n"
        "given,northlight,400.00,EUR,,,\n"
        "given,northlight,4.00,EUR,,yes,\n"
        "given,nobody,4.00,EUR,,,\n"
        "given,northlight,4.00,EUR,plenty,,\n"
    )
    told = stack.cadran("prices", "give", str(table))
    assert told.returncode == 1
    assert "2 trusted" in told.stdout
    assert "1 quarantined" in told.stdout
    assert "line 5: rejected: competitor: 'nobody' is not watched for 'given'" in told.stdout
    assert "line 6: rejected: stock" in told.stdout
    assert explained(api, "given")["page"]["price"]["price_minor"] == 400


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"sku": "x"}, "name"),
        ({"sku": "", "name": "x"}, "sku"),
        ({"sku": "x" * 91, "name": "x"}, "sku"),
        ({"sku": "x", "name": "x", "own_price": 12.9}, "own_price"),
        ({"sku": "x", "name": "x", "own_price": "1e3", "currency": "EUR"}, "own_price"),
        ({"sku": "x\n", "name": "x"}, "sku"),
        (product("x", "http://user:pass@shop.example/"), "competitors[0].page"),
        (product("x", "javascript:alert(1)"), "competitors[0].page"),
        (product("x", "https://shop.example:99999/"), "competitors[0].page"),
        (product("x", competitors=[{"competitor": "a", "vat_rate": "200"}]), "competitors[0].vat_rate"),
        (product("x", competitors=[{"competitor": "a", "gtin": "12"}]), "competitors[0].gtin"),
        (product("x", competitors=[{"competitor": "a"}] * 101), "competitors"),
    ],
)
def test_what_cannot_be_watched_is_refused_with_its_field(api: httpx.Client, body: dict[str, Any], field: str) -> None:
    (refused,) = put(api, body)
    assert (refused["status"], refused["error"]["field"]) == ("rejected", field)
    assert refused["error"]["mend"]


def test_of_many_each_is_answered_in_its_place_and_the_last_of_the_same_holds(api: httpx.Client) -> None:
    many = [product(f"many-{number}") for number in range(230)]
    many[117] = product("many-117", own_price="ten")
    named = [product("many-0", name=f"Lamp {number}") for number in range(20)]
    told = put(api, *many, *named)
    assert [item["index"] for item in told] == list(range(250))
    assert [item["index"] for item in told if item["status"] != "kept"] == [117]
    assert [item["id"] for item in told[118:230]] == [each["sku"] for each in many[118:]]
    assert api.get("/v1/watch/many-0").json()["product"]["name"] == "Lamp 19"


def test_keys_are_asked_for(stack: RunningStack) -> None:
    assert httpx.get(f"{stack.url(Port.PRICING)}/v1/watch").status_code == 401
    reader = KeyRing(stack.settings.api_keys_file).create("reader", (Scope.READ_PRICES,), "")
    with stack.http(Port.PRICING, reader) as client:
        wait_for(lambda: client.get("/v1/watch").status_code == 200, "the key is known")
        assert client.put("/v1/watch", json=[]).status_code == 403
        assert client.post("/v1/prices", json=[]).status_code == 403


def test_a_page_is_tried_by_address_and_by_file(stack: RunningStack, shop: RunningShop, tmp_path: Path) -> None:
    offer = shop.shop.offer(NORTHLIGHT, SKU)
    assert offer is not None
    by_address = stack.cadran("prices", "check", page_of(shop), "--json")
    reading = json.loads(by_address.stdout)
    assert (reading["price_minor"], reading["currency"]) == (offer.price_minor, "EUR")
    file = tmp_path / "page.html"
    file.write_bytes(httpx.get(page_of(shop)).content)
    by_file = json.loads(stack.cadran("prices", "check", str(file), "--json").stdout)
    assert (by_file["price_minor"], by_file["currency"]) == (offer.price_minor, "EUR")
    shown = stack.cadran("prices", "check", str(file))
    assert f"{offer.price_minor / 100:.2f} EUR" in shown.stdout
    unsafe = json.loads(stack.cadran("prices", "check", "http://169.254.169.254/latest", "--json").stdout)
    assert unsafe["price_minor"] is None
    assert "CADRAN_PRICING_CONTACT" in unsafe["reason"] or "public internet" in unsafe["reason"]
    missing = stack.cadran("prices", "check", str(tmp_path / "none.html"))
    assert "cannot be read" in missing.stderr
