"""Rules for one panel. Each yields what is wrong, in words that say how to mend it.

Of the rules of Grafana's dashboard-linter these are left out, as a board of KPIs has no use for them: `template-job`
and `template-instance` (an installation has one of each job, and a KPI none of its own), LogQL (no logs are shown).
"""

import re
from collections.abc import Callable, Iterator

from deploy.grafana.lint.views import Panel

SOURCE = "${datasource}"
UNITS = re.compile(
    r"short|none|percentunit|s|bytes|eps|reqps|cps|dateTimeAsLocal|suffix: pts|currency(?:EUR|USD|GBP|CHF|JPY)"
)
TYPES = {
    "stat": {"graphMode": {"none", "area"}, "colorMode": {"none", "value"}},
    "bargauge": {"displayMode": {"basic"}, "orientation": {"horizontal"}},
    "timeseries": {},
    "table": {"cellHeight": {"sm"}},
}
"""The types of panels, and of options the values that Grafana knows and boards use."""
ASKS_ONCE = {"bargauge": True, "table": True, "stat": False, "timeseries": False}
LEAST_WORDS = 3


def has_a_known_type(panel: Panel) -> Iterator[str]:
    """The round trip does not see misspelt options of a type that it does not know."""
    if panel.type not in TYPES:
        yield f"has the unknown type {panel.type!r}: use one of {', '.join(TYPES)}"
    for option, values in TYPES.get(panel.type, {}).items():
        if panel.options.get(option) not in values:
            yield f"has {option} {panel.options.get(option)!r}: set one of {', '.join(sorted(values))}"


def says_what_it_is(panel: Panel) -> Iterator[str]:
    if not panel.title:
        yield "has no title"
    if len(panel.description.split()) < LEAST_WORDS:
        yield "has no description that says what it shows"


def has_a_unit(panel: Panel) -> Iterator[str]:
    unit = panel.field_config.defaults.unit
    if not UNITS.fullmatch(unit):
        yield f"has the unit {unit!r}, which is none of those that boards use"


def says_when_there_is_nothing(panel: Panel) -> Iterator[str]:
    if not panel.field_config.defaults.no_value:
        yield "does not say what stands where there is no value: set noValue"


def asks_the_chosen_source(panel: Panel) -> Iterator[str]:
    sources = [panel.datasource, *(target.datasource for target in panel.targets)]
    if any(source.uid != SOURCE for source in sources):
        yield f"asks another data source than {SOURCE}"


def has_queries(panel: Panel) -> Iterator[str]:
    ids = [target.ref_id for target in panel.targets]
    if not panel.targets:
        yield "asks nothing: give it a target"
    if "" in ids or len(ids) != len(set(ids)):
        yield f"has the refIds {ids}: each query needs one of its own"


def asks_as_its_type_shows(panel: Panel) -> Iterator[str]:
    """Tables and bars ask once; figures with a sparkline and trends over time."""
    for target in panel.targets:
        if target.instant is not ASKS_ONCE.get(panel.type, target.instant):
            yield f"asks {'once' if target.instant else 'over time'}, which its type does not show"


def shows_the_last_value(panel: Panel) -> Iterator[str]:
    """And its change from the period before, not from the left edge of the time range."""
    reduced = panel.options.get("reduceOptions", {"calcs": ["lastNotNull"]})
    if reduced.get("calcs") != ["lastNotNull"]:
        yield f"shows {reduced.get('calcs')} of its values: set lastNotNull"
    if panel.options.get("showPercentChange"):
        yield "shows Grafana's percent change, which is not from the period before: ask for it in a query"


RULES: tuple[Callable[[Panel], Iterator[str]], ...] = (
    has_a_known_type,
    says_what_it_is,
    has_a_unit,
    says_when_there_is_nothing,
    asks_the_chosen_source,
    has_queries,
    asks_as_its_type_shows,
    shows_the_last_value,
)
