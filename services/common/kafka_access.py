"""How Kafka is reached: where it is, over TLS or not, and as whom.

Every client of Kafka is built from a `KafkaAccess`, whichever library it is of.
"""

import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from services.common.errors import ConfigurationError
from services.common.secret_files import read_secret
from services.common.tls import trusting

SECURITY = "CADRAN_KAFKA_SECURITY"
MECHANISM = "CADRAN_KAFKA_MECHANISM"
USER = "CADRAN_KAFKA_USER"
PASSWORD_FILE = "CADRAN_KAFKA_PASSWORD_FILE"  # noqa: S105 - names a setting
CA_FILE = "CADRAN_KAFKA_CA_FILE"


class KafkaSecurity(StrEnum):
    """Kafka's security protocols: what travels hidden, and whether a client says who it is."""

    PLAINTEXT = "plaintext"
    SSL = "ssl"
    SASL_PLAINTEXT = "sasl_plaintext"
    SASL_SSL = "sasl_ssl"

    @property
    def has_user(self) -> bool:
        return self in (KafkaSecurity.SASL_PLAINTEXT, KafkaSecurity.SASL_SSL)

    @property
    def has_tls(self) -> bool:
        return self in (KafkaSecurity.SSL, KafkaSecurity.SASL_SSL)


class KafkaMechanism(StrEnum):
    """How a password is proved; SCRAM never sends it."""

    SCRAM_SHA_512 = "SCRAM-SHA-512"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    PLAIN = "PLAIN"


@dataclass(frozen=True)
class KafkaAccess:
    """The way into one Kafka. `tls`: none where nothing is hidden. `user`: none where Kafka asks for no name."""

    servers: str
    security: KafkaSecurity = KafkaSecurity.PLAINTEXT
    mechanism: KafkaMechanism = KafkaMechanism.SCRAM_SHA_512
    user: str = ""
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = None

    def aiokafka(self) -> dict[str, Any]:
        """What the clients of aiokafka take."""
        return {"bootstrap_servers": self.servers, **self._secured()}

    def kafka_python(self) -> dict[str, Any]:
        """What the clients of kafka-python take."""
        return {"bootstrap_servers": self.servers.split(","), **self._secured()}

    def _secured(self) -> dict[str, Any]:
        options: dict[str, Any] = {"security_protocol": self.security.name, "ssl_context": self.tls}
        if self.security.has_user:
            options |= {
                "sasl_mechanism": self.mechanism.value,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        return options


class KafkaSettings(Protocol):
    """The settings that an access is made from."""

    @property
    def kafka_servers(self) -> str: ...
    @property
    def kafka_security(self) -> KafkaSecurity: ...
    @property
    def kafka_mechanism(self) -> KafkaMechanism: ...
    @property
    def kafka_user(self) -> str: ...
    @property
    def kafka_password_file(self) -> Path | None: ...
    @property
    def kafka_ca_file(self) -> Path | None: ...


def read_kafka_access(settings: KafkaSettings) -> KafkaAccess:
    """The access that the settings name; the files are read now.

    :raises ConfigurationError: naming the setting that is wrong.
    """
    security = settings.kafka_security
    _require_that_all_is_used(settings)
    return KafkaAccess(
        settings.kafka_servers,
        security,
        settings.kafka_mechanism,
        settings.kafka_user,
        _password(settings) if security.has_user else "",
        trusting(settings.kafka_ca_file, CA_FILE) if security.has_tls else None,
    )


def _require_that_all_is_used(settings: KafkaSettings) -> None:
    """What is said in vain was meant to protect something."""
    security = settings.kafka_security
    if settings.kafka_ca_file and not security.has_tls:
        raise ConfigurationError(f"{security} uses no TLS", field=CA_FILE, mend=f"set {SECURITY}=sasl_ssl, or unset it")
    if security.has_user:
        return
    for name, value in ((USER, settings.kafka_user), (PASSWORD_FILE, settings.kafka_password_file)):
        if value:
            mend = f"set {SECURITY}=sasl_ssl, or unset it"
            raise ConfigurationError(f"{security} tells Kafka no user", field=name, mend=mend)


def _password(settings: KafkaSettings) -> str:
    security = settings.kafka_security
    if not settings.kafka_user:
        raise ConfigurationError(f"{security} needs a user", field=USER, mend=f"set it and {PASSWORD_FILE}")
    if settings.kafka_password_file is None:
        raise ConfigurationError(
            f"{security} needs a password", field=PASSWORD_FILE, mend="name the file that holds it"
        )
    if settings.kafka_mechanism is KafkaMechanism.PLAIN and not security.has_tls:
        mend = f"set {SECURITY}=sasl_ssl, or {MECHANISM}=SCRAM-SHA-512"
        raise ConfigurationError("the password would travel for all to read", field=SECURITY, mend=mend)
    return read_secret(settings.kafka_password_file, PASSWORD_FILE)
