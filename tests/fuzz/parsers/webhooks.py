"""What vendors send: bodies of every connector, signatures, and the file of accounts."""

import base64
import hmac
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from services.common.errors import Invalid
from services.ingest.connectors.accounts import AccountReader
from services.ingest.connectors.connector import Reading
from services.ingest.connectors.reading.events import event_of
from services.ingest.connectors.reading.names import Pseudonyms
from services.ingest.connectors.signing.signatures import sha256_base64, sha256_hex
from services.ingest.connectors.vendors import CONNECTORS, formbricks, hubspot, shopify, stripe, tally, typeform
from services.ingest.connectors.vendors.hubspot import HubspotAccount
from services.ingest.connectors.vendors.stripe import StripeAccount
from tests.fuzz.parsers.fuzzing import Parser
from tests.fuzz.parsers.mutating import json_parts, lines, words_of
from tests.ingest.connectors.vendors import pipedrive_story, salesforce_story
from tests.ingest.connectors.vendors import test_formbricks as formbricks_test
from tests.ingest.connectors.vendors import test_generic_story as generic_test
from tests.ingest.connectors.vendors import test_shopify as shopify_test
from tests.ingest.connectors.vendors import test_tally as tally_test
from tests.ingest.connectors.vendors import test_typeform as typeform_test
from tests.ingest.connectors.vendors import test_woocommerce as woocommerce_test
from tests.support.events import PARIS, RECEIVED
from tests.support.stories import ACCOUNT, KEY, SECRET, Teller, delivery

EXAMPLES = Path(salesforce_story.__file__).parents[1] / "examples"
TELLERS: Mapping[str, Teller] = {
    "shopify": shopify_test.SHOP,
    "woocommerce": woocommerce_test.SHOP,
    "stripe": Teller(CONNECTORS["stripe"], StripeAccount(reps={"7": "ana"})),
    "hubspot": Teller(CONNECTORS["hubspot"], HubspotAccount(reps={"501": "ana", "502": "bob"})),
    "pipedrive": pipedrive_story.COMPANY,
    "salesforce": salesforce_story.ORG,
    "typeform": typeform_test.FORM,
    "formbricks": formbricks_test.SURVEY,
    "tally": tally_test.FORM,
    "generic": generic_test.SHOP,
}
TOPICS = {"shopify": shopify_test.TOPICS, "woocommerce": woocommerce_test.TOPICS}
HEADERS = {"shopify": "x-shopify-topic", "woocommerce": "x-wc-webhook-topic"}
FILE = b"""accounts:
  typeform:
    feedback:
      secret_file: /run/secrets/typeform_feedback
      question: nps
      scale: 0-10
  shopify:
    paris:
      secret_file: /run/secrets/shopify
      shop: paris.myshopify.com
      customers: email
      reps: {u1: ana}
"""


def read_body(body: bytes, vendor: str) -> None:
    """Every body under every topic that it may bear. It is accepted if something is made of it under one of them."""
    teller, made = TELLERS[vendor], 0
    fault: Invalid | None = None
    for topic in TOPICS.get(vendor, ("",)):
        headers = {HEADERS[vendor]: topic} if topic else {}
        try:
            made += _stated(teller, teller.read(delivery(body, headers)))
        except Invalid as error:
            fault = error
        except OverflowError:  # a moment that no calendar has, which the gateway tells as such
            fault = Invalid("holds a moment that no calendar has")
    if not made:
        raise fault or Invalid("nothing is made of it")


def _stated(teller: Teller, read: Reading) -> int:
    for said in read.said:
        event_of(said, vendor=teller.connector.vendor, account=ACCOUNT, received_at=RECEIVED, zone=PARIS)
    return len(read.said) + len(read.wanted) + len(read.redacted)


def read_signature(body: bytes, signed: "Signed") -> None:
    """The header of a signature, and below it the body. Whatever is taken says just what was signed.

    Tally signs what JavaScript would write: blanks do not count.
    """
    head, _, rest = body.partition(b"\n")
    sent = {**_SENT, signed.header: head.decode("latin-1")}
    signed.verify(delivery(rest, sent, url=_URL), signed.account, [signed.secret])
    assert msgspec.json.decode(rest) == msgspec.json.decode(_BODY), "a body that nobody signed"


_SENT = {
    "x-hubspot-request-timestamp": str(int((RECEIVED - timedelta(seconds=1)).timestamp() * 1000)),
    "webhook-id": "msg_1",
    "webhook-timestamp": str(int(RECEIVED.timestamp())),
}
_BODY = b'{"id":1}'
_URL = "https://cadran.example.org/v1/connectors/x/paris"
_WHSEC = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def _stripe() -> bytes:
    sent = int(RECEIVED.timestamp())
    return b"t=%d,v1=%s" % (sent, sha256_hex(SECRET, b"%d." % sent + _BODY).encode())


def _hubspot() -> bytes:
    said = f"POST{_URL}".encode() + _BODY + _SENT["x-hubspot-request-timestamp"].encode()
    return sha256_base64(SECRET, said).encode()


def _standard() -> bytes:
    key = base64.b64decode(_WHSEC.removeprefix("whsec_"))
    said = f"{_SENT['webhook-id']}.{_SENT['webhook-timestamp']}.".encode() + _BODY
    return b"v1," + base64.b64encode(hmac.digest(key, said, "sha256"))


class Signed(NamedTuple):
    """How a vendor's signature is verified, and one that is right."""

    verify: Callable[..., None]
    header: str
    account: Any
    signature: bytes
    secret: str = SECRET


SIGNED: Mapping[str, Signed] = {
    "shopify": Signed(
        shopify.CONNECTOR.verify,
        "x-shopify-hmac-sha256",
        shopify_test.SHOP.account,
        sha256_base64(SECRET, _BODY).encode(),
    ),
    "typeform": Signed(
        typeform.CONNECTOR.verify,
        "typeform-signature",
        typeform_test.FORM.account,
        b"sha256=" + sha256_base64(SECRET, _BODY).encode(),
    ),
    "tally": Signed(
        tally.CONNECTOR.verify, "tally-signature", tally_test.FORM.account, sha256_base64(SECRET, _BODY).encode()
    ),
    "stripe": Signed(stripe.CONNECTOR.verify, "stripe-signature", StripeAccount(), _stripe()),
    "hubspot": Signed(hubspot.CONNECTOR.verify, "x-hubspot-signature-v3", HubspotAccount(), _hubspot()),
    "formbricks": Signed(
        formbricks.CONNECTOR.verify, "webhook-signature", formbricks_test.SURVEY.account, _standard(), _WHSEC
    ),
}


def _examples(vendor: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((EXAMPLES / vendor).glob("*.*"))]


def read_accounts(content: bytes) -> None:
    AccountReader(CONNECTORS, Pseudonyms(KEY)).read("accounts.yml", content)


PARSERS = [
    *(
        Parser(
            f"webhook, {vendor}",
            _examples(vendor),
            words_of(b"<!ENTITY", b"xmlns", b"CDATA") if vendor == "salesforce" else json_parts,
            partial(read_body, vendor=vendor),
            12,
        )
        for vendor in TELLERS
    ),
    Parser(
        "webhook, salesforce CDC",
        [msgspec.json.encode({"changes": []})],
        json_parts,
        partial(read_body, vendor="salesforce"),
        2,
    ),
    *(
        Parser(
            f"signature, {vendor}",
            [signed.signature + b"\n" + _BODY],
            words_of(b"t=", b"v1=", b"v1,", b"sha256="),
            partial(read_signature, signed=signed),
            6,
        )
        for vendor, signed in SIGNED.items()
    ),
    Parser("accounts of connectors", [FILE], lines, read_accounts, 2),
]
