"""KPI 2: how many leads become sales, and who turns them best."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.common.calendar import DAY, BusinessCalendar, Place, Span
from services.common.topics import Topic
from services.common.windows import DAY_WINDOWS, FROM_TO, WIN_DAYS, Grain, Window, WindowName
from services.kpi_stream.declared import Declared
from services.kpi_stream.entities.lead import Lead, Loss, Win, owner, standing
from services.kpi_stream.kpis.cuts import ALL, KIND, OWNER, REGION, REP, SOURCE, TEAM, UNKNOWN
from services.kpi_stream.kpis.kpi import (
    Board,
    Compared,
    Direction,
    Estimate,
    Flag,
    Kpi,
    Metric,
    Panel,
    Parts,
    Related,
    Spans,
    Subject,
    Totals,
    Unit,
)
from services.kpi_stream.kpis.rates import change_of_rate, rate_of
from services.kpi_stream.kpis.statistics import wilson
from services.kpi_stream.kpis.text import Text
from services.kpi_stream.kpis.threshold import Of, Side, Threshold
from services.kpi_stream.kpis.world import World
from services.kpi_stream.measures import ALL as EVERYONE
from services.kpi_stream.measures import DAILY, Fact, MeasureGroup, Member, buckets_at

CLASS_EDGES = WIN_DAYS
"""A win falls in the first class whose edge is not less than its days; beyond the last, in `more`."""

CLASSES = (*(f"d{edge}" for edge in CLASS_EDGES), "more")
COHORT = MeasureGroup("cohort", ("created", *CLASSES), DAILY)

AMOUNTS = ("won_amount_minor", "lost_amount_minor")
CLOSINGS = MeasureGroup("closings", ("won", "lost", *AMOUNTS), DAILY, money=AMOUNTS)

DAY_STEPS = (
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 17, 21, 25, 30, 36, 43,
    52, 62, 75, 90, 108, 130, 156, 187, 224, 269, 365,
)  # fmt: skip
"""The last day of each step of the histogram of days to close; they grow by a fifth, and the last takes the rest."""

DAYS_TO_CLOSE = MeasureGroup("days_to_close", tuple(f"u{last}" for last in DAY_STEPS), DAILY)


def contributions(lead_id: str, lead: Lead, declared: Declared) -> Iterator[Fact]:
    """A lead in its cohort, and its closing on the day of closing; both to the credit of the same rep."""
    if lead.created is None:
        return
    counts, win, loss = standing(lead_id, lead)
    if not counts:
        return
    closing = win or loss
    members = _members(lead, closing.rep if closing else owner(lead))
    created_at = lead.created.at // 1_000_000
    days = _days_between(created_at, win.at // 1_000_000, declared.zone) if win else None
    yield Fact(
        COHORT, created_at, members, (1, *(int(days is not None and i == class_of(days)) for i in range(len(CLASSES))))
    )
    if closing is not None:
        yield _closing(lead, closing, members)
    if win is not None and days is not None:
        step = min(bisect_left(DAY_STEPS, days), len(DAY_STEPS) - 1)
        yield Fact(DAYS_TO_CLOSE, win.at // 1_000_000, members, tuple(int(i == step) for i in range(len(DAY_STEPS))))


def class_of(days: int) -> int:
    """The index of the class of a win after so many days."""
    return bisect_left(CLASS_EDGES, days)


def _days_between(start: int, end: int, zone: ZoneInfo) -> int:
    """Business days of the calendar from one instant to another (seconds); 0 where the win comes first."""
    return max(0, buckets_at(end // 60, zone).day - buckets_at(start // 60, zone).day)


def _closing(lead: Lead, closing: Win | Loss, members: tuple[Member, ...]) -> Fact:
    """A closing with its amount; a loss without one takes what the lead was worth when it was created."""
    amount, currency = closing.amount, closing.currency
    if amount is None and isinstance(closing, Loss) and lead.created is not None:
        amount, currency = lead.created.value.amount, lead.created.value.currency
    won = isinstance(closing, Win)
    values = (1, 0, amount or 0, 0) if won else (0, 1, 0, amount or 0)
    return Fact(CLOSINGS, closing.at // 1_000_000, members, values, currency or "")


def _members(lead: Lead, rep: str) -> tuple[Member, ...]:
    created = lead.created.value if lead.created else None
    return (
        EVERYONE,
        ("rep", rep),
        ("owner", owner(lead)),
        ("source", (created.source if created else None) or UNKNOWN),
        ("region", (created.region if created else None) or UNKNOWN),
        ("kind", created.kind if created else UNKNOWN),
    )


def cohort_span(window: Window, world: World) -> Span:
    """The leads that the headline follows: of the window's length, ended so long ago that all had their time.

    A `from..to` query follows the leads of just those days.
    """
    return window.span if window.name == FROM_TO else _ended_by(_last_mature(world), window, world.calendar)


@lru_cache(maxsize=1024)
def _ended_by(last: date, window: Window, calendar: BusinessCalendar) -> Span:
    """As many days as a window has, up to a day."""
    days = (window.last_day(calendar) - window.first_day(calendar)).days + 1
    return calendar.days_span(last - timedelta(days=days - 1), last)


def _last_mature(world: World) -> date:
    """The last day of which every lead had its full time."""
    return world.today - timedelta(days=world.win_days + 1)


def spans(window: Window, world: World) -> Spans:
    return {"window": window.span, "cohort": cohort_span(window, world)}


def compared(window: Window, world: World, place: Place, grain: Grain) -> Compared | None:  # noqa: ARG001
    """The cohort and the one a window earlier; an unfinished cohort is never compared."""
    current = cohort_span(window, world)
    if not _is_mature(current, world):
        return None
    calendar = world.calendar
    days = round(current.length.total_seconds() / 86400)
    previous = Span(calendar.shift_days(current.start, -days), current.start)
    now_spans, then_spans = ({"window": span, "cohort": span} for span in (current, previous))
    return Compared(now_spans, then_spans, calendar.midnight(world.today))


def _is_mature(cohort: Span, world: World) -> bool:
    """Did every lead of the cohort have its full time?"""
    return cohort.end <= world.calendar.midnight(_last_mature(world) + DAY)


def won_within(cohort: Totals, days: int) -> int:
    """Leads of a cohort that were won within some days, one of the class edges."""
    return sum(cohort[name] for name in CLASSES[: CLASS_EDGES.index(days) + 1])


def estimate(parts: Parts, subject: Subject, world: World) -> Estimate:
    window, cohort = parts["window"], parts["cohort"]
    created, won = cohort["created"], won_within(cohort, world.win_days)
    mature = _is_mature(cohort_span(subject.window, world), world)
    won_amount = window.money("won_amount_minor")
    measures = {
        "created": window["created"],
        "won": window["won"],
        "lost": window["lost"],
        "won_amount": world.major(won_amount),
        "won_amount_minor": won_amount,
        "lost_amount_minor": window.money("lost_amount_minor"),
    }
    return Estimate(
        value=won / created if created else None,
        measures=measures,
        n=created,
        numerator=won,
        denominator=created,
        interval=wilson(won, created),
        flags=() if mature else (Flag.IMMATURE,),
    )


def beside(parts: Parts, subject: Subject, world: World) -> Mapping[str, Related]:  # noqa: ARG001
    """What is won so far, how closings went, and how long they took."""
    window = parts["window"]
    won, lost, created = window["won"], window["lost"], window["created"]
    so_far = sum(window[name] for name in CLASSES)
    won_amount, lost_amount = window.money("won_amount_minor"), window.money("lost_amount_minor")
    amount = won_amount + lost_amount if won_amount is not None and lost_amount is not None else None
    median, p90 = (quantile([window[m] for m in DAYS_TO_CLOSE.measures], q) for q in (0.5, 0.9))
    return {
        "won_so_far": rate_of(so_far, created, (Flag.IMMATURE,)),
        "closing_rate": rate_of(won, won + lost),
        "closing_rate_by_amount": Related(
            won_amount / amount if amount and won_amount is not None else None,
            Unit.RATIO,
            numerator=won_amount,
            denominator=amount,
            flags=(Flag.RATE_MISSING,) if amount is None else (),
        ),
        "days_to_close": Related(median, Unit.COUNT, n=won, details={"median": median, "p90": p90}),
    }


def quantile(counts: Sequence[int], q: float) -> float | None:
    """A quantile of days to close from the histogram: exact up to 10 days, within a step (a fifth) beyond."""
    total = sum(counts)
    if total == 0:
        return None
    rank, before = q * total, 0
    for i, count in enumerate(counts):
        if count and before + count >= rank:
            first = DAY_STEPS[i - 1] + 1 if i else 0
            within = (rank - before) / count
            return round(first + within * (DAY_STEPS[i] - first), 1)
        before += count
    return float(DAY_STEPS[-1])


KPI = Kpi(
    id="acquisition_rate",
    number=2,
    version=1,
    title=Text(en="Acquisition rate", fr="Taux d’acquisition"),
    question=Text(
        en="How many opportunities become sales, and who turns them best?",
        fr="Combien d’opportunités deviennent des ventes, et qui les transforme le mieux ?",
    ),
    formula=Text(
        en="Leads won in time (30 days, unless set otherwise) / leads created, once all have had their time.",
        fr="Prospects gagnés à temps (30 jours, sauf réglage) / prospects créés, une fois ce délai passé pour tous.",
    ),
    credit=Text(
        en="Who closed it, else whose it was then; while open, whose it is. By owner: whose it is now.",
        fr="Qui l’a conclu, sinon qui le suivait alors ; ouvert : qui le suit. Par titulaire : qui le suit.",
    ),
    unit=Unit.RATIO,
    good=Direction.UP,
    board=Board.SALES,
    cuts=(ALL, REP, OWNER, TEAM, SOURCE, REGION, KIND),
    groups=(COHORT, CLOSINGS, DAYS_TO_CLOSE),
    contributions={"lead": contributions},
    feeds=(Topic.LEADS, Topic.ORDERS),
    metrics=(
        Metric("acquisition_ratio", Unit.RATIO, "Share of a cohort's leads that were won in time"),
        Metric("closing_ratio", Unit.RATIO, "Won / (won + lost), by closing day", source="closing_rate"),
    ),
    estimate=estimate,
    beside=beside,
    windows=DAY_WINDOWS,
    grain=Grain.DAY,
    spans=spans,
    compared=compared,
    change=change_of_rate,
    panels=(
        Panel("stat", Text(en="Acquisition rate", fr="Taux d’acquisition"), "acquisition_ratio"),
        Panel(
            "bars",
            Text(en="Acquisition rate by source", fr="Taux d’acquisition par origine"),
            "acquisition_ratio",
            cut="source",
        ),
        Panel(
            "table",
            Text(en="Acquisition rate by rep", fr="Taux d’acquisition par commercial"),
            "acquisition_ratio",
            cut="rep",
        ),
        Panel("stat", Text(en="Closing rate", fr="Taux de conclusion"), "closing_ratio"),
    ),
    alerts=(
        Threshold(
            name="AcquisitionFalls",
            window=WindowName.DAYS_30,
            of=Of.CHANGE,
            side=Side.BELOW,
            level=-0.005,
            clear=0.0,
            least=100,
            lasts=timedelta(hours=1),
            title=Text(en="Fewer leads become sales", fr="Moins de prospects deviennent des ventes"),
            advice=Text(
                en="See by source and by rep where leads are lost, and read the reasons of the losses.",
                fr="Voir par origine et par commercial où des prospects se perdent, et lire les motifs de perte.",
            ),
        ),
    ),
)
