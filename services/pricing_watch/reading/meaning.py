"""What an amount on a page is."""

from enum import StrEnum


class Meaning(StrEnum):
    """What an amount is."""

    PRICE = "a price"
    LIST_PRICE = "a list price"
    REGULAR = "a regular price"
    """The list price where a lower price stands beside it; else the price."""
    PAST = "a price of the past"
    UNIT_PRICE = "a price per unit"
    PIECE = "a price of one piece"
    """A price per unit where a higher price stands beside it; else the price."""
    INSTALMENT = "an instalment"
    SHIPPING = "the cost of delivery"
    SAVING = "a saving or a voucher"
    DEPOSIT = "a deposit or a levy"
    MEMBERS = "a price for members, subscribers or with a coupon"
    SEVERAL = "a price for several"
    SERVICE = "a warranty or a service"
    USED = "a price of a used thing"
    STARTING = "the lowest of several prices"
    THRESHOLD = "the least that an order must come to"
    BID = "a bid"
    OTHER = "a price of another product or choice"
    PROSE = "an amount in a sentence"
