"""What was found, as tables for `docs/false-alarms.md`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from deploy.local.programs import ROOT
from services.kpi_stream.kpis.threshold import Of, Threshold
from tests.benchmarks.alarms.cases import CASES
from tests.benchmarks.alarms.study import Compared, Figures

PAGE = ROOT / "docs" / "false-alarms.md"
MARKS = "<!-- {name}: written by `make {target}` -->\n", "<!-- end of {name} -->\n"
HEADINGS = (
    "alert",
    "begins where surely below",
    "plain: below",
    "false alarms a week: plain",
    "Cadran",
    "times fewer",
    "falls found: plain",
    "Cadran",
    "median days: plain",
    "Cadran",
    "times as long",
)
ALIKE_HEADINGS = (
    "alert",
    "false alarms a week at the same level",
    "median days",
    "days of a week with one: plain",
    "Cadran",
)


def main_table(found: Iterable[Compared]) -> Iterator[str]:
    yield from _heading(HEADINGS)
    for each in found:
        ours, plain = each.ours, each.plain
        yield _row(
            [
                f"`{each.case.alert}`",
                asked(each.case.threshold),
                level(each.case.threshold, each.case.plain_level),
                _alarms(plain),
                _alarms(ours),
                f"{each.times_fewer:.1f}",
                f"{plain.found:.0%}",
                f"{ours.found:.0%}",
                _days(plain.days),
                _days(ours.days),
                f"{each.times_as_long:.2f}" if np.isfinite(each.times_as_long) else "-",
            ]
        )


def alike_table(found: Iterable[Compared]) -> Iterator[str]:
    """A plain threshold at the alert's own level; and how many days of a week have a false alarm."""
    yield from _heading(ALIKE_HEADINGS)
    for each in found:
        alarm_days = (f"{figures.alarm_days:.3f}" for figures in (each.plain, each.ours))
        yield _row([f"`{each.case.alert}`", _alarms(each.alike), _days(each.alike.days), *alarm_days])


def others_table(found: Mapping[str, Sequence[Compared]]) -> Iterator[str]:
    """Other companies, plain and ours: false alarms a week, falls found, median days."""
    yield from _heading(("alert", *found))
    for i, case in enumerate(CASES):
        yield _row([f"`{case.alert}`", *(_in_short(each[i]) for each in found.values())])


def _in_short(found: Compared) -> str:
    return " → ".join(
        f"{each.false_alarms:.3f} · {each.found:.0%} · {_days(each.days)}" for each in (found.plain, found.ours)
    )


def asked(threshold: Threshold) -> str:
    """The level, and the window."""
    return f"{level(threshold, threshold.level)} ({threshold.window})"


def level(threshold: Threshold, value: float) -> str:
    if threshold.name == "NpsFalls":
        return f"{value:+.0f} points"
    return f"{value:.0%}" if threshold.of is Of.PACE else f"{value:+.1%}"


def _alarms(figures: Figures) -> str:
    return f"{figures.false_alarms:.3f} ± {figures.error:.3f}"


def _days(days: float) -> str:
    return f"{days:.1f}" if np.isfinite(days) else "-"


def _heading(names: Sequence[str]) -> list[str]:
    return [_row(names), _row(["---", *["---:"] * (len(names) - 1)])]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def written(page: str, name: str, lines: Iterable[str], target: str = "bench-alarms") -> str:
    """The page with a table between the marks of its name."""
    begins, ends = (mark.format(name=name, target=target) for mark in MARKS)
    before, _, rest = page.partition(begins)
    _, _, after = rest.partition(ends)
    return before + begins + "".join(f"{line}\n" for line in lines) + ends + after
