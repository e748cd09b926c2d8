"""KPI 8: the net promoter score.

What is protected is one customer's answer: a row of fewer than five is suppressed, and rows by rep and store count
whole blocks of days, however they are asked for (`blocks.py`; docs/anonymity.md says what is not protected).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from fractions import Fraction

from services.common.events.answers import LEAST_ANSWERS, count_classes
from services.common.topics import Topic
from services.common.windows import DAY_WINDOWS, Grain, WindowName
from services.kpi_stream.declared import Declared
from services.kpi_stream.entities.answer import Answer, Given, Invitation
from services.kpi_stream.entities.order import UNASSIGNED
from services.kpi_stream.kpis.blocks import in_blocks
from services.kpi_stream.kpis.cuts import ALL, CHANNEL, REGION, REP, STORE, TOUCHPOINT, UNKNOWN
from services.kpi_stream.kpis.kpi import (
    Board,
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
from services.kpi_stream.kpis.parts import sums
from services.kpi_stream.kpis.requests import Asking
from services.kpi_stream.kpis.statistics import LEVEL, Interval, adjusted_wald, net_promoter_score, one_decimal
from services.kpi_stream.kpis.text import Text
from services.kpi_stream.kpis.threshold import Of, Side, Threshold
from services.kpi_stream.kpis.world import World
from services.kpi_stream.measures import ALL as EVERYONE
from services.kpi_stream.measures import DAILY, Fact, MeasureGroup, Member

SURVEY = "nps"
CLASSES = ("promoters", "passives", "detractors")
ANSWERS = MeasureGroup("nps", CLASSES, DAILY)
INVITATIONS = MeasureGroup("invitations", ("invited", "delivered", "answered"), DAILY)
"""By the day of the invitation."""

ONE_PERSONS = (REP, STORE)
"""The cuts whose members have few customers a day."""

WITH_INVITATIONS = (ALL, TOUCHPOINT)
MOST_ANSWER_WITHIN = timedelta(days=14)


def contributions(answer_id: str, answer: Answer, declared: Declared) -> Iterator[Fact]:  # noqa: ARG001
    """An answer on its day, and the invitation on its own."""
    if answer.given is not None:
        given = answer.given.value
        yield Fact(ANSWERS, answer.given.at // 1_000_000, _members(given), count_classes((given.score,)))
    if answer.invited is not None and answer.invited.value.survey == SURVEY:
        invitation = answer.invited.value
        yield Fact(
            INVITATIONS,
            answer.invited.at // 1_000_000,
            (EVERYONE, ("touchpoint", invitation.touchpoint)),
            _asked(invitation, is_answered=answer.given is not None),
        )


def _asked(invitation: Invitation, *, is_answered: bool) -> tuple[int, int, int]:
    return 1, int(invitation.delivered), int(invitation.delivered and is_answered)


def _members(given: Given) -> tuple[Member, ...]:
    return (
        EVERYONE,
        ("touchpoint", given.touchpoint),
        ("channel", given.channel or UNKNOWN),
        ("store", given.store or UNKNOWN),
        ("region", given.region or UNKNOWN),
        ("rep", given.rep or UNASSIGNED),
    )


def read(subject: Subject, each: Sequence[Spans], world: World) -> Asking[list[Parts]]:
    """Sums of cells; by rep and store those of whole blocks of days."""
    if subject.cut in ONE_PERSONS:
        return (yield from in_blocks(ANSWERS, subject, each, world))
    return (yield from sums((ANSWERS, INVITATIONS), subject, each))


def estimate(parts: Parts, subject: Subject, world: World) -> Estimate:  # noqa: ARG001
    """The score; of fewer than five answers nothing but how many they are."""
    totals = parts["window"]
    promoters, passives, detractors = (totals[name] for name in CLASSES)
    n = promoters + passives + detractors
    asked = {name: totals[name] for name in INVITATIONS.measures} if subject.cut in WITH_INVITATIONS else {}
    if n < LEAST_ANSWERS:
        hidden = dict.fromkeys(CLASSES, 0 if n == 0 else None)
        return Estimate(None, {**hidden, **asked}, n=n, flags=(Flag.SUPPRESSED,))
    return Estimate(
        value=one_decimal(net_promoter_score(promoters, detractors, n)),
        measures={**dict(zip(CLASSES, (promoters, passives, detractors), strict=True)), **asked},
        n=n,
        interval=adjusted_wald(promoters, detractors, n),
    )


def beside(parts: Parts, subject: Subject, world: World) -> Mapping[str, Related]:
    """How many of those asked answered, where it is known what they were asked about."""
    if subject.cut not in WITH_INVITATIONS:
        return {}
    return {"response_rate": _response_rate(parts["window"], subject, world)}


def _response_rate(totals: Totals, subject: Subject, world: World) -> Related:
    """Answered / delivered, by the day of the invitation; immature while many still have their answer before them."""
    answered, delivered = totals["answered"], totals["delivered"]
    ends = subject.window.last_day(world.calendar)
    return Related(
        answered / delivered if delivered else None,
        Unit.RATIO,
        numerator=answered,
        denominator=delivered,
        n=delivered,
        flags=(Flag.IMMATURE,) if ends > world.today - MOST_ANSWER_WITHIN else (),
    )


def change(now: Estimate, before: Estimate) -> Related | None:
    """By how much the score moved, with its margin: within the margin it is not said to have moved."""
    if now.interval is None or before.interval is None:
        return None
    scores = [_exact_score(each) for each in (now, before)]
    margin = ((now.interval.margin or 0) ** 2 + (before.interval.margin or 0) ** 2) ** 0.5
    moved = scores[0] - scores[1]
    return Related(
        one_decimal(moved),
        Unit.POINTS,
        interval=Interval(float(moved) - margin, float(moved) + margin, LEVEL, "adjusted_wald", margin),
        details={"margin": round(margin, 1), "moved": abs(moved) > margin},
    )


def _exact_score(told: Estimate) -> Fraction:
    """Of a score that is told."""
    promoters, detractors = (int(told.measures[name] or 0) for name in ("promoters", "detractors"))
    return net_promoter_score(promoters, detractors, int(told.n or 0))


KPI = Kpi(
    id="nps",
    number=8,
    version=1,
    title=Text(en="Net promoter score", fr="Net promoter score"),
    question=Text(
        en="Would they recommend us, and is it moving?",
        fr="Nous recommanderaient-ils, et cela bouge-t-il ?",
    ),
    formula=Text(
        en="100 x (promoters - detractors) / answers: 9 and 10 promote, 0 to 6 detract. "
        "Under 5 answers nothing is told; by rep and store whole blocks of days count, of at least 5 answers.",
        fr="100 x (promoteurs - détracteurs) / réponses : 9 et 10 : promoteurs, 0 à 6 : détracteurs. "
        "Sous 5 réponses, rien n’est dit ; par commercial et magasin, par blocs de jours d’au moins 5 réponses.",
    ),
    credit=Text(
        en="What the answer names: touchpoint, channel, store, region, rep.",
        fr="Ce que la réponse nomme : point de contact, canal, magasin, région, commercial.",
    ),
    unit=Unit.POINTS,
    good=Direction.UP,
    board=Board.CUSTOMERS,
    cuts=(ALL, TOUCHPOINT, CHANNEL, STORE, REGION, REP),
    groups=(ANSWERS, INVITATIONS),
    contributions={"answer": contributions},
    feeds=(Topic.ANSWERS,),
    metrics=(
        Metric("nps", Unit.POINTS, "Net promoter score, -100 to 100"),
        Metric(
            "survey_response_ratio",
            Unit.RATIO,
            "Answered / delivered, by invitation",
            "response_rate",
            WITH_INVITATIONS,
        ),
    ),
    estimate=estimate,
    windows=DAY_WINDOWS,
    grain=Grain.DAY,
    beside=beside,
    read=read,
    change=change,
    rolling=(30, 90, 1),
    unlisted=(ANSWERS, INVITATIONS),
    panels=(
        Panel("stat", Text(en="Net promoter score", fr="Net promoter score"), "nps"),
        Panel("stat", Text(en="Response rate", fr="Taux de réponse"), "survey_response_ratio"),
        Panel(
            "bars",
            Text(en="NPS by touchpoint", fr="NPS par point de contact"),
            "nps",
            cut="touchpoint",
        ),
        Panel("bars", Text(en="NPS by store", fr="NPS par magasin"), "nps", cut="store"),
        Panel("table", Text(en="NPS by rep", fr="NPS par commercial"), "nps", cut="rep"),
    ),
    alerts=(
        Threshold(
            name="NpsFalls",
            window=WindowName.DAYS_30,
            of=Of.CHANGE,
            side=Side.BELOW,
            level=-3.0,
            clear=0.0,
            least=30,
            lasts=timedelta(hours=1),
            title=Text(en="Customers recommend us less", fr="Les clients nous recommandent moins"),
            advice=Text(
                en="See by touchpoint and store where it fell, and read there what detractors write.",
                fr="Voir par point de contact et magasin où il a baissé, et y lire ce qu’écrivent les détracteurs.",
            ),
        ),
    ),
)
