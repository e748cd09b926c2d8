"""Statements about leads, as events and whole objects of HubSpot both make them.

Both say the same about the same moments. An event knows one property; the object knows all, and its revision is the
greater: what it says of a moment replaces what an event said.
"""

from datetime import datetime
from typing import Literal, NamedTuple

from services.common.events.fields import Data
from services.common.events.leads import LeadAssigned, LeadClosed, LeadCreated, LeadMerged, LeadReopened
from services.ingest.connectors.connector import Said
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.prospects import UNASSIGNED
from services.ingest.connectors.vendors.hubspot.account import Kind, Outcome

OWNER, AMOUNT = "hubspot_owner_id", "amount"
CLOSED, WON = "hs_is_closed", "hs_is_closed_won"
STAGED: dict[Kind, tuple[str, ...]] = {"deal": ("dealstage",), "contact": ("lifecyclestage", "hs_lead_status")}
HISTORY: dict[Kind, tuple[str, ...]] = {
    "deal": (OWNER, "dealstage", CLOSED, WON, AMOUNT),
    "contact": (OWNER, "lifecyclestage", "hs_lead_status"),
}
"""Properties of which it matters what they were."""
PROPERTIES: dict[Kind, tuple[str, ...]] = {
    "deal": (OWNER, AMOUNT, "deal_currency_code", "hs_analytics_source", "hs_merged_object_ids"),
    "contact": (OWNER, "hs_analytics_source", "hs_country_region_code", "hs_merged_object_ids"),
}

_TYPES: dict[type[Data], str] = {
    LeadCreated: "lead.created",
    LeadAssigned: "lead.assigned",
    LeadClosed: "lead.closed",
    LeadReopened: "lead.reopened",
    LeadMerged: "lead.merged",
}


class Money(NamedTuple):
    """Minor units; neither where the amount or its currency is unknown."""

    amount: int | None
    currency: str | None


UNKNOWN = Money(None, None)


class About(NamedTuple):
    """The lead that is spoken of, and with which revision."""

    kind: Kind
    identifier: str
    revision: int

    def says(self, at: datetime, data: Data) -> Said:
        return Said(_TYPES[type(data)], lead_id(self.kind, self.identifier), at, data)

    def assigned(self, at: datetime, owner: str, names: Names) -> Said:
        """Whose it is; no owner: nobody's."""
        return self.says(at, LeadAssigned(rep_id=names.rep(owner) or UNASSIGNED, revision=self.revision))

    def stands(self, at: datetime, outcome: Outcome, money: Money = UNKNOWN) -> Said:
        if outcome == "open":
            return self.says(at, LeadReopened(revision=self.revision))
        amount, currency = money
        data = LeadClosed(outcome=outcome, amount_minor=amount, currency=currency, revision=self.revision)
        return self.says(at, data)

    def merged(self, at: datetime, into: str) -> Said:
        return self.says(at, LeadMerged(into_lead_id=lead_id(self.kind, into), revision=self.revision))

    @property
    def kind_of_lead(self) -> Literal["lead", "opportunity"]:
        return "opportunity" if self.kind == "deal" else "lead"


def lead_id(kind: Kind, identifier: str) -> str:
    """Contacts and deals are numbered apart."""
    return f"{kind}/{identifier}"
