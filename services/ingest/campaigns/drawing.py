"""The draw, pure: nothing but seed, campaign and customer decides, so that every process draws the same."""

from hashlib import blake2b

from services.ingest.campaigns.records import Campaign, Group

BITS = 53
"""As many as a float holds exactly."""


def position(seed: str, campaign_id: str, customer_id: str) -> float:
    """Where a customer stands between 0 (included) and 1 (not), as good as at random.

    Ids hold no NUL, so that no two triples are spelt alike.
    """
    digest = blake2b(f"{seed}\0{campaign_id}\0{customer_id}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> (64 - BITS)) / (1 << BITS)


def draw(campaign: Campaign, customer_id: str) -> Group:
    """Contacted is who stands before the share: with a greater share the same ones, and more."""
    before = position(campaign.seed, campaign.campaign_id, customer_id) < campaign.share
    return Group.CONTACT if before else Group.HOLDOUT
