"""Rules for what a board asks Prometheus, against the catalogue of metrics."""

import re
from collections.abc import Callable, Iterator

from deploy.findings import Finding
from deploy.grafana.lint.catalogue import Catalogue
from deploy.grafana.lint.promql import Named, Selector, named
from deploy.grafana.lint.views import Board, Panel, Query, queries, series_asked

RATES = {"rate", "irate", "increase"}
SPAN = "$__rate_interval"
"""Never shorter than four scrapes."""
LEGEND = re.compile(r"\{\{\s*(\w+)\s*\}\}")
LINK_LABEL = re.compile(r"\$\{__(?:field\.labels|data\.fields)\.(\w+)[^}]*\}")


def names_metrics_that_there_are(query: Query, asked: Named, catalogue: Catalogue) -> Iterator[str]:
    for selector in asked.selectors:
        if not selector.metrics:
            yield f"{query.expr}: names no metric"
        for metric in selector.metrics:
            if metric not in catalogue:
                yield f"{query.expr}: no metric is called {metric}"


def names_labels_that_they_have(query: Query, asked: Named, catalogue: Catalogue) -> Iterator[str]:
    for selector in asked.selectors:
        for label in selector.labels:
            if label not in _labels(selector, catalogue):
                yield f"{query.expr}: {' and '.join(selector.metrics)} has no label {label}"
    every = frozenset().union(*(_labels(selector, catalogue) for selector in asked.selectors))
    for label in sorted(asked.grouped_by - every):
        yield f"{query.expr}: groups by {label}, which no metric of it has"


def grows_are_rates(query: Query, asked: Named, catalogue: Catalogue) -> Iterator[str]:
    """A counter alone begins anew with its process, and a rate needs a span that is long enough for the scrape."""
    for selector in asked.selectors:
        is_rated = bool(RATES & set(selector.functions[-1:]))
        is_counter = any(catalogue[metric].is_counter for metric in selector.metrics if metric in catalogue)
        if is_counter and not is_rated:
            yield f"{query.expr}: {selector.name} is a counter: put it into rate()"
        if is_rated and not is_counter:
            yield f"{query.expr}: {selector.name} is no counter: it has no rate"
        if is_rated and selector.range != SPAN:
            yield f"{query.expr}: rates over [{selector.range}]: use [{SPAN}]"


RULES: tuple[Callable[[Query, Named, Catalogue], Iterator[str]], ...] = (
    names_metrics_that_there_are,
    names_labels_that_they_have,
    grows_are_rates,
)


def faults(query: Query, catalogue: Catalogue) -> Iterator[str]:
    """What is wrong with a query."""
    try:
        asked = named(query.expr)
    except ValueError as error:
        yield f"{query.expr}: {error}"
        return
    for rule in RULES:
        yield from rule(query, asked, catalogue)


def findings(board: Board, catalogue: Catalogue) -> Iterator[Finding]:
    """What is wrong with the queries of a board, and with the labels that its texts name."""
    for query in queries(board):
        yield from (Finding(board.uid, query.place, text) for text in faults(query, catalogue))
    for panel in board.figures:
        for label in sorted(_labels_of_texts(panel) - _labels_of_panel(panel, catalogue)):
            yield Finding(
                board.uid, f"panel {panel.title!r}", f"shows the label {label}, which its metrics do not have"
            )
    for variable in board.templating.list:
        found = series_asked(variable)
        if found and found["label"] not in _labels_of(found["series"], catalogue):
            yield Finding(board.uid, f"variable {variable.name!r}", f"offers the values of no label: {found['label']}")


def _labels_of_texts(panel: Panel) -> set[str]:
    """Labels in legends and links."""
    in_legends = {label for target in panel.targets for label in LEGEND.findall(target.legend_format)}
    in_links = {label for link in panel.field_config.defaults.links for label in LINK_LABEL.findall(link.url)}
    return in_legends | in_links


def _labels_of_panel(panel: Panel, catalogue: Catalogue) -> frozenset[str]:
    return frozenset().union(*(_labels_of(target.expr, catalogue) for target in panel.targets))


def _labels_of(expression: str, catalogue: Catalogue) -> frozenset[str]:
    try:
        selectors = named(expression).selectors
    except ValueError:
        return frozenset()
    return frozenset().union(*(_labels(selector, catalogue) for selector in selectors))


def _labels(selector: Selector, catalogue: Catalogue) -> frozenset[str]:
    """Labels that all metrics of a selector have; of unknown metrics none are known."""
    known = [catalogue[metric].labels for metric in selector.metrics if metric in catalogue]
    return frozenset.intersection(*known) if known else frozenset()
