"""The text that promtool reads."""

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from services.kpi_stream.backfill.openmetrics import NAME, by_series, text
from services.kpi_stream.exporter.exposition import Sample, quoted
from services.kpi_stream.exporter.exposition import _written as written

labels = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r"), max_size=8)
values = st.floats(allow_nan=False, allow_infinity=False)
series = st.dictionaries(
    st.tuples(st.sampled_from(["cadran_a", "cadran_a_low", "cadran_b"]), labels, st.sampled_from(["7d", "mtd"])), values
)
targets = st.fixed_dictionaries({"instance": labels, "job": labels}, optional={"region": labels})
times = st.lists(st.integers(0, 4_000_000_000), unique=True, max_size=5).map(sorted)
Told = Mapping[tuple[str, str, str], float]


def sampled(told: Told) -> list[Sample]:
    return [
        Sample(name, f'{name}{{channel={quoted(channel)},window="{window}"}} {written(value)}\n')
        for (name, channel, window), value in told.items()
    ]


@given(series, targets, times)
def test_every_series_has_its_number_at_every_time_under_the_labels_of_its_target(
    told: Told, target: Mapping[str, str], at: Sequence[int]
) -> None:
    families = list(text_string_to_metric_families("".join(text(sampled(told), target, at))))
    assert len(families) == len({name for name, _, _ in told})
    read = [
        (each.name, each.labels["channel"], each.labels["window"], int(float(each.timestamp)), each.value)
        for family in families
        for each in family.samples
    ]
    assert sorted(read) == sorted((*name, time, value) for name, value in told.items() for time in at)
    assert all(target.items() <= each.labels.items() for family in families for each in family.samples)


@given(series, targets)
def test_samples_are_known_by_what_prometheus_calls_them(told: Told, target: Mapping[str, str]) -> None:
    found = by_series(sampled(told), target)
    assert {name: value for name, (_, value) in found.items()} == {
        frozenset({NAME: name, "channel": channel, "window": window, **target}.items()): value
        for (name, channel, window), value in told.items()
    }
