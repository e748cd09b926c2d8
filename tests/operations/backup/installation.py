"""An installation in a folder, without servers: what `cadran backup` and `cadran restore` find of it."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import typer
from click.testing import Result
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from services.board.tables import SCHEMA as BOARD
from services.common.database import database_url, opened
from services.common.errors import ConfigurationError
from services.common.tables import Schema
from services.operations.backup.commands import register
from services.survey.tables import SCHEMA as SURVEY
from tests.support.redis import free_port

OPT_OUT = "INSERT INTO opt_outs (digest, created_at) VALUES ('{}', '2026-11-20 10:00:00')"


class Installed:
    """A local folder, and the settings that point at it; nothing listens at its ports."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CADRAN_")},
            "CADRAN_LOCAL_DIR": str(folder),
            "CADRAN_KAFKA": f"127.0.0.1:{free_port()}",
            "CADRAN_REDIS": f"redis://127.0.0.1:{free_port()}/0",
            "CADRAN_PORT_OFFSET": "4000",
            **settings,
        }

    def done(self, *arguments: str) -> str:
        """What a command prints; it must succeed."""
        ended = self._run(arguments)
        assert ended.exit_code == 0, ended.output + repr(ended.exception)
        return ended.output

    def back_up(self, folder: Path) -> str:
        """Without Kafka, which is not there."""
        return self.done("backup", str(folder), "--without-events")

    def refused(self, *arguments: str) -> str:
        """Why a command does nothing."""
        ended = self._run(arguments)
        assert isinstance(ended.exception, ConfigurationError), ended.output + repr(ended.exception)
        return str(ended.exception)

    def _run(self, arguments: Sequence[str]) -> Result:
        """In this process, as a process of its own takes seconds to begin."""
        app = typer.Typer()
        register(app)
        return CliRunner().invoke(app, arguments, env=self.environment)

    def url(self, schema: Schema) -> str:
        return database_url(self.environment.get(f"CADRAN_{schema.service.upper()}_DATABASE", ""), self.folder, schema)

    def make(self) -> None:
        """Databases with something in them, and secrets."""
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        for schema in (SURVEY, BOARD):
            with opened(self.url(schema), schema):
                pass
        self.opt_out("first")
        for name, content in (("survey.secret", "s" * 40), ("keys.json", "[]"), ("board-users.json", "{}")):
            (self.folder / name).write_text(content)
            (self.folder / name).chmod(0o600)

    def opt_out(self, name: str) -> None:
        """Somebody does not want to be asked: a row that must not be lost."""
        engine = create_engine(self.url(SURVEY))
        with engine.begin() as connection:
            connection.execute(text(OPT_OUT.format(name)))
        engine.dispose()

    def opted_out(self) -> set[str]:
        engine = create_engine(self.url(SURVEY))
        with engine.connect() as connection:
            found = {row[0] for row in connection.execute(text("SELECT digest FROM opt_outs"))}
        engine.dispose()
        return found

    def sqlite(self, service: str) -> "closing[sqlite3.Connection]":
        return closing(sqlite3.connect(self.folder / "data" / f"{service}.sqlite"))
