"""Settings of the gateway: environment variables named `CADRAN_INGEST_…`."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.common.settings import ROOT, CadranSettings, Often, Port, Settings

Positive = Annotated[int, Field(ge=1)]


class IngestSettings(CadranSettings):
    """Limits of the gateway, and where its campaigns are kept."""

    model_config = SettingsConfigDict(env_prefix="CADRAN_INGEST_", frozen=True, extra="ignore")

    max_event_bytes: Positive = Field(256 * 1024, description="The largest event taken, in bytes.")
    max_batch_bytes: Positive = Field(8 * 1024 * 1024, description="The largest batch taken, in bytes.")
    max_batch_events: Positive = Field(10_000, description="The most events taken in one batch.")
    max_pending_bytes: Positive = Field(
        64 * 1024 * 1024,
        description="Bodies waiting for Kafka, in bytes; beyond, 503. Bounds the memory while Kafka is away.",
    )
    publish_timeout: Annotated[float, Field(gt=0, le=60)] = Field(
        5.0, description="Seconds in which Kafka must acknowledge, else 503."
    )
    rate_limit: Often = Field(
        "100000/second", description="Events that one key may send, as `100000/second`; beyond, 429."
    )
    database: SecretStr = Field(
        SecretStr(""),
        description="Where campaigns, and webhooks on their way to Kafka, are kept: "
        "`postgresql+psycopg://user:password@host/name`. Empty: an SQLite file in the local folder.",
    )
    connectors: Path = Field(
        Path("deploy/connectors/accounts.yml"),
        description="The file of accounts whose webhooks are taken: see connectors.md. It is read again when it "
        "changes. A relative path begins at Cadran's own folder.",
    )
    pseudonyms_file: Path | None = Field(
        None,
        description="The file of the key that customers of connectors are told apart by. It never changes: with "
        "another, nobody is known any more. Empty: `pseudonyms.secret` in the local folder, made when missing.",
    )
    public_url: str = Field(
        "",
        description="The gateway's address as vendors reach it, such as `https://cadran.example.org`: HubSpot "
        "signs it. Empty: its own.",
    )
    max_delivery_bytes: Positive = Field(4 * 1024 * 1024, description="The largest webhook taken, in bytes.")
    max_waiting_events: Positive = Field(
        1_000_000, description="Events of webhooks that may wait for Kafka on the disk; beyond, 503."
    )

    @property
    def connectors_file(self) -> Path:
        return ROOT / self.connectors

    def public_address(self, settings: Settings) -> str:
        """Where vendors send to, without a path."""
        return (self.public_url or f"http://127.0.0.1:{settings.port(Port.INGEST)}").rstrip("/")
