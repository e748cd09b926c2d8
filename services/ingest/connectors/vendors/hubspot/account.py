"""What an account says of its HubSpot."""

from typing import Annotated, Literal

from msgspec import Meta, field

from services.ingest.connectors.connector import Account

Activity = Literal["call", "email", "meeting"]
Kind = Literal["contact", "deal", Activity]
Outcome = Literal["won", "lost", "open"]

STAGES: dict[str, Outcome] = {"closedwon": "won", "closedlost": "lost", "customer": "won", "UNQUALIFIED": "lost"}
"""What HubSpot's own stages of deals, of contacts' lives and of leads mean; other stages say nothing by themselves."""


class HubspotAccount(Account, frozen=True, kw_only=True):
    """A portal."""

    leads: Annotated[
        Literal["deals", "contacts"],
        Meta(description="What a lead is: a deal (an opportunity) or a contact. Not both: a prospect counts once."),
    ] = "deals"
    stages: Annotated[
        dict[str, Outcome],
        Meta(
            description="What stages mean, by their ids: `won`, `lost` or `open`. Deals' own marks of a closed stage "
            "need no table."
        ),
    ] = field(default_factory=dict)
    currency: Annotated[
        str,
        Meta(pattern="^([A-Z]{3})?$", description="The currency of amounts, such as EUR, where a deal does not say."),
    ] = ""
    sources: Annotated[dict[str, str], Meta(description="Our sources by HubSpot's `hs_analytics_source`.")] = field(
        default_factory=dict
    )
    regions: Annotated[dict[str, str], Meta(description="Our regions by two-letter country; else the country.")] = (
        field(default_factory=dict)
    )
    activities: Annotated[
        Literal["counted", "ignored"],
        Meta(description="Whether calls, e-mails and meetings are contacts of customers; it takes a token."),
    ] = "counted"

    @property
    def lead(self) -> Kind:
        """What kind of object a lead is."""
        return "deal" if self.leads == "deals" else "contact"

    def outcome(self, stage: str) -> Outcome | None:
        """What a stage means, if anything."""
        return self.stages.get(stage) or STAGES.get(stage)
