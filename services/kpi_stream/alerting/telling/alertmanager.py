"""An Alertmanager that runs, by its HTTP API."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import httpx
import yaml
from prometheus_client.parser import text_string_to_metric_families

from services.common.errors import Unavailable
from services.kpi_stream.alerting.telling.receivers import Version

TIMEOUT = 10.0


class Counts(NamedTuple):
    """Messages that one integration (`email`, `webhook`) was to hand over since Alertmanager started."""

    taken: int = 0
    given_up: int = 0

    def since(self, before: "Counts") -> "Counts":
        return Counts(self.taken - before.taken, self.given_up - before.given_up)


class Alertmanager:
    """Every method raises `Unavailable` when it does not answer."""

    def __init__(self, url: str) -> None:
        self._url = url

    def version(self) -> Version:
        return Version.read(self._get("/api/v2/status").json()["versionInfo"]["version"])

    def in_force(self) -> Mapping[str, Any]:
        """The content of its file, as it was last read; secrets are left out by Alertmanager."""
        content: Mapping[str, Any] = yaml.safe_load(self._get("/api/v2/status").json()["config"]["original"])
        return content

    def tell(self, alerts: Sequence[Mapping[str, Any]]) -> None:
        """:raises Unavailable: when it does not take them."""
        answer = self._ask("POST", "/api/v2/alerts", json=alerts)
        if not answer.is_success:
            raise Unavailable(f"Alertmanager does not take the alert: {answer.text.strip()}")

    def alerts(self, matcher: str) -> Sequence[Mapping[str, Any]]:
        """Those that fire and match, with their receivers and with what keeps them back."""
        found: Sequence[Mapping[str, Any]] = self._get("/api/v2/alerts", filter=matcher).json()
        return found

    def counts(self) -> Mapping[str, Counts]:
        """By integration."""
        found: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for family in text_string_to_metric_families(self._get("/metrics").text):
            for sample in family.samples:
                found[sample.labels.get("integration", "")][sample.name] += sample.value
        name = "alertmanager_notification"
        return {
            integration: Counts(
                taken=int(of[f"{name}_requests_total"] - of[f"{name}_requests_failed_total"]),
                given_up=int(of[f"{name}s_failed_total"]),
            )
            for integration, of in found.items()
            if integration
        }

    def _get(self, path: str, **query: str) -> httpx.Response:
        answer = self._ask("GET", path, params=query)
        if not answer.is_success:
            raise Unavailable(f"Alertmanager answers {answer.status_code} at {self._url}{path}")
        return answer

    def _ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        try:
            return httpx.request(method, f"{self._url}{path}", timeout=TIMEOUT, **content)
        except httpx.TransportError:
            mend = "start it with `make up`, or mend CADRAN_ALERTS_ALERTMANAGER"
            raise Unavailable(f"Alertmanager does not answer at {self._url}", mend=mend) from None
