"""All that is held about a person: told on request, and forgotten on request, while the service runs."""

import json
import subprocess
import sys
from itertools import count
from typing import NamedTuple

import httpx
import pytest

import services.survey.pulse.tables  # noqa: F401 - adds its tables to the metadata
from deploy.local.programs import ROOT
from services.survey.tables import metadata
from tests.support.stack import RunningStack
from tests.survey.asked import Asked, add_contact, answer_of, ask, rows

numbers = count(1)


class Customer(NamedTuple):
    """Someone with a contact, an invitation that is answered and one that is open."""

    number: int
    answered: Asked
    open: Asked

    @property
    def id(self) -> str:
        return f"M-{self.number}"

    @property
    def email(self) -> str:
        return email_of(self.number)

    @property
    def words(self) -> str:
        return words_of(self.number)


def email_of(number: int) -> str:
    return f"mona{number}@example.org"


def words_of(number: int) -> str:
    return f"Words-of-{number}."


def customer(stack: RunningStack) -> Customer:
    number = next(numbers)
    add_contact(stack, f"M-{number}", email_of(number), f"Mona {number}.")
    answered = ask(stack, customer_id=f"M-{number}")
    httpx.post(answered.link, data={"score": "4", "comment": words_of(number), "may_call": "yes"})
    rows(stack, "UPDATE invitations SET created_at = '2020-01-01 00:00:00.000000' WHERE id = ?", answered.id)
    return Customer(number, answered, ask(stack, customer_id=f"M-{number}"))


def plan(stack: RunningStack, who: Customer) -> None:
    """An order to ask about, some day."""
    columns = "(order_id, revision, placed_at, due_at, touchpoint, customer_id)"
    day = "2999-01-01 00:00:00.000000"
    order = (f"O-{who.number}", 1, day, day, "delivery", who.id)
    rows(stack, f"INSERT INTO order_plans {columns} VALUES (?, ?, ?, ?, ?, ?)", *order)  # noqa: S608


@pytest.fixture
def mona(stack: RunningStack) -> Customer:
    return customer(stack)


@pytest.mark.parametrize("known_by", ["M-{}", "mona{}@example.org", " Mona{}@Example.org"])
def test_what_is_held_is_told(stack: RunningStack, mona: Customer, known_by: str) -> None:
    other = customer(stack)
    done = stack.cadran("survey", "export", known_by.format(mona.number))
    assert done.returncode == 0, done.stderr
    held = json.loads(done.stdout)
    assert [(each["name"], each["email"]) for each in held["contacts"]] == [(f"Mona {mona.number}.", mona.email)]
    assert {each["id"] for each in held["invitations"]} == {mona.answered.id, mona.open.id}
    assert [(each["score"], each["comment"]) for each in held["answers"]] == [(4, mona.words)]
    assert other.words not in done.stdout


def test_what_is_forgotten_is_nowhere_in_the_database(stack: RunningStack, mona: Customer) -> None:
    other = customer(stack)
    plan(stack, mona)
    before = rows(stack, "SELECT count(*) AS n, sum(score) AS total FROM answers")
    done = stack.cadran("survey", "erase", mona.email, "--yes")
    assert (done.returncode, "contacts: 1, invitations: 2, answers: 1" in done.stdout) == (0, True), done.stderr
    assert rows(stack, "SELECT count(*) AS n, sum(score) AS total FROM answers") == before
    kept = answer_of(stack, mona.answered)
    assert (kept["customer_id"], kept["comment"], kept["may_call"], kept["score"]) == (None, "", 0, 4)
    assert httpx.get(mona.open.link).status_code == 410
    plans = rows(stack, "SELECT customer_id, outcome FROM order_plans WHERE order_id = ?", f"O-{mona.number}")
    assert plans == [{"customer_id": None, "outcome": "cancelled"}]
    assert rows(stack, "SELECT email FROM contacts WHERE customer_id = ?", other.id) == [{"email": other.email}]
    assert answer_of(stack, other.answered)["comment"] == other.words
    for path in (stack.layout.data).glob("survey.sqlite*"):
        content = path.read_bytes()
        for trace in (mona.words, mona.email, f"Mona {mona.number}."):
            assert trace.encode() not in content, path.name
    assert stack.cadran("survey", "export", mona.id).returncode == 1


def test_an_address_is_found_as_the_person_writes_it(stack: RunningStack) -> None:
    add_contact(stack, "M-idn", "mona@xn--exmple-cua.org")
    done = stack.cadran("survey", "export", "Mona@Exämple.org")
    assert done.returncode == 0, done.stderr
    assert [each["customer_id"] for each in json.loads(done.stdout)["contacts"]] == ["M-idn"]


def test_erasing_asks_first(stack: RunningStack, mona: Customer) -> None:
    command = [sys.executable, "-m", "services.common.cli", "survey", "erase", mona.id]
    run = {"env": stack.environment, "cwd": ROOT, "capture_output": True, "text": True}
    refused = subprocess.run(command, input="n\n", **run)
    assert (refused.returncode, answer_of(stack, mona.answered)["comment"]) == (1, mona.words)
    agreed = subprocess.run(command, input="y\n", **run)
    assert (agreed.returncode, answer_of(stack, mona.answered)["comment"]) == (0, "")


@pytest.mark.parametrize("command", ["export", "erase"])
def test_of_whom_nothing_is_held_that_is_said(stack: RunningStack, command: str) -> None:
    done = stack.cadran("survey", command, "nobody@example.org")
    assert done.returncode == 1
    assert done.stderr == "cadran: nothing is held about 'nobody@example.org' - check the id or the address\n"


def test_no_table_that_names_people_is_forgotten() -> None:
    """A further table with an address or a customer's id belongs in `person.py`."""
    naming = {name for name, table in metadata.tables.items() if {"email", "customer_id"} & set(table.columns.keys())}
    assert naming == {"contacts", "invitations", "answers", "order_plans", "pulse_people", "pulse_tickets"}
