"""API keys: random, stored hashed, each with scopes and a namespace.

A key reads `cdr_<id>_<secret>`. The file keeps the id and the SHA-256 of the secret (256 random bits need no slow
hash). It is read again when it changes, so that a key can be added or revoked while services run.
"""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import msgspec

from services.common.errors import Forbidden, NotFound, Unauthenticated
from services.common.watched_file import WatchedFile


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


class ApiKey(msgspec.Struct, frozen=True):
    """A key as it is stored: never the secret."""

    id: str
    name: str
    secret_sha256: str
    scopes: tuple[Scope, ...]
    namespace: str
    created: datetime

    def allows(self, scope: Scope) -> bool:
        return scope in self.scopes


class KeyFile(msgspec.Struct):
    """The file's content."""

    keys: list[ApiKey] = []


def hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class KeyRing:
    """The keys of an installation."""

    def __init__(self, path: Path) -> None:
        self._file = WatchedFile(path, KeyFile, mend="restore it, or create keys anew")

    def create(self, name: str, scopes: tuple[Scope, ...], namespace: str) -> str:
        """Add a key and return it: the only moment at which the secret is known."""
        key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        stored = ApiKey(key_id, name, hash_secret(secret), scopes, namespace, datetime.now(UTC).replace(microsecond=0))
        self._file.update(lambda file: KeyFile([*file.keys, stored]))
        return f"cdr_{key_id}_{secret}"

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
            left = [key for key in file.keys if key.id != key_id]
            if len(left) == len(file.keys):
                raise NotFound(f"no key has the id {key_id!r}", mend="`cadran keys list` shows them")
            return KeyFile(left)

        self._file.update(without)

    def all(self) -> list[ApiKey]:
        """All keys, oldest first."""
        return self._file.read().keys

    def authenticate(self, header: str | None, scope: Scope) -> ApiKey:
        """The key that an `Authorization` header bears.

        :raises Unauthenticated: when it is missing, not of this form, or unknown.
        :raises Forbidden: when the key has not the scope.
        """
        kind, _, token = (header or "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise Unauthenticated(
                "no API key", mend="send `Authorization: Bearer <key>`; `cadran keys create` makes one"
            )
        return self.check(token.strip(), scope)

    def check(self, token: str, scope: Scope) -> ApiKey:
        """The key that reads so.

        :raises Unauthenticated: when it is unknown.
        :raises Forbidden: when the key has not the scope.
        """
        prefix, _, rest = token.partition("_")
        key_id, _, secret = rest.partition("_")
        key = self._find(key_id) if prefix == "cdr" else None
        stored = key.secret_sha256 if key else hash_secret("")
        same = hmac.compare_digest(stored, hash_secret(secret))
        return _allowed(key if same else None, scope)

    def recall(self, key_id: str, scope: Scope) -> ApiKey:
        """A key that was checked before, by its id: whether it still stands.

        :raises Unauthenticated: when it was revoked since.
        :raises Forbidden: when the key has not the scope.
        """
        return _allowed(self._find(key_id), scope)

    def _find(self, key_id: str) -> ApiKey | None:
        return next((key for key in self._file.recent().keys if key.id == key_id), None)


def _allowed(key: ApiKey | None, scope: Scope) -> ApiKey:
    if key is None:
        raise Unauthenticated("this API key is not known", mend="check it for missing characters, or create another")
    if not key.allows(scope):
        raise Forbidden(f"this key has not the scope {scope}", mend=f"create one with `--scope {scope}`")
    return key
