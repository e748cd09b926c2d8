"""Events about offers made to a customer. Topic `cadran.offers`, subject: the offer's id."""

from typing import Literal
from zoneinfo import ZoneInfo

from services.common.events.fields import (
    Amount,
    CurrencyCode,
    Id,
    Name,
    Problem,
    Statement,
    amount_needs_currency,
)


class OfferMade(Statement, frozen=True, kw_only=True):
    """A rep proposed something more, or something better. `technique` is your own word for how: choose a few."""

    kind: Literal["up_sell", "cross_sell"]
    rep_id: Name
    technique: Name
    offered_sku: Id
    base_sku: Id | None = None
    customer_id: Id | None = None
    order_id: Id | None = None


class OfferAnswered(Statement, frozen=True, kw_only=True):
    """The customer said yes or no; `amount_delta_minor` is what the yes brought, without tax. What is given back of the
    order lines that bear the offer is taken off it."""

    outcome: Literal["accepted", "refused"]
    amount_delta_minor: Amount | None = None
    currency: CurrencyCode | None = None
    order_id: Id | None = None

    def problems(self, zone: ZoneInfo) -> list[Problem]:
        return amount_needs_currency(self, "amount_delta_minor")
