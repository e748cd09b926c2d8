"""The file of accounts: whose deliveries are taken. Followed while the gateway runs; a fault in it changes nothing."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from services.common import yaml_files
from services.common.errors import ConfigurationError, Invalid, Unavailable
from services.common.events.explain import explain
from services.common.logging import get_logger
from services.common.secret_files import read_secret
from services.common.settings import ROOT
from services.common.settled import Settled
from services.common.yaml_files import Document, FileKind
from services.ingest.connectors.asking.terms import ApiTerms
from services.ingest.connectors.asking.vendor_api import VendorApi, check_terms
from services.ingest.connectors.connector import Account, Connector
from services.ingest.connectors.reading.names import Names, Pseudonyms

log = get_logger(__name__)

ACCOUNTS = FileKind("the file of accounts", "CADRAN_INGEST_CONNECTORS", "docs/connectors.md")
MOST_SECRETS = 2
"""The old one and the new one, while it is changed."""
LOOK_SECONDS = 1.0
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class Configured(NamedTuple):
    """An account as it works."""

    connector: Connector
    name: str
    words: Account
    names: Names

    @property
    def vendor(self) -> str:
        return self.connector.vendor

    @property
    def can_complete(self) -> bool:
        """Can objects be asked for that deliveries merely name?"""
        return self.connector.fetch is not None and bool(self.words.token_file)

    def secrets(self) -> Sequence[str]:
        """What its deliveries may be signed with, as the file says at this moment; none: nothing is taken."""
        return _lines(self.words.secret_file)[-MOST_SECRETS:]

    def terms(self) -> ApiTerms:
        """How its vendor's API is asked.

        :raises ConfigurationError: when it cannot be asked so.
        """
        if self.connector.terms is None:
            raise ConfigurationError(f"{self.connector.facts.title} has no API that is asked")
        terms = self.connector.terms(self.words, self.token())
        check_terms(terms)
        return terms

    def token(self) -> str:
        """What its vendor's API is asked with; empty: it is not asked."""
        return next(iter(_lines(self.words.token_file)), "")


Accounts = Mapping[tuple[str, str], Configured]
"""By vendor and name."""


def _lines(file: str) -> Sequence[str]:
    if not file:
        return ()
    try:
        return [line.strip() for line in read_secret(ROOT / file).splitlines() if line.strip()]
    except ConfigurationError as error:
        log.warning("a secret cannot be read", error=str(error))
        return ()


OpenApi = Callable[[Configured], VendorApi]


def open_api(account: Configured) -> VendorApi:
    """The API of an account's vendor.

    :raises ConfigurationError: when it cannot be asked as the account says.
    """
    return VendorApi(account.connector.facts.title, account.terms())


class AccountReader:
    """Reads files of accounts of these vendors."""

    def __init__(self, connectors: Mapping[str, Connector], pseudonyms: Pseudonyms) -> None:
        self._connectors = connectors
        self._pseudonyms = pseudonyms

    def read(self, name: str, content: bytes) -> Accounts:
        """What the content of a file says.

        :raises ConfigurationError: naming every fault with its line and the mend.
        """
        return yaml_files.read(name, content, ACCOUNTS, self._of)

    def _of(self, document: Document) -> Accounts:
        file = document.convert(_File)
        found: dict[tuple[str, str], Configured] = {}
        for vendor, accounts in (file.accounts if file else {}).items():
            try:
                connector = self._connector(vendor)
                named = _mapping(accounts)
            except Invalid as error:
                _blame(document, ("accounts", vendor), error)
                continue
            for name, words in named.items():
                try:
                    found[vendor, name] = self._account(connector, name, words)
                except Invalid as error:
                    _blame(document, ("accounts", vendor, name), error)
        return found

    def _connector(self, vendor: str) -> Connector:
        connector = self._connectors.get(vendor)
        if connector is None:
            raise Invalid("is no vendor", mend=f"the vendors are {', '.join(self._connectors)}")
        return connector

    def _account(self, connector: Connector, name: str, words: object) -> Configured:
        if not _NAME.fullmatch(name):
            raise Invalid("is no name", mend="up to 40 small letters, digits, - and _: it stands in the address")
        account = _converted(_mapping(words), connector.account)
        if account.sync_every and connector.pages is None:
            raise Invalid(
                "cannot be", field="sync_every", mend=f"{connector.facts.title} cannot be asked; leave it out"
            )
        if account.sync_every and not account.token_file:
            raise Invalid("is missing", field="token_file", mend="the vendor's API is asked with it")
        names = Names(connector.vendor, name, self._pseudonyms, reps=account.reps, customers=account.customers)
        found = Configured(connector, name, account, names)
        try:
            connector.check(account)
            if found.token():
                found.terms()
        except ConfigurationError as error:
            raise Invalid(error.message, field=error.field, mend=error.mend) from None
        return found


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    accounts: Annotated[dict[str, Any], Meta(description="By vendor its accounts, by name; {} for none.")]


def _mapping(stated: object) -> dict[str, Any]:
    """What stands behind a word: nothing at all is as good as {}."""
    if stated == "":
        return {}
    if not isinstance(stated, dict):
        raise Invalid("expected words of its own", mend="write them below it, each with a colon, or {}")
    return stated


def _blame(document: Document, place: tuple[str, ...], error: Invalid) -> None:
    where = (*place, *filter(None, error.field.split(".")))
    document.blame(Invalid(error.message, field=".".join(where), mend=error.mend), where)


def _converted(words: object, model: type[Account]) -> Account:
    try:
        return msgspec.convert(words, model)
    except msgspec.ValidationError as error:
        raise explain(error, model, "") from None


class FollowedAccounts:
    """The accounts in force."""

    def __init__(self, path: Path, reader: AccountReader, *, look_seconds: float = LOOK_SECONDS) -> None:
        self._path = path
        self._look_seconds = look_seconds
        self._reader = reader
        self._accounts: Accounts = {}
        self._settled = Settled()
        self.fault = ""

    def load(self) -> None:
        """Take the file as it is; there may be none, and then there are no accounts.

        :raises ConfigurationError: naming every fault with its line and the mend.
        """
        content = _content(self._path)
        self._settled.followed = content
        if content is not None:
            self._read(content)

    async def run(self) -> None:
        """Follow the file for ever."""
        while True:
            await asyncio.sleep(self._look_seconds)
            await self._look()

    def all(self) -> Accounts:
        return self._accounts

    def find(self, vendor: str, name: str) -> Configured | None:
        """
        :raises Unavailable: when none is known for a fault in the file: 401 would have vendors switch off.
        """
        if self.fault and not self._accounts:
            raise Unavailable("the file of accounts cannot be used", mend="the gateway's log says why", retry_after=60)
        return self._accounts.get((vendor, name))

    async def _look(self) -> None:
        """Follow what has settled."""
        content = await asyncio.to_thread(_content, self._path)
        if not self._settled.is_new(content):
            return
        self._settled.followed = content
        try:
            await asyncio.to_thread(self._read, content)
        except ConfigurationError as error:
            log.error("the accounts stay as they were", error=str(error))  # noqa: TRY400 - a person's fault, not ours
            return
        log.info("the accounts are followed", accounts=len(self._accounts))

    def _read(self, content: bytes | None) -> None:
        try:
            self._accounts = self._reader.read(self._path.name, _there(content))
        except ConfigurationError as error:
            self.fault = str(error)
            raise
        self.fault = ""


def _content(path: Path) -> bytes | None:
    """What the file holds; none while there is no such file. Of anything else, reading might never end."""
    try:
        return path.read_bytes() if path.is_file() else None
    except FileNotFoundError:
        return None


def _there(content: bytes | None) -> bytes:
    """
    :raises ConfigurationError: when the file that was there is gone: that is no way to say that there are no accounts.
    """
    if content is None:
        raise ConfigurationError("the file is gone", field=ACCOUNTS.setting, mend="restore it; `accounts: {}` is none")
    return content
