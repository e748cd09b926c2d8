"""What the interface answers, and the commands read."""

from collections.abc import Sequence

import msgspec

from services.ingest.campaigns.balance import Balance, Tally, check_balance, drawn_into
from services.ingest.campaigns.records import Assignment, Campaign, Group


class Standing(Campaign, frozen=True, kw_only=True):
    """A campaign, and how it stands: how many were drawn into each group."""

    contact: int
    holdout: int
    balance: Balance


class CampaignsAnswer(msgspec.Struct):
    """Some campaigns; `next` is the last one's id, empty where none follow."""

    campaigns: list[Standing]
    next: str


class AssignmentsAnswer(msgspec.Struct):
    """What was drawn for the customers that were asked about, in their order."""

    campaign_id: str
    assignments: Sequence[Assignment]


class AssignmentsPage(AssignmentsAnswer):
    """Some of what was drawn; `next` is the last customer's id, empty where none follow."""

    next: str


def standing(campaign: Campaign, tallies: Sequence[Tally]) -> Standing:
    return Standing(
        **msgspec.structs.asdict(campaign),
        contact=drawn_into(Group.CONTACT, tallies),
        holdout=drawn_into(Group.HOLDOUT, tallies),
        balance=check_balance(tallies),
    )
