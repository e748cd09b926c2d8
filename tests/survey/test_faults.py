"""What breaks while answers come in: none is lost, none counts twice, and people are told."""

import resource
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from itertools import count
from queue import Empty, SimpleQueue
from random import Random

import httpx
import pytest
from sqlalchemy import create_engine, text

from services.common.events import decode
from services.common.settings import Port
from services.common.topics import Topic
from tests.benchmarks.programs import ended, running
from tests.support.databases import emptied
from tests.support.kafka import records
from tests.support.stack import RunningStack, running_stack, wait_for
from tests.survey.asked import Asked, answer_of, ask, ask_with, metric, rows

ANSWERS, CLIENTS, KILLS = 1000, 8, 6
WORDS = "Words-that-must-not-be-lost"


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    """A stack of its own: what is broken here no other test should find."""
    with running_stack() as running:
        yield running


class Crowd:
    """People who answer at once, each a link after the other, and again until the service has said that it is done."""

    def __init__(self, asked: Sequence[Asked]) -> None:
        self.scores = {each.id: number % 11 for number, each in enumerate(asked)}
        self._waiting: SimpleQueue[Asked] = SimpleQueue()
        self._done = count(1)
        self.done = 0
        for each in asked:
            self._waiting.put(each)

    def answer(self) -> None:
        with httpx.Client(timeout=10) as client:
            while True:
                try:
                    asked = self._waiting.get_nowait()
                except Empty:
                    return
                while not self._is_taken(client, asked):
                    time.sleep(0.1)
                self.done = next(self._done)

    def _is_taken(self, client: httpx.Client, asked: Asked) -> bool:
        try:
            answer = client.post(asked.link, data={"score": str(self.scores[asked.id])})
        except httpx.TransportError:
            return False
        assert answer.status_code in (303, 409, 503), answer.text
        return answer.status_code != 503


def test_killed_again_and_again_it_counts_every_answer_once(stack: RunningStack) -> None:
    with stack.http(Port.SURVEY) as client:
        crowd = Crowd([ask_with(client, customer_id=f"K-{number}") for number in range(ANSWERS)])
    with ThreadPoolExecutor(CLIENTS) as threads:
        people = [threads.submit(crowd.answer) for _ in range(CLIENTS)]
        for point in sorted(Random(5).sample(range(ANSWERS - CLIENTS), KILLS)):
            wait_for(lambda point=point: crowd.done >= point, f"{point} have answered")
            stack.kill("survey")
            wait_for(lambda: is_ready(stack), "the service is back")
        for each in people:
            each.result()
    kept = {row["response_id"]: row["score"] for row in rows(stack, "SELECT response_id, score FROM answers")}
    assert {id_: kept[id_] for id_ in crowd.scores} == crowd.scores
    wait_for(lambda: metric(stack, "cadran_survey_outbox_events") == 0, "the outbox is empty")
    assert answers_in_kafka(stack, crowd.scores.keys()) == crowd.scores


def is_ready(stack: RunningStack) -> bool:
    return httpx.get(f"{stack.url(Port.SURVEY)}/readyz").status_code == 200


def answers_in_kafka(stack: RunningStack, ids: Container[str]) -> dict[str, int]:
    """The score of each answer; what is there more than once is the same event each time."""
    events = map(decode, records(stack.settings, Topic.ANSWERS))
    answered = [event for event in events if event.type == "nps.answered" and event.subject in ids]
    assert len({event.id for event in answered}) == len({(event.id, event.data) for event in answered})
    return {event.subject: event.data.score for event in answered}


def at_once(people: int, act: Callable[[int], int]) -> Counter[int]:
    """What many get who act at the same instant."""
    together = threading.Barrier(people)

    def one(number: int) -> int:
        together.wait()
        return act(number)

    with ThreadPoolExecutor(people) as threads:
        return Counter(threads.map(one, range(people)))


@pytest.mark.parametrize("people", [2, 20])
def test_of_answers_to_one_link_at_the_same_instant_one_is_counted(stack: RunningStack, people: int) -> None:
    asked = ask(stack, touchpoint=f"race {people}")
    with httpx.Client() as client:
        got = at_once(people, lambda number: client.post(asked.link, data={"score": str(number % 11)}).status_code)
    assert got == {303: 1, 409: people - 1}
    assert len(rows(stack, "SELECT 1 FROM answers WHERE touchpoint = ?", f"race {people}")) == 1
    wait_for(lambda: metric(stack, "cadran_survey_outbox_events") == 0, "the outbox is empty")
    assert len(answers_in_kafka(stack, [asked.id])) == 1


def test_on_postgresql_two_services_count_one_of_twenty(stack: RunningStack, postgres: str) -> None:
    url = emptied(postgres)
    ports = [stack.settings.port(Port.SURVEY) + extra for extra in (200, 201)]
    bases = [f"http://127.0.0.1:{port}" for port in ports]
    one, two = (running_on(stack, url, port) for port in ports)
    with one, two, stack.http(Port.SURVEY) as client:
        for base in bases:
            wait_for(lambda base=base: client.get(f"{base}/readyz").status_code == 200, "a service is ready")
        for number in range(5):
            about = {"touchpoint": "race", "customer_id": f"P-{number}"}
            made = client.post(f"{bases[0]}/v1/invitations", json=about)
            links = [base + httpx.URL(made.json()["link"]).path for base in bases]
            got = at_once(20, lambda n, links=links: client.post(links[n % 2], data={"score": "9"}).status_code)
            assert got == {303: 1, 409: 19}
    engine = create_engine(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM answers")).scalar_one() == 5
    engine.dispose()


def running_on(stack: RunningStack, url: str, port: int) -> AbstractContextManager[int]:
    """One more survey service, on a database and a port."""
    given = {"CADRAN_SURVEY_DATABASE": url, "CADRAN_PORT_SURVEY": str(port - stack.settings.port_offset)}
    return running(stack, "services.survey.main", **given)


def test_while_kafka_is_away_answers_are_taken_and_arrive_later(stack: RunningStack) -> None:
    asked = ask(stack, customer_id="A-1")
    stack.supervisor.stop("kafka")
    try:
        assert httpx.post(asked.link, data={"score": "6"}).status_code == 303
        assert httpx.get(f"{asked.link}?lang=en").status_code == 409
        wait_for(lambda: metric(stack, "cadran_survey_outbox_events") >= 1, "the event waits")
    finally:
        stack.supervisor.start("kafka")
    wait_for(lambda: metric(stack, "cadran_survey_outbox_events") == 0, "the outbox is empty", patience=120)
    assert answers_in_kafka(stack, [asked.id]) == {asked.id: 6}


def refused(stack: RunningStack, asked: Asked) -> None:
    """The form is shown again, with what was written; nothing of it is kept, nor told in the log."""
    sent = httpx.post(f"{asked.link}?lang=en", data={"score": "2", "comment": WORDS}, timeout=30)
    assert (sent.status_code, sent.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert "Please send it again in a minute." in sent.text
    assert WORDS in sent.text
    assert 'value="2" required checked' in sent.text
    assert WORDS not in (stack.layout.logs / "survey.log").read_text()


def test_a_database_that_is_full_is_told_and_keeps_nothing_by_halves(stack: RunningStack) -> None:
    asked = ask(stack)
    before = rows(stack, "SELECT count(*) FROM answers")
    pid = stack.supervisor.state("survey").pid
    usual = resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    try:
        refused(stack, asked)
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, usual)
    assert rows(stack, "SELECT answered_at FROM invitations WHERE id = ?", asked.id) == [{"answered_at": None}]
    assert rows(stack, "SELECT count(*) FROM answers") == before
    assert httpx.post(asked.link, data={"score": "2", "comment": WORDS}).status_code == 303
    assert answer_of(stack, asked)["comment"] == WORDS


def test_a_database_that_another_program_holds_is_told_and_taken_again(stack: RunningStack) -> None:
    asked = ask(stack)
    with closing(sqlite3.connect(stack.layout.data / "survey.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        refused(stack, asked)
        other.execute("ROLLBACK")
    assert answer_of(stack, asked) is None
    assert httpx.post(asked.link, data={"score": "2"}).status_code == 303


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/survey.sqlite", "postgresql+psycopg://cadran:secret@127.0.0.1:1/survey"]
)
def test_a_database_that_cannot_be_used_ends_it_with_one_line(stack: RunningStack, url: str) -> None:
    done = ended(stack, "services.survey.main", CADRAN_SURVEY_DATABASE=url)
    assert done.returncode == 1
    assert done.stderr.startswith("survey cannot start: CADRAN_SURVEY_DATABASE: the database cannot be used")
    assert done.stderr.count("\n") == 1
    assert "secret" not in done.stderr
