import hmac
import json
import stat
import time
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common import watched_file
from services.common.auth import KeyRing, Scope
from services.common.errors import ConfigurationError, Conflict, Forbidden, NotFound, TooManyRequests, Unauthenticated
from tests.support.clock import START, Clock


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
            ring.authenticate(f"Bearer {changed}", Scope.WRITE_EVENTS, f"198.51.100.{i}")


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


GRACE = timedelta(hours=24)


def test_a_rotated_key_has_another_secret_and_the_earlier_one_is_good_for_the_grace(tmp_path: Path) -> None:
    clock = Clock()
    ring = KeyRing(tmp_path / "keys.json", clock)
    earlier = ring.check(first := ring.create("shop", (Scope.WRITE_EVENTS,), "shop1"), Scope.WRITE_EVENTS)
    second = ring.rotate(earlier.id, GRACE)
    for token in (first, second):
        key = ring.check(token, Scope.WRITE_EVENTS)
        assert (key.id, key.name, key.scopes, key.namespace) == (earlier.id, "shop", (Scope.WRITE_EVENTS,), "shop1")
    clock.now = START + GRACE
    assert ring.check(second, Scope.WRITE_EVENTS).id == earlier.id
    with pytest.raises(Unauthenticated, match="its grace is over - use the newest"):
        ring.check(first, Scope.WRITE_EVENTS)


@given(steps=st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), max_size=6), later=st.integers(0, 300))
def test_a_secret_is_good_until_the_soonest_grace_given_since_it_was_replaced(
    steps: list[tuple[int, int]], later: int
) -> None:
    """`steps`: hours that pass, then a rotation with a grace of so many."""
    clock = Clock()
    with TemporaryDirectory() as folder:
        ring = KeyRing(Path(folder) / "keys.json", clock)
        tokens = [ring.create("shop", (Scope.ADMIN,), "")]
        (key,) = ring.all()
        ends: list[datetime] = []
        for waited, grace in steps:
            clock.now += timedelta(hours=waited)
            end = clock.now + timedelta(hours=grace)
            ends = [min(each, end) for each in ends] + [end]
            tokens.append(ring.rotate(key.id, timedelta(hours=grace)))
        clock.now += timedelta(hours=later)
        good = [is_good(ring, token) for token in tokens]
    assert good == [clock.now < end for end in ends] + [True]


def is_good(ring: KeyRing, token: str) -> bool:
    try:
        ring.check(token, Scope.ADMIN)
    except Unauthenticated:
        return False
    return True


def test_without_a_grace_the_earlier_secret_is_refused_at_once(ring: KeyRing) -> None:
    first = ring.create("shop", (Scope.ADMIN,), "")
    second = ring.rotate(ring.all()[0].id, GRACE)
    third = ring.rotate(ring.all()[0].id, timedelta(0))
    assert [is_good(ring, token) for token in (first, second, third)] == [False, False, True]


def test_a_key_is_refused_from_the_moment_on_at_which_it_expires(tmp_path: Path) -> None:
    clock = Clock()
    ring = KeyRing(tmp_path / "keys.json", clock)
    token = ring.create("guest", (Scope.ADMIN,), "", timedelta(days=90))
    key = ring.check(token, Scope.ADMIN)
    clock.now = START + timedelta(days=90)
    for asked in (lambda: ring.check(token, Scope.ADMIN), lambda: ring.recall(key.id, Scope.ADMIN)):
        with pytest.raises(Unauthenticated, match="expired on 2027-02-16 - create another"):
            asked()
    with pytest.raises(Conflict, match="expired"):
        ring.rotate(key.id, GRACE)


def test_a_running_service_hears_of_a_rotation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched_file, "RECHECK_SECONDS", 0.0)
    operator, service = (KeyRing(tmp_path / "keys.json") for _ in range(2))
    first = operator.create("ops", (Scope.ADMIN,), "")
    assert is_good(service, first)
    second = operator.rotate(operator.all()[0].id, timedelta(0))
    assert [is_good(service, token) for token in (first, second)] == [False, True]


def test_rotating_what_is_not_there_says_how_to_find_it(ring: KeyRing) -> None:
    with pytest.raises(NotFound, match="cadran keys list"):
        ring.rotate("nobody", GRACE)


def test_a_file_of_before_rotations_is_read(ring: KeyRing, tmp_path: Path) -> None:
    token = ring.create("shop", (Scope.ADMIN,), "")
    path = tmp_path / "keys.json"
    file = json.loads(path.read_text())
    for key in file["keys"]:
        del key["former"], key["expires"]
    path.write_text(json.dumps(file))
    assert ring.check(token, Scope.ADMIN).name == "shop"


def test_whatever_is_refused_was_compared_whole(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id that is not known, a wrong first letter and a wrong last one cost the same: one comparison of two digests,
    by the function that does not stop at the first difference."""
    token = ring.create("shop", (Scope.ADMIN,), "")
    compared: list[tuple[int, int]] = []
    whole = hmac.compare_digest

    def counted(left: str, right: str) -> bool:
        compared.append((len(left), len(right)))
        return whole(left, right)

    monkeypatch.setattr(hmac, "compare_digest", counted)
    _, key_id, secret = token.split("_", 2)
    for wrong in (f"cdr_{key_id}_?{secret[1:]}", f"cdr_{key_id}_{secret[:-1]}?", f"cdr_{'0' * 12}_{secret}", "x", ""):
        compared.clear()
        assert not is_good(ring, wrong)
        assert compared == [(64, 64)]


def is_tried(ring: KeyRing, token: str, address: str) -> bool:
    """Is it looked at? Then it is refused all the same."""
    try:
        ring.check(token, Scope.ADMIN, address)
    except Unauthenticated:
        return True
    except TooManyRequests as error:
        assert error.retry_after == 60
        return False
    raise AssertionError("it is good")


def test_who_guesses_a_keys_secret_is_no_longer_listened_to(ring: KeyRing) -> None:
    ring.create("shop", (Scope.ADMIN,), "")
    key_id = ring.all()[0].id
    tried = [is_tried(ring, f"cdr_{key_id}_{number}", "198.51.100.7") for number in range(30)]
    assert tried == [True] * 20 + [False] * 10


def test_a_secret_that_would_be_right_is_not_told_to_who_guesses(ring: KeyRing) -> None:
    token = ring.create("shop", (Scope.ADMIN,), "")
    for number in range(20):
        is_tried(ring, f"{token}{number}", "198.51.100.7")
    assert not is_tried(ring, token, "198.51.100.7")


def test_who_guesses_keeps_out_nobody_else(ring: KeyRing) -> None:
    """Neither who was let in before behind the same proxy, nor another key there, nor the same one from elsewhere."""
    known, other = (ring.create(name, (Scope.ADMIN,), "") for name in ("known", "other"))
    ring.check(known, Scope.ADMIN, "198.51.100.7")
    for number in range(50):
        is_tried(ring, f"{known}{number}", "198.51.100.7")
        is_tried(ring, f"cdr_{'0' * 12}_{number}", "198.51.100.7")
    assert ring.check(known, Scope.ADMIN, "198.51.100.7").name == "known"
    assert ring.check(other, Scope.ADMIN, "198.51.100.7").name == "other"
    is_tried(ring, f"{other}x", "198.51.100.7")
    assert ring.check(other, Scope.ADMIN, "203.0.113.9").name == "other"


def test_a_secret_that_was_right_and_is_no_longer_is_refused(ring: KeyRing) -> None:
    first = ring.create("shop", (Scope.ADMIN,), "")
    assert is_good(ring, first)
    ring.rotate(ring.all()[0].id, timedelta(0))
    assert not is_good(ring, first)


def test_who_was_not_told_of_a_rotation_keeps_out_nobody_who_was(tmp_path: Path) -> None:
    clock = Clock()
    first = KeyRing(tmp_path / "keys.json", clock).create("shop", (Scope.ADMIN,), "")
    ring = KeyRing(tmp_path / "keys.json", clock)
    second = ring.rotate(ring.all()[0].id, timedelta(0))
    assert [is_tried(ring, first, "198.51.100.7") for _ in range(50)] == [True] * 50
    assert ring.check(second, Scope.ADMIN, "198.51.100.7").name == "shop"
