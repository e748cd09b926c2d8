"""HubSpot's signature, version 3: the only one that holds the time, so that what was overheard cannot be sent again."""

import re
from collections.abc import Sequence
from datetime import timedelta

from services.ingest.connectors.connector import Delivery
from services.ingest.connectors.signing.signatures import epoch, require_one, require_recent, sha256_base64
from services.ingest.connectors.vendors.hubspot.account import HubspotAccount

SIGNATURE, TIMESTAMP = "x-hubspot-signature-v3", "x-hubspot-request-timestamp"
TOLERANCE = timedelta(minutes=5)
ESCAPES = re.compile("%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)
"""Those that HubSpot signs as the characters that they stand for; others are signed as they are written.

https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation"""


def verify(delivery: Delivery, _: HubspotAccount, secrets: Sequence[str]) -> None:
    """Signed are the method, the address as HubSpot knows it, the body and the time."""
    sent = delivery.headers.get(TIMESTAMP, "")
    require_recent(epoch(sent, per_second=1000), TIMESTAMP, delivery.received_at, TOLERANCE)
    url = ESCAPES.sub(lambda escape: chr(int(escape[1], 16)), delivery.url)
    message = f"{delivery.method}{url}".encode() + delivery.body + sent.encode()
    mend = f"compare the secret, and the app's target URL with {delivery.url}, which CADRAN_INGEST_PUBLIC_URL sets"
    given = delivery.headers.get(SIGNATURE)
    require_one(given, SIGNATURE, lambda secret: sha256_base64(secret, message), secrets, mend)
