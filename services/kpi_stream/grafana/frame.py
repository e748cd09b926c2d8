"""What all boards have alike: variables, links to each other and to the page, time, refresh."""

from collections.abc import Iterable

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import dashboard as models

from services.common.windows import WindowName
from services.kpi_stream.exporter.of_the_moment import PROMOTION_ACTIVE
from services.kpi_stream.grafana import words
from services.kpi_stream.grafana.edition import Edition
from services.kpi_stream.grafana.panels import SOURCE

REFRESH = "10s"
BOARD_PAGE = "http://127.0.0.1:8000"
EVERY = ".*"


class _LinkInSight(dashboard.DashboardLink):
    """A link above the panels; the SDK would put it into a menu."""

    def build(self) -> models.DashboardLink:
        link = super().build()
        link.placement = None  # type: ignore[assignment] # then it is left out
        return link


def frame(name: str, title: str, edition: Edition) -> dashboard.Dashboard:
    """A board without panels. Those of a language link to each other and keep time and variables."""
    tags = ["cadran", edition.language]
    siblings = _LinkInSight("Cadran").type(models.DashboardLinkType.DASHBOARDS).tags(tags)
    page = _LinkInSight(edition.say(words.OPEN_PAGE)).type(models.DashboardLinkType.LINK).icon("external link")
    return (
        dashboard.Dashboard(title)
        .uid(f"cadran-{name}-{edition.language}")
        .tags(tags)
        .refresh(REFRESH)
        .time("now-30d", "now")
        .timezone("browser")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .readonly()
        .link(siblings.as_dropdown(False).include_vars(True).keep_time(True))
        .link(page.url(f"${{board}}/?lang={edition.language}").target_blank(True))
        .with_variable(dashboard.DatasourceVariable("datasource").label(edition.say(words.SOURCE)).type("prometheus"))
        .with_variable(_page_variable(edition))
    )


def _page_variable(edition: Edition) -> dashboard.TextBoxVariable:
    """Where the page is, for the links to it."""
    current = models.VariableOption(selected=True, text=BOARD_PAGE, value=BOARD_PAGE)
    return dashboard.TextBoxVariable("board").label(edition.say(words.PAGE)).default_value(BOARD_PAGE).current(current)


def window_variable(edition: Edition) -> dashboard.CustomVariable:
    named = {window: edition.say(text) for window, text in words.WINDOWS.items()}
    month = WindowName.MONTH
    current = models.VariableOption(selected=True, text=named[month], value=month.value)
    values = ", ".join(f"{text} : {window}" for window, text in named.items())
    return dashboard.CustomVariable("window").label(edition.say(words.WINDOW)).values(values).current(current)


def member_variable(field: str, metrics: Iterable[str], edition: Edition) -> dashboard.QueryVariable:
    """One member of those that have a series of any of some metrics."""
    names = "|".join(metrics)
    series = f'{{__name__=~"{names}"}}' if "|" in names else names
    query = f"label_values({series}, {field})"
    return (
        dashboard.QueryVariable(field)
        .label(edition.say(words.MEMBERS[field]))
        .datasource(SOURCE)
        .query({"query": query, "refId": field})
        .definition(query)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
    )


def members_variable(field: str, metrics: Iterable[str], edition: Edition) -> dashboard.QueryVariable:
    """Any number of them, all at first."""
    every = models.VariableOption(selected=True, text="All", value="$__all")
    variable = member_variable(field, metrics, edition)
    return variable.multi(True).include_all(True).all_value(EVERY).current(every)


def promotions(edition: Edition) -> dashboard.AnnotationQuery:
    """A mark over the days on which a promotion ran."""
    return (
        dashboard.AnnotationQuery()
        .name(edition.say(words.PROMOTIONS))
        .datasource(SOURCE)
        .enable(True)
        .icon_color("blue")
        .expr(f"{PROMOTION_ACTIVE} == 1")
        .step("1h")
        .title_format("{{promotion}}")
    )
