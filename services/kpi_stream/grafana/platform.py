"""*Platform*: is what the other boards show fresh and whole, and which part of Cadran is in trouble."""

from collections.abc import Sequence
from typing import NamedTuple

from grafana_foundation_sdk.builders.dashboard import Dashboard

from services.kpi_stream.exporter.scrape import AS_OF, DROPPED, LAG, SNAPSHOT, STORE_UP, TOO_LATE
from services.kpi_stream.grafana import panels, words
from services.kpi_stream.grafana.direction import as_of, lag
from services.kpi_stream.grafana.edition import Edition
from services.kpi_stream.grafana.frame import frame
from services.kpi_stream.grafana.layout import COLUMNS, Grid
from services.kpi_stream.grafana.panels import Face, Line, Made
from services.kpi_stream.kpis.kpi import Kpi
from services.kpi_stream.kpis.text import Text

TITLE = Text(en="Cadran: platform", fr="Cadran : plateforme")
RATE = "[$__rate_interval]"
JOBS = '{job=~"cadran-.*"}'


class Gauge(NamedTuple):
    """A figure of the platform, of which nobody asks more than what it is now and was."""

    title: Text
    about: Text
    expr: str
    unit: str = "short"


class Curves(NamedTuple):
    """Lines over time: of each its query and what its series are called."""

    title: Text
    about: Text
    lines: Sequence[tuple[str, str]]
    unit: str = "short"


def _rate(counter: str, by: str) -> tuple[str, str]:
    """A counter's growth a second by a label."""
    return f"sum by ({by}) (rate({counter}{RATE}))", f"{{{{{by}}}}}"


def _slowest(histogram: str, by: str) -> tuple[str, str]:
    """What 95 of 100 stay below."""
    return f"histogram_quantile(0.95, sum by (le, {by}) (rate({histogram}_bucket{RATE})))", f"{{{{{by}}}}}"


FRESHNESS = (
    Gauge(
        Text(en="The state can be read", fr="L’état est lisible"),
        Text(en="1 when Redis answered at the last scrape, else 0.", fr="1 si Redis a répondu au dernier relevé."),
        f"min({STORE_UP.name})",
    ),
    Gauge(
        Text(en="Members left out", fr="Membres écartés"),
        Text(
            en="Members of cuts without room below the limit of series: they are missing from the boards.",
            fr="Membres sans place sous la limite de séries : ils manquent sur les tableaux.",
        ),
        f"max({DROPPED.name})",
    ),
    Curves(
        Text(en="Age of the data by KPI", fr="Âge des données par indicateur"),
        Text(
            en="How long ago the moment is up to which everything that came in is in the number.",
            fr="Temps écoulé depuis le moment jusqu’auquel tout ce qui est arrivé est compté.",
        ),
        [(f"time() - {AS_OF.name}", "{{kpi}}")],
        "s",
    ),
    Curves(
        Text(en="Records not applied, over time", fr="Enregistrements en attente, dans le temps"),
        Text(
            en="As the exporter sees Kafka, and as the workers see their partitions.",
            fr="Tels que l’exporteur voit Kafka, et tels que les processus voient leurs partitions.",
        ),
        [(f"max({LAG.name})", "exporter"), ("sum(cadran_worker_lag_records)", "worker")],
    ),
    Curves(
        Text(en="Additions that came too late", fr="Ajouts arrivés trop tard"),
        Text(
            en="Late events whose minute or hour is kept no longer; days and months have them.",
            fr="Événements tardifs dont la minute ou l’heure n’est plus gardée ; jours et mois les ont.",
        ),
        [(TOO_LATE.name, "{{group}}")],
    ),
)
TAKING = (
    Curves(
        Text(en="Events by what became of them", fr="Événements selon leur sort"),
        Text(en="Events a second at the gateway.", fr="Événements par seconde à la passerelle."),
        [_rate("cadran_ingest_events_total", "outcome")],
        "eps",
    ),
    Curves(
        Text(en="Requests refused as a whole", fr="Requêtes refusées en bloc"),
        Text(en="Requests a second, by the error's code.", fr="Requêtes par seconde, selon le code d’erreur."),
        [_rate("cadran_ingest_refused_requests_total", "code")],
        "reqps",
    ),
    Curves(
        Text(en="Time to answer", fr="Temps de réponse"),
        Text(en="95 of 100 requests are answered within.", fr="95 requêtes sur 100 ont leur réponse avant."),
        [_slowest("cadran_ingest_request_seconds", "mode")],
        "s",
    ),
    Curves(
        Text(en="Bodies that wait for Kafka", fr="Corps en attente de Kafka"),
        Text(en="Bytes that the gateway holds until Kafka has them.", fr="Octets que la passerelle garde pour Kafka."),
        [("sum(cadran_ingest_pending_bytes)", "ingest")],
        "bytes",
    ),
)
APPLYING = (
    Curves(
        Text(en="Records applied", fr="Enregistrements appliqués"),
        Text(en="Records a second, by topic.", fr="Enregistrements par seconde, par sujet Kafka."),
        [_rate("cadran_worker_records_total", "topic")],
        "cps",
    ),
    Curves(
        Text(en="Dead letters", fr="Lettres mortes"),
        Text(
            en="Records that could not be applied, from one point to the next: `cadran dead list` shows them.",
            fr="Enregistrements inapplicables, d’un point au suivant : `cadran dead list` les montre.",
        ),
        [(f"sum by (topic) (increase(cadran_worker_dead_letters_total{RATE}))", "{{topic}}")],
    ),
    Curves(
        Text(en="Batches given up", fr="Lots abandonnés"),
        Text(
            en="Batches a second that are taken again: after an error, or because another worker had gone on.",
            fr="Lots par seconde qui sont repris : après une erreur, ou parce qu’un autre processus a continué.",
        ),
        [
            (f"sum(rate(cadran_worker_errors_total{RATE}))", "error"),
            (f"sum(rate(cadran_worker_conflicts_total{RATE}))", "conflict"),
        ],
        "cps",
    ),
    Curves(
        Text(en="Time of a batch by stage", fr="Temps d’un lot par étape"),
        Text(en="95 of 100 batches stay below.", fr="95 lots sur 100 restent en dessous."),
        [_slowest("cadran_worker_stage_seconds", "stage")],
        "s",
    ),
)
SERVICES = (
    Curves(
        Text(en="Services that answer", fr="Services qui répondent"),
        Text(en="1 while Prometheus reads a service, else 0.", fr="1 tant que Prometheus lit un service, sinon 0."),
        [(f"min by (job) (up{JOBS})", "{{job}}")],
    ),
    Curves(
        Text(en="Time of a scrape", fr="Durée d’un relevé"),
        Text(en="It must stay below 8 s.", fr="Elle doit rester sous 8 s, sinon le relevé est perdu."),
        [(f"max by (job) (scrape_duration_seconds{JOBS})", "{{job}}"), (f"max({SNAPSHOT.name})", "snapshot")],
        "s",
    ),
    Curves(
        Text(en="Outboxes", fr="Boîtes d’envoi"),
        Text(
            en="Events that are written and that Kafka has not acknowledged. Near 0 when all is well.",
            fr="Événements écrits que Kafka n’a pas encore confirmés. Proche de 0 quand tout va bien.",
        ),
        [
            ("sum(cadran_survey_outbox_events)", "survey"),
            ("sum(cadran_pricing_outbox_events)", "pricing"),
            ("sum(cadran_ingest_outbox_events)", "ingest"),
            ("sum(cadran_board_outbox_events)", "board"),
        ],
    ),
    Curves(
        Text(en="Letters and pages that wait", fr="Lettres et pages en attente"),
        Text(
            en="Invitations that wait to leave, and competitors' pages that are due.",
            fr="Invitations qui attendent de partir, et pages de concurrents à relire.",
        ),
        [("sum(cadran_survey_letters_waiting)", "survey"), ("sum(cadran_pricing_pages_due)", "pricing")],
    ),
)
SECTIONS = (
    ("freshness", Text(en="Freshness", fr="Fraîcheur"), FRESHNESS),
    ("ingest", Text(en="Taking events", fr="Réception des événements"), TAKING),
    ("worker", Text(en="Applying them", fr="Application des événements"), APPLYING),
    ("services", Text(en="Services", fr="Services"), SERVICES),
)


def platform(kpis: Sequence[Kpi], edition: Edition) -> Dashboard:  # noqa: ARG001 - all boards are made alike
    board, grid = frame("platform", edition.say(TITLE), edition), Grid()
    for key, title, shown in SECTIONS:
        grid.new_row()
        board = board.with_row(panels.row(key, edition.say(title), grid.place(COLUMNS, 1)))
        if shown is FRESHNESS:
            board = board.with_panel(as_of(edition, grid.place(6, 4))).with_panel(lag(edition, grid.place(6, 4)))
        for each in shown:
            board = board.with_panel(_panel(each, edition, grid))
    return board


def _panel(shown: Gauge | Curves, edition: Edition, grid: Grid) -> Made:
    say = edition.say
    face = Face(shown.title.en, say(shown.title), say(shown.about), shown.unit, say(words.NO_DATA))
    if isinstance(shown, Gauge):
        return panels.single(face, shown.expr, grid.place(6, 4))
    return panels.trend(face, [Line(*line) for line in shown.lines], grid.place(12, 7))
