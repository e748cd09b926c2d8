"""Every vendor as it delivers: an account, and how a body is signed for it."""

import base64
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from services.ingest.connectors.signing.signatures import sha256_base64, sha256_hex
from services.ingest.connectors.signing.standard_webhooks import signature

EXAMPLES = Path(__file__).parent / "examples"
SECRET = "d2hzZWNyZXQ="
"""Such as Formbricks can have it too: some text in base64."""


class Sent(NamedTuple):
    """What a delivery is signed over."""

    body: bytes
    url: str
    at: datetime
    topic: str


class Sender(NamedTuple):
    """A vendor: the words of its account, the secret, and the headers of a delivery."""

    words: Mapping[str, Any]
    headers: Callable[[Sent], Mapping[str, str]]
    secret: str = SECRET


def _hubspot(sent: Sent) -> Mapping[str, str]:
    at = f"{sent.at.timestamp() * 1000:.0f}"
    message = f"POST{sent.url}".encode() + sent.body + at.encode()
    return {"X-HubSpot-Signature-v3": sha256_base64(SECRET, message), "X-HubSpot-Request-Timestamp": at}


def _stripe(sent: Sent) -> Mapping[str, str]:
    at = f"{sent.at.timestamp():.0f}"
    return {"Stripe-Signature": f"t={at},v1={sha256_hex(SECRET, f'{at}.'.encode() + sent.body)}"}


def _formbricks(sent: Sent) -> Mapping[str, str]:
    at = f"{sent.at.timestamp():.0f}"
    signed = signature(SECRET, f"msg_1.{at}.".encode() + sent.body)
    return {"webhook-id": "msg_1", "webhook-timestamp": at, "webhook-signature": signed}


def _shopify(sent: Sent) -> Mapping[str, str]:
    topics = {"order": "orders/create", "refund": "refunds/create", "redact": "customers/redact"}
    return {"X-Shopify-Hmac-Sha256": sha256_base64(SECRET, sent.body), "X-Shopify-Topic": topics[sent.topic]}


def _woocommerce(sent: Sent) -> Mapping[str, str]:
    return {"X-WC-Webhook-Signature": sha256_base64(SECRET, sent.body), "X-WC-Webhook-Topic": "order.updated"}


SENDERS: Mapping[str, Sender] = {
    "shopify": Sender({}, _shopify),
    "woocommerce": Sender({}, _woocommerce),
    "stripe": Sender({"test": "counted"}, _stripe),
    "hubspot": Sender({"currency": "EUR"}, _hubspot),
    "pipedrive": Sender(
        {}, lambda _: {"Authorization": f"Basic {base64.b64encode(b'user:password').decode()}"}, "user:password"
    ),
    "salesforce": Sender({"currency": "EUR"}, lambda _: {"Content-Type": "text/xml"}, "00D5w000004qGTOEA2"),
    "typeform": Sender(
        {"question": "nps", "scale": "0-10"},
        lambda sent: {"Typeform-Signature": f"sha256={sha256_base64(SECRET, sent.body)}"},
    ),
    "formbricks": Sender({"question": "nps", "scale": "0-10"}, _formbricks),
    "tally": Sender(
        {"question": "sco001", "scale": "0-10"}, lambda sent: {"Tally-Signature": sha256_base64(SECRET, sent.body)}
    ),
    "generic": Sender(
        {"mapping": "docs/examples/connector_shop.yml", "header": "X-Signature"},
        lambda sent: {"X-Signature": sha256_hex(SECRET, sent.body)},
    ),
}


def examples_of(vendor: str) -> list[Path]:
    return sorted(path for path in (EXAMPLES / vendor).iterdir() if path.suffix in (".json", ".xml"))
