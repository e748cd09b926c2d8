"""The text that Prometheus reads: gauges, a line a sample."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from prometheus_client.utils import floatToGoString

from services.kpi_stream.kpis.kpi import Number


class Sample(NamedTuple):
    """A line for Prometheus, and the name of its family."""

    family: str
    line: str

    def with_labels(self, labels: Mapping[str, str]) -> str:
        """The line without its end, some labels put beside its own."""
        series, _, value = self.line.rstrip("\n").rpartition(" ")
        more = "".join(f",{name}={quoted(label)}" for name, label in labels.items())
        return f"{series.removesuffix('}')}{more}}} {value}"


def sample(family: str, labels: str, value: Number) -> Sample:
    """A sample with labels that are written already."""
    return Sample(family, f"{family}{{{labels}}} {_written(value)}\n")


def written_labels(labels: Mapping[str, str]) -> str:
    return ",".join(f"{name}={quoted(label)}" for name, label in labels.items())


def quoted(label: str) -> str:
    """The value of a label, as Prometheus writes and reads it."""
    escaped = label.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
    return f'"{escaped}"'


def _written(value: Number) -> str:
    return str(floatToGoString(value))  # type: ignore[no-untyped-call]


def exposition(helps: Mapping[str, str], found: Iterable[Sample]) -> str:
    """Samples by family, in the order of the families' helps."""
    lines: dict[str, list[str]] = {}
    for family, line in found:
        lines.setdefault(family, []).append(line)
    return "".join(
        f"# HELP {name} {text}\n# TYPE {name} gauge\n{''.join(lines[name])}"
        for name, text in helps.items()
        if name in lines
    )
