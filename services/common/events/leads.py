"""Events about leads and opportunities. Topic `cadran.leads`, subject: the lead's id."""

from typing import Literal
from zoneinfo import ZoneInfo

from services.common.events.fields import (
    Amount,
    CurrencyCode,
    Id,
    Name,
    Problem,
    Statement,
    Text,
    amount_needs_currency,
)

Outcome = Literal["won", "lost", "invalid"]


class LeadCreated(Statement, frozen=True, kw_only=True):
    """A lead or opportunity exists since this event's time."""

    rep_id: Name | None = None
    source: Name | None = None
    kind: Literal["lead", "opportunity"] = "lead"
    amount_minor: Amount | None = None
    currency: CurrencyCode | None = None
    customer_id: Id | None = None
    region: Name | None = None

    def problems(self, zone: ZoneInfo) -> list[Problem]:
        return amount_needs_currency(self)


class LeadAssigned(Statement, frozen=True, kw_only=True):
    """From this time on a lead is someone's."""

    rep_id: Name


class LeadClosed(Statement, frozen=True, kw_only=True):
    """A lead was won or lost, or turned out to be none (`invalid`: a duplicate, a test)."""

    outcome: Outcome
    rep_id: Name | None = None
    reason: Text | None = None
    amount_minor: Amount | None = None
    currency: CurrencyCode | None = None
    order_id: Id | None = None

    def problems(self, zone: ZoneInfo) -> list[Problem]:
        return amount_needs_currency(self)


class LeadReopened(Statement, frozen=True, kw_only=True):
    """A closed lead is open again."""

    reason: Text | None = None


class LeadMerged(Statement, frozen=True, kw_only=True):
    """A lead turned out to be another one: it leaves its own bucket and lends its history to `into_lead_id`, but not
    that it was invalid."""

    into_lead_id: Id
