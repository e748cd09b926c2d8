"""What a campaign and a draw are."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from services.common.events.fields import ID_LENGTH, PLAIN

MOST_CUSTOMERS = 10_000
"""Of one request."""

CampaignId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        pattern=r"^[^/]+$(?!\n)",
        description="The campaign's id, as `customer.contacted` bears it, without a slash.",
        examples=["autumn"],
        extra_json_schema={"pattern": PLAIN},
    ),
]
CustomerId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=ID_LENGTH,
        description="The customer's pseudonym, the same as in orders.",
        examples=["C-1"],
        extra_json_schema={"pattern": PLAIN},
    ),
]
Share = Annotated[
    float, Meta(gt=0, lt=1, description="The share to contact, more than 0 and less than 1.", examples=[0.9])
]
Seed = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        description="What the draw starts from, a text; leave it out and it is made at random.",
        examples=["2026-autumn"],
        extra_json_schema={"pattern": PLAIN},
    ),
]
Title = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        description="What people call it.",
        examples=["Autumn letter"],
        extra_json_schema={"pattern": PLAIN},
    ),
]


class Group(StrEnum):
    """What a customer was drawn into: the groups of the event contract."""

    CONTACT = "contact"
    HOLDOUT = "holdout"


class Setup(msgspec.Struct, forbid_unknown_fields=True):
    """What a campaign is set up with. Seed and name, left out, stay what they are."""

    share: Share
    seed: Seed | None = None
    name: Title | None = None


class Campaign(msgspec.Struct, frozen=True):
    """A campaign as it stands. `share` is that of the draws to come."""

    campaign_id: CampaignId
    name: str
    share: float
    seed: str
    created_at: datetime


class Assignment(msgspec.Struct, frozen=True):
    """What was drawn for a customer, and when: it stays, whatever becomes of the share."""

    customer_id: str
    group: Group
    assigned_at: datetime
