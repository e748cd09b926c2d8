"""Thresholds and readings in which everything collides: few values, at, between and beside the levels."""

from datetime import timedelta

from hypothesis import strategies as st

from services.common.windows import WindowName
from services.kpi_stream.alerting.judging import Reading
from services.kpi_stream.kpis.text import Text
from services.kpi_stream.kpis.threshold import Hours, Side, Threshold

STEP = timedelta(minutes=1)
VALUES = (None, 0.7, 0.79, 0.8, 0.81, 0.85, 0.9, 0.91, 1.0)
NOBODY = Text(en="-", fr="-")

values = st.sampled_from(VALUES)
known = st.sampled_from([None, False, True, True])
readings = st.builds(
    Reading,
    value=values,
    low=values,
    high=values,
    n=st.sampled_from([None, 0, 9, 10, 11]),
    open=known,
    trusted=known,
)
histories = st.lists(readings, min_size=1, max_size=25)


@st.composite
def thresholds(draw: st.DrawFn) -> Threshold:
    """Below 0.8 and back at 0.9, or above 0.9 and back at 0.8, or with one level for both."""
    side = draw(st.sampled_from(Side))
    level, clear = draw(st.sampled_from([(0.8, 0.9), (0.8, 0.8)]))
    if side is Side.ABOVE:
        level, clear = clear, level
    return Threshold(
        name="Test",
        window=WindowName.DAYS_7,
        side=side,
        level=level,
        clear=clear,
        least=draw(st.sampled_from([0, 10])),
        sure=draw(st.booleans()),
        lasts=draw(st.sampled_from([0, 1, 3])) * STEP,
        hours=draw(st.sampled_from(Hours)),
        title=NOBODY,
        advice=NOBODY,
    )
