"""Events about customers. Topic `cadran.customers`, subject: the customer's (pseudonymous) id."""

from typing import Literal

from services.common.events.fields import Id, Name, Statement


class CustomerContacted(Statement, frozen=True, kw_only=True):
    """Someone wrote to or called a customer."""

    contact_id: Id
    medium: Name
    campaign_id: Id | None = None
    rep_id: Name | None = None


class CustomerAssigned(Statement, frozen=True, kw_only=True):
    """A campaign drew a customer into one of its groups by lot; the earliest statement of a campaign stands.

    An uplift is told of whoever was drawn: send it only where chance alone chose (docs/campaigns.md does).
    """

    campaign_id: Id
    group: Literal["contact", "holdout"]
