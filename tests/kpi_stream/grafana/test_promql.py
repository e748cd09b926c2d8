"""What is found in an expression, against expressions that were put together from known parts."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.grafana.lint.promql import Matcher, Selector, named
from deploy.grafana.lint.syntax import syntax_faults

NAMES = st.sampled_from(["up", "cadran_nps", "by_hand", "sum_total", "job:rate:5m"])
LABELS = st.sampled_from(["job", "le", "window", "by", "rep"])
TEXTS = st.sampled_from(["x", "a{b}", "sum(up)", "$window", ".*", "a,b", "(", '\\"'])
SIGNS = st.sampled_from(["=", "!=", "=~", "!~"])


class Made(NamedTuple):
    """An expression, and what it was made of."""

    text: str
    selectors: tuple[Selector, ...]
    grouped_by: frozenset[str] = frozenset()


@st.composite
def selectors(draw: st.DrawFn) -> Made:
    name = draw(NAMES)
    matchers = tuple(Matcher(*each) for each in draw(st.lists(st.tuples(LABELS, SIGNS, TEXTS), max_size=3)))
    inside = ", ".join(f'{m.label}{m.sign}"{m.value}"' for m in matchers)
    braces = f"{{{inside}}}" if matchers or draw(st.booleans()) else ""
    return Made(f"{name}{braces}", (Selector(name, matchers, (), ""),))


def within(function: str, made: Made) -> tuple[Selector, ...]:
    return tuple(each._replace(functions=(function, *each.functions)) for each in made.selectors)


@st.composite
def rated(draw: st.DrawFn) -> Made:
    inner = draw(selectors())
    ranged = (inner.selectors[0]._replace(range="5m"),)
    return Made(f"rate( {inner.text}[5m] )", within("rate", Made("", ranged)))


def larger(inner: st.SearchStrategy[Made]) -> st.SearchStrategy[Made]:
    labels = st.lists(LABELS, max_size=2)

    def grouped(made: Made, by: list[str], word: str) -> Made:
        text = f"sum {word} ({', '.join(by)}) ({made.text})"
        return Made(text, within("sum", made), made.grouped_by | set(by))

    def after(made: Made, by: list[str]) -> Made:
        return Made(f"max({made.text}) by ({', '.join(by)})", within("max", made), made.grouped_by | set(by))

    def beside(one: Made, other: Made, sign: str) -> Made:
        text = f"({one.text}) {sign} {other.text}"
        return Made(text, one.selectors + other.selectors, one.grouped_by | other.grouped_by)

    signs = st.sampled_from(["+", "/", "> bool", "and", "unless", "* on (job) group_left ()"])
    return st.one_of(
        st.builds(grouped, inner, labels, st.sampled_from(["by", "without"])),
        st.builds(after, inner, labels),
        st.builds(beside, inner, inner, signs).map(
            lambda m: m if "on (job)" not in m.text else m._replace(grouped_by=m.grouped_by | {"job"})
        ),
    )


EXPRESSIONS = st.recursive(st.one_of(selectors(), rated()), larger, max_leaves=5)


@given(EXPRESSIONS)
def test_every_selector_and_label_is_found_whatever_stands_around(made: Made) -> None:
    found = named(made.text)
    assert found.selectors == made.selectors
    assert found.grouped_by == made.grouped_by


def test_offsets_numbers_and_comments_are_no_metrics() -> None:
    found = named("up offset 1d + 1e-3 * vector(5) # and down\n > Inf")
    assert [selector.name for selector in found.selectors] == ["up"]


def test_a_selector_may_name_its_metrics_by_a_label() -> None:
    (selector,) = named('{__name__=~"a|b", job="x"}').selectors
    assert (selector.metrics, selector.labels) == (("a", "b"), ("job",))


def test_what_is_no_promql_is_refused() -> None:
    with pytest.raises(ValueError, match="'~' is no PromQL"):
        named("up ~ down")


def test_promtool_says_why_an_expression_is_refused() -> None:
    faults = syntax_faults(["rate(up[$__rate_interval])", "sum((", "rate(up)", 'up{window="$window"}'])
    assert set(faults) == {"sum((", "rate(up)"}
    assert "unclosed left parenthesis" in faults["sum(("]
