"""Settings of the stream worker and the exporter: environment variables named `CADRAN_STREAM_…`."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.common.settings import CadranSettings


class StreamSettings(CadranSettings):
    """How a worker consumes, and when a reader calls data old."""

    model_config = SettingsConfigDict(env_prefix="CADRAN_STREAM_", frozen=True, extra="ignore")

    worker: Annotated[int, Field(ge=0, le=999)] = Field(
        0, description="This worker's number: it names it in the consumer group, so that a restart moves no partition."
    )
    state: str = Field("", description="The state version to work on. Empty: the live one. Set by `cadran rebuild`.")
    max_batch: Annotated[int, Field(ge=1)] = Field(5000, description="The most records of one partition taken at once.")
    publish_timeout: Annotated[float, Field(gt=0)] = Field(
        10.0, description="Seconds in which Kafka must acknowledge notices and dead letters."
    )
    redis_timeout: Annotated[float, Field(gt=0)] = Field(10.0, description="Seconds in which Redis must answer.")
    stalled_after: Annotated[float, Field(gt=0)] = Field(
        60.0, description="Seconds without progress, while records wait, after which a worker exits to be restarted."
    )
    stale_after: Annotated[float, Field(gt=0)] = Field(
        60.0, description="Seconds after which numbers are flagged `stale`."
    )
    settled_after: Annotated[int, Field(ge=0)] = Field(
        3600,
        description="Seconds from when a day's number was first shown, after which what is heard of the day is a late "
        "correction.",
    )
