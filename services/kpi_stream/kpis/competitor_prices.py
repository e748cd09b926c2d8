"""KPI 4: our prices against the competitors'.

Its numbers are levels: a window shows what stood at the close of its last day. Which prices are trusted was judged in
services/pricing_watch; here they are only set against ours.
"""

from collections.abc import Mapping
from datetime import timedelta
from math import exp

from services.common.topics import Topic
from services.common.windows import DAY_WINDOWS, Grain, WindowName
from services.kpi_stream.kpis.cuts import ALL, COMPETITOR
from services.kpi_stream.kpis.dearest import dearest
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
    Subject,
    Unit,
)
from services.kpi_stream.kpis.price_cells import LAST_READ, MILLION, MOVES, PAIRS, PRODUCTS, RATIOS, contributions
from services.kpi_stream.kpis.price_index import index
from services.kpi_stream.kpis.price_parts import read
from services.kpi_stream.kpis.requests import Asking, CountsByDay, together
from services.kpi_stream.kpis.text import Text
from services.kpi_stream.kpis.threshold import Side, Threshold
from services.kpi_stream.kpis.watched_pairs import watched_pairs
from services.kpi_stream.kpis.world import World

MEASURES = ("watched", "trusted", "pairs", "no_own_price", "promotions", "undercuts", "rises", "falls")
DEAREST = "dearest"

OLDEST = 1100
"""Days: a page may be read once a year, and three readings may be missed before its price is stale."""


def estimate(parts: Parts, subject: Subject, world: World) -> Estimate:  # noqa: ARG001
    """The index over pairs that are trusted, in stock, and have a price of ours."""
    totals = parts["window"]
    pairs = totals["pairs"]
    return Estimate(
        value=index(totals.level, pairs),
        measures={name: totals[name] for name in MEASURES},
        n=pairs,
        flags=(Flag.NO_OWN_PRICE,) if totals["no_own_price"] else (),
    )


def beside(parts: Parts, subject: Subject, world: World) -> Mapping[str, Related]:  # noqa: ARG001
    """How many of the watched prices are known, who is cheaper, who moved."""
    totals = parts["window"]
    watched, trusted, undercuts = totals["watched"], totals["trusted"], totals["undercuts"]
    return {
        "coverage": Related(
            trusted / watched if watched else None,
            Unit.RATIO,
            numerator=trusted,
            denominator=watched,
            n=watched,
        ),
        "watched": Related(watched, Unit.COUNT),
        "trusted": Related(trusted, Unit.COUNT),
        "undercuts": Related(undercuts, Unit.COUNT, n=totals["pairs"]),
        "undercut_by": Related(_undercut_by(totals["undercut_log"], undercuts), Unit.RATIO, n=undercuts),
        **{name: Related(totals[name], Unit.COUNT, n=trusted) for name in ("promotions", "rises", "falls")},
    }


def _undercut_by(log: int, undercuts: int) -> float | None:
    """By how much they are cheaper where they are: 1 - the geometric mean of theirs / ours."""
    return 1 - exp(-log / 10**MILLION / undercuts) if undercuts else None


def related(subject: Subject, world: World) -> Asking[Mapping[str, Related]]:
    """What is known of now alone: how old the oldest price is, and, where it is asked for, our dearest products."""
    if world.closed or subject.window.last_day(world.calendar) != world.today:
        return {}
    askings: dict[str, Asking[Related]] = {"oldest_reading": _oldest_reading(subject, world)}
    if subject.cut is ALL and subject.options.get(DEAREST) == "yes":
        askings["dearest"] = dearest(subject, world)
    found = yield from together(list(askings.values()))
    return dict(zip(askings, found, strict=True))


def _oldest_reading(subject: Subject, world: World) -> Asking[Related]:
    """How old the oldest trusted price that still holds is, to the day."""
    span = world.calendar.days_span(world.today - timedelta(days=OLDEST), world.today)
    (readings,) = yield [CountsByDay(LAST_READ, subject.cut.cell_cut, subject.member, span)]
    first = min(readings, default=None)
    if first is None:
        return Related(None, Unit.SECONDS)
    n = sum(counts["readings"] for counts in readings.values())
    age = world.today - first
    return Related(int(age.total_seconds()), Unit.SECONDS, n=n, details={"read_on": first})


def _many_moved(name: str, metric: str, title: Text) -> Threshold:
    """More than a fifth of the trusted prices moved one way today. Of a day a price moves once at most, from close to
    close: over more days the same price would count again and again."""
    return Threshold(
        name=name,
        window=WindowName.TODAY,
        metric=metric,
        share_of="price_trusted_pairs",
        side=Side.ABOVE,
        level=0.2,
        clear=0.15,
        least=30,
        least_of="price_trusted_pairs",
        sure=False,
        lasts=timedelta(minutes=15),
        title=title,
        advice=Text(
            en="See which competitor and products, and whether it is a promotion, before following.",
            fr="Voir quel concurrent et quels produits, et si c’est une promotion, avant de suivre.",
        ),
    )


KPI = Kpi(
    id="competitor_prices",
    number=4,
    version=1,
    title=Text(en="Competitors' prices", fr="Prix des concurrents"),
    question=Text(
        en="Are we dearer, where, and who moved?",
        fr="Sommes-nous plus chers, où, et qui a bougé ?",
    ),
    formula=Text(
        en="100 x the geometric mean of our price / theirs, at the close of the window's last day. "
        "Below 100 we are cheaper. A pair of our product and a competitor's page counts with a trusted price that is "
        "in stock (a page that says nothing of stock sells) and a price of ours; for consumers, tax included. "
        "A price holds until the next reading or verdict, and while the page is watched.",
        fr="100 x la moyenne géométrique de notre prix / le leur, à la clôture du dernier jour de la fenêtre. "
        "Sous 100, nous sommes moins chers. Une paire de notre produit et d’une page concurrente compte avec un prix "
        "fiable, en stock (une page qui ne dit rien du stock vend), et un prix à nous ; prix publics, taxes comprises. "
        "Un prix vaut jusqu’à la lecture ou au jugement suivant, tant que la page est suivie.",
    ),
    credit=Text(
        en="The competitor whose page it is. Promotions: a list price above the price. Rises and falls: of trusted "
        "prices, from one day's close to the next. Undercuts: pairs of one currency where they are cheaper.",
        fr="Le concurrent dont c’est la page. Promotions : un prix barré au-dessus du prix. Hausses et baisses : des "
        "prix fiables, d’une clôture à l’autre. Moins chers que nous : les paires d’une même devise.",
    ),
    unit=Unit.INDEX,
    good=Direction.DOWN,
    board=Board.COMPETITORS,
    cuts=(ALL, COMPETITOR),
    groups=(PAIRS, RATIOS, MOVES, LAST_READ, PRODUCTS),
    contributions={"product": contributions},
    feeds=(Topic.PRICES,),
    metrics=(
        Metric("price_index", Unit.INDEX, "Our prices against theirs, 100 at parity; below 100 we are cheaper"),
        Metric("price_coverage_ratio", Unit.RATIO, "Pairs with a trusted price / watched pairs", source="coverage"),
        Metric("price_undercuts", Unit.COUNT, "Pairs of one currency where they are cheaper", source="undercuts"),
        Metric("price_rises", Unit.COUNT, "Confirmed rises of their prices in the window", source="rises"),
        Metric("price_falls", Unit.COUNT, "Confirmed falls of their prices in the window", source="falls"),
        *(
            Metric(f"price_{name}", unit, help_text, source=source, cuts=(ALL,))
            for name, unit, help_text, source in (
                ("undercut_ratio", Unit.RATIO, "By how much they are cheaper where they are", "undercut_by"),
                ("watched_pairs", Unit.COUNT, "Our products on competitors' pages that are watched", "watched"),
                ("trusted_pairs", Unit.COUNT, "Those of them with a trusted price", "trusted"),
                ("promotions", Unit.COUNT, "Pairs with a list price above the price", "promotions"),
                (
                    "oldest_reading_seconds",
                    Unit.SECONDS,
                    "Age of the oldest trusted price, to the day",
                    "oldest_reading",
                ),
            )
        ),
    ),
    estimate=estimate,
    windows=DAY_WINDOWS,
    grain=Grain.DAY,
    beside=beside,
    related=related,
    read=read,
    describe=watched_pairs,
    options={DEAREST: ("no", "yes")},
    panels=(
        Panel("stat", Text(en="Price index", fr="Indice de prix"), "price_index"),
        Panel("stat", Text(en="Coverage", fr="Couverture"), "price_coverage_ratio"),
        Panel("stat", Text(en="They are cheaper", fr="Moins chers que nous"), "price_undercuts"),
        Panel("stat", Text(en="Their falls", fr="Leurs baisses"), "price_falls"),
        Panel("stat", Text(en="Their rises", fr="Leurs hausses"), "price_rises"),
        Panel("stat", Text(en="Their promotions", fr="Leurs promotions"), "price_promotions"),
        Panel(
            "stat",
            Text(en="Oldest reading", fr="Plus vieille lecture"),
            "price_oldest_reading_seconds",
        ),
        Panel(
            "bars",
            Text(en="Price index by competitor", fr="Indice de prix par concurrent"),
            "price_index",
            cut="competitor",
        ),
        Panel(
            "bars",
            Text(en="Their falls by competitor", fr="Leurs baisses par concurrent"),
            "price_falls",
            cut="competitor",
        ),
    ),
    alerts=(
        Threshold(
            name="OurPricesAreHigh",
            window=WindowName.TODAY,
            side=Side.ABOVE,
            level=105.0,
            clear=104.0,
            least=30,
            sure=False,
            lasts=timedelta(hours=1),
            title=Text(en="We are dearer than our competitors", fr="Nous sommes plus chers que nos concurrents"),
            advice=Text(
                en="See the dearest products and by which competitor; decide product by product, not on the index.",
                fr="Voir les produits les plus chers et face à qui ; décider produit par produit, pas sur l’indice.",
            ),
        ),
        _many_moved(
            "CompetitorsCutPrices",
            "price_falls",
            Text(en="Competitors cut their prices", fr="Des concurrents baissent leurs prix"),
        ),
        _many_moved(
            "CompetitorsRaisedPrices",
            "price_rises",
            Text(en="Competitors raise their prices", fr="Des concurrents augmentent leurs prix"),
        ),
        Threshold(
            name="FewPricesAreKnown",
            window=WindowName.TODAY,
            metric="price_coverage_ratio",
            side=Side.BELOW,
            level=0.7,
            clear=0.75,
            least=30,
            least_of="price_watched_pairs",
            sure=False,
            lasts=timedelta(hours=4),
            title=Text(en="Few competitors’ prices can be trusted", fr="Peu de prix concurrents sont fiables"),
            advice=Text(
                en="`cadran prices explain` says why a price is not trusted: pages moved, refused, or read otherwise.",
                fr="`cadran prices explain` dit pourquoi un prix n’est pas fiable : page déplacée, refusée, autre.",
            ),
        ),
        Threshold(
            name="APriceIsOld",
            window=WindowName.TODAY,
            metric="price_oldest_reading_seconds",
            side=Side.ABOVE,
            level=14 * 86400.0,
            clear=13 * 86400.0,
            sure=False,
            lasts=timedelta(hours=1),
            title=Text(en="A price that is still trusted is old", fr="Un prix encore tenu pour fiable est vieux"),
            advice=Text(
                en="See why its page is no longer read, or give the price by hand.",
                fr="Voir pourquoi sa page n’est plus lue, ou donner le prix à la main.",
            ),
        ),
    ),
)
