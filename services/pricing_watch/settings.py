"""Settings of pricing_watch: environment variables named `CADRAN_PRICING_…`."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from services.common.settings import CadranSettings
from services.pricing_watch.fetching.terms import FetchSettings

Seconds = Annotated[float, Field(gt=0, le=3600)]


class PricingSettings(CadranSettings):
    """The price watcher."""

    model_config = SettingsConfigDict(env_prefix="CADRAN_PRICING_", frozen=True, extra="ignore")

    watch_list: Path | None = Field(
        None, description="The file of the watch list: see pricing.md. It is read again when it changes. Empty: none."
    )
    contact: str = Field(
        "",
        description="Where the owner of a shop can complain, a web or mail address: part of the User-Agent. "
        "Without it no page is fetched.",
    )
    database: SecretStr = Field(
        SecretStr(""),
        description="`postgresql+psycopg://user:password@host/name`. Empty: an SQLite file in the local folder.",
    )
    host_delay: Seconds = Field(2.0, description="Seconds between two requests to one host, at least.")
    timeout: Seconds = Field(30.0, description="Seconds that one request may take in all.")
    max_page_bytes: Annotated[int, Field(ge=10_000, le=50_000_000)] = Field(
        5_000_000, description="The largest page that is read, unpacked."
    )
    proxy: SecretStr = Field(SecretStr(""), description="The URL of an HTTP proxy that pages are fetched through.")
    ports: list[Annotated[int, Field(ge=1, le=65535)]] = Field(
        default=[80, 443], description="Ports that pages are fetched from (JSON)."
    )
    allowed_hosts: list[str] = Field(
        default=[], description="`host:port` of an intranet that may be fetched from, private or not (JSON)."
    )
    allowed_networks: list[str] = Field(
        default=[],
        description="Private networks that may be fetched from, such as 10.1.0.0/16 (JSON).",
    )
    chromium: Path | None = Field(
        None, description="The program of Chromium, for pages that say `render`. Empty: they are not read."
    )
    chromium_sandbox: bool = Field(True, description="Off only where Chromium runs as root in a container.")
    keep_days: Annotated[int, Field(ge=1, le=3650)] = Field(
        400, description="Days that readings are kept; what a price that is believed rests on is kept longer."
    )
    publish_timeout: Annotated[float, Field(gt=0, le=60)] = Field(
        5.0, description="Seconds in which Kafka must acknowledge an event; else it is sent again."
    )

    @field_validator("allowed_networks")
    @classmethod
    def _networks_can_be_read(cls, value: list[str]) -> list[str]:
        for text in value:
            ip_network(text)
        return value


def fetch_settings(pricing: PricingSettings) -> FetchSettings:
    """The terms on which pages are fetched."""
    return FetchSettings(
        contact=pricing.contact,
        per_host_delay=pricing.host_delay,
        total_timeout=pricing.timeout,
        max_bytes=pricing.max_page_bytes,
        proxy=pricing.proxy.get_secret_value() or None,
        ports=frozenset(pricing.ports),
        allowed_hosts=frozenset(pricing.allowed_hosts),
        chromium=str(pricing.chromium) if pricing.chromium else None,
        chromium_sandbox=pricing.chromium_sandbox,
        allowed_networks=tuple(ip_network(text) for text in pricing.allowed_networks),
    )
