"""Rules for links: every number of a KPI leads to its explanation, every board to the others."""

import re
from collections.abc import Iterator, Mapping

from deploy.grafana.lint.catalogue import Catalogue
from deploy.grafana.lint.promql import Selector, named
from deploy.grafana.lint.views import Board, Panel
from services.kpi_stream.kpis.kpi import Kpi

EXPLANATION = re.compile(
    r"\$\{board\}/explain/(?P<kpi>\w+)\?window=(?P<window>[\w${}]+)(?:&by=(?P<by>[\w,]+)&member=[^&]+)?&lang=(?P<language>\w\w)"
)


def explains_its_number(panel: Panel, board: Board, catalogue: Catalogue, kpis: Mapping[str, Kpi]) -> Iterator[str]:
    """A panel of a KPI leads to the page of that KPI, over its window, by its cut, in the board's language."""
    selectors = list(_selectors(panel))
    told = {catalogue[metric].kpi for each in selectors for metric in each.metrics if metric in catalogue} - {""}
    if not told:
        return
    links = [found for link in panel.field_config.defaults.links if (found := EXPLANATION.fullmatch(link.url))]
    if len(links) != 1 or len(told) != 1:
        yield f"shows {' and '.join(sorted(told))} and has {len(links)} links to an explanation: it needs one"
        return
    link, kpi = links[0], kpis.get(links[0]["kpi"])
    if kpi is None or {kpi.id} != told:
        yield f"shows {' and '.join(told)} and explains {link['kpi']}"
    elif link["by"] and kpi.cut(link["by"]) is None:
        yield f"explains {kpi.id} by {link['by']}, which is no cut of it"
    shown = {matcher.value for each in selectors for matcher in each.matchers if matcher.label == "window"}
    if shown != {link["window"].replace("${window}", "$window")}:
        yield f"shows the window {' and '.join(sorted(shown))} and explains {link['window']}"
    if link["language"] not in board.tags:
        yield f"explains in {link['language']!r}, which is not the language of the board"


def _selectors(panel: Panel) -> Iterator[Selector]:
    for target in panel.targets:
        try:
            yield from named(target.expr).selectors
        except ValueError:
            continue  # told by the rules of queries


def leads_to_the_others(board: Board) -> Iterator[str]:
    siblings = [link for link in board.links if link.type == "dashboards" and set(link.tags) == set(board.tags)]
    if not siblings or not all(link.include_vars and link.keep_time for link in siblings):
        yield "needs a link to the boards of its language that keeps time and variables"
