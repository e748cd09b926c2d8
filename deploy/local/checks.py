"""Whether the programs of the local stack answer: each check raises until its program does."""

import json
import socket
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable

from deploy.local.programs import Layout
from services.common.errors import Unavailable
from services.common.redis_clients import blocking_redis
from services.common.settings import Port, Settings
from services.common.topic_admin import admin_client


class Checks:
    """The checks of one instance."""

    def __init__(self, settings: Settings, layout: Layout) -> None:
        self._settings = settings
        self._layout = layout

    def kafka_answers(self) -> None:
        # The admin client waits seconds between its attempts; a refused connection is known at once.
        socket.create_connection(("127.0.0.1", self._settings.port(Port.KAFKA)), timeout=1).close()
        with admin_client(self._settings.kafka_access) as client:
            client.list_topics()

    def redis_answers(self) -> None:
        with blocking_redis(self._settings.redis_access, socket_timeout=2) as client:
            client.ping()

    def prometheus_answers(self) -> None:
        _get(f"http://127.0.0.1:{self._settings.port(Port.PROMETHEUS)}/-/ready")

    def alertmanager_answers(self) -> None:
        _get(f"http://127.0.0.1:{self._settings.port(Port.ALERTMANAGER)}/-/ready")

    def service(self, name: str) -> Callable[[], None]:
        if name == "worker":
            return self._worker_is_ready
        port = self._settings.port(Port(name))
        return lambda: _ignore(_get(f"http://127.0.0.1:{port}/readyz"))

    def _worker_is_ready(self) -> None:
        text = _get(f"http://127.0.0.1:{self._settings.port(Port.WORKER_METRICS)}/metrics")
        if "cadran_worker_ready 1.0" not in text:
            raise Unavailable("no partitions yet")

    def lag(self) -> int:
        """Records that no worker has applied yet; not known counts as many."""
        url = f"http://127.0.0.1:{self._settings.port(Port.EXPORTER)}/v1/freshness"
        key = self._layout.dev_key.read_text().strip()
        partitions = json.loads(_get(url, {"Authorization": f"Bearer {key}"}))["partitions"]
        return sum(1 if partition["lag"] is None else partition["lag"] for partition in partitions)

    def kpis_are_in_prometheus(self) -> None:
        query = urllib.parse.quote('{__name__=~"cadran_net_sales_.+",window="mtd"}')
        answer = json.loads(_get(f"http://127.0.0.1:{self._settings.port(Port.PROMETHEUS)}/api/v1/query?query={query}"))
        if not answer["data"]["result"]:
            raise Unavailable("Prometheus has not scraped them yet")


def _get(url: str, headers: dict[str, str] | None = None) -> str:
    request = urllib.request.Request(url, headers=headers or {})  # noqa: S310 - always http to this machine
    try:
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
            return str(response.read().decode())
    except urllib.error.HTTPError as error:
        raise Unavailable(f"{url} answers {error.code}: {error.read().decode()[:500]}") from None


def _ignore(_: object) -> None:
    return None
