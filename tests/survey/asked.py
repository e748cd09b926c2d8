"""Asking people in tests, and looking at what is kept of it."""

import sqlite3
from contextlib import closing
from typing import Any, NamedTuple

import httpx

from services.common.settings import Port
from tests.support.stack import RunningStack


class Asked(NamedTuple):
    """An invitation: its id and its link."""

    id: str
    link: str

    @property
    def token(self) -> str:
        return self.link.rpartition("/")[2]


def ask(stack: RunningStack, **about: str) -> Asked:
    """Make an invitation by the API."""
    with stack.http(Port.SURVEY) as client:
        return ask_with(client, **about)


def ask_with(client: httpx.Client, **about: str) -> Asked:
    made = client.post("/v1/invitations", json={"touchpoint": "delivery", "language": "en", **about})
    assert made.status_code == 201, made.text
    return Asked(made.json()["id"], made.json()["link"])


def rows(stack: RunningStack, query: str, *values: object) -> list[dict[str, Any]]:
    """Read, or change, what the service keeps: from beside it, as a person with a shell would."""
    with closing(sqlite3.connect(stack.layout.data / "survey.sqlite", timeout=30)) as database:
        database.row_factory = sqlite3.Row
        with database:
            return [dict(row) for row in database.execute(query, values)]


def answer_of(stack: RunningStack, asked: Asked) -> dict[str, Any] | None:
    """What is kept of an answer."""
    found = rows(stack, "SELECT * FROM answers WHERE response_id = ?", asked.id)
    return found[0] if found else None


def add_contact(stack: RunningStack, customer_id: str, email: str, name: str | None = None) -> None:
    columns = "(customer_id, email, name, created_at)"
    moment = "2026-01-01 00:00:00.000000"
    rows(stack, f"INSERT INTO contacts {columns} VALUES (?, ?, ?, ?)", customer_id, email, name, moment)  # noqa: S608


def expire(stack: RunningStack, asked: Asked) -> None:
    rows(stack, "UPDATE invitations SET expires_at = created_at WHERE id = ?", asked.id)


def withdraw(stack: RunningStack, asked: Asked) -> None:
    with stack.http(Port.SURVEY) as client:
        assert client.post(f"/v1/invitations/{asked.id}/withdraw").status_code == 204


def metric(stack: RunningStack, name: str) -> float:
    lines = httpx.get(f"{stack.url(Port.SURVEY)}/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))
