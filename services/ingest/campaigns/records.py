"""What a campaign and a draw are."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from services.common.events.fields import ID_LENGTH, PLAIN

MOST_CUSTOMERS = 10_000
"""Of one request."""

# U+FFFD is what a query's bytes become that are no UTF-8: many ids would become one. A cell of a table is read without
# the blanks at its ends: an id that has some could be asked about in JSON, and never by a table.
CampaignId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        pattern=r"^(?!\.{1,2}\Z)(?!\s)[^/\x00-\x1f\x7f-\x9f\ufffd]+(?<!\s)\Z",
        description="The campaign's id, as `customer.contacted` bears it, in UTF-8, neither . nor .., without a slash, "
        "a control character, or blanks at its ends",
        examples=["autumn"],
        extra_json_schema={"pattern": PLAIN},
    ),
]
CustomerId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=ID_LENGTH,
        pattern=r"^(?!\s)[^\ufffd]+(?<!\s)\Z",
        description="The customer's pseudonym, the same as in orders, without blanks at its ends, in UTF-8.",
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

    campaign_id: str
    name: str
    share: float
    seed: str
    created_at: datetime


class Assignment(msgspec.Struct, frozen=True):
    """What was drawn for a customer, and when: it stays, whatever becomes of the share."""

    customer_id: str
    group: Group
    assigned_at: datetime
