"""Whom and what an account means: people by pseudonyms, reps by the account's table."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Literal

PSEUDONYM_LENGTH = 24
"""Hexadecimal digits: 96 bits, so that no two of a billion people meet."""


class Pseudonyms:
    """Names for people that nobody can turn back who has not the key; with it, the same for ever."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def of(self, *parts: str) -> str:
        """A pseudonym for what these parts name together."""
        message = "\0".join(parts).encode()
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()[:PSEUDONYM_LENGTH]

    def by_email(self, address: str) -> str:
        """The customer who has an address: the same person, whoever tells it."""
        return self.of("email", address.strip().casefold())

    def by_vendor(self, vendor: str, account: str, identifier: str) -> str:
        """The customer whom an account of a vendor calls by an id."""
        return self.of("customer", vendor, account, identifier)


class Names:
    """What an account's ids become. `vendor` and `account` tell its ids from everybody else's."""

    def __init__(
        self,
        vendor: str,
        account: str,
        pseudonyms: Pseudonyms,
        *,
        reps: Mapping[str, str],
        customers: Literal["id", "email"],
    ) -> None:
        self._vendor = vendor
        self._account = account
        self._pseudonyms = pseudonyms
        self._reps = reps
        self._by_email = customers == "email"

    def customer(self, identifier: object, email: str | None = None) -> str | None:
        """A customer's pseudonym; none for a guest. By e-mail address, whoever tells it means the same person."""
        if self._by_email and email and email.strip():
            return self._pseudonyms.by_email(email)
        if identifier in (None, "", 0, "0"):
            return None
        return self._pseudonyms.by_vendor(self._vendor, self._account, str(identifier))

    def rep(self, identifier: object) -> str | None:
        """The rep whom the vendor's user is; one who is not in the table keeps a name of their own, to be seen."""
        if identifier in (None, "", 0, "0"):
            return None
        return self._reps.get(str(identifier)) or f"{self._vendor}/{self._account}/{identifier}"
