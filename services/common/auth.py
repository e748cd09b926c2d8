"""API keys: random, stored hashed, each with scopes and a namespace.

A key reads `cdr_<id>_<secret>`. The file keeps the id and the SHA-256 of the secret (256 random bits need no slow
hash). It is read again when it changes, so that a key can be added, rotated or revoked while services run.

A rotated key keeps its id, by which sessions, rates and the readers of the pulse know it; only its secret is another.
"""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import msgspec

from services.common.errors import Conflict, Forbidden, NotFound, Unauthenticated
from services.common.rates import Rate
from services.common.watched_file import WatchedFile
from services.common.windows import Clock, utc_now

WRONG_SECRETS = "20/minute"


class Scope(StrEnum):
    """What a key may do."""

    WRITE_EVENTS = "events:write"
    READ_KPIS = "kpis:read"
    EXPLAIN = "kpis:explain"
    WRITE_SURVEYS = "surveys:write"
    READ_SURVEYS = "surveys:read"
    WRITE_PRICES = "prices:write"
    READ_PRICES = "prices:read"
    WRITE_CAMPAIGNS = "campaigns:write"
    ASSIGN_CUSTOMERS = "campaigns:assign"
    READ_CONNECTORS = "connectors:read"
    WRITE_CONNECTORS = "connectors:write"
    READ_ALERTS = "alerts:read"
    WRITE_ALERTS = "alerts:write"
    ADMIN = "admin"


class Former(msgspec.Struct, frozen=True):
    """A secret that was replaced, and until when it is still good."""

    secret_sha256: str
    until: datetime


class ApiKey(msgspec.Struct, frozen=True):
    """A key as it is stored: never the secret. `expires`: from when on it is refused; none: never."""

    id: str
    name: str
    secret_sha256: str
    scopes: tuple[Scope, ...]
    namespace: str
    created: datetime
    expires: datetime | None = None
    former: tuple[Former, ...] = ()

    def allows(self, scope: Scope) -> bool:
        return scope in self.scopes

    def is_over(self, now: datetime) -> bool:
        return self.expires is not None and self.expires <= now

    def still_former(self, now: datetime) -> tuple[Former, ...]:
        """The replaced secrets that are still good."""
        return tuple(former for former in self.former if former.until > now)

    def has(self, told: str, now: datetime) -> bool:
        """Is this the hash of the secret, or of one that was it and is still good? All are compared, each whole."""
        return _is_among(told, (self.secret_sha256, *(former.secret_sha256 for former in self.still_former(now))))

    def had(self, told: str, now: datetime) -> bool:
        """Is this the hash of a secret that was replaced, and is good no more?"""
        return _is_among(told, tuple(former.secret_sha256 for former in self.former if former.until <= now))


def _is_among(told: str, stored: tuple[str, ...]) -> bool:
    return sum(hmac.compare_digest(each, told) for each in stored) > 0


class KeyFile(msgspec.Struct):
    """The file's content."""

    keys: list[ApiKey] = []


def hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class KeyRing:
    """The keys of an installation."""

    def __init__(self, path: Path, clock: Clock = utc_now, request_rate: str = "1000/second") -> None:
        self._file = WatchedFile(path, KeyFile, mend="restore it, or create keys anew")
        self._clock = clock
        self._wrong = Rate(WRONG_SECRETS, "wrong secrets of this key may come from one address", "wait, then try again")
        self._right: set[str] = set()
        self.requests = Rate(request_rate, "this key may ask", "ask again after the seconds of Retry-After")

    def create(self, name: str, scopes: tuple[Scope, ...], namespace: str, lifetime: timedelta | None = None) -> str:
        """Add a key and return it: the only moment at which the secret is known. `lifetime`: none is for ever."""
        key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        now = self._now()
        expires = None if lifetime is None else now + lifetime
        stored = ApiKey(key_id, name, hash_secret(secret), scopes, namespace, now, expires)
        self._file.update(lambda file: KeyFile([*file.keys, stored]))
        return _token(key_id, secret)

    def rotate(self, key_id: str, grace: timedelta) -> str:
        """Give a key another secret and return it; no earlier one is good for longer than the grace from now on.

        :raises NotFound: when there is none with this id.
        :raises Conflict: when it has expired.
        """
        secret, now = secrets.token_urlsafe(32), self._now()

        def rotated(key: ApiKey) -> ApiKey:
            if key.is_over(now):
                raise Conflict(f"{key.name} expired on {key.expires:%Y-%m-%d}", mend="create another key")
            end = now + grace
            earlier = [Former(key.secret_sha256, end), *key.still_former(now)]
            former = tuple(Former(each.secret_sha256, min(each.until, end)) for each in earlier)
            return msgspec.structs.replace(key, secret_sha256=hash_secret(secret), former=former)

        def changed(file: KeyFile) -> KeyFile:
            of = _known(key_id, file)
            return KeyFile([rotated(key) if key is of else key for key in file.keys])

        self._file.update(changed)
        return _token(key_id, secret)

    def rescope(self, token: str, scopes: tuple[Scope, ...]) -> None:
        """Have a key, if it is there, bear these scopes and no others; whoever holds it goes on using it."""
        _, _, rest = token.partition("_")

        def rescoped(key: ApiKey) -> ApiKey:
            return msgspec.structs.replace(key, scopes=scopes) if rest.startswith(f"{key.id}_") else key

        self._file.update(lambda file: KeyFile([rescoped(key) for key in file.keys]))

    def revoke(self, key_id: str) -> None:
        """Remove a key; it is refused from the next second on.

        :raises NotFound: when there is none with this id.
        """

        def without(file: KeyFile) -> KeyFile:
            of = _known(key_id, file)
            return KeyFile([key for key in file.keys if key is not of])

        self._file.update(without)

    def all(self) -> list[ApiKey]:
        """All keys, oldest first."""
        return self._file.read().keys

    def authenticate(self, header: str | None, scope: Scope, address: str = "") -> ApiKey:
        """The key that an `Authorization` header bears; `address`: whom it comes from.

        :raises Unauthenticated: when it is missing, not of this form, or unknown.
        :raises Forbidden: when the key has not the scope.
        :raises TooManyRequests: as `check`.
        """
        kind, _, token = (header or "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise Unauthenticated(
                "no API key", mend="send `Authorization: Bearer <key>`; `cadran keys create` makes one"
            )
        return self.check(token.strip(), scope, address)

    def check(self, token: str, scope: Scope, address: str = "") -> ApiKey:
        """The key that reads so.

        :raises Unauthenticated: when it is unknown.
        :raises Forbidden: when the key has not the scope.
        :raises TooManyRequests: when too many wrong secrets of it came from this address: then none is looked at any
            more, but those that were right before. Who guesses keeps out nobody who was let in, nor any other key.
        """
        prefix, _, rest = token.partition("_")
        key_id, _, secret = rest.partition("_")
        key = self._find(key_id) if prefix == "cdr" else None
        told, now = hash_secret(secret), self._clock()
        if key is not None and key.had(told, now):  # no guess: whoever was not told must not keep out those who were
            mend = "use the newest that `cadran keys rotate` gave"
            raise Unauthenticated("this secret of the key was replaced, and its grace is over", mend=mend)
        if key is not None and told not in self._right:
            self._wrong.check(key.id, address)
        if (key or _NOBODYS).has(told, now) and key is not None:
            self._right.add(told)
            return self._allowed(key, scope)
        if key is not None:
            self._wrong.note(key.id, address)
        return self._allowed(None, scope)

    def recall(self, key_id: str, scope: Scope) -> ApiKey:
        """A key that was checked before, by its id: whether it still stands.

        :raises Unauthenticated: when it was revoked since.
        :raises Forbidden: when the key has not the scope.
        """
        return self._allowed(self._find(key_id), scope)

    def _find(self, key_id: str) -> ApiKey | None:
        return next((key for key in self._file.recent().keys if key.id == key_id), None)

    def _allowed(self, key: ApiKey | None, scope: Scope) -> ApiKey:
        if key is None:
            raise Unauthenticated(
                "this API key is not known", mend="check it for missing characters, or create another"
            )
        if key.is_over(self._clock()):
            raise Unauthenticated(f"this API key expired on {key.expires:%Y-%m-%d}", mend="create another")
        if not key.allows(scope):
            raise Forbidden(f"this key has not the scope {scope}", mend=f"create one with `--scope {scope}`")
        return key

    def _now(self) -> datetime:
        return self._clock().replace(microsecond=0)


_NOBODYS = ApiKey("", "", hash_secret(secrets.token_urlsafe(32)), (), "", datetime.min.replace(tzinfo=UTC))
"""Compared with where an id is not known: that takes as long to refuse as a wrong secret."""


def _token(key_id: str, secret: str) -> str:
    return f"cdr_{key_id}_{secret}"


def _known(key_id: str, file: KeyFile) -> ApiKey:
    key = next((key for key in file.keys if key.id == key_id), None)
    if key is None:
        if key_id.startswith("cdr_"):  # a whole key is a secret, and not repeated
            raise NotFound("this is no id but a whole key", mend="give the part between the first _ and the second")
        raise NotFound(f"no key has the id {key_id!r}", mend="`cadran keys list` shows them")
    return key
