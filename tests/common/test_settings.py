import pytest

from services.common.errors import ConfigurationError
from services.common.settings import Port, Settings
from services.ingest.settings import IngestSettings


def test_the_offset_moves_every_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CADRAN_PORT_OFFSET", "500")
    settings = Settings.load()
    assert settings.port(Port.BOARD) == 8500
    assert settings.kafka_servers == "127.0.0.1:19592"
    assert settings.redis_url == "redis://127.0.0.1:16879/0"
    assert len({settings.port(port) for port in Port}) == len(Port)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("CADRAN_TIME_ZNE", "Europe/Paris", "CADRAN_TIME_ZONE?"),
        ("CADRAN_TIME_ZONE", "Europe/Pari", "CADRAN_TIME_ZONE"),
        ("CADRAN_REPORTING_CURRENCY", "euro", "CADRAN_REPORTING_CURRENCY"),
        ("CADRAN_PARTITIONS", "many", "CADRAN_PARTITIONS"),
        ("CADRAN_PARTITIONS", "0", "CADRAN_PARTITIONS"),
        ("CADRAN_WIN_DAYS", "31", "CADRAN_WIN_DAYS"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=told.replace("?", r"\?")):
        Settings.load()


def test_all_wrong_settings_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CADRAN_PARTITIONS", "many")
    monkeypatch.setenv("CADRAN_SHARDS", "few")
    with pytest.raises(ConfigurationError) as refused:
        Settings.load()
    assert "CADRAN_PARTITIONS" in str(refused.value)
    assert "CADRAN_SHARDS" in str(refused.value)


def test_each_service_judges_its_own_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CADRAN_INGEST_RATE_LIMTI", "1/second")
    Settings.load()
    with pytest.raises(ConfigurationError, match="CADRAN_INGEST_RATE_LIMIT"):
        IngestSettings.load()
