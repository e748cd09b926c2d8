"""Rules for Grafana's own alert rules. Each yields what is wrong, in words that say how to mend it."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from deploy.grafana.lint import query_rules
from deploy.grafana.lint.catalogue import Catalogue
from deploy.grafana.lint.files import Asked, Computed, Rule
from deploy.grafana.lint.promql import named
from deploy.grafana.lint.syntax import syntax_faults
from deploy.grafana.lint.views import Query

LABELS = {"about", "severity", "recipient"}
ANNOTATIONS = {f"{part}_{language}" for part in ("title", "value", "sure", "do") for language in ("en", "fr")}
FILLED_IN = re.compile(r"(?<!\$)\$(?!\$)")
"""A dollar that Grafana takes for a variable of its environment; two are one."""


class Beside(NamedTuple):
    """What rules may rely on and must not say again: the names of Prometheus's alerts, and the jobs that it scrapes."""

    catalogue: Catalogue
    alerts: frozenset[str]
    jobs: frozenset[str]


class Provisioned(NamedTuple):
    """What else Grafana is provisioned with."""

    sources: frozenset[str]
    receivers: frozenset[str]


def findings(rules: Sequence[Rule], beside: Beside, provisioned: Provisioned) -> Iterator[tuple[Rule, str]]:
    """What is wrong with rules, those of all files together."""
    faults = syntax_faults([datum.model.expr for rule in rules for datum in _asked(rule)])
    for rule in rules:
        texts = (text for each in RULES for text in each(rule, beside))
        yield from ((rule, text) for text in (*texts, *_reaches(rule, provisioned)))
        yield from ((rule, f"{d.model.expr}: {faults[d.model.expr]}") for d in _asked(rule) if d.model.expr in faults)
    yield from _together(rules)


def hangs_together(rule: Rule, beside: Beside) -> Iterator[str]:  # noqa: ARG001 - all rules are asked alike
    names = Counter(datum.ref_id for datum in rule.data)
    for datum in rule.data:
        if datum.model.ref_id != datum.ref_id or names[datum.ref_id] > 1:
            yield f"refId {datum.ref_id}: give each part one of its own, the same in its model"
        if isinstance(datum, Computed) and datum.model.expression not in names:
            yield f"compares {datum.model.expression!r}, which is no part of it"
    if rule.condition not in {datum.ref_id for datum in rule.data if isinstance(datum, Computed)}:
        yield f"has the condition {rule.condition!r}, which is no comparison of it"


def says_what_it_is(rule: Rule, beside: Beside) -> Iterator[str]:  # noqa: ARG001
    for kind, needed, given in (("label", LABELS, rule.labels), ("annotation", ANNOTATIONS, rule.annotations)):
        for name in sorted(needed - set(given)):
            yield f"has no {kind} {name}"
    for name, text in rule.labels.items():
        if FILLED_IN.search(text):
            yield f"label {name}: Grafana would fill in {text!r} from its environment: write $$"


def says_what_prometheus_does_not(rule: Rule, beside: Beside) -> Iterator[str]:
    """One cause, one alert."""
    if rule.title in beside.alerts:
        yield "is an alert of Prometheus too: one cause would be told twice"


def asks_what_there_is(rule: Rule, beside: Beside) -> Iterator[str]:
    known: Mapping[str, frozenset[str]] = {"alertname": beside.alerts, "job": beside.jobs}
    for datum in _asked(rule):
        texts = list(query_rules.faults(Query(rule.title, datum.model.expr), beside.catalogue))
        yield from texts
        selectors = () if texts else named(datum.model.expr).selectors
        for matcher in (matcher for selector in selectors for matcher in selector.matchers):
            if matcher.sign == "=" and matcher.value not in known.get(matcher.label, {matcher.value}):
                yield f"{datum.model.expr}: Prometheus has no {matcher.label} {matcher.value}"


RULES: tuple[Callable[[Rule, Beside], Iterator[str]], ...] = (
    hangs_together,
    says_what_it_is,
    says_what_prometheus_does_not,
    asks_what_there_is,
)


def _reaches(rule: Rule, provisioned: Provisioned) -> Iterator[str]:
    for datum in _asked(rule):
        if datum.datasource_uid not in provisioned.sources:
            yield f"asks the data source {datum.datasource_uid}, which is not provisioned"
    receiver = rule.notification_settings.receiver
    if receiver not in provisioned.receivers:
        yield f"tells {receiver}, which is no contact point"


def _together(rules: Sequence[Rule]) -> Iterator[tuple[Rule, str]]:
    """What no rule has by itself: a name of its own, and which of them speaks where Prometheus does not answer."""
    uids, titles = Counter(rule.uid for rule in rules), Counter(rule.title for rule in rules)
    for rule in rules:
        if uids[rule.uid] > 1 or titles[rule.title] > 1:
            yield rule, f"shares its uid {rule.uid} or its title with another rule"
    for state in ("no_data_state", "exec_err_state"):
        speak = [rule for rule in rules if getattr(rule, state) == "Alerting"]
        name = Rule.model_fields[state].alias
        if rules and not speak:
            yield rules[0], f"{name}: no rule speaks where Prometheus does not answer: set Alerting in one"
        for rule in speak[1:]:
            yield rule, f"{name}: speaks for the same cause as {speak[0].title}: set OK"


def _asked(rule: Rule) -> Iterator[Asked]:
    return (datum for datum in rule.data if isinstance(datum, Asked))
