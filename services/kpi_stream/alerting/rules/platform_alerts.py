"""The alerts about Cadran itself, for the team that runs it."""

from datetime import timedelta
from typing import NamedTuple

from services.common.lengths import length_text
from services.kpi_stream.alerting.rules.series import QUIET, SILENT, UNTRUSTED
from services.kpi_stream.exporter.scrape import AS_OF, DROPPED, LAG, STORE_UP
from services.kpi_stream.kpis.text import Text
from services.kpi_stream.kpis.threshold import Severity

AGE = f"(time() - max by (kpi) ({AS_OF.name}))"
NEVER = (
    f"(({UNTRUSTED} unless on (kpi) max by (kpi) ({AS_OF.name})) * 0 + time() "
    f"and on () max({LAG.name}) > 0 and on () max({STORE_UP.name}) == 1)"
)
"""Records wait in a partition that nothing was ever applied of: then there is no time up to which numbers hold."""
FAILED = 'sum(rate(cadran_ingest_refused_requests_total{code=~"5.."}[%s]))'
ASKED = "sum(rate(cadran_ingest_request_seconds_count[%s]))"
ANSWERED = 'sum(increase(cadran_survey_letters_total{outcome=~"accepted|refused"}[1d]))'
"""Letters that the mail server took or refused for good."""
OBJECTIVE = 0.995
"""So much of what is sent to the gateway it must not fail, of 30 days."""


class Patience(NamedTuple):
    """So old are numbers that nothing is judged by them, and so long they may be old before somebody is told: a restart
    is over by then."""

    old_after: timedelta = timedelta(minutes=2)
    told_after: timedelta = timedelta(minutes=3)


USUAL = Patience()


class PlatformAlert(NamedTuple):
    """When it fires, how much that is (a template of Prometheus), and what may be done."""

    name: str
    expr: str
    lasts: str
    severity: Severity
    title: Text
    value: Text
    advice: Text


def _burns(times: float, *windows: str) -> str:
    """The errors that are allowed for 30 days are used up so many times too fast, over each of some windows.

    Source: Google, "The Site Reliability Workbook", chapter 5: several windows, several burn rates.
    """
    allowed = f"{times:g} * {1 - OBJECTIVE:.3g}"
    return " and ".join(f"({FAILED % window} / {ASKED % window}) > {allowed}" for window in windows)


def _now(query: str) -> str:
    """What a query has at the moment."""
    return f'{{{{ with query "{query}" }}}}{{{{ . | first | value }}}}{{{{ else }}}}?{{{{ end }}}}'


WORKERS_UP = "sum(up{job='cadran-worker'})"
WAITING = f"max({LAG.name})"
_SHARE = Text(en="{{ $value | humanizePercentage }}", fr="{{ $value | humanizePercentage }}")
_AGE = Text(
    en="{{ $labels.kpi }}: {{ if gt $value 1e9 }}nothing applied{{ else }}{{ $value | humanizeDuration }} old{{ end }}",
    fr="{{ $labels.kpi }} : {{ if gt $value 1e9 }}rien encore{{ else }}{{ $value | humanizeDuration }} d’âge{{ end }}",
)
_COUNT = Text(en='{{ $value | printf "%.0f" }}', fr='{{ $value | printf "%.0f" }}')
_BURNT = Text(
    en="{{ $value | humanizePercentage }} of the requests failed in an hour or six; 0.5 % may",
    fr="{{ $value | humanizePercentage }} des requêtes échouent ; 0,5 % peuvent",
)
_GATEWAY = Text(
    en="See `make status` and the gateway’s log: does Kafka answer? Senders try again: nothing is lost so far.",
    fr="Voir `make status` et le journal de la passerelle : Kafka répond-il ? Rien n’est perdu : on renvoie.",
)


def platform_alerts(patience: Patience) -> tuple[PlatformAlert, ...]:
    """All of them."""
    return (*_freshness(patience), *OTHERS)


def _freshness(patience: Patience) -> tuple[PlatformAlert, ...]:
    """Of numbers that are old, or not there."""
    return (
        PlatformAlert(
            "NumbersAreOld",
            f"{AGE} > {patience.old_after.total_seconds():g} or {NEVER}",
            length_text(patience.told_after),
            Severity.CRITICAL,
            Text(en="Numbers are old", fr="Des chiffres sont anciens"),
            _AGE,
            Text(
                en=f"Workers up: {_now(WORKERS_UP)}; records that wait: {_now(WAITING)}. "
                "See the worker’s log, then Kafka’s and Redis’s. No alert on a KPI is sent meanwhile.",
                fr=f"Processus actifs : {_now(WORKERS_UP)} ; enregistrements en attente : {_now(WAITING)}. "
                "Voir le journal du processus, puis Kafka et Redis. Aucune alerte d’indicateur n’est envoyée d’ici là.",
            ),
        ),
        PlatformAlert(
            "NumbersAreNotTold",
            f"absent({STORE_UP.name} == 1)",
            length_text(patience.told_after),
            Severity.CRITICAL,
            Text(en="No number can be read", fr="Aucun chiffre n’est lisible"),
            Text(en="the read API or Redis does not answer", fr="l’API de lecture ou Redis ne répond pas"),
            Text(
                en="See the logs of the exporter and of Redis. No alert on a KPI is sent meanwhile.",
                fr="Voir les journaux de l’exporteur et de Redis. Aucune alerte d’indicateur n’est envoyée d’ici là.",
            ),
        ),
    )


OTHERS = (
    PlatformAlert(
        "AKpiIsMissing",
        f"max by (kpi) (last_over_time({AS_OF.name}[1d])) unless max by (kpi) ({AS_OF.name}) "
        f"and on () max({STORE_UP.name}) == 1",
        "15m",
        Severity.WARNING,
        Text(en="A KPI is no longer told", fr="Un indicateur n’est plus fourni"),
        Text(en="{{ $labels.kpi }}", fr="{{ $labels.kpi }}"),
        Text(
            en="See the exporter’s log: it was told within the last day.",
            fr="Voir le journal de l’exporteur : il était fourni ce dernier jour.",
        ),
    ),
    PlatformAlert(
        "ASourceIsSilent",
        f"{QUIET} and on (topic, source) {SILENT}",
        "1m",
        Severity.WARNING,
        Text(en="A source has gone silent", fr="Une source s’est tue"),
        Text(
            en="{{ $labels.source }}, {{ $labels.topic }}: nothing for {{ $value | humanizeDuration }} of opening time",
            fr="{{ $labels.source }}, {{ $labels.topic }} : rien depuis {{ $value | humanizeDuration }} d’ouverture",
        ),
        Text(
            en="See whether that system runs and reaches the gateway. Alerts on KPIs made of it wait.",
            fr="Voir si ce système marche et atteint la passerelle. Les alertes sur ses indicateurs attendent.",
        ),
    ),
    PlatformAlert(
        "RecordsWait",
        f'max({LAG.name}) > 50000 unless on () ALERTS{{alertname="NumbersAreOld",alertstate="firing"}}',
        "10m",
        Severity.WARNING,
        Text(en="More comes in than is applied", fr="Il arrive plus que ce qui est traité"),
        Text(en='{{ $value | printf "%.0f" }} records', fr='{{ $value | printf "%.0f" }} enregistrements'),
        Text(
            en="After an import it passes by itself; else add a worker (docs/scaling.md).",
            fr="Après un import, cela passe seul ; sinon ajouter un processus (docs/scaling.md).",
        ),
    ),
    PlatformAlert(
        "DeadLetters",
        "sum by (topic) (increase(cadran_worker_dead_letters_total[15m])) > 0",
        "0m",
        Severity.WARNING,
        Text(en="Events could not be applied", fr="Des événements n’ont pu être traités"),
        Text(en="{{ $labels.topic }}: some in 15 minutes", fr="{{ $labels.topic }} : en 15 minutes"),
        Text(
            en="`cadran dead list` shows them and why; `cadran dead replay` sends them again once mended.",
            fr="`cadran dead list` les montre et dit pourquoi ; `cadran dead replay` les renvoie une fois réparés.",
        ),
    ),
    PlatformAlert(
        "AServiceIsDown",
        'max by (job) (up{job=~"cadran-(ingest|survey|pricing|board|alerts)"}) == 0',
        "2m",
        Severity.CRITICAL,
        Text(en="A service does not answer", fr="Un service ne répond pas"),
        Text(en="{{ $labels.job }}", fr="{{ $labels.job }}"),
        Text(en="See `make status` and its log.", fr="Voir `make status` et son journal."),
    ),
    PlatformAlert(
        "TheGatewayFails",
        _burns(14.4, "1h", "5m"),
        "2m",
        Severity.CRITICAL,
        Text(en="The gateway fails fast", fr="La passerelle échoue beaucoup"),
        _BURNT,
        _GATEWAY,
    ),
    PlatformAlert(
        "TheGatewayFailsSlowly",
        f"({_burns(6, '6h', '30m')}) unless on () ({_burns(14.4, '1h', '5m')})",
        "15m",
        Severity.WARNING,
        Text(en="The gateway fails now and then", fr="La passerelle échoue de temps en temps"),
        _BURNT,
        _GATEWAY,
    ),
    PlatformAlert(
        "EventsWaitInAService",
        'min_over_time({__name__=~"cadran_(survey|pricing|board|ingest)_outbox_events"}[15m]) > 0',
        "5m",
        Severity.WARNING,
        Text(en="A service cannot hand over its events", fr="Un service ne peut remettre ses événements"),
        Text(
            en='{{ $labels.job }}: {{ $value | printf "%.0f" }} at least wait',
            fr='{{ $labels.job }} : au moins {{ $value | printf "%.0f" }} attendent',
        ),
        Text(en="Does Kafka answer? Nothing is lost: they are sent again.", fr="Kafka répond-il ? Rien n’est perdu."),
    ),
    PlatformAlert(
        "WebhooksAreRefused",
        "sum by (vendor, account) (increase("
        'cadran_connector_deliveries_total{outcome=~"refused|unsigned",vendor!="unknown"}[1h])) >= 5',
        "5m",
        Severity.WARNING,
        Text(en="Webhooks are refused", fr="Des webhooks sont refusés"),
        Text(
            en='{{ $labels.vendor }} {{ $labels.account }}: {{ $value | printf "%.0f" }} within an hour',
            fr='{{ $labels.vendor }} {{ $labels.account }} : {{ $value | printf "%.0f" }} en une heure',
        ),
        Text(
            en="`cadran connectors list` says why. Signed wrongly, they are not listed: compare the secret.",
            fr="`cadran connectors list` dit pourquoi. Mal signés, ils n’y sont pas : comparer le secret.",
        ),
    ),
    PlatformAlert(
        "LettersBounce",
        f'sum(increase(cadran_survey_letters_total{{outcome="refused"}}[1d])) / {ANSWERED} > 0.1 and {ANSWERED} >= 20',
        "15m",
        Severity.WARNING,
        Text(en="Many survey letters bounce", fr="Beaucoup d’invitations reviennent"),
        _SHARE,
        Text(
            en="See the mail server’s answers in the survey service’s log, and the addresses that were sent.",
            fr="Voir les réponses du serveur de courrier dans le journal, et les adresses envoyées.",
        ),
    ),
    PlatformAlert(
        "PagesAreReadLate",
        "max(cadran_pricing_overdue_seconds) > 6 * 3600",
        "30m",
        Severity.WARNING,
        Text(en="Competitors’ pages are read late", fr="Les pages des concurrents sont lues en retard"),
        Text(en="{{ $value | humanizeDuration }} late", fr="{{ $value | humanizeDuration }} de retard"),
        Text(
            en="See the price watcher’s log: slow hosts, or more pages than their delays allow.",
            fr="Voir le journal du relevé de prix : sites lents, ou trop de pages pour leurs délais.",
        ),
    ),
    PlatformAlert(
        "RulesAreNotEvaluated",
        "sum by (rule_group) (increase(prometheus_rule_evaluation_failures_total[15m])) > 0",
        "5m",
        Severity.CRITICAL,
        Text(en="Rules of alerts fail", fr="Des règles d’alerte échouent"),
        Text(en="{{ $labels.rule_group }}", fr="{{ $labels.rule_group }}"),
        Text(
            en="Prometheus’s page /rules says which and why; until then its alerts are not judged.",
            fr="La page /rules de Prometheus dit lesquelles et pourquoi ; leurs alertes ne sont pas jugées.",
        ),
    ),
    PlatformAlert(
        "MessagesAreNotDelivered",
        "sum by (integration) (increase(alertmanager_notifications_failed_total[15m])) > 0",
        "0m",
        Severity.CRITICAL,
        Text(en="People are not reached", fr="Des gens ne sont pas prévenus"),
        Text(en="by {{ $labels.integration }}", fr="par {{ $labels.integration }}"),
        Text(
            en="See Alertmanager’s log; `cadran alerts test` tries every way.",
            fr="Voir le journal d’Alertmanager ; `cadran alerts test` essaie chaque voie.",
        ),
    ),
    PlatformAlert(
        "ThresholdsAreRefused",
        "max(cadran_alerts_thresholds_refused) == 1",
        "2m",
        Severity.WARNING,
        Text(en="The file of thresholds is refused", fr="Le fichier des seuils est refusé"),
        Text(en="what held before holds", fr="ce qui valait avant vaut encore"),
        Text(
            en="`cadran alerts check` says what is wrong with it, line by line.",
            fr="`cadran alerts check` dit ce qui ne va pas, ligne par ligne.",
        ),
    ),
    PlatformAlert(
        "MembersAreLeftOut",
        f"max({DROPPED.name}) > 0",
        "1h",
        Severity.INFO,
        Text(en="Members are missing from Prometheus", fr="Des membres manquent dans Prometheus"),
        _COUNT,
        Text(
            en="There is no room for more series; the read API and the board have them all.",
            fr="Il n’y a plus de place pour des séries ; l’API de lecture et le tableau les ont tous.",
        ),
    ),
)
