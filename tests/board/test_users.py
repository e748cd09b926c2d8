"""The file of who may sign in."""

from pathlib import Path

import pytest

from services.board.users import Role, Users
from services.common import watched_file
from services.common.errors import Conflict, Invalid, NotFound, Unauthenticated

PASSWORD = "four words put together"


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Users:
    monkeypatch.setattr(watched_file, "RECHECK_SECONDS", 0.0)
    return Users(tmp_path / "users.json")


def test_who_was_added_comes_in_with_their_password_alone(users: Users) -> None:
    users.add("ana", Role.REP, "r01", PASSWORD)
    assert users.check("ana", PASSWORD).rep == "r01"
    for name, password in (("ana", "wrong"), ("ana", ""), ("bob", PASSWORD), ("", "")):
        with pytest.raises(Unauthenticated):
            users.check(name, password)


def test_no_password_is_kept(users: Users, tmp_path: Path) -> None:
    users.add("ana", Role.DIRECTOR, None, PASSWORD)
    path = tmp_path / "users.json"
    assert PASSWORD not in path.read_text()
    assert "argon2id" in path.read_text()
    assert path.stat().st_mode & 0o077 == 0


def test_who_has_no_password_comes_in_with_none(users: Users) -> None:
    users.add("ana", Role.DIRECTOR, None, None)
    for password in ("", PASSWORD):
        with pytest.raises(Unauthenticated):
            users.check("ana", password)


@pytest.mark.parametrize(
    ("role", "rep", "password", "field"),
    [
        (Role.REP, None, PASSWORD, "rep"),
        (Role.REP, "", PASSWORD, "rep"),
        (Role.DIRECTOR, "r01", PASSWORD, "rep"),
        (Role.READER, None, "short", "password"),
        (Role.READER, None, "x" * 201, "password"),
    ],
)
def test_what_does_not_go_together_is_refused(
    users: Users, role: Role, rep: str | None, password: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        users.add("ana", role, rep, password)
    assert refused.value.field == field
    assert users.all() == []


def test_a_name_is_one_persons(users: Users) -> None:
    users.add("ana", Role.DIRECTOR, None, PASSWORD)
    with pytest.raises(Conflict):
        users.add("ana", Role.READER, None, PASSWORD)


def test_a_new_password_ends_the_old_one_and_who_is_removed_is_gone(users: Users) -> None:
    users.add("ana", Role.DIRECTOR, None, PASSWORD)
    users.set_password("ana", "other words put together")
    with pytest.raises(Unauthenticated):
        users.check("ana", PASSWORD)
    users.remove("ana")
    with pytest.raises(Unauthenticated):
        users.check("ana", "other words put together")
    for change in (lambda: users.remove("ana"), lambda: users.set_password("ana", PASSWORD)):
        with pytest.raises(NotFound):
            change()


def test_what_another_process_adds_is_seen(users: Users, tmp_path: Path) -> None:
    assert users.find("ana") is None
    Users(tmp_path / "users.json").add("ana", Role.DIRECTOR, None, PASSWORD)
    assert users.find("ana") is not None
