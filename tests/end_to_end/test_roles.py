"""A rep sees their own line and totals, whatever they ask for: every address of the board is tried, streams too."""

import os
from collections.abc import Iterator
from datetime import timedelta
from itertools import product

import httpx
import pytest

from services.board.users import Role
from services.common.settings import Port
from services.common.windows import Period
from tests.support.alerts_api import AlertsApi, alert, member, served
from tests.support.board_routes import board_routes
from tests.support.events import NOW, cloud_event, line
from tests.support.stack import PASSWORD, RunningStack, running_stack
from tests.support.streams import Pushed, pushed

SECRETS = ("rep-bob", "Bobinette", "7,777", "7 777", "7\u202f777", "7\xa0777", "7777.77", "777777", "4,321", "432100")
"""What no page may tell ana: who bob is, what he sold, and what he is to sell."""
CONTENT, SIGNED_OUT, REFUSED = "content", "signed-out", "refused"
OPEN = {"/healthz", "/readyz", "/sign-in", "/sign-in/oidc", "/sign-in/oidc/back"}


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    month = Period.MONTH.first_day(NOW.date()).isoformat()
    bob = member("firing", 7777.77, by={"rep": "rep-bob"}, label="Bobinette", since=NOW.isoformat())
    alerts = AlertsApi(alert("BobSells", "sales", bob, by="rep", of="value", unit="money", level=8000.0, clear=8000.0))
    with served(alerts) as url, running_stack(CADRAN_BOARD_ALERTS=url) as running:
        events = [
            cloud_event("rep.set", "rep-ana", NOW - timedelta(days=9), alias="Anabelle", team_id="north"),
            cloud_event("rep.set", "rep-bob", NOW - timedelta(days=9), alias="Bobinette", team_id="south"),
        ]
        for rep, euros, place in (("rep-ana", 100_000, "paris"), ("rep-bob", 777_777, "lyon")):
            sold = {"channel": place, "store_id": place, "region": place, "currency": "EUR", "rep_id": rep}
            events += [
                cloud_event("order.placed", f"O-{rep}", NOW, customer_id=f"C-{rep}", lines=[line(euros)], **sold),
                cloud_event("lead.created", f"L-{rep}", NOW, rep_id=rep, source=place),
                cloud_event("customer.contacted", f"C-{rep}", NOW, contact_id=rep, medium="phone", rep_id=rep),
                cloud_event(
                    "offer.made", f"P-{rep}", NOW, kind="up_sell", rep_id=rep, technique=place, offered_sku="LAMP-01"
                ),
                cloud_event(
                    "target.set", None, NOW, measure="sales", period="month", starts_on=month, value=432_100, rep_id=rep
                ),
            ]
        running.send(events)
        running.wait_applied()
        running.add_person("ana", Role.REP, "rep-ana")
        running.add_person("rita", Role.READER)
        yield running


@pytest.fixture(scope="module")
def ana(stack: RunningStack) -> Iterator[httpx.Client]:
    with stack.board("ana", PASSWORD) as client:
        yield client


def routes(stack: RunningStack, method: str, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Every address that the board answers."""
    for name, value in stack.environment.items():
        monkeypatch.setitem(os.environ, name, value)
    found = {route.path for route in board_routes(stack) if method in route.methods}
    of_each = {"GET": {"/", "/live/", "/targets", "/alerts", "/live/alerts"}, "POST": {"/sign-in", "/alerts/{name}"}}
    assert of_each[method] <= found
    return found


def addresses(stack: RunningStack, paths: set[str]) -> Iterator[str]:
    """Each path with every KPI, cut, member and window: what a curious rep may type."""
    with stack.http(Port.EXPORTER) as api:
        kpis = api.get("/v1/kpis").json()
    for kpi in kpis:
        cuts = [cut["by"] for cut in kpi["cuts"]]
        asked = [
            "",
            *(f"by={by}&member={member}" for by, member in product(cuts, ("rep-bob", "south", "lyon"))),
            "rep=rep-bob&rep=rep-ana",
            "by=rep&member=rep-ana&member=rep-bob",
            "by=owner&corrected=yes",
            "window=ytd&by=rep",
            "from=2026-01-01&to=2030-01-01&by=rep&member=rep-bob",
            "measure=sales&period=month&rep=rep-bob",
        ]
        for path, query in product(sorted(paths), asked):
            yield f"{path.replace('{kpi}', kpi['id']).replace('{name}', 'BobSells')}?{query}"


def seen(client: httpx.Client, address: str) -> str:
    """All that an address tells who is signed in; of a stream, the page that it pushes first."""
    if address.startswith("/live"):
        told = first_told(client, address)
        page = client.get(address.removeprefix("/live"))
        assert told.name == (CONTENT if page.is_success else REFUSED), (address, told, page.status_code)
        return told.data
    answer = client.get(address, follow_redirects=True)
    assert answer.status_code < 500, (address, answer.text)
    return answer.content.decode("utf-8", "replace") + str(answer.headers)


def first_told(client: httpx.Client, address: str) -> Pushed:
    """The first event of a stream that is a page, or says that there will be none; or that it is refused."""
    with client.stream("GET", address) as stream:
        if stream.status_code in (403, 404):
            return Pushed(REFUSED, stream.read().decode())
        assert stream.status_code == 200, (address, stream.read())
        return next(event for event in pushed(stream) if event.name in (CONTENT, SIGNED_OUT))


def test_whatever_a_rep_asks_for_no_other_line_is_told(
    stack: RunningStack, ana: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = list(addresses(stack, routes(stack, "GET", monkeypatch) - OPEN))
    told = {address: seen(ana, address) for address in dict.fromkeys(tried)}
    assert any("Anabelle" in text for text in told.values())
    for address, text in told.items():
        # What was asked for may stand in the links of a page: only what the page itself knows counts.
        asked_back = text.replace("rep-bob", "") if "rep-bob" in address else text
        for secret in SECRETS:
            assert secret not in asked_back, (address, secret)


def test_a_director_is_told_all_of_it(stack: RunningStack) -> None:
    """So that the test above does not look for what is never there."""
    with stack.board() as client:
        for address in ("/live/?by=rep&lang=en", "/alerts", "/live/alerts", "/alerts/BobSells"):
            assert "Bobinette" in seen(client, address), address
        told = "".join(
            seen(client, address)
            for address in ("/?by=rep&lang=en", "/kpis/sales.csv?by=rep", "/targets?measure=sales&period=month&lang=en")
        )
    for secret in ("Bobinette", "7,777", "7777.77", "4,321"):
        assert secret in told


def test_a_rep_changes_nothing(stack: RunningStack, ana: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    edits = routes(stack, "POST", monkeypatch) - {"/sign-in", "/sign-out"}
    assert edits
    for path in edits:
        assert (
            ana.post(path.replace("{name}", "BobSells"), data={"measure": "sales", "value": "1"}).status_code == 403
        ), path


def test_the_cookie_opens_nothing_but_the_board(stack: RunningStack, ana: httpx.Client) -> None:
    for port in (Port.EXPORTER, Port.INGEST, Port.SURVEY, Port.PRICING):
        with httpx.Client(base_url=stack.url(port), cookies=dict(ana.cookies)) as client:
            assert client.get("/v1/kpis/sales?by=rep").status_code in (401, 404)


def test_who_reads_surveys_is_shown_them_alone(stack: RunningStack, monkeypatch: pytest.MonkeyPatch) -> None:
    with stack.board("rita", PASSWORD) as client:
        page = client.get("/?lang=en").text
        assert 'id="tile-nps"' in page
        assert 'id="tile-team_satisfaction"' in page
        tried = addresses(stack, routes(stack, "GET", monkeypatch) - OPEN)
        for address in dict.fromkeys(tried):
            if "nps" not in address:
                text = seen(client, address)
                assert not any(secret in text for secret in SECRETS[1:]), address


def test_nobody_is_told_anything_without_signing_in(stack: RunningStack, monkeypatch: pytest.MonkeyPatch) -> None:
    with httpx.Client(base_url=stack.url(Port.BOARD)) as client:
        for address in dict.fromkeys(addresses(stack, routes(stack, "GET", monkeypatch) - OPEN)):
            if address.startswith("/live"):
                assert first_told(client, address) == Pushed(SIGNED_OUT, ""), address
                continue
            text = seen(client, address)
            assert not any(secret in text for secret in (*SECRETS[1:], "Anabelle")), address
