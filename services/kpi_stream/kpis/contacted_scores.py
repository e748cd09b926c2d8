"""How customers who had been contacted score us, beside the others: told so coarsely that no answer shows in it.

A contact that is sent late moves a customer's score from the others' to the contacted ones'. Whoever sends one, or sees
that one was sent, may look before and after. So of few answers nothing is told, of some the mean to half a point, and
only of many to a tenth: one answer then moves what is told by a step at most.
"""

from collections.abc import Mapping
from fractions import Fraction

from services.kpi_stream.kpis.blocks import in_blocks
from services.kpi_stream.kpis.kpi import Flag, Related, Subject, Totals, Unit
from services.kpi_stream.kpis.loyalty_cells import SCORES_OF_CONTACTED, SCORES_OF_OTHERS
from services.kpi_stream.kpis.requests import Asking, together
from services.kpi_stream.kpis.world import World
from services.kpi_stream.measures import MeasureGroup

STEPS = ((100, Fraction(1, 10)), (20, Fraction(1, 2)))
"""From so many answers the mean is told in such steps: a step is no less than one answer of 0 to 10 can move it."""


def scores_beside(subject: Subject, world: World) -> Asking[Mapping[str, Related]]:
    """The mean scores of the two, of whole blocks of days."""
    spans = [{"window": subject.window.span}]
    contacted, others = yield from together(
        [in_blocks(group, subject, spans, world) for group in (SCORES_OF_CONTACTED, SCORES_OF_OTHERS)]
    )
    return {
        "score_of_contacted": _mean(SCORES_OF_CONTACTED, contacted[0]["window"]),
        "score_of_others": _mean(SCORES_OF_OTHERS, others[0]["window"]),
    }


def _mean(group: MeasureGroup, totals: Totals) -> Related:
    counts = [totals[name] for name in group.measures]
    n = sum(counts)
    step = next((step for least, step in STEPS if n >= least), None)
    if step is None:
        return Related(None, Unit.SCORE, n=n, flags=(Flag.SUPPRESSED,))
    mean = Fraction(sum(score * count for score, count in enumerate(counts)), n)
    return Related(float(round(mean / step) * step), Unit.SCORE, n=n)
