"""`make fuzz-apis`: requests that nobody would send, to every API of a real stack.

The APIs that have a document get what Schemathesis makes of it; the board, which has none, is asked by a crawler.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from services.common.auth import KeyRing, Scope
from services.common.settings import Port
from tests.fuzz.apis.crawling import crawl_board, crawl_surveys
from tests.fuzz.apis.schemathesis_run import Ran, run
from tests.support.mail import running_mail_server
from tests.support.stack import RunningStack, running_stack

DOCUMENTED = {
    "ingest": Port.INGEST,
    "survey": Port.SURVEY,
    "pricing": Port.PRICING,
    "read API": Port.EXPORTER,
    "alerts": Port.ALERTS,
}
DAYS = "20"
"""Of simulated sales: so that there is something to ask for."""


def prepare(stack: RunningStack) -> Path:
    """Fill the stack, and write down what requests may bear and name."""
    done = stack.cadran("simulate", "--days", DAYS, "--no-live")
    assert done.returncode == 0, done.stdout + done.stderr
    stack.wait_applied()
    keys = KeyRing(stack.settings.api_keys_file)
    given = {
        "key": keys.create("all", tuple(Scope), "main"),
        "keys": [keys.create(scope.value, (scope,), "main") for scope in Scope],
        "known": _known(stack),
    }
    path = stack.layout.root / "fuzz.json"
    path.write_text(json.dumps(given))
    return path


def _known(stack: RunningStack) -> dict[str, list[str]]:
    """What is there, by the names of the parameters that ask for it."""
    with stack.http(Port.EXPORTER) as api, stack.http(Port.ALERTS) as alerts, stack.http(Port.PRICING) as pricing:
        kpis = api.get("/v1/kpis").json()
        windows = ["1h", "24h", "7d", "30d", "today", "wtd", "mtd", "qtd", "ytd"]
        return {
            "kpi_id": [kpi["id"] for kpi in kpis],
            "by": sorted({cut["by"] for kpi in kpis for cut in kpi["cuts"]}),
            "window": windows,
            "from": ["2026-01-01", "0001-01-01", "9999-12-31"],
            "to": ["2026-12-31", "0001-01-01", "9999-12-31"],
            "step": ["day", "month"],
            "name": [alert["name"] for alert in alerts.get("/v1/alerts").json()["alerts"]],
            "sku": [product["sku"] for product in pricing.get("/v1/watch").json()["products"]],
            "event_type": [each["type"] for each in _json(stack, Port.INGEST, "/schemas")],
            "version": ["1"],
        }


def _json(stack: RunningStack, port: Port, path: str) -> list[dict[str, str]]:
    with stack.http(port) as client:
        found: list[dict[str, str]] = client.get(path).json()
    return found


def every_api(stack: RunningStack, cases: int, seed: int) -> Iterator[Ran]:
    given = prepare(stack)
    for name, port in DOCUMENTED.items():
        yield run(name, stack.url(port), given, cases, seed)
    known = json.loads(given.read_text())["known"]
    yield crawl_surveys(stack, known, cases, seed)
    yield crawl_board(stack, known, cases, seed)


def table(found: Sequence[Ran]) -> Table:
    shown = Table("API", *("cases", "2xx", "3xx", "4xx", "5xx", "failures", "slowest ms", "which"))
    for ran in found:
        classes = (sum(times for status, times in ran.statuses.items() if status[0] == digit) for digit in "2345")
        counts = (f"{count:,}" for count in (ran.cases, *classes, len(ran.failures)))
        shown.add_row(ran.name, *counts, f"{ran.slowest * 1000:.0f}", ran.slowest_request)
    return shown


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000, help="of each API, at least")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    found = []
    with running_mail_server() as mail, running_stack(**mail.settings) as stack:
        for ran in every_api(stack, arguments.cases, arguments.seed):
            found.append(ran)
            print(
                f"{ran.name}: {ran.cases:,} cases, {ran.server_errors} server errors",
                *ran.failures,
                sep="\n",
                flush=True,
            )
    Console(width=150).print(table(found))
    return 1 if any(ran.failures or ran.server_errors for ran in found) else 0


if __name__ == "__main__":
    sys.exit(main())
