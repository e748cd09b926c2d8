"""Samples as OpenMetrics text, for promtool; and by series, to set them against what Prometheus has. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from prometheus_client.parser import text_string_to_metric_families

from services.kpi_stream.exporter.exposition import Sample

Labels = frozenset[tuple[str, str]]
"""The name and the labels of a series."""

NAME = "__name__"


def labels_of(name: str, labels: Mapping[str, str]) -> Labels:
    return frozenset({NAME: name, **labels}.items())


def by_series(samples: Sequence[Sample], target: Mapping[str, str]) -> dict[Labels, tuple[Sample, float]]:
    """Samples by what they are called in Prometheus, which puts the labels of its target beside their own."""
    told = text_string_to_metric_families("".join(sample.line for sample in samples))
    read = [each for family in told for each in family.samples]
    return {
        labels_of(each.name, {**each.labels, **target}): (sample, each.value)
        for sample, each in zip(samples, read, strict=True)
    }


def text(samples: Iterable[Sample], target: Mapping[str, str], times: Sequence[int]) -> Iterator[str]:
    """Each sample at each of some times (seconds since 1970), by family."""
    families: dict[str, list[Sample]] = {}
    for sample in samples:
        families.setdefault(sample.family, []).append(sample)
    for family, own in families.items():
        yield f"# TYPE {family} gauge\n"
        for sample in own:
            line = sample.with_labels(target)
            yield "".join([f"{line} {time}\n" for time in times])
    yield "# EOF\n"
