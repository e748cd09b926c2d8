"""The survey service as a process, its letters taken by a real SMTP server."""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from services.common.settings import Port
from tests.benchmarks.programs import running
from tests.support.mail import MailServer, text_of
from tests.support.stack import RunningStack, wait_for

_extra = count(200)


class Survey:
    """A running service, with a database and a mail server of its own."""

    def __init__(self, url: str, database: Path, mail: MailServer, key: str, log: Path) -> None:
        self.url = url
        self.mail = mail
        self.log = log
        self._database = database
        self._key = key

    def http(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self._key}"}, timeout=30)

    def ask(self, people: Sequence[dict[str, str]]) -> None:
        """Open a round of these people."""
        with self.http() as client:
            assert client.put("/v1/pulse/roster", json=list(people)).status_code == 200
            opened = client.post("/v1/pulse/rounds")
            assert opened.status_code == 201, opened.text

    def close(self) -> None:
        """Close the round, a month ago: another can be opened today."""
        with self.http() as client:
            closed = client.post("/v1/pulse/rounds/close")
        assert closed.status_code == 200, closed.text
        before = "(SELECT count(*) FROM pulse_rounds)"
        id_ = closed.json()["round_id"]
        self.rows(f"UPDATE pulse_comments SET round_id = 'round-' || {before} WHERE round_id = ?", id_)  # noqa: S608
        self.rows(
            f"UPDATE pulse_rounds SET id = 'round-' || {before}, opened_at = '2026-10-01 07:00:00.000000'"  # noqa: S608
            " WHERE id = ?",
            id_,
        )

    def link(self, address: str) -> str:
        """The link in somebody's letter, once it is here."""
        wait_for(lambda: self.mail.to(address), f"a letter to {address}")
        found = re.search(r"http://\S+", text_of(self.mail.to(address)[-1]))
        assert found is not None
        return found[0]

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Read, or change, what the service keeps: from beside it."""
        with closing(sqlite3.connect(self._database, timeout=30)) as database:
            database.row_factory = sqlite3.Row
            with database:
                return [dict(row) for row in database.execute(query, values)]


@contextmanager
def running_survey(servers: RunningStack, mail: MailServer, folder: Path, **settings: str) -> Iterator[Survey]:
    """A survey service on Kafka's and Redis' servers, with some settings."""
    port = servers.settings.port(Port.SURVEY) + next(_extra)
    url, database = f"http://127.0.0.1:{port}", folder / "survey.sqlite"
    given = {
        "CADRAN_PORT_SURVEY": str(port - servers.settings.port_offset),
        "CADRAN_SURVEY_URL": url,
        "CADRAN_SURVEY_DATABASE": f"sqlite:///{database}",
        **mail.settings,
        "CADRAN_SURVEY_PULSE_DAY": "0",
        **settings,
    }
    log = servers.layout.logs / "services.survey.main.log"
    key = servers.layout.dev_key.read_text().strip()
    with running(servers, "services.survey.main", **given):
        wait_for(lambda: httpx.get(f"{url}/readyz").status_code == 200, "the survey service is ready")
        yield Survey(url, database, mail, key, log)
