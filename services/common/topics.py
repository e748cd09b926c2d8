"""The topics, by name."""

from enum import StrEnum


class Topic(StrEnum):
    """One topic per kind of entity, and one for what could not be applied."""

    LEADS = "cadran.leads"
    ORDERS = "cadran.orders"
    CUSTOMERS = "cadran.customers"
    OFFERS = "cadran.offers"
    ANSWERS = "cadran.answers"
    PRICES = "cadran.prices"
    VISITS = "cadran.visits"
    REFERENCE = "cadran.reference"
    DEAD = "cadran.dead"
