"""How deliveries of a system that Cadran does not know are known to be its own."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal

from msgspec import Meta

from services.common.errors import Unauthenticated
from services.ingest.connectors.connector import Account, Delivery
from services.ingest.connectors.signing.signatures import epoch, require_one, require_recent
from services.ingest.connectors.signing.standard_webhooks import verify_standard

TOLERANCE = timedelta(minutes=5)
AUTHORIZATION = "authorization"
BODY, TIMESTAMP = "{body}", "{timestamp}"
SECOND_DIGITS = 10
"""A time with more digits counts milliseconds: until the year 2286."""

ALGORITHMS: Mapping[str, Callable[..., Any]] = {
    "sha256": hashlib.sha256,
    "sha512": hashlib.sha512,
    "sha1": hashlib.sha1,
}


class SignedAccount(Account, frozen=True, kw_only=True):
    """The words that say how it signs."""

    signed: Annotated[
        Literal["hmac", "token", "basic", "standard-webhooks"],
        Meta(
            description="How a delivery is known: by an HMAC of it, by a secret text in a header, by HTTP Basic (the "
            "secret is `user:password`), or as Standard Webhooks has it."
        ),
    ] = "hmac"
    header: Annotated[
        str, Meta(description="The header of the HMAC or the secret text; `Authorization` unless said.")
    ] = AUTHORIZATION
    prefix: Annotated[str, Meta(description="What stands before it in the header, such as `sha256=`.")] = ""
    algorithm: Annotated[Literal["sha256", "sha512", "sha1"], Meta(description="What the HMAC is made with.")] = (
        "sha256"
    )
    encoding: Annotated[Literal["hex", "base64"], Meta(description="How the HMAC is written.")] = "hex"
    message: Annotated[
        str,
        Meta(
            pattern=r"\{body\}",
            description="What the HMAC is of: `{body}`, or with the time before it, such as `{timestamp}.{body}`.",
        ),
    ] = BODY
    timestamp_header: Annotated[
        str, Meta(description="The header of the time it was sent (seconds or milliseconds since 1970), five minutes.")
    ] = ""


def verify(delivery: Delivery, account: SignedAccount, secrets: Sequence[str]) -> None:
    if account.signed == "standard-webhooks":
        verify_standard(delivery, secrets)
    elif account.signed == "basic":
        require_one(delivery.headers.get(AUTHORIZATION), AUTHORIZATION, _basic, secrets)
    else:
        header = account.header.lower()
        expected = (lambda secret: secret) if account.signed == "token" else _hmac(delivery, account)
        require_one(_given(delivery, account, header), header, expected, secrets)


def _given(delivery: Delivery, account: SignedAccount, header: str) -> str | None:
    """What stands in the header after its prefix; hexadecimal digits all in capitals as in small letters."""
    given = delivery.headers.get(header, "")
    if not given.startswith(account.prefix):
        return None
    bare = given[len(account.prefix) :]
    is_hex = account.signed == "hmac" and account.encoding == "hex"
    return bare.lower() if is_hex and bare.isupper() else bare


def _hmac(delivery: Delivery, account: SignedAccount) -> Callable[[str], str]:
    """What makes the signature of a delivery by a secret.

    :raises Unauthenticated: when it must be of now, and is not.
    """
    before, _, after = account.message.partition(BODY)
    if account.timestamp_header or TIMESTAMP in account.message:
        sent = _sent(delivery, account.timestamp_header.lower())
        before, after = before.replace(TIMESTAMP, sent), after.replace(TIMESTAMP, sent)
    message = before.encode() + delivery.body + after.encode()

    def expected(secret: str) -> str:
        digest = hmac.new(secret.encode(), message, ALGORITHMS[account.algorithm]).digest()
        return digest.hex() if account.encoding == "hex" else base64.b64encode(digest).decode()

    return expected


def _sent(delivery: Delivery, header: str) -> str:
    """The time it was sent, as it is written."""
    if not header:
        raise Unauthenticated(
            "is missing", field="timestamp_header", mend="`message` names it: say which header has it"
        )
    sent = delivery.headers.get(header, "")
    instant = epoch(sent, per_second=1000 if len(sent) > SECOND_DIGITS else 1)
    require_recent(instant, header, delivery.received_at, TOLERANCE)
    return sent


def _basic(secret: str) -> str:
    return f"Basic {base64.b64encode(secret.encode()).decode()}"
