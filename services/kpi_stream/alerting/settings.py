"""Settings of alerts: environment variables named `CADRAN_ALERTS_…`."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.common.mail.account import MailSettings
from services.common.settings import ROOT, Port, Settings


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
