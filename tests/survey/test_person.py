"""All that is held about a person: told on request, and forgotten on request, while the service runs."""

import json
import subprocess
import sys

import httpx
import pytest

from deploy.local.programs import ROOT
from services.survey.tables import metadata
from tests.support.stack import RunningStack
from tests.survey.asked import Asked, add_contact, answer_of, ask, rows

WORDS = "Words-of-Mona"


@pytest.fixture
def mona(stack: RunningStack) -> Asked:
    """A customer with a contact, an invitation that is open and one that is answered; and someone else."""
    rows(stack, "DELETE FROM contacts WHERE customer_id IN ('M-1', 'M-2')")
    for number in ("1", "2"):
        add_contact(stack, f"M-{number}", f"mona{number}@example.org", f"Mona {number}")
    ask(stack, customer_id="M-1")
    other = ask(stack, customer_id="M-2")
    httpx.post(other.link, data={"score": "8", "comment": "Words-of-another"})
    answered = ask(stack, customer_id="M-1")
    httpx.post(answered.link, data={"score": "4", "comment": WORDS, "may_call": "yes"})
    return answered


@pytest.mark.parametrize("known_by", ["M-1", "mona1@example.org", "Mona1@Example.org"])
def test_what_is_held_is_told(stack: RunningStack, mona: Asked, known_by: str) -> None:
    done = stack.cadran("survey", "export", known_by)
    assert done.returncode == 0, done.stderr
    held = json.loads(done.stdout)
    assert [contact["name"] for contact in held["contacts"]] == ["Mona 1"]
    assert {invitation["customer_id"] for invitation in held["invitations"]} == {"M-1"}
    assert mona.id in {invitation["id"] for invitation in held["invitations"]}
    assert WORDS in {answer["comment"] for answer in held["answers"]}
    assert "another" not in done.stdout
    erased = stack.cadran("survey", "erase", known_by, "--yes")
    assert erased.returncode == 0, erased.stderr


def test_what_is_forgotten_is_nowhere_in_the_database(stack: RunningStack, mona: Asked) -> None:
    open_ones = rows(stack, "SELECT id FROM invitations WHERE customer_id = 'M-1' AND answered_at IS NULL")
    before = rows(stack, "SELECT count(*) AS n, sum(score) AS total FROM answers")
    done = stack.cadran("survey", "erase", "mona1@example.org", "--yes")
    assert (done.returncode, "contacts: 1," in done.stdout) == (0, True), done.stderr
    assert rows(stack, "SELECT count(*) AS n, sum(score) AS total FROM answers") == before
    kept = answer_of(stack, mona)
    assert (kept["customer_id"], kept["comment"], kept["may_call"], kept["score"]) == (None, "", 0, 4)
    assert answer_of(stack, mona)["score"] == 4
    for each in open_ones:
        assert rows(stack, "SELECT withdrawn_at FROM invitations WHERE id = ?", each["id"])[0]["withdrawn_at"]
    assert rows(stack, "SELECT name FROM contacts WHERE customer_id = 'M-2'") == [{"name": "Mona 2"}]
    for path in (stack.layout.data).glob("survey.sqlite*"):
        content = path.read_bytes()
        for trace in (WORDS, "mona1@example.org", "Mona 1"):
            assert trace.encode() not in content, path.name
    assert stack.cadran("survey", "export", "M-1").returncode == 1


def test_erasing_asks_first(stack: RunningStack, mona: Asked) -> None:
    command = [sys.executable, "-m", "services.common.cli", "survey", "erase", "M-1"]
    run = {"env": stack.environment, "cwd": ROOT, "capture_output": True, "text": True}
    refused = subprocess.run(command, input="n\n", **run)
    assert (refused.returncode, answer_of(stack, mona)["comment"]) == (1, WORDS)
    agreed = subprocess.run(command, input="y\n", **run)
    assert (agreed.returncode, answer_of(stack, mona)["comment"]) == (0, "")


@pytest.mark.parametrize("command", ["export", "erase"])
def test_of_whom_nothing_is_held_that_is_said(stack: RunningStack, command: str) -> None:
    done = stack.cadran("survey", command, "nobody@example.org")
    assert done.returncode == 1
    assert done.stderr == "cadran: nothing is held about 'nobody@example.org' - check the id or the address\n"


def test_no_table_that_names_people_is_forgotten() -> None:
    """A further table with an address or a customer's id belongs in `person.py`."""
    naming = {name for name, table in metadata.tables.items() if {"email", "customer_id"} & set(table.columns.keys())}
    assert naming == {"contacts", "invitations", "answers"}
