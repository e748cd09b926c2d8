"""A keeper with real files: of the rules alone, which two servers are told to read."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx
from prometheus_client import CollectorRegistry

from services.common.windows import utc_now
from services.kpi_stream.alerting.history import History
from services.kpi_stream.alerting.keeper import Keeper
from services.kpi_stream.alerting.metrics import AlertMetrics
from services.kpi_stream.alerting.rules.kpi_rules import rules_text
from services.kpi_stream.alerting.rules.platform_alerts import USUAL
from services.kpi_stream.alerting.rules.wording import Words
from services.kpi_stream.alerting.servers import Files, Servers
from services.kpi_stream.alerting.thresholds.file import ThresholdReader, Thresholds
from services.kpi_stream.kpis import all_kpis

KPIS = all_kpis()
READER = ThresholdReader(KPIS, "EUR")
RULES = "rules/cadran.yml"


def keeper_of(path: Path, folder: Path, addresses: Mapping[str, str], http: httpx.AsyncClient) -> Keeper:
    servers = Servers(Files(folder, _rules), addresses, http)
    history = History(folder / "history.jsonl")
    return Keeper(path, READER, servers, history, AlertMetrics(CollectorRegistry()), utc_now)


async def followed(keeper: Keeper) -> Keeper:
    """Once it has seen twice that the file is the same."""
    await keeper.look()
    await keeper.look()
    return keeper


def _rules(thresholds: Thresholds) -> Mapping[str, str]:
    return {RULES: rules_text(KPIS.values(), thresholds.alerts, Words("http://board", "EUR"), USUAL)}


async def _keep(path: str, folder: str, url: str) -> None:
    async with httpx.AsyncClient(timeout=None) as http:  # noqa: S113 - it is to wait until it is killed
        await followed(keeper_of(Path(path), Path(folder), {"Prometheus": url}, http))


if __name__ == "__main__":
    asyncio.run(_keep(*sys.argv[1:]))
