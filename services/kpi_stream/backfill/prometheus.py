"""What a Prometheus says of itself, and of the KPIs that it has."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import httpx

from services.common.calendar import DAY
from services.common.errors import ConfigurationError, Unavailable
from services.kpi_stream.backfill.closes import Close
from services.kpi_stream.backfill.openmetrics import NAME, Labels, labels_of
from services.kpi_stream.exporter.exposition import quoted
from services.kpi_stream.prometheus import PrometheusApi

LIVE = "cadran_exporter_store_up"
"""A metric of every scrape of the exporter, and of nothing else."""

UNITS = {"y": 365 * DAY, "w": 7 * DAY, "d": DAY, "h": DAY / 24, "m": DAY / 1440, "s": timedelta(seconds=1)}
MILLISECOND = timedelta(milliseconds=1)


class Prometheus:
    """A client of one Prometheus. An async context manager; every method raises `Unavailable` without an answer."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = httpx.AsyncClient(timeout=60.0)
        self._api = PrometheusApi(url, self._http, "start it, or name it with --prometheus")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def target(self) -> Mapping[str, str]:
        """The labels that it puts beside those of the exporter: `instance`, `job`, and whatever else it is told to.

        :raises ConfigurationError: when it scrapes more than one exporter.
        """
        found = [each["metric"] for each in await self._api.query(LIVE)]
        if not found:
            mend = "let it scrape the exporter, as deploy/prometheus/prometheus.yml does, then run this again"
            raise Unavailable(f"Prometheus at {self._url} has not scraped the KPIs", mend=mend)
        if len(found) > 1:
            places = " and ".join(sorted(each.get("instance", "?") for each in found))
            mend = "let it scrape one: all tell the same numbers"
            raise ConfigurationError(f"Prometheus at {self._url} scrapes several exporters: {places}", mend=mend)
        return {name: value for name, value in found[0].items() if name != NAME}

    async def scraped_since(self, target: Mapping[str, str], days: int, now: datetime) -> datetime:
        """The time of the first scrape of a target, among those of so many days; now where there was none."""
        selector = _selector(target, LIVE)
        span = {"start": (now - DAY * days).timestamp(), "end": now.timestamp(), "step": DAY.total_seconds()}
        counts = await self._api.ask("GET", "query_range", query=f"count_over_time({selector}[1d])", **span)
        for time, _ in (point for series in counts["result"] for point in series["values"]):
            for series in await self._api.query(f"{selector}[1d]", time):
                return datetime.fromtimestamp(float(series["values"][0][0]), UTC)
        return now

    async def held(self, target: Mapping[str, str], close: Close) -> dict[Labels, float]:
        """What it has of a target at the very time of a close."""
        found = await self._api.query(f"{_selector(target)}[1s]", close.times()[0])
        return {
            labels_of(each["metric"][NAME], each["metric"]): float(value)
            for each in found
            for time, value in each["values"]
            if time == close.times()[0]
        }

    async def forget(self, target: Mapping[str, str], close: Close) -> None:
        """Have it drop what it has of a target while the numbers of a close hold."""
        span = {"start": close.start.timestamp(), "end": (close.end - MILLISECOND).timestamp()}
        await self._api.ask("POST", "admin/tsdb/delete_series", **{"match[]": _selector(target)}, **span)

    async def may_forget(self) -> bool:
        """Was it started with the API that `forget` needs?"""
        return bool((await self._api.ask("GET", "status/flags"))["web.enable-admin-api"] == "true")

    async def require_room(self, days: int) -> None:
        """Make sure that it keeps so many days.

        :raises ConfigurationError: when it would drop the first of them.
        """
        kept = str((await self._api.ask("GET", "status/runtimeinfo"))["storageRetention"])
        told = re.findall(r"(\d+)([ywdhms])(?![a-z])", kept)  # beside it may stand a size
        whole = sum((int(number) * UNITS[unit] for number, unit in told), timedelta())
        if told and whole < DAY * days:
            mend = f"start it with --storage.tsdb.retention.time={days}d, or ask for --days {whole.days}"
            raise ConfigurationError(f"Prometheus at {self._url} keeps {kept}, and not {days} days", mend=mend)

    async def folder(self) -> Path:
        """Where it says that it keeps its blocks."""
        return Path((await self._api.ask("GET", "status/flags"))["storage.tsdb.path"])


def _selector(target: Mapping[str, str], name: str = "") -> str:
    """The series of a target: of one name, or of all that tell KPIs."""
    named = f"{NAME}={quoted(name)}" if name else f'{NAME}=~"cadran_.+"'
    return f"{{{','.join([named, *(f'{label}={quoted(value)}' for label, value in target.items())])}}}"
