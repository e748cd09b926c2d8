"""Settings that every service reads, from environment variables named `CADRAN_…`.

A service adds its own in its `settings.py`, under its own prefix (`CADRAN_INGEST_…`). A variable that bears one of
these prefixes and names no setting is refused: a typing error must not pass as a default. `docs/settings.md` is
generated from these classes.
"""

import difflib
import os
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.common.calendar import WEEKDAYS, parse_hours
from services.common.errors import ConfigurationError, Invalid
from services.common.kafka_access import KafkaAccess, KafkaMechanism, KafkaSecurity, read_kafka_access
from services.common.money import known_currency
from services.common.redis_access import RedisAccess, check_redis_url, read_redis_access
from services.common.windows import WIN_DAYS

PREFIX = "CADRAN_"
ROOT = Path(__file__).resolve().parents[2]
"""Cadran's own folder."""
SERVICE_PREFIXES = (
    "CADRAN_INGEST_", "CADRAN_STREAM_", "CADRAN_BOARD_", "CADRAN_SURVEY_", "CADRAN_PRICING_", "CADRAN_ALERTS_",
    "CADRAN_SIMULATOR_",
)  # fmt: skip


class Port(StrEnum):
    """Every server of a Cadran installation that listens."""

    BOARD = "board"
    INGEST = "ingest"
    SURVEY = "survey"
    PRICING = "pricing"
    EXPORTER = "exporter"
    SHOP = "shop"
    ALERTS = "alerts"
    WORKER_METRICS = "worker_metrics"
    KAFKA = "kafka"
    KAFKA_CONTROLLER = "kafka_controller"
    REDIS = "redis"
    PROMETHEUS = "prometheus"
    ALERTMANAGER = "alertmanager"


def check_names(environ: Mapping[str, str], prefix: str, known: set[str], ignored: tuple[str, ...] = ()) -> None:
    """Refuse a variable that bears the prefix and names no setting.

    :raises ConfigurationError: naming the variable and the nearest known one.
    """
    for name in sorted(environ):
        if not name.startswith(prefix) or name.startswith(ignored) or name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1)
        mend = f"did you mean {near[0]}?" if near else "unset it, or see docs/settings.md for the names there are"
        raise ConfigurationError("no such setting", field=name, mend=mend)


def check_weekly_hours(value: dict[str, list[str]]) -> dict[str, list[str]]:
    """The hours by weekday, as they are.

    :raises ValueError: when they cannot be read.
    """
    unknown = sorted(value.keys() - set(WEEKDAYS))
    if unknown:
        raise ValueError(f"{', '.join(unknown)} is no weekday: write {', '.join(WEEKDAYS)}")
    for hours in value.values():
        for text in hours:
            try:
                parse_hours(text)
            except Invalid as error:
                raise ValueError(str(error)) from None
    return value


class CadranSettings(BaseSettings):
    """Base of every settings class: read from the environment, all errors told at once."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    @classmethod
    def load(cls) -> Self:
        """Read the environment.

        :raises ConfigurationError: naming every variable that is wrong and how to mend it.
        """
        prefix = cls.model_config.get("env_prefix", PREFIX)
        known = {f"{prefix}{name}".upper() for name in cls.model_fields}
        check_names(os.environ, prefix, known, SERVICE_PREFIXES if prefix == PREFIX else ())
        try:
            return cls()
        except ValidationError as error:
            wrong = "; ".join(
                f"{prefix}{'.'.join(map(str, e['loc']))}".upper() + f": {e['msg']}" for e in error.errors()
            )
            raise ConfigurationError(wrong, mend="docs/settings.md lists every setting with its form") from None


Tcp = Annotated[int, Field(ge=1, le=65535)]
Often = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}/(second|minute|hour|day)$")]
"""How often something may be done in a time: `1000/second`."""


class Settings(CadranSettings):
    """What all services share."""

    port_offset: Annotated[int, Field(ge=0, le=40000)] = Field(
        0, description="Added to every port below, so that one installation can run beside another."
    )
    host: str = Field("127.0.0.1", description="The address that services listen on; a container needs 0.0.0.0.")
    proxies: list[str] = Field(
        default=["127.0.0.1"],
        description="Addresses and networks of the proxies in front (JSON): only theirs are believed when they tell "
        "whose request it is (`X-Forwarded-For`), and that it came by HTTPS.",
    )
    https_only_days: Annotated[int, Field(ge=0, le=730)] = Field(
        0,
        description="For so many days browsers come by HTTPS alone (`Strict-Transport-Security`); 0: this is not "
        "told. Set it once all names of this installation are served by HTTPS: it cannot be taken back before.",
    )
    request_rate: Often = Field(
        "1000/second", description="Requests that one key may make of each service, but for events; beyond, 429."
    )
    port_board: Tcp = Field(8000, description="The board.")
    port_ingest: Tcp = Field(8001, description="The HTTP gateway for events.")
    port_survey: Tcp = Field(8002, description="The forms of surveys, and their API.")
    port_pricing: Tcp = Field(8003, description="The price watcher's API.")
    port_exporter: Tcp = Field(8004, description="The read API and `/metrics` of the KPIs.")
    port_shop: Tcp = Field(8005, description="The demo's competitors: shops whose prices are watched.")
    port_alerts: Tcp = Field(8006, description="The alerts: when people are told of a number, and their API.")
    port_worker_metrics: Tcp = Field(
        8010, description="`/metrics` of the first stream worker; worker i listens i above."
    )
    port_kafka: Tcp = Field(19092, description="Kafka.")
    port_kafka_controller: Tcp = Field(19094, description="Kafka's controller (KRaft).")
    port_redis: Tcp = Field(16379, description="Redis.")
    port_prometheus: Tcp = Field(19090, description="Prometheus.")
    port_alertmanager: Tcp = Field(19093, description="Alertmanager.")
    kafka: str = Field("", description="Kafka's `host:port[,host:port]`. Empty: the local stack's.")
    kafka_security: KafkaSecurity = Field(
        KafkaSecurity.PLAINTEXT,
        description="`plaintext`, `ssl`, `sasl_plaintext` or `sasl_ssl`: see secure-connections.md.",
    )
    kafka_mechanism: KafkaMechanism = Field(
        KafkaMechanism.SCRAM_SHA_512, description="How a `sasl_…` user proves its password."
    )
    kafka_user: str = Field("", description="The user at Kafka, for `sasl_…`.")
    kafka_password_file: Path | None = Field(None, description="The file of that user's password.")
    kafka_ca_file: Path | None = Field(
        None, description="The certificates (PEM) of the authorities trusted for Kafka. Empty: the system's."
    )
    redis: str = Field(
        "",
        description="Redis's URL, without a password: `redis://`, `rediss://` (TLS); a cluster's `redis+cluster://` or "
        "`rediss+cluster://`. Empty: the local stack's.",
    )
    redis_user: str = Field("", description="The user at Redis. Empty: its default one.")
    redis_password_file: Path | None = Field(
        None, description="The file of that user's password. Empty: none asked for."
    )
    redis_ca_file: Path | None = Field(
        None, description="The certificates (PEM) of the authorities trusted for Redis. Empty: the system's."
    )
    local_secure: bool = Field(
        False,
        description="Whether the local stack's Kafka and Redis use TLS, and know each service by a name of its own.",
    )
    local_dir: Path = Field(Path(".local"), description="Where the local stack keeps its data, logs and keys.")
    keys_file: Path | None = Field(
        None, description="The file of API keys (hashed). Empty: `keys.json` in the local folder."
    )
    audit_file: Path | None = Field(
        None,
        description="The audit log: who did what to this installation (`cadran audit`). Empty: `audit.log` in the "
        "local folder.",
    )
    time_zone: str = Field("Europe/Paris", description="The business time zone: it cuts days, weeks and months.")
    country: str = Field("FR", description="Whose public holidays count: an ISO 3166 code, `FR` or `DE-BY`.")
    reporting_currency: str = Field("EUR", description="The currency that amounts are shown in (ISO 4217).")
    weekly_hours: dict[str, list[str]] = Field(
        default={day: ["09:00-19:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat")},
        description="The company's opening hours by weekday until a `calendar.set` says otherwise (JSON).",
    )
    online_channels: list[str] = Field(default=["online"], description="Channels that are open all week (JSON).")
    partitions: Annotated[int, Field(ge=1, le=1000)] = Field(12, description="Partitions of every topic.")
    replication: Annotated[int, Field(ge=1, le=9)] = Field(1, description="Replicas of every topic; 3 in production.")
    min_insync_replicas: Annotated[int, Field(ge=1, le=9)] = Field(
        1, description="Replicas that must hold a record before it is acknowledged; 2 in production."
    )
    win_days: int = Field(
        30, description="A lead counts as won in time within so many days: 0, 1, 7, 14, 30, 60, 90, 180 or 365."
    )
    loyalty_landmark_days: Annotated[int, Field(ge=1, le=365)] = Field(
        14, description="After an order, contacts count up to the end of so many days; returns are looked for after it."
    )
    loyalty_follow_up_days: Annotated[int, Field(ge=1, le=365)] = Field(
        90, description="For so many days after that, or after a campaign's draw, customers may come back."
    )
    loyalty_contacted_days: Annotated[int, Field(ge=1, le=365)] = Field(
        90, description="A score is a contacted customer's if they were contacted within so many days before it."
    )
    pairs: Path | None = Field(
        Path("deploy/offers/pairs.yml"),
        description="The file of products that go together: see offers.md. A relative path begins at Cadran's own "
        "folder. Empty: none.",
    )
    shards: Annotated[int, Field(ge=1, le=1000)] = Field(
        1, description="Parts of the state in Redis: 1 on one Redis, several on Redis Cluster."
    )
    entity_hashes: Annotated[int, Field(ge=1, le=1 << 20)] = Field(
        16384, description="Redis hashes that the entities of one kind are spread over; each holds up to 512 at best."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="DEBUG, INFO, WARNING or ERROR."
    )
    traces: str = Field(
        "",
        description="Where traces go: the address of an OTLP/HTTP collector, `http://127.0.0.1:4318`. Empty: there are "
        "none. See tracing.md.",
    )
    traces_share: Annotated[float, Field(ge=0, le=1)] = Field(
        1.0, description="The share of traces that is kept, of those whose sender has not decided."
    )
    log_format: Literal["json", "console"] = Field("json", description="`json`, or `console` for people.")

    @field_validator("kafka")
    @classmethod
    def _kafka_is_a_list_of_servers(cls, value: str) -> str:
        if "@" in value or "://" in value:
            raise ValueError("host:port[,host:port] alone: see CADRAN_KAFKA_SECURITY, _USER and _PASSWORD_FILE")
        return value

    @field_validator("redis")
    @classmethod
    def _redis_url_is_no_secret(cls, value: str) -> str:
        return check_redis_url(value) if value else value

    @field_validator("traces")
    @classmethod
    def _traces_go_to_an_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^/@\s]+/?", value):
            raise ValueError(f"{value!r} is no collector's address; an example is http://127.0.0.1:4318")
        return value

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"no time zone is called {value!r}; an example is Europe/Paris")
        return value

    @field_validator("reporting_currency")
    @classmethod
    def _currency_exists(cls, value: str) -> str:
        if not known_currency(value):
            raise ValueError(f"{value!r} is no ISO 4217 code; an example is EUR")
        return value

    @field_validator("weekly_hours")
    @classmethod
    def _hours_can_be_read(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        return check_weekly_hours(value)

    @field_validator(
        *("pairs", "kafka_password_file", "kafka_ca_file", "redis_password_file", "redis_ca_file"), mode="before"
    )
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return value or None

    @field_validator("win_days")
    @classmethod
    def _is_class_edge(cls, value: int) -> int:
        if value not in WIN_DAYS:
            raise ValueError(f"{value} is none of {', '.join(map(str, WIN_DAYS))}")
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def port(self, name: Port) -> int:
        """The port that a server listens on, the offset added."""
        return int(getattr(self, f"port_{name}")) + self.port_offset

    @property
    def kafka_servers(self) -> str:
        return self.kafka or f"127.0.0.1:{self.port(Port.KAFKA)}"

    @property
    def redis_url(self) -> str:
        return self.redis or f"redis://127.0.0.1:{self.port(Port.REDIS)}/0"

    @property
    def kafka_access(self) -> KafkaAccess:
        """How Kafka is reached.

        :raises ConfigurationError: naming the setting that is wrong.
        """
        return read_kafka_access(self)

    @property
    def redis_access(self) -> RedisAccess:
        """How Redis is reached.

        :raises ConfigurationError: naming the setting that is wrong.
        """
        return read_redis_access(self)

    @property
    def pairs_file(self) -> Path | None:
        return ROOT / self.pairs if self.pairs else None

    @property
    def api_keys_file(self) -> Path:
        return self.keys_file or self.local_dir / "keys.json"

    @property
    def audit_path(self) -> Path:
        return self.audit_file or self.local_dir / "audit.log"
