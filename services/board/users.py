"""Who may sign in to the board, and what for: a file of names, roles and hashed passwords.

It is read again when it changes, so that somebody can be added or removed while the board runs.
"""

from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.common.errors import Conflict, Invalid, NotFound, Unauthenticated
from services.common.watched_file import WatchedFile

LEAST_CHARACTERS = 10
MOST_CHARACTERS = 200
_hasher = PasswordHasher()


class Role(StrEnum):
    """What somebody may see and do."""

    DIRECTOR = "director"
    """Sees all, and sets targets and promotions."""
    REP = "rep"
    """Sees their own line, and their team's and the company's totals."""
    READER = "reader"
    """Reads the surveys: NPS and team satisfaction."""


class User(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may sign in.

    `rep`: whose line a rep sees. `password`: an Argon2id hash; none where another service vouches for them (OIDC).
    """

    name: str
    role: Role
    rep: str | None = None
    password: str | None = None
    created: datetime


class UserFile(msgspec.Struct):
    """The file's content."""

    users: list[User] = []


class Users:
    """The people of an installation."""

    def __init__(self, path: Path) -> None:
        self._file = WatchedFile(path, UserFile, mend="restore it, or add people anew")

    def add(self, name: str, role: Role, rep: str | None, password: str | None) -> User:
        """Add somebody.

        :raises Invalid: when a rep has no line, another has one, or the password is too short or long.
        :raises Conflict: when the name is taken.
        """
        if (role is Role.REP) != bool(rep):
            raise Invalid("belongs to the role `rep`, and to it alone", field="rep", mend="give both, or neither")
        created = datetime.now(UTC).replace(microsecond=0)
        user = User(name=name, role=role, rep=rep, password=_hashed(password), created=created)

        def with_them(file: UserFile) -> UserFile:
            if any(each.name == name for each in file.users):
                mend = "choose another name, or `cadran users password` for it"
                raise Conflict(f"{name!r} is there already", mend=mend)
            return UserFile([*file.users, user])

        self._file.update(with_them)
        return user

    def set_password(self, name: str, password: str) -> None:
        """Give somebody a new password; who is signed in with the old one no longer is.

        :raises NotFound: when nobody is called so.
        :raises Invalid: when it is too short or long.
        """
        hashed = _hashed(password)

        def changed(file: UserFile) -> UserFile:
            user = _known(name, file)
            other = msgspec.structs.replace(user, password=hashed)
            return UserFile([other if each is user else each for each in file.users])

        self._file.update(changed)

    def remove(self, name: str) -> None:
        """Remove somebody, who is signed out within a second.

        :raises NotFound: when nobody is called so.
        """

        def without(file: UserFile) -> UserFile:
            user = _known(name, file)
            return UserFile([each for each in file.users if each is not user])

        self._file.update(without)

    def all(self) -> list[User]:
        """Everybody, those added first before."""
        return self._file.read().users

    def find(self, name: str) -> User | None:
        """Who is called so."""
        return next((user for user in self._file.recent().users if user.name == name), None)

    def check(self, name: str, password: str) -> User:
        """Who has this name and password. Takes some 50 ms of a processor, whoever asks.

        :raises Unauthenticated: when there is nobody; not said is which of the two is wrong.
        """
        user = self.find(name)
        try:
            _hasher.verify(user.password if user and user.password else _nobodys(), password)
        except (VerificationError, InvalidHashError):
            user = None
        if user is None or user.password is None:
            raise Unauthenticated("name or password is wrong", mend="look at both; a director can give a new password")
        return user


@cache
def _nobodys() -> str:
    """A hash that nobody has the password of; made when it is first needed, as that takes 50 ms."""
    return _hasher.hash("a name that is not known takes as long to refuse as a wrong password")


def _known(name: str, file: UserFile) -> User:
    user = next((user for user in file.users if user.name == name), None)
    if user is None:
        raise NotFound(f"nobody is called {name!r}", mend="`cadran users list` shows them")
    return user


def _hashed(password: str | None) -> str | None:
    if password is None:
        return None
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        said = f"must have {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters"
        raise Invalid(said, field="password", mend="four or five words that do not belong together are good")
    return _hasher.hash(password)
