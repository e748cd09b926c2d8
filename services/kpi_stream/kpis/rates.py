"""Rates beside a headline, and differences of two: with what they rest on, and how sure they are."""

from services.kpi_stream.kpis.kpi import Estimate, Flag, Related, Unit
from services.kpi_stream.kpis.statistics import newcombe, wilson


def rate_of(part: int, whole: int, flags: tuple[Flag, ...] = ()) -> Related:
    """part / whole, with Wilson's interval; not known of nothing."""
    return Related(
        part / whole if whole else None,
        Unit.RATIO,
        numerator=part,
        denominator=whole,
        n=whole,
        interval=wilson(part, whole),
        flags=flags,
    )


def difference_of(part: int, whole: int, others_part: int, others: int) -> Related:
    """part / whole less the others', with Newcombe's interval; it rests on the smaller of the two."""
    return Related(
        part / whole - others_part / others if whole and others else None,
        Unit.RATIO,
        n=min(whole, others),
        interval=newcombe(part, whole, others_part, others),
    )


def change_of_rate(now: Estimate, before: Estimate) -> Related | None:
    """By how much a rate moved, with Newcombe's interval: while that holds 0, it is not said to have moved."""
    if not now.denominator or not before.denominator:
        return None
    return difference_of(now.numerator or 0, now.denominator, before.numerator or 0, before.denominator)
