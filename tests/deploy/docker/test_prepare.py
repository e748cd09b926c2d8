"""What comes before any container: secrets that are none are refused, and what services begin with is made once."""

import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.docker.first_alertmanager import first_alertmanager
from deploy.docker.prepare import LEAST_CHARACTERS, prepare, refuse_weak_secrets, weakness
from deploy.docker.public import ADDRESSES, faults
from services.common.auth import KeyRing, Scope
from services.common.errors import ConfigurationError
from services.common.settings import Settings
from services.common.signing_secrets import read_secrets
from services.kpi_stream.alerting.settings import AlertSettings
from services.operations.access.rights import OPERATOR, RIGHTS, USERS

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "deploy" / "docker" / "make-secrets.sh"


def made(folder: Path) -> dict[str, str]:
    subprocess.run([SCRIPT, folder], check=True, capture_output=True)
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_every_user_gets_a_secret_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    secrets = made(folder)

    of_redis = [*(rights.user for rights in RIGHTS if rights.redis), OPERATOR]
    wanted = {*(f"kafka_{user}" for user in USERS), *(f"redis_{user}" for user in of_redis)}
    assert wanted <= set(secrets)
    assert len({secrets[name] for name in wanted}) == len(wanted)
    for user in of_redis:
        assert f"user {user} on #{sha256(secrets[f'redis_{user}'].encode()).hexdigest()} " in secrets["redis_users"]
    assert "$" not in secrets["redis_users"]
    assert folder.stat().st_mode & 0o777 == 0o700
    refuse_weak_secrets(folder)


def test_what_is_there_is_left_alone_and_what_is_deleted_is_made_anew(tmp_path: Path) -> None:
    before = made(tmp_path)
    assert made(tmp_path) == before
    (tmp_path / "redis_worker").unlink()
    after = made(tmp_path)
    assert {name for name in after if after[name] != before[name]} == {"redis_worker", "redis_users"}


@given(st.text(max_size=LEAST_CHARACTERS - 1))
def test_a_short_secret_is_none(secret: str) -> None:
    assert weakness(secret)


@pytest.mark.parametrize(
    "secret", ["ChangeMe-ChangeMe-0123456789", "a" * 40, "my-password-is-0123456789-long", "<replace with a secret>"]
)
def test_a_placeholder_is_none(tmp_path: Path, secret: str) -> None:
    made(tmp_path)
    (tmp_path / "kafka_ingest").unlink()
    (tmp_path / "kafka_ingest").write_text(secret)
    with pytest.raises(ConfigurationError, match="kafka_ingest"):
        refuse_weak_secrets(tmp_path)


def test_no_secret_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no secret is there"):
        refuse_weak_secrets(tmp_path)


def test_what_services_begin_with_is_made_once(tmp_path: Path) -> None:
    settings, alerting = Settings(local_dir=tmp_path), AlertSettings()
    prepare(settings, alerting)
    files = {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}

    prepare(settings, alerting)

    assert {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()} == files
    key = (tmp_path / "board.key").read_text().strip()
    assert KeyRing(settings.api_keys_file).check(key, Scope.READ_KPIS).name == "board"
    assert not (tmp_path / "dev.key").exists()


def test_a_file_of_alertmanager_that_is_in_force_stays(tmp_path: Path) -> None:
    settings, alerting = Settings(local_dir=tmp_path), AlertSettings()
    first_alertmanager(settings, alerting)
    path = tmp_path / "alerts" / "alertmanager.yml"
    path.write_text("of the alerts")
    first_alertmanager(settings, alerting)
    assert path.read_text() == "of the alerts"


def test_signing_secrets_are_read_where_nobody_may_write(tmp_path: Path) -> None:
    """As Kubernetes mounts them: their folder is not touched."""
    path = tmp_path / "links"
    path.write_text("s" * 32)
    before = tmp_path.stat().st_mtime_ns
    assert read_secrets(path, "CADRAN_SURVEY_SECRET_FILE") == ["s" * 32]
    assert tmp_path.stat().st_mtime_ns == before


def test_production_asks_for_addresses_that_are_safe() -> None:
    good = dict.fromkeys(ADDRESSES, "https://cadran.example.org")
    assert list(faults(good)) == []
    for name in ADDRESSES:
        for bad in ("", "http://cadran.example.org", "https://", "cadran.example.org"):
            assert [fault.partition(":")[0] for fault in faults({**good, name: bad})] == [name]
