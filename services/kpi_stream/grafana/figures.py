"""What a panel shows of a KPI: its queries, what is said of it, and the page that explains it."""

from dataclasses import dataclass, replace

from services.common.windows import WindowName
from services.kpi_stream.exporter.metrics import metric_name
from services.kpi_stream.grafana import words
from services.kpi_stream.grafana.edition import POINTS_OF_A_SHARE, Edition
from services.kpi_stream.kpis.cuts import ALL, Cut
from services.kpi_stream.kpis.kpi import SUMS, Kpi, Metric, Panel, Unit

WITH_MARGIN = (Unit.RATIO, Unit.POINTS)


@dataclass(frozen=True)
class Figure:
    """A metric of a KPI by a cut. `chosen`: of the cut's members, those that a variable names."""

    edition: Edition
    kpi: Kpi
    metric: Metric
    cut: Cut = ALL
    chosen: str = ""

    @property
    def has_pace(self) -> bool:
        """Is it set against the time that has gone? Rates and scores are not."""
        return self.metric.unit in SUMS and not self.metric.source

    @property
    def has_margin(self) -> bool:
        return self.metric.unit in WITH_MARGIN and not self.metric.source and not self.cut.brief

    @property
    def unit(self) -> str:
        return self.edition.unit(self.metric.unit)

    @property
    def name(self) -> str:
        return metric_name(self.metric, self.cut, self.edition.currency)

    @property
    def window(self) -> str:
        """Of a cut with many members Prometheus has the month only."""
        return WindowName.MONTH.value if self.cut.brief else "$window"

    def expr(self, suffix: str = "") -> str:
        chosen = f"{self.chosen}," if self.chosen else ""
        return f'{self.name}{suffix}{{{chosen}window="{self.window}"}}'

    def change(self) -> tuple[str, str]:
        """The change against the same point of the previous period, and its unit: counts and amounts by how much of
        what they were, shares in points.
        """
        now, before = self.expr("_compared"), self.expr("_previous")
        if self.metric.unit in SUMS:
            return f"{now} / {before} - 1", self.edition.unit(Unit.RATIO)
        if self.metric.unit is Unit.RATIO:
            return f"100 * ({now} - {before})", POINTS_OF_A_SHARE
        return f"{now} - {before}", self.unit

    def about(self) -> str:
        """The question, the formula, who gets the credit, whether members add up."""
        texts = [self.kpi.question, self.kpi.formula, self.kpi.credit]
        if self.cut.fields:
            adds_up = self.cut.adds_up and not self.metric.is_mean and self.metric.unit in SUMS
            texts.append(words.ADDS_UP if adds_up else words.NOT_ADDS_UP)
        return " ".join(self.edition.say(text) for text in texts)

    def silence(self) -> str:
        """What stands where there is no number: answers of people may be withheld."""
        return self.edition.say(words.NO_DATA if self.kpi.listed else words.NOT_TOLD)

    def legend(self) -> str:
        return " ".join(f"{{{{{field}}}}}" for field in self.cut.fields)

    def explanation(self, member: str = "__field.labels") -> str:
        """The address of the page that explains the number; `member` is where Grafana keeps the member's fields."""
        window = "mtd" if self.cut.brief else "${window}"
        address = f"${{board}}/explain/{self.kpi.id}?window={window}"
        if self.cut.fields:
            values = "/".join(f"${{{member}.{field}:percentencode}}" for field in self.cut.fields)
            address += f"&by={self.cut.name}&member={values}"
        return f"{address}&lang={self.edition.language}"

    def title(self, panel: Panel) -> str:
        """A panel's title; that of a brief cut says that it shows the month whatever the window."""
        title = self.edition.say(panel.title)
        return f"{title} ({self.edition.say(words.MONTH_ONLY)})" if self.cut.brief else title


def headline(kpi: Kpi, edition: Edition) -> Figure:
    return Figure(edition, kpi, kpi.headline)


def declared(kpi: Kpi, panel: Panel, edition: Edition) -> Figure:
    """What a KPI's panel shows."""
    return replace(headline(kpi, edition), metric=kpi.metric(panel.metric), cut=kpi.cut(panel.cut) or ALL)
