"""The letter's three pictures. Pure.

They are drawn for a phone's width, on a ground of their own, so that they are read in dark mode too. What matters is
told by form and by words as well as by colour: filled or hollow, broken or whole, left or right.
"""

from typing import NamedTuple

from services.board.charts import Drawing, Scale, reach, round_steps, scale
from services.board.letter.judging import Verdict
from services.board.letter.story import KpiWeek, Story
from services.board.letter.words import Words, _

WIDTH, EDGE = 440, 12
PAPER, INK, SOFT, LINE = "#fff", "#1d2528", "#566266", "#dcd8cf"
NOW, BEFORE, TARGET, NOISE = "#0b6e75", "#fff", "#b35c00", "#e4e0d6"

MOST_CHANNELS = 8
FURTHEST = 2.5
"""Times the edge of noise that a change is drawn away from 0 at most; beyond stands an arrow."""

BY_DAY = _("The month’s target, spread over its days: %(target)s.")


class Picture(NamedTuple):
    """A picture: a name, what stands above it, what it shows in words, and the SVG."""

    name: str
    title: str
    about: str
    svg: str


def pictures(story: Story, words: Words) -> tuple[Picture, ...]:
    """The three pictures of a week."""
    return sales_by_day(story, words), changes(story, words), sales_by_channel(story, words)


def sales_by_day(story: Story, words: Words) -> Picture:
    """A pair of bars a day: this week's, and the week before's; across them the month's target for a day."""
    formats, unit, month = words.formats, story.sales.unit, story.sales.month
    told = [
        _compared(words, formats.weekday(day.day), formats.value(day.value, unit), formats.value(day.before, unit))
        for day in story.days
    ]
    target = month.target_by_day if month else None
    about = " ".join([*told, *([words.text(BY_DAY, target=formats.value(target, unit))] if target is not None else [])])
    drawing = Drawing(WIDTH, about)
    top, bottom, left = 56, 216, 74
    values = [value for day in story.days for value in (day.value, day.before) if value is not None]
    steps = round_steps(*reach([*values, target]))
    height = scale(steps[0], steps[-1], bottom, top)
    drawing.rect(0, 0, WIDTH, bottom + 32, PAPER)
    _legend(drawing, words, with_target=target is not None)
    for step in steps:
        drawing.line(left, height(step), WIDTH - EDGE, height(step), LINE)
        drawing.text(left - 6, height(step) + 4, formats.compact(step, unit) if step else "0", SOFT, "end")
    each = (WIDTH - EDGE - left) / len(story.days)
    for i, day in enumerate(story.days):
        x = left + i * each
        _bar(drawing, x + each * 0.14, each * 0.34, height, day.before, BEFORE, SOFT)
        _bar(drawing, x + each * 0.5, each * 0.34, height, day.value, NOW, NOW)
        drawing.text(x + each / 2, bottom + 20, formats.weekday(day.day), INK, "middle")
    if target is not None:
        drawing.line(left, height(target), WIDTH - EDGE, height(target), TARGET, 2, "6 4")
    return Picture(
        "days", words.text(_("%(sales)s by day"), sales=words.title(story.sales)), about, drawing.svg(bottom + 32)
    )


def _compared(words: Words, name: str, value: str, before: str) -> str:
    said = _("%(name)s: %(value)s, the week before %(before)s.")
    return words.text(said, name=name, value=value, before=before)


def _bar(
    drawing: Drawing,
    x: float,
    width: float,
    height: Scale,
    value: float | None,
    fill: str,
    edge: str,
) -> None:
    if value is not None:
        top, bottom = sorted((height(value), height(0)))
        drawing.rect(x, top, width, bottom - top, fill, edge)


def _legend(drawing: Drawing, words: Words, *, with_target: bool) -> None:
    drawing.rect(EDGE, 12, 12, 12, NOW, NOW)
    drawing.text(EDGE + 18, 22, words.text(_("this week")), INK)
    drawing.rect(WIDTH / 2, 12, 12, 12, BEFORE, SOFT)
    drawing.text(WIDTH / 2 + 18, 22, words.text(_("week before")), INK)
    if with_target:
        drawing.line(EDGE, 38, EDGE + 26, 38, TARGET, 2, "6 4")
        drawing.text(EDGE + 32, 42, words.text(_("month’s target, spread over its days")), INK)


def changes(story: Story, words: Words) -> Picture:
    """A dot a KPI, as many times the edge of its own noise from 0 as it moved; the band is noise."""
    about = " ".join(f"{words.title(kpi)} {words.change(kpi)} ({words.verdict(kpi)})." for kpi in story.kpis)
    drawing = Drawing(WIDTH, about)
    row, top = 42, 14
    bottom = top + row * len(story.kpis)
    x = scale(-FURTHEST, FURTHEST, EDGE, WIDTH - EDGE)
    drawing.rect(0, 0, WIDTH, bottom + 26, PAPER)
    for i, kpi in enumerate(story.kpis):
        y = top + i * row
        drawing.text(EDGE, y + 6, words.title(kpi), INK)
        drawing.text(WIDTH - EDGE, y + 6, words.change(kpi), INK, "end", _weight(kpi))
        drawing.rect(x(-1), y + 13, x(1) - x(-1), 16, NOISE)
        drawing.line(EDGE, y + 21, WIDTH - EDGE, y + 21, LINE)
        drawing.line(x(0), y + 13, x(0), y + 29, SOFT)
        _mark(drawing, kpi, x, y + 21, words)
    drawing.text(x(0), bottom + 12, words.text(_("noise")), SOFT, "middle")
    drawing.text(EDGE, bottom + 12, words.text(_("fell")), SOFT)
    drawing.text(WIDTH - EDGE, bottom + 12, words.text(_("rose")), SOFT, "end")
    return Picture("changes", words.text(_("What moved, and what is noise")), about, drawing.svg(bottom + 26))


def _weight(kpi: KpiWeek) -> str:
    return "bold" if kpi.judgement.verdict is Verdict.MOVED else "normal"


def _mark(drawing: Drawing, kpi: KpiWeek, x: Scale, y: float, words: Words) -> None:
    strength = kpi.judgement.strength
    if kpi.judgement.verdict is Verdict.STEADY:
        drawing.dot(x(max(-1.0, min(1.0, strength))), y, 5, PAPER, SOFT)
    elif kpi.judgement.verdict is not Verdict.MOVED:
        drawing.text(x(0) + 8, y + 4, words.verdict(kpi), SOFT)
    elif abs(strength) <= FURTHEST:
        drawing.dot(x(strength), y, 5, NOW, NOW)
    else:
        tip, back = (x(FURTHEST), -11) if strength > 0 else (x(-FURTHEST), 11)
        drawing.shape([(tip, y), (tip + back, y - 7), (tip + back, y + 7)], NOW)


def sales_by_channel(story: Story, words: Words) -> Picture:
    """A bar a channel, with a mark where it stood the week before."""
    formats, unit = words.formats, story.sales.unit
    channels = story.channels[:MOST_CHANNELS]
    told = [_compared(words, c.name, formats.value(c.value, unit), formats.value(c.before, unit)) for c in channels]
    about = " ".join(told) or words.text(_("Nothing was counted."))
    drawing = Drawing(WIDTH, about)
    row, top = 44, 52
    bottom = top + row * max(1, len(channels))
    x = scale(*reach([value for c in channels for value in (c.value, c.before)]), EDGE, WIDTH - EDGE)
    drawing.rect(0, 0, WIDTH, bottom, PAPER)
    drawing.rect(EDGE, 12, 12, 12, NOW, NOW)
    drawing.text(EDGE + 18, 22, words.text(_("this week")), INK)
    drawing.line(WIDTH / 2 + 6, 10, WIDTH / 2 + 6, 26, INK, 3)
    drawing.text(WIDTH / 2 + 18, 22, words.text(_("week before")), INK)
    if not channels:
        drawing.text(EDGE, top + 6, words.text(_("Nothing was counted.")), SOFT)
    for i, channel in enumerate(channels):
        y = top + i * row
        drawing.text(EDGE, y, channel.name, INK)
        figures = f"{formats.value(channel.value, unit)} ({formats.change(channel.value, channel.before, unit)})"
        drawing.text(WIDTH - EDGE, y, figures, INK, "end")
        left, right = sorted((x(0), x(channel.value or 0)))
        drawing.rect(left, y + 8, right - left, 14, NOW)
        if channel.before is not None:
            drawing.line(x(channel.before), y + 4, x(channel.before), y + 26, PAPER, 5)
            drawing.line(x(channel.before), y + 4, x(channel.before), y + 26, INK, 3)
    return Picture(
        "channels", words.text(_("%(sales)s by channel"), sales=words.title(story.sales)), about, drawing.svg(bottom)
    )
