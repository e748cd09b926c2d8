"""What contact does, where a campaign drew by lot whom to contact: there alone the difference is its effect."""

from collections.abc import Mapping

import msgspec

from services.kpi_stream.kpis.kpi import Flag, Number, Related, Totals, Unit
from services.kpi_stream.kpis.rates import difference_of, rate_of
from services.kpi_stream.kpis.statistics import Interval

LEAST_CONTACTED, MOST_CONTACTED_OF_HOLDOUT = 0.5, 0.05
"""Shares of those drawn. Beyond them who was contacted differs so much from who was drawn that an effect is diluted."""


def effect(totals: Totals, waiting: int) -> Mapping[str, Related]:
    """The uplift of a campaign, what it comes to in customers, and whether those drawn were treated so.

    `waiting`: customers drawn whose time is not over. Nothing where nobody was drawn.
    """
    due = totals["due_contact"] + totals["due_holdout"]
    if not (due or waiting):
        return {}
    uplift = _uplift(totals, waiting)
    found = {"uplift": uplift, "incremental_returning_customers": _incremental(totals, uplift)}
    return found | ({"contacted_as_drawn": _as_drawn(totals)} if due else {})


def _uplift(totals: Totals, waiting: int) -> Related:
    """Share of those drawn for contact who came back, less that of the hold-out, whoever was really contacted."""
    contact, holdout = totals["due_contact"], totals["due_holdout"]
    came_back, holdout_came_back = totals["due_contact_came_back"], totals["due_holdout_came_back"]
    uplift = difference_of(came_back, contact, holdout_came_back, holdout)
    return msgspec.structs.replace(
        uplift,
        flags=(Flag.IMMATURE,) if waiting and uplift.value is None else (),
        details={
            "contact": contact,
            "contact_came_back": came_back,
            "holdout": holdout,
            "holdout_came_back": holdout_came_back,
            "waiting": waiting,
        },
    )


def _incremental(totals: Totals, uplift: Related) -> Related:
    """Customers who came back and would not have: uplift x drawn for contact."""
    contact = totals["due_contact"]
    interval = uplift.interval and Interval(
        uplift.interval.low * contact, uplift.interval.high * contact, uplift.interval.level, uplift.interval.method
    )
    value: Number | None = None if uplift.value is None else round(float(uplift.value) * contact, 1)
    return Related(value, Unit.COUNT, n=uplift.n, interval=interval, flags=uplift.flags)


def _as_drawn(totals: Totals) -> Related:
    """Of those whose time is over, how many were contacted if they were to be, and left alone if not."""
    contact, holdout = totals["due_contact"], totals["due_holdout"]
    reached, reached_holdout = totals["due_contact_reached"], totals["due_holdout_reached"]
    of_contact, of_holdout = _rate(reached, contact), _rate(reached_holdout, holdout)
    differs = (of_contact is not None and of_contact < LEAST_CONTACTED) or (
        of_holdout is not None and of_holdout > MOST_CONTACTED_OF_HOLDOUT
    )
    return msgspec.structs.replace(
        rate_of(reached + holdout - reached_holdout, contact + holdout),
        interval=None,
        details={"contacted_of_contact": of_contact, "contacted_of_holdout": of_holdout, "differs": differs},
    )


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None
