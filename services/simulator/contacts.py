"""Customers are written to and called after they have bought: mostly within two weeks, and mostly those who come back
anyway. It changes nothing of what they do.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from services.simulator.company import CAMPAIGNS, REPS, promotion_id, running
from services.simulator.customers import kind_of
from services.simulator.orders import placed_in

if TYPE_CHECKING:
    from services.simulator.plan import Day, Happening

MEDIA = ("email",) * 11 + ("phone",) * 4 + ("sms",) * 3 + ("letter",) * 2
"""Each as often as in twenty."""

SOON, LATE = (1, 14), (16, 40)
"""Days after the order, both included."""

LATE_SHARE = 0.12
NEWSLETTER, NEWSLETTER_SHARE = "newsletter", 0.2


def contacts_of_day(made: "Day", happenings: Sequence["Happening"]) -> "Iterator[Happening]":
    """Who is contacted because of a day's orders, in the weeks after them."""
    random = made.random
    for placed in placed_in(happenings):
        customer, rep = placed["data"].get("customer_id"), placed["data"].get("rep_id")
        if customer is None or random.random() >= kind_of(customer).contacted:
            continue
        days = random.randint(*(LATE if random.random() < LATE_SHARE else SOON))
        bought = datetime.fromisoformat(placed["time"]).astimezone(made.zone)
        time = bought.replace(hour=random.randrange(9, 19)) + timedelta(days=days)
        yield from contact(made, customer, time.astimezone(UTC), campaign=_campaign(made, time.date()), rep=rep)


def contact(
    made: "Day", customer: str, time: datetime, *, campaign: str | None, rep: str | None = None
) -> "Iterator[Happening]":
    """A customer is written to, or called by their rep or another."""
    medium = made.random.choice(MEDIA)
    if medium == "phone" and rep is None:
        rep = made.random.choice(REPS).id
    data = {"contact_id": made.name("K"), "medium": medium, "campaign_id": campaign, "rep_id": rep}
    yield from made.happen("customer.contacted", customer, time, data)


def _campaign(made: "Day", day: date) -> str | None:
    """What it is about: the promotion that runs, else now and then the news, else nothing but the order."""
    promotion = next((promotion_id(each, day) for each in CAMPAIGNS if running(each, day)), None)
    return promotion or (NEWSLETTER if made.random.random() < NEWSLETTER_SHARE else None)
