"""What a vendor's connector is made of: how its deliveries are verified, what they say, and facts to set it up by.

A vendor is one module under `vendors/`, with its examples and its test; `vendors/__init__.py` lists them all. From it
come the path that its deliveries are sent to, the words of its accounts, its page in docs/connectors/ and what
`cadran connectors check` tells.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta

from services.common.events.fields import Data
from services.ingest.connectors.asking.terms import ApiTerms
from services.ingest.connectors.reading.names import Names

if TYPE_CHECKING:  # so that what reads can be shown to ask nobody
    from services.ingest.connectors.asking.vendor_api import VendorApi


class Delivery(NamedTuple):
    """One request of a vendor. `headers`: names in lower case; `url`: as the vendor wrote it, behind whatever proxy."""

    headers: Mapping[str, str]
    body: bytes
    url: str
    received_at: datetime
    method: str = "POST"


class Said(NamedTuple):
    """What a payload states, in the words of the event contract; ids as the vendor gives them.

    `time` is constant for one fact however often it is sent, and `data.revision` grows with the vendor's time of the
    update (milliseconds since 1970): so whatever the order of arrival, the latest state stands.
    """

    type: str
    subject: str
    time: datetime
    data: Data


class Wanted(NamedTuple):
    """An object that a payload merely names: to be asked for at the vendor's API, where the account has a token."""

    kind: str
    object_id: str


class Reading(NamedTuple):
    """What became of a payload.

    `topic`: the vendor's name of what happened. `redacted`: customers (pseudonyms) who are to be forgotten.
    `ignored`: why of something in it nothing was made; nothing at all where the rest is empty. `refused`: why it cannot
    be read, where it is one of many and the others can.
    """

    topic: str
    said: tuple[Said, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    redacted: tuple[str, ...] = ()
    ignored: str = ""
    refused: str = ""


class Account(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The words of an account; a vendor adds its own. All are texts, as they stand in the file."""

    secret_file: Annotated[
        str, Meta(description="The file of the secret that deliveries are verified by; two lines while it is changed.")
    ] = ""
    token_file: Annotated[str, Meta(description="The file of the token for the vendor's API, where it is asked.")] = ""
    api: Annotated[str, Meta(description="Where the vendor's API is, if elsewhere than usual.")] = ""
    sync_every: Annotated[
        Literal["", "15m", "1h", "6h", "1d"],
        Meta(description="How often what was missed is asked for: 15m, 1h, 6h or 1d; empty: never."),
    ] = ""
    reps: Annotated[dict[str, str], Meta(description="Our reps by the vendor's ids of its users.")] = {}
    customers: Annotated[
        Literal["id", "email"],
        Meta(
            description="What customers are told apart by, always by a keyed hash: the vendor's own id, or the e-mail "
            "address, by which several systems mean the same person."
        ),
    ] = "id"


class Topic(NamedTuple):
    """A thing that a vendor tells of, and what becomes of it."""

    name: str
    becomes: str


class Field(NamedTuple):
    """A field of ours, and where it comes from."""

    ours: str
    theirs: str


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a person must know to set it up. Texts may hold `{url}`, `{secret_file}` and `{account}`."""

    title: str
    docs: str
    signed: str
    signed_with: str
    steps: tuple[str, ...]
    topics: tuple[Topic, ...]
    fields: tuple[Field, ...]
    traps: tuple[str, ...] = ()
    test: str = ""


class Acknowledgement(NamedTuple):
    """What a vendor wants to read; empty: what became of the delivery, in JSON."""

    media_type: str = "application/json"
    body: bytes = b""


class Page(NamedTuple):
    """A part of what a vendor's API lists. `cursor`: where to go on after it; empty: it was the last.

    `total`: how many objects there are in all, where the vendor says so.
    """

    readings: Sequence[Reading]
    cursor: str
    total: int | None = None


Verify = Callable[[Delivery, Any, Sequence[str]], None]
"""Of a delivery, its account and the secrets that are live; raises `Unauthenticated`."""
Read = Callable[[Delivery, Any, Names], Reading]
"""Pure. Raises `CadranError` where the payload cannot be what the vendor documents."""
Greets = Callable[[Delivery], bool]
"""Is this the vendor's unsigned trial of the address? It is answered, and nothing is stored."""
Fetch = Callable[["VendorApi", Wanted, Any, Names], Awaitable[Reading]]
"""Ask for an object. Raises `NotFound` where there is none, `Unavailable` where it is to be tried again."""
Pages = Callable[["VendorApi", datetime, str, Any, Names], AsyncGenerator[Page, None]]
"""Ask for all that was updated since a time, from a cursor on (empty: the beginning), in an order in which nothing is
missed though things change meanwhile."""
Terms = Callable[[Any, str], ApiTerms]
"""Of an account and its token: how its API is asked."""


Check = Callable[[Any], None]
"""What words alone cannot tell of an account; raises `ConfigurationError`."""


def _fine(_: Account) -> None:
    return None


def _never(_: Delivery) -> bool:
    return False


class Connector(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor. `fetch` and `pages` need `terms`.

    `topic_header`: where it says what it tells of, if not in the body.
    """

    vendor: str
    facts: Facts
    account: type[Account]
    verify: Verify
    read: Read
    check: Check = _fine
    greets: Greets = _never
    topic_header: str = ""
    acknowledgement: Acknowledgement = Acknowledgement()
    terms: Terms | None = None
    fetch: Fetch | None = None
    pages: Pages | None = None
