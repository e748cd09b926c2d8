"""What contact does, where a campaign drew by lot whom to contact: there alone the difference is its effect."""

from collections.abc import Mapping

from services.kpi_stream.kpis.kpi import Flag, Number, Related, Totals, Unit
from services.kpi_stream.kpis.statistics import Interval, newcombe

LEAST_CONTACTED, MOST_OF_HOLDOUT = 0.5, 0.05
"""Shares of those drawn. Beyond them who was contacted differs so much from who was drawn that an effect is diluted."""


def effect(totals: Totals, waiting: int) -> Mapping[str, Related]:
    """The uplift of a campaign, what it comes to in customers, and whether those drawn were treated so.

    `waiting`: customers drawn whose time is not over. Nothing where nobody was drawn.
    """
    drawn = totals["drawn_contact"] + totals["drawn_holdout"]
    if not (drawn or waiting or totals["contact"] or totals["holdout"]):
        return {}
    uplift = _uplift(totals, waiting)
    found = {"uplift": uplift, "incremental_returning_customers": _incremental(totals, uplift)}
    return found | ({"contacted_as_drawn": _as_drawn(totals)} if drawn else {})


def _uplift(totals: Totals, waiting: int) -> Related:
    """Share of those drawn for contact who came back, less that of the hold-out, whoever was really contacted."""
    contact, holdout = totals["contact"], totals["holdout"]
    rates = _rate(totals["contact_returned"], contact), _rate(totals["holdout_returned"], holdout)
    return Related(
        None if rates[0] is None or rates[1] is None else rates[0] - rates[1],
        Unit.RATIO,
        n=min(contact, holdout),
        interval=newcombe(totals["contact_returned"], contact, totals["holdout_returned"], holdout),
        flags=(Flag.IMMATURE,) if waiting and not (contact and holdout) else (),
        details={
            "contact": contact,
            "contact_returned": totals["contact_returned"],
            "holdout": holdout,
            "holdout_returned": totals["holdout_returned"],
            "waiting": waiting,
        },
    )


def _incremental(totals: Totals, uplift: Related) -> Related:
    """Customers who came back and would not have: uplift x drawn for contact."""
    contact = totals["contact"]
    interval = uplift.interval and Interval(
        uplift.interval.low * contact, uplift.interval.high * contact, uplift.interval.level, uplift.interval.method
    )
    value: Number | None = None if uplift.value is None else round(float(uplift.value) * contact, 1)
    return Related(value, Unit.COUNT, n=uplift.n, interval=interval, flags=uplift.flags)


def _as_drawn(totals: Totals) -> Related:
    """Of those drawn, how many were contacted if they were to be, and left alone if not."""
    contact, holdout = totals["drawn_contact"], totals["drawn_holdout"]
    reached, reached_holdout = totals["reached_contact"], totals["reached_holdout"]
    of_contact, of_holdout = _rate(reached, contact), _rate(reached_holdout, holdout)
    differs = (of_contact or 0) < LEAST_CONTACTED or (of_holdout or 0) > MOST_OF_HOLDOUT
    kept = reached + holdout - reached_holdout
    return Related(
        _rate(kept, contact + holdout),
        Unit.RATIO,
        numerator=kept,
        denominator=contact + holdout,
        n=contact + holdout,
        details={"contacted_of_contact": of_contact, "contacted_of_holdout": of_holdout, "differs": differs},
    )


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None
