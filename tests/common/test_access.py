"""What the settings of Kafka and Redis let through, and what they refuse before anything is connected to."""

import ssl
from pathlib import Path

import pytest

from services.common.errors import ConfigurationError
from services.common.kafka_access import KafkaAccess
from services.common.redis_access import RedisAccess
from services.common.settings import Settings

PASSWORD = "a-password-nobody-may-see"


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n")
    return path


def loaded(monkeypatch: pytest.MonkeyPatch, **given: object) -> Settings:
    for name, value in given.items():
        monkeypatch.setenv(f"CADRAN_{name}", str(value))
    return Settings.load()


def test_by_default_nothing_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = loaded(monkeypatch)
    assert settings.kafka_access.aiokafka() == {
        "bootstrap_servers": "127.0.0.1:19092",
        "security_protocol": "PLAINTEXT",
        "ssl_context": None,
    }
    assert settings.redis_access.options() == {}


def test_both_libraries_are_told_the_same(monkeypatch: pytest.MonkeyPatch, password_file: Path) -> None:
    access = loaded(
        monkeypatch,
        KAFKA="a:1,b:2",
        KAFKA_SECURITY="sasl_ssl",
        KAFKA_USER="ingest",
        KAFKA_PASSWORD_FILE=password_file,
    ).kafka_access
    told, python_told = access.aiokafka(), access.kafka_python()
    assert python_told.pop("bootstrap_servers") == ["a:1", "b:2"]
    assert told.pop("bootstrap_servers") == "a:1,b:2"
    assert told == python_told
    assert (told["sasl_mechanism"], told["sasl_plain_password"]) == ("SCRAM-SHA-512", PASSWORD)
    assert told["ssl_context"].verify_mode is ssl.CERT_REQUIRED
    assert told["ssl_context"].check_hostname


def test_no_password_is_shown(monkeypatch: pytest.MonkeyPatch, password_file: Path) -> None:
    settings = loaded(
        monkeypatch,
        KAFKA_SECURITY="sasl_plaintext",
        KAFKA_USER="ingest",
        KAFKA_PASSWORD_FILE=password_file,
        REDIS_PASSWORD_FILE=password_file,
    )
    assert settings.redis_access.options()["password"] == PASSWORD
    assert PASSWORD not in f"{settings!r} {settings.kafka_access!r} {settings.redis_access!r}"


def accesses(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> tuple[KafkaAccess, RedisAccess]:
    settings = loaded(monkeypatch, **given)
    return settings.kafka_access, settings.redis_access


NO_PEM, NOWHERE = str(Path(__file__)), "/nowhere/to/be/found"
USER = {"KAFKA_USER": "ingest", "KAFKA_PASSWORD_FILE": NO_PEM}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"KAFKA": "ingest:pw@a:1"}, "CADRAN_KAFKA:"),
        ({"KAFKA": "kafka://a:1"}, "CADRAN_KAFKA:"),
        ({"KAFKA_SECURITY": "tls"}, "CADRAN_KAFKA_SECURITY"),
        ({"KAFKA_SECURITY": "sasl_ssl", "KAFKA_MECHANISM": "GSSAPI"}, "CADRAN_KAFKA_MECHANISM"),
        ({"KAFKA_SECURITY": "sasl_ssl"}, "CADRAN_KAFKA_USER"),
        ({"KAFKA_SECURITY": "sasl_ssl", "KAFKA_USER": "ingest"}, "CADRAN_KAFKA_PASSWORD_FILE"),
        ({"KAFKA_SECURITY": "sasl_ssl", **USER, "KAFKA_PASSWORD_FILE": NOWHERE}, "CADRAN_KAFKA_PASSWORD_FILE"),
        ({"KAFKA_SECURITY": "sasl_plaintext", "KAFKA_MECHANISM": "PLAIN", **USER}, "CADRAN_KAFKA_SECURITY"),
        ({"KAFKA_SECURITY": "sasl_ssl", **USER, "KAFKA_CA_FILE": NOWHERE}, "CADRAN_KAFKA_CA_FILE"),
        ({"KAFKA_SECURITY": "sasl_ssl", **USER, "KAFKA_CA_FILE": NO_PEM}, "CADRAN_KAFKA_CA_FILE"),
        ({"KAFKA_CA_FILE": NO_PEM}, "CADRAN_KAFKA_CA_FILE"),
        ({"KAFKA_USER": "ingest"}, "CADRAN_KAFKA_USER"),
        ({"KAFKA_SECURITY": "ssl", "KAFKA_PASSWORD_FILE": NO_PEM}, "CADRAN_KAFKA_PASSWORD_FILE"),
        ({"REDIS": "redis://:secret@a:1/0"}, "CADRAN_REDIS_PASSWORD_FILE"),
        ({"REDIS": "rediss+cluster://ingest:secret@a:1"}, "CADRAN_REDIS_PASSWORD_FILE"),
        ({"REDIS": "a:1"}, "CADRAN_REDIS:"),
        ({"REDIS_USER": "ingest"}, "CADRAN_REDIS_PASSWORD_FILE"),
        ({"REDIS_USER": "ingest", "REDIS_PASSWORD_FILE": NOWHERE}, "CADRAN_REDIS_PASSWORD_FILE"),
        ({"REDIS": "rediss://a:1", "REDIS_CA_FILE": NO_PEM}, "CADRAN_REDIS_CA_FILE"),
        ({"REDIS_CA_FILE": NO_PEM}, "CADRAN_REDIS_CA_FILE"),
    ],
)
def test_what_is_wrong_is_named_with_its_mend(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], named: str
) -> None:
    with pytest.raises(ConfigurationError, match=named) as refused:
        accesses(monkeypatch, given)
    assert "secret" not in str(refused.value)
    assert " - " in str(refused.value)
