import stat
import time
from pathlib import Path

import pytest

from services.common import watched_file
from services.common.auth import KeyRing, Scope
from services.common.errors import ConfigurationError, Forbidden, NotFound, Unauthenticated


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "keys.json")


def test_a_key_is_known_by_its_secret_and_may_do_what_its_scopes_say(ring: KeyRing) -> None:
    key = ring.create("shop", (Scope.WRITE_EVENTS,), "shop1")
    found = ring.authenticate(f"Bearer {key}", Scope.WRITE_EVENTS)
    assert (found.name, found.namespace) == ("shop", "shop1")
    with pytest.raises(Forbidden, match="kpis:read"):
        ring.authenticate(f"Bearer {key}", Scope.READ_KPIS)


def test_the_file_holds_no_secret_and_only_its_owner_reads_it(ring: KeyRing, tmp_path: Path) -> None:
    key = ring.create("shop", (Scope.WRITE_EVENTS,), "")
    path = tmp_path / "keys.json"
    assert key.split("_", 2)[2] not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer cdr", "Bearer cdr_x_y", "Bearer ü"]
)
def test_anything_else_is_refused(ring: KeyRing, header: str | None) -> None:
    ring.create("shop", (Scope.WRITE_EVENTS,), "")
    with pytest.raises(Unauthenticated):
        ring.authenticate(header, Scope.WRITE_EVENTS)


def test_one_character_changed_anywhere_is_refused(ring: KeyRing) -> None:
    key = ring.create("shop", (Scope.WRITE_EVENTS,), "")
    for i in range(len(key)):
        changed = key[:i] + ("x" if key[i] != "x" else "y") + key[i + 1 :]
        with pytest.raises(Unauthenticated):
            ring.authenticate(f"Bearer {changed}", Scope.WRITE_EVENTS)


def test_a_running_service_hears_of_new_and_revoked_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched_file, "RECHECK_SECONDS", 0.0)
    operator, service = (KeyRing(tmp_path / "keys.json") for _ in range(2))
    with pytest.raises(Unauthenticated):
        service.authenticate("Bearer cdr_a_b", Scope.ADMIN)
    key = operator.create("ops", (Scope.ADMIN,), "")
    assert service.authenticate(f"Bearer {key}", Scope.ADMIN).name == "ops"
    operator.revoke(operator.all()[0].id)
    time.sleep(0.01)
    with pytest.raises(Unauthenticated):
        service.authenticate(f"Bearer {key}", Scope.ADMIN)


def test_a_key_that_was_checked_is_recalled_by_its_id_until_it_is_revoked(ring: KeyRing) -> None:
    key = ring.check(ring.create("reader", (Scope.READ_SURVEYS,), ""), Scope.READ_SURVEYS)
    assert ring.recall(key.id, Scope.READ_SURVEYS) == key
    with pytest.raises(Forbidden):
        ring.recall(key.id, Scope.ADMIN)
    ring.revoke(key.id)
    with pytest.raises(Unauthenticated):
        ring.recall(key.id, Scope.READ_SURVEYS)


def test_revoking_what_is_not_there_says_how_to_find_it(ring: KeyRing) -> None:
    with pytest.raises(NotFound, match="cadran keys list"):
        ring.revoke("nobody")


def test_a_damaged_file_is_told_and_not_taken_for_empty(ring: KeyRing, tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("{")
    with pytest.raises(ConfigurationError, match="keys.json"):
        ring.all()


def test_writing_leaves_no_half_file(ring: KeyRing, tmp_path: Path) -> None:
    for i in range(5):
        ring.create(f"k{i}", (Scope.ADMIN,), "")
    assert {path.name for path in tmp_path.iterdir()} == {"keys.json", "keys.lock"}
    assert [key.name for key in ring.all()] == [f"k{i}" for i in range(5)]
