"""Settings of alerts: environment variables named `CADRAN_ALERTS_…`."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.common.mail.account import MailSettings
from services.common.settings import ROOT, Port, Settings
from services.kpi_stream.alerting.rules.platform_alerts import Patience


class AlertSettings(MailSettings):
    """What alerts are made of, and by which mail server Alertmanager writes of them."""

    model_config = SettingsConfigDict(env_prefix="CADRAN_ALERTS_", frozen=True, extra="ignore")

    thresholds: Path = Field(
        Path("deploy/alerts/thresholds.yml"),
        description="The file of thresholds and of who is told: see alerting.md. A relative path begins at Cadran's "
        "own folder.",
    )
    folder: Path | None = Field(
        None,
        description="Where Prometheus' rules and Alertmanager's file are written. Empty: `alerts` in the local folder.",
    )
    alertmanager: str = Field("", description="Alertmanager's address. Empty: the local stack's.")
    prometheus: str = Field("", description="Prometheus's address. Empty: the local stack's.")
    board_url: str = Field(
        "", description="The board's address for people: links in messages begin with it. Empty: the local board's."
    )

    old_after: Annotated[float, Field(gt=0)] = Field(
        120.0, description="Seconds after which numbers are so old that no alert is judged by them."
    )
    old_told_after: Annotated[float, Field(ge=0)] = Field(
        180.0, description="Seconds after that until somebody is told that numbers are old."
    )

    @property
    def patience(self) -> Patience:
        return Patience(timedelta(seconds=self.old_after), timedelta(seconds=self.old_told_after))

    @property
    def thresholds_file(self) -> Path:
        return ROOT / self.thresholds

    def folder_in(self, local_dir: Path) -> Path:
        """Where rules and Alertmanager's file are written."""
        return self.folder or local_dir / "alerts"

    def alertmanager_url(self, settings: Settings) -> str:
        return self.alertmanager.rstrip("/") or f"http://127.0.0.1:{settings.port(Port.ALERTMANAGER)}"

    def prometheus_url(self, settings: Settings) -> str:
        return self.prometheus.rstrip("/") or f"http://127.0.0.1:{settings.port(Port.PROMETHEUS)}"

    def board(self, settings: Settings) -> str:
        """The address that links begin with."""
        return self.board_url.rstrip("/") or f"http://127.0.0.1:{settings.port(Port.BOARD)}"
