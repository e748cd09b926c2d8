"""The API of the alerts, answering what a test wants: what Prometheus would need days for is there at once.

It tells and takes the real API's own documents.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
import uvicorn
from fastapi import FastAPI, Request, Response

from services.common.errors import Conflict, Invalid, NotFound
from services.common.http import install_error_handlers, json_response
from services.kpi_stream.alerting.documents import AlertsAnswer
from services.kpi_stream.alerting.thresholds.changes import Change

QUIET = {"beyond": False, "sure": False, "enough": True, "open": True, "trusted": True, "lasted": False}
FIRING = {**QUIET, "beyond": True, "sure": True, "lasted": True}
CHANGED = ("level", "clear", "least", "lasts", "severity", "team", "hours", "sure", "off")


def member(state: str, value: float | None, low: float | None = None, high: float | None = None, **more: Any) -> Any:
    """A number that is judged; the company's, unless `by` says whose."""
    beyond = {"firing": FIRING, "pending": {**FIRING, "lasted": False}}
    why = {**beyond.get(state, QUIET), **more.pop("why", {})}
    told = {"by": {}, "label": "", "state": state, "since": None, "n": 1204.0}
    return {**told, "value": value, "low": low, "high": high, "why": why, **more}


def alert(name: str, kpi: str, *members: Any, **more: Any) -> dict[str, Any]:
    """An alert below a change of -5 %, unless told otherwise."""
    return {
        "name": name,
        "kpi": kpi,
        "title": {"en": f"{name} in English", "fr": f"{name} en français"},
        "advice": {"en": "Look at <b>it</b>.", "fr": "À regarder."},
        "of": "change",
        "side": "below",
        "level": -0.05,
        "clear": -0.02,
        "metric": "",
        "is_difference": False,
        "window": "7d",
        "by": "all",
        "only": [],
        "least": 100,
        "sure": True,
        "lasts": "30m",
        "hours": "opening",
        "severity": "warning",
        "team": "direction",
        "off": False,
        "unit": "ratio",
        "trusted": True,
        "open": True,
        "members": list(members),
        **more,
    }


class AlertsApi:
    """What it tells, and what was put to it."""

    def __init__(self, *alerts: dict[str, Any]) -> None:
        self.alerts = list(alerts)
        self.changes = 1
        self.refused: str | None = None
        self.is_away = False

    @property
    def version(self) -> str:
        return f"v{self.changes}"

    def named(self, name: str) -> dict[str, Any]:
        found = next((each for each in self.alerts if each["name"] == name), None)
        if found is None:
            raise NotFound(f"no alert is called {name!r}")
        return found

    def change(self, name: str, changed: dict[str, Any]) -> dict[str, Any]:
        own = self.named(name)
        msgspec.convert(changed, Change)
        if changed["version"] != self.version:
            raise Conflict("the file was changed meanwhile", mend="look again")
        made = {**own, **{field: value for field, value in changed.items() if field in CHANGED}}
        is_back = made["clear"] >= made["level"] if made["side"] == "below" else made["clear"] <= made["level"]
        if not is_back:
            raise Invalid("is not on the good side of level", field=f"alerts.{name}.clear", mend="put it at the level")
        if made["lasts"] == "0m":
            raise Invalid("is no length of time", field=f"alerts.{name}.lasts", mend="write 30m")
        own |= made
        self.changes += 1
        return own

    def app(self) -> FastAPI:
        app = FastAPI()
        install_error_handlers(app)

        @app.middleware("http")
        async def goes_away(request: Request, answered: Any) -> Any:
            return Response(status_code=503) if self.is_away else await answered(request)

        @app.get("/v1/alerts")
        async def alerts() -> Response:
            told = {
                "version": self.version,
                "in_force_since": datetime(2026, 3, 2, 9, tzinfo=UTC),
                "refused": self.refused,
                "teams": ["direction", "operations"],
                "alerts": self.alerts,
            }
            return json_response(msgspec.convert(told, AlertsAnswer))

        @app.put("/v1/alerts/{name}")
        async def change(name: str, request: Request) -> Response:
            return json_response(self.change(name, await request.json()))

        return app


@contextmanager
def served(api: AlertsApi) -> Iterator[str]:
    """Its address, while it listens on a port of its own."""
    server = uvicorn.Server(uvicorn.Config(api.app(), host="127.0.0.1", port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
        host, port = server.servers[0].sockets[0].getsockname()
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join()
