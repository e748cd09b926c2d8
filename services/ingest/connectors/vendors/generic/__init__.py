"""Any system that sends JSON: what its deliveries say stands in a mapping file."""

import re
from typing import Annotated, Any

from msgspec import Meta

from services.common.errors import ConfigurationError
from services.common.settings import ROOT
from services.ingest.connectors.connector import Connector, Delivery, Facts, Field, Reading, Topic
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.vendors.generic.expressions import Expression, read_exactly
from services.ingest.connectors.vendors.generic.making import said_by
from services.ingest.connectors.vendors.generic.mapping_file import current_mapping, load_mapping_file
from services.ingest.connectors.vendors.generic.signature import TIMESTAMP, SignedAccount, verify

DELIVERY = "delivery"
_TOPIC = re.compile(r"[A-Za-z0-9_.:/-]{1,60}")


class GenericAccount(SignedAccount, frozen=True, kw_only=True):
    """A system, and the file that says what its deliveries mean."""

    mapping: Annotated[str, Meta(min_length=1, description="The mapping file: see [its words](mapping.md).")]


def read(delivery: Delivery, account: GenericAccount, names: Names) -> Reading:
    rules = current_mapping(ROOT / account.mapping)
    body = read_exactly(delivery.body)
    topic = _topic(rules.topic, body)
    said = tuple(said_by(rules, body, names))
    return Reading(topic, said, ignored="" if said else "no event of the mapping is made of it")


def check(account: GenericAccount) -> None:
    """What can be told of an account before anything is sent.

    :raises ConfigurationError: naming every fault of the mapping with its line, or the word of the account.
    """
    load_mapping_file(ROOT / account.mapping)
    if TIMESTAMP in account.message and not account.timestamp_header:
        mend = "`message` names the time: say which header has it"
        raise ConfigurationError("is missing", field="timestamp_header", mend=mend)


def _topic(expression: Expression | None, body: Any) -> str:
    """What the sender calls it, if that looks like a name and not like what a person wrote."""
    found = expression.of(body) if expression else None
    return found if isinstance(found, str) and _TOPIC.fullmatch(found) else DELIVERY


CONNECTOR = Connector(
    vendor="generic",
    facts=Facts(
        title="Any system that sends JSON",
        docs="https://jmespath.org",
        signed="as the account's words say: an HMAC of the body, a secret text in a header, HTTP Basic, or Standard "
        "Webhooks",
        signed_with="the secret, or `user:password`, that you give the system that sends",
        steps=(
            "Look at a delivery of your system, and write down by a mapping file what it means: start from "
            "docs/examples/connector_shop.yml or connector_crm.yml.",
            "Say in the account how it signs: `signed`, `header`, `prefix`, `algorithm`, `encoding`, and `message` and "
            "`timestamp_header` where the time is signed too.",
            "Have the system send to `{url}`, signed with the secret in `{secret_file}`.",
        ),
        topics=(Topic("anything", "what the mapping says; what it calls it is what the mapping's `topic` leads to"),),
        fields=(
            Field("any field", "by the mapping, in JMESPath"),
            Field("customer_id", "by the mapping and a keyed hash, always; so is the subject of `customer.*` events"),
            Field("rep_id", "by the mapping and the account's table `reps`"),
        ),
        traps=(
            "Where a system signs nothing, give it a secret text to send in a header: `signed: token`, or `basic`.",
            "Amounts are in major units (129.90) unless the mapping says `money: minor`. One that is finer than its "
            "currency allows is refused, never rounded.",
            "`time` must stay the same however often a thing is sent: when it was sold, not when it was changed. What "
            "changes goes into `revision`: then the latest state stands, in whatever order deliveries arrive.",
            "A changed mapping holds for what arrives from then on.",
        ),
        test="Send a delivery of the day before by hand: curl, with the header that your system would send.",
    ),
    account=GenericAccount,
    check=check,
    verify=verify,
    read=read,
)
