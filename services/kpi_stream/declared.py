"""What an installation declares once, and entities contribute by: so it is part of the state version."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import msgspec

from services.common.settings import Settings
from services.kpi_stream.pairs_file import load_pairs


class LoyaltyDays(msgspec.Struct, frozen=True):
    """How long customers are followed, in business days.

    After an order, contacts count up to the end of day `landmark`, and returns in the `follow_up` days after it. After
    an assignment, returns count in the `follow_up` days. A score is a contacted customer's if they were contacted in
    the `contacted` days before it.
    """

    landmark: int = 14
    follow_up: int = 90
    contacted: int = 90


class Declared(msgspec.Struct, frozen=True):
    """What contributions depend on beside the entity. `pairs`: by base sku, the skus that go with it."""

    zone: ZoneInfo
    loyalty: LoyaltyDays = LoyaltyDays()
    pairs: Mapping[str, tuple[str, ...]] = {}


def declared_by(settings: Settings) -> Declared:
    """What an installation's settings declare.

    :raises ConfigurationError: when the file of pairs cannot be used.
    """
    pairs = load_pairs(settings.pairs_file) if settings.pairs_file else {}
    return Declared(settings.zone, loyalty_days(settings), pairs)


def loyalty_days(settings: Settings) -> LoyaltyDays:
    """How long an installation follows its customers."""
    return LoyaltyDays(settings.loyalty_landmark_days, settings.loyalty_follow_up_days, settings.loyalty_contacted_days)
