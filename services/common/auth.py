"""API keys: random, stored hashed, each with scopes and a namespace.

A key reads `cdr_<id>_<secret>`. The file keeps the id and the SHA-256 of the secret (256 random bits need no slow
hash). It is read again when it changes, so that a key can be added or revoked while services run.
"""

import hashlib
import hmac
import os
import secrets
import time
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import msgspec

from services.common.errors import ConfigurationError, Forbidden, NotFound, Unauthenticated

RECHECK_SECONDS = 1.0


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
        self._path = path
        self._keys: dict[str, ApiKey] = {}
        self._stamp: tuple[int, int] | None = None
        self._checked = float("-inf")

    def create(self, name: str, scopes: tuple[Scope, ...], namespace: str) -> str:
        """Add a key and return it: the only moment at which the secret is known."""
        key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        stored = ApiKey(key_id, name, hash_secret(secret), scopes, namespace, datetime.now(UTC).replace(microsecond=0))
        self._write([*self.all(), stored])
        return f"cdr_{key_id}_{secret}"

    def rescope(self, token: str, scopes: tuple[Scope, ...]) -> None:
        """Have a key, if it is there, bear these scopes and no others; whoever holds it goes on using it."""
        _, _, rest = token.partition("_")
        known = self.all()
        keys = [msgspec.structs.replace(key, scopes=scopes) if rest.startswith(f"{key.id}_") else key for key in known]
        if keys != known:
            self._write(keys)

    def revoke(self, key_id: str) -> None:
        """Remove a key; it is refused from the next second on.

        :raises NotFound: when there is none with this id.
        """
        left = [key for key in self.all() if key.id != key_id]
        if len(left) == len(self.all()):
            raise NotFound(f"no key has the id {key_id!r}", mend="`cadran keys list` shows them")
        self._write(left)

    def all(self) -> list[ApiKey]:
        """All keys, oldest first."""
        self._read()
        return list(self._keys.values())

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
        key = self._current().get(key_id) if prefix == "cdr" else None
        stored = key.secret_sha256 if key else hash_secret("")
        same = hmac.compare_digest(stored, hash_secret(secret))
        return _allowed(key if same else None, scope)

    def recall(self, key_id: str, scope: Scope) -> ApiKey:
        """A key that was checked before, by its id: whether it still stands.

        :raises Unauthenticated: when it was revoked since.
        :raises Forbidden: when the key has not the scope.
        """
        return _allowed(self._current().get(key_id), scope)

    def _current(self) -> dict[str, ApiKey]:
        now = time.monotonic()
        if now - self._checked >= RECHECK_SECONDS:
            self._checked = now
            self._read()
        return self._keys

    def _read(self) -> None:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            self._keys, self._stamp = {}, None
            return
        stamp = (stat.st_mtime_ns, stat.st_size)
        if stamp == self._stamp:
            return
        try:
            content = msgspec.json.decode(self._path.read_bytes(), type=KeyFile)
        except msgspec.DecodeError as error:
            raise ConfigurationError(
                f"{self._path} holds no keys: {error}", mend="restore it, or create keys anew"
            ) from None
        self._keys, self._stamp = {key.id: key for key in content.keys}, stamp

    def _write(self, keys: list[ApiKey]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(f".{os.getpid()}.tmp")
        draft.touch(mode=0o600)
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(KeyFile(keys))) + b"\n")
        draft.replace(self._path)
        self._read()


def _allowed(key: ApiKey | None, scope: Scope) -> ApiKey:
    if key is None:
        raise Unauthenticated("this API key is not known", mend="check it for missing characters, or create another")
    if not key.allows(scope):
        raise Forbidden(f"this key has not the scope {scope}", mend=f"create one with `--scope {scope}`")
    return key
