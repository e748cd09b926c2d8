"""A real Alertmanager for a test, with the file that Cadran writes for it, only faster."""

import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.common.mail.account import MailSettings
from services.kpi_stream.alerting.settings import AlertSettings
from services.kpi_stream.alerting.telling.alertmanager import Alertmanager
from services.kpi_stream.alerting.telling.config import write_alertmanager
from services.kpi_stream.alerting.telling.receivers import Version
from services.kpi_stream.alerting.thresholds.teams import Team
from tests.support.mail import MailServer
from tests.support.redis import free_port
from tests.support.stack import wait_for

OLDEST = Version(0, 25)
"""The release that the tests run with, Debian's."""
HURRY = {"group_wait": "1s", "group_interval": "2s"}
SNAPSHOT_SECONDS = 1


class RunningAlertmanager(Alertmanager):
    """It may be stopped, killed and started again in its folder, each time on a port that is free then."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.url = ""
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def start(self) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        super().__init__(self.url)
        config = self.folder / "alertmanager.yml"
        for name, pause in HURRY.items():
            config.write_text(re.sub(rf"{name}: \w+", f"{name}: {pause}", config.read_text()))
        command = [
            "prometheus-alertmanager", f"--config.file={config}", f"--storage.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", "--data.retention=336h",
            f"--data.maintenance-interval={SNAPSHOT_SECONDS}s", "--log.level=debug",
        ]  # fmt: skip
        with (self.folder / "log").open("ab") as log:
            environment = {**os.environ, "TZ": "Europe/Paris", **self._environment}
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        wait_for(self.version, "Alertmanager answers")

    def stop(self) -> None:
        self._end("terminate")

    def kill(self) -> None:
        """kill -9."""
        self._end("kill")

    def remembers(self) -> None:
        """Wait until all that was told so far is written down: it is told at least once, not exactly."""
        snapshot, now = self.folder / "data" / "nflog", time.time()
        wait_for(lambda: snapshot.stat().st_mtime > now + SNAPSHOT_SECONDS, "a snapshot is taken")

    def _end(self, how: str) -> None:
        if self._process is not None:
            getattr(self._process, how)()
            self._process.wait(timeout=20)
            self._process = None


@contextmanager
def running_alertmanager(
    folder: Path, teams: Sequence[Team], mail: MailSettings | None = None, **environment: str
) -> Iterator[RunningAlertmanager]:
    """One that tells some teams."""
    write_alertmanager(teams, mail or AlertSettings(), OLDEST, folder)
    server = RunningAlertmanager(folder, environment)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def mail_settings(server: MailServer, **fields: Any) -> AlertSettings:
    """Whose letters come to a mail server of a test."""
    given = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_security": "none"}
    return AlertSettings.model_validate({**given, "mail_from": "cadran@example.org", **fields})


def alert(team: str = "direction", *, ended: bool = False, **labels: str) -> dict[str, Any]:
    """An alert as Prometheus sends one of a rule of Cadran: by default sales that have just fallen under the pace."""
    now = datetime.now(UTC)
    known = {"alertname": "SalesUnderPace", "about": "kpi", "kpi": "sales", "severity": "warning", "hours": "opening"}
    own = {**known, "recipient": team, "window": "today", **labels}
    member = own.get("store", own["kpi"])
    return {
        "labels": own,
        "annotations": {
            "title_en": f"Sales under the pace: {member}",
            "title_fr": f"Ventes sous le rythme : {member}",
            "value_en": "74 % of the pace, the level is 90 %",
            "value_fr": "74 % du rythme, le niveau est 90 %",
            "sure_en": "95 % interval: 66 to 83 %, over 212 orders",
            "sure_fr": "intervalle à 95 % : 66 à 83 %, sur 212 commandes",
            "do_en": "See whether the till takes orders.",
            "do_fr": "Voir si la caisse prend les commandes.",
            "link": "http://127.0.0.1:8000/explain/sales?window=today&by=store&member=paris",
        },
        "startsAt": now.isoformat(),
        **({"endsAt": now.isoformat()} if ended else {}),
    }


def inhibitor(name: str, *, ended: bool = False, **labels: str) -> dict[str, Any]:
    found = alert("", ended=ended, alertname=name, about="inhibitor", severity="none", **labels)
    return {
        **found,
        "labels": {n: v for n, v in found["labels"].items() if n in ("alertname", "about", "severity", *labels)},
    }
