"""A FastAPI form that inserts one row: `python -m tests.benchmarks.peers.bare_form FILE PORT`.

The same server and the same settings of SQLite as the survey service's; no link is checked, and no event leaves.
"""

import sqlite3
import sys
import threading
from urllib.parse import parse_qsl

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from services.common.database import SQLITE_PRAGMAS
from services.common.http import serve
from services.common.settings import Port, Settings

database = sqlite3.connect(sys.argv[1], check_same_thread=False, isolation_level=None)
for pragma in SQLITE_PRAGMAS:
    database.execute(pragma)
database.execute("CREATE TABLE answers (id TEXT PRIMARY KEY, score INTEGER NOT NULL, comment TEXT NOT NULL)")
turn = threading.Lock()
app = FastAPI()


def insert(id_: str, fields: dict[str, str]) -> None:
    with turn:
        database.execute("INSERT INTO answers VALUES (?, ?, ?)", (id_, int(fields["score"]), fields["comment"]))


@app.post("/nps/{token}")
async def answer(request: Request, token: str) -> Response:
    await run_in_threadpool(insert, token, dict(parse_qsl((await request.body()).decode())))
    return Response(status_code=303, headers={"Location": f"/nps/{token}/thanks"})


serve(app, Settings(port_offset=0, port_survey=int(sys.argv[2])), Port.SURVEY, grace=5)
