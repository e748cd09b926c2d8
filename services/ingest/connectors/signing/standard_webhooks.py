"""Standard Webhooks (https://www.standardwebhooks.com), as Formbricks and others sign by it.

The `standardwebhooks` package asks its own clock and tells a broken header by whatever Python raises, so the forty
lines that it takes are here; its signatures are the vectors of our tests.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import timedelta

from services.common.errors import Unauthenticated
from services.ingest.connectors.connector import Delivery
from services.ingest.connectors.signing.signatures import MEND, epoch, require_one, require_recent

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
VERSION = "v1,"
PREFIX = "whsec_"
TOLERANCE = timedelta(minutes=5)
MOST_SIGNATURES = 20


def verify_standard(delivery: Delivery, secrets: Sequence[str]) -> None:
    """That a delivery is signed by one of the secrets, and of now.

    :raises Unauthenticated: when it is not.
    """
    sent, name = delivery.headers.get(TIMESTAMP), delivery.headers.get(ID)
    given = (delivery.headers.get(SIGNATURE) or "").split()[:MOST_SIGNATURES]
    if not sent or not name or not given:
        missing = next(header for header in (TIMESTAMP, ID, SIGNATURE) if not delivery.headers.get(header, "").strip())
        raise Unauthenticated("is missing", field=missing, mend="have the vendor sign what it sends")
    message = f"{name}.{sent}.".encode() + delivery.body
    _require_any(given, message, secrets)
    require_recent(epoch(sent), TIMESTAMP, delivery.received_at, TOLERANCE)


def _require_any(given: Sequence[str], message: bytes, secrets: Sequence[str]) -> None:
    """A sender that changes its secret signs by both for a while: one of several signatures must do."""
    for one in given[:-1]:
        try:
            return require_one(one, SIGNATURE, lambda secret: signature(secret, message), secrets)
        except Unauthenticated:
            continue
    return require_one(given[-1], SIGNATURE, lambda secret: signature(secret, message), secrets)


def signature(secret: str, message: bytes) -> str:
    """What a header holds of a message.

    :raises Unauthenticated: when the secret is no text in base64, with `whsec_` before it or not.
    """
    encoded = secret.removeprefix(PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise Unauthenticated("cannot be verified: the secret is not in base64", field=SIGNATURE, mend=MEND) from None
    return VERSION + base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()
