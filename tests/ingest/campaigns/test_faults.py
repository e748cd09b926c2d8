"""What breaks while customers are drawn: each is drawn once and told once, and events are taken all the while."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from random import Random
from uuid import uuid4

import httpx
import pytest

from services.common.events.examples import example
from services.common.settings import Port
from tests.benchmarks.programs import ended
from tests.ingest.campaigns.asked import all_drawn, another_gateway, ask, set_up, told, wait_told
from tests.ingest.campaigns.parts import customers
from tests.support.databases import emptied
from tests.support.postgres import Cluster, running_cluster
from tests.support.stack import RunningStack, running_stack, wait_for

CUSTOMERS, CLIENTS, TIMES = 600, 6, 5


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    """A stack of its own: what is broken here no other test should find."""
    with running_stack() as running:
        yield running


@pytest.fixture
def api(stack: RunningStack) -> Iterator[httpx.Client]:
    with stack.http(Port.INGEST) as client:
        yield client


class Crowd:
    """Programs that ask at once, each about half of the customers, and again until there is an answer."""

    def __init__(self, api: httpx.Client, campaign: str) -> None:
        self._api = api
        self._campaign = campaign
        self._orders = [Random(number).sample(customers(CUSTOMERS), CUSTOMERS // 2) for number in range(CLIENTS)]
        self._done: list[str] = []

    def ask_while(self, broken: Callable[[], None]) -> list[dict[str, str]]:
        """Everybody's answers, while something is broken again and again."""
        with ThreadPoolExecutor(CLIENTS) as threads:
            asking = [threads.submit(self._ask_all, order) for order in self._orders]
            for point in sorted(Random(5).sample(range(CLIENTS * CUSTOMERS // 2 - 100), TIMES)):
                wait_for(lambda point=point: len(self._done) >= point, f"{point} answers")
                broken()
            return [each.result() for each in asking]

    def _ask_all(self, order: Sequence[str]) -> dict[str, str]:
        groups = {}
        for customer in order:
            while (answer := self._answer(customer)) is None:
                time.sleep(0.1)
            groups[customer] = answer
            self._done.append(customer)
        return groups

    def _answer(self, customer: str) -> str | None:
        try:
            answer = ask(self._api, self._campaign, customer)
        except httpx.TransportError:
            return None
        assert answer.status_code in (200, 503), answer.text
        return str(answer.json()["group"]) if answer.status_code == 200 else None


def assert_once(stack: RunningStack, api: httpx.Client, campaign: str, answers: Sequence[dict[str, str]]) -> None:
    """Everybody who was asked about was drawn once, is told so always, and Kafka as well."""
    drawn = all_drawn(api, campaign)
    assert drawn.keys() == set().union(*answers)
    for groups in answers:
        assert groups.items() <= drawn.items()
    wait_told(stack, campaign, drawn)
    assert told(stack, campaign) == drawn


def test_killed_again_and_again_it_draws_and_tells_everybody_once(stack: RunningStack, api: httpx.Client) -> None:
    set_up(api, "killed")
    answers = Crowd(api, "killed").ask_while(lambda: stack.kill("ingest"))
    wait_for(lambda: api.get("/readyz").status_code == 200, "the gateway is back")
    assert_once(stack, api, "killed", answers)


def test_its_database_killed_again_and_again_it_draws_and_tells_everybody_once(
    stack: RunningStack, cluster: Cluster, on_postgresql: httpx.Client
) -> None:
    def kill() -> None:
        with cluster.away():
            takes_events(on_postgresql, str(uuid4()))

    set_up(on_postgresql, "database killed")
    answers = Crowd(on_postgresql, "database killed").ask_while(kill)
    assert_once(stack, on_postgresql, "database killed", answers)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_gateways_on_one_database_draw_whom_many_ask_about_once(
    stack: RunningStack, kind: str, request: pytest.FixtureRequest
) -> None:
    url = emptied(request.getfixturevalue("postgres")) if kind == "postgresql" else ""
    with another_gateway(stack, 0, url) as one, another_gateway(stack, 1, url) as two:
        set_up(one, kind)
        for customer in customers(10):
            together = threading.Barrier(20)

            def at_once(number: int, customer: str = customer, together: threading.Barrier = together) -> str:
                together.wait()
                return ask((one, two)[number % 2], kind, customer).text

            with ThreadPoolExecutor(20) as threads:
                assert len(set(threads.map(at_once, range(20)))) == 1
        drawn = all_drawn(two, kind)
        wait_told(stack, kind, customers(10))
    assert told(stack, kind) == drawn


def test_while_kafka_is_away_customers_are_drawn_and_told_later(stack: RunningStack, api: httpx.Client) -> None:
    set_up(api, "no kafka")
    stack.supervisor.stop("kafka")
    try:
        drawn = {customer: ask(api, "no kafka", customer).json()["group"] for customer in customers(20)}
        wait_for(lambda: "cadran_ingest_outbox_events 20.0" in api.get("/metrics").text, "the events wait")
    finally:
        stack.supervisor.start("kafka")
    wait_for(lambda: "cadran_ingest_outbox_events 0.0" in api.get("/metrics").text, "they are sent", patience=120)
    wait_told(stack, "no kafka", drawn)
    assert told(stack, "no kafka") == drawn


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as running:
        yield running


@pytest.fixture(scope="module")
def on_postgresql(stack: RunningStack, cluster: Cluster) -> Iterator[httpx.Client]:
    with another_gateway(stack, 2, cluster.url) as api:
        yield api


def takes_events(api: httpx.Client, event_id: str) -> None:
    sent = api.post("/v1/events", json={**example("lead.created"), "id": event_id})
    assert (sent.status_code, sent.json()["status"]) == (202, "accepted")
    assert api.get("/readyz").status_code == 200


def tells_that_it_cannot(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "a little later" in answer.json()["mend"]
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("how", ["away", "hanging"])
def test_without_its_database_the_gateway_goes_on_taking_events(
    stack: RunningStack, cluster: Cluster, on_postgresql: httpx.Client, how: str
) -> None:
    api = on_postgresql
    set_up(api, how)
    before = ask(api, how, "C-1").json()
    with getattr(cluster, how)():
        takes_events(api, f"{how} 1")
        with ThreadPoolExecutor(20) as threads:
            for answer in threads.map(lambda n: ask(api, how, f"C-{n}"), range(20)):
                tells_that_it_cannot(answer)
        tells_that_it_cannot(api.put(f"/v1/campaigns/{how}", json={"share": 0.9}))
        takes_events(api, f"{how} 2")
    wait_for(lambda: ask(api, how, "C-1").json() == before, "it answers again, and the same")
    wait_for(lambda: {ask(api, how, each).status_code for each in customers(20)} == {200}, "it draws again")
    wait_told(stack, how, customers(20))
    assert told(stack, how) == all_drawn(api, how)


def test_it_starts_without_its_database_and_draws_once_that_is_there(stack: RunningStack, cluster: Cluster) -> None:
    with ExitStack() as gateway:
        with cluster.away():
            api = gateway.enter_context(another_gateway(stack, 3, cluster.url))
            takes_events(api, "early")
            tells_that_it_cannot(ask(api, "away", "C-1"))
        wait_for(lambda: api.put("/v1/campaigns/early", json={"share": 0.5}).status_code == 201, "it is opened")
        assert ask(api, "early", "C-1").status_code == 200


def test_a_database_that_another_program_holds_is_told_and_taken_again(stack: RunningStack, api: httpx.Client) -> None:
    set_up(api, "held")
    known = ask(api, "held", "C-1").json()
    with closing(sqlite3.connect(stack.layout.data / "ingest.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        tells_that_it_cannot(ask(api, "held", "C-2"))
        assert ask(api, "held", "C-1").json() == known
        takes_events(api, "held")
        other.execute("ROLLBACK")
    assert ask(api, "held", "C-2").status_code == 200


def test_an_address_that_is_none_ends_it_with_one_line(stack: RunningStack) -> None:
    done = ended(stack, "services.ingest.main", CADRAN_INGEST_DATABASE="secret")
    assert done.returncode == 1
    assert "ingest cannot start: CADRAN_INGEST_DATABASE: is no address of a database" in done.stderr
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr
