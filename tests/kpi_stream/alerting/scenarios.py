"""Thresholds and readings in which everything collides: few values, at, between and beside the levels."""

from datetime import timedelta
from random import Random

from hypothesis import strategies as st

from services.common.windows import WindowName
from services.kpi_stream.alerting.judging import Reading
from services.kpi_stream.kpis.text import Text
from services.kpi_stream.kpis.threshold import Hours, Side, Threshold

STEP = timedelta(minutes=1)
VALUES = (None, 0.7, 0.79, 0.8, 0.81, 0.85, 0.9, 0.91, 1.0)
COUNTS = (None, 0, 9, 10, 11)
KNOWN = (None, False, True, True)
LEVELS = ((0.8, 0.9), (0.8, 0.8))
LASTS = (0 * STEP, 1 * STEP, 3 * STEP)
NOBODY = Text(en="-", fr="-")


def any_reading(random: Random) -> Reading:
    value, low, high = (random.choice(VALUES) for _ in range(3))
    return Reading(value, low, high, random.choice(COUNTS), random.choice(KNOWN), random.choice(KNOWN))


def any_threshold(random: Random) -> Threshold:
    """Below 0.8 and back at 0.9, or above 0.9 and back at 0.8, or with one level for both."""
    side = random.choice(list(Side))
    levels = random.choice(LEVELS)
    level, clear = levels if side is Side.BELOW else levels[::-1]
    return Threshold(
        name="Test",
        window=WindowName.DAYS_7,
        side=side,
        level=level,
        clear=clear,
        least=random.choice([0, 10]),
        sure=random.choice([False, True]),
        lasts=random.choice(LASTS),
        hours=random.choice(list(Hours)),
        title=NOBODY,
        advice=NOBODY,
    )


readings = st.builds(any_reading, st.randoms(use_true_random=False))
thresholds = st.builds(any_threshold, st.randoms(use_true_random=False))
histories = st.lists(readings, min_size=1, max_size=25)
