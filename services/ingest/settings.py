"""Settings of the gateway: environment variables named `CADRAN_INGEST_…`."""

from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.common.settings import CadranSettings

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
    rate_limit: str = Field(
        "100000/second", description="Events that one key may send, as `100000/second`; beyond, 429."
    )
    database: SecretStr = Field(
        SecretStr(""),
        description="Where campaigns and what was drawn are kept: `postgresql+psycopg://user:password@host/name`. "
        "Empty: an SQLite file in the local folder.",
    )
