"""`make fuzz` in small: every parser gets some inputs, and what is told of them is true."""

from random import Random

import pytest

from services.common.errors import Invalid
from tests.fuzz.parsers.every import PARSERS
from tests.fuzz.parsers.fuzzing import MOST_CRASHES, Parser, fuzz
from tests.fuzz.parsers.growth import grow
from tests.fuzz.parsers.mutating import any_bytes, json_parts, lines

FEW = 60
NOT_TAKEN = {"webhook, salesforce CDC"}
"""Whose seeds hold nothing to take."""


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
def test_whatever_comes_is_a_value_or_an_error_of_ours(parser: Parser) -> None:
    outcome = fuzz(parser, FEW, seed=0)
    assert [crash.trace for crash in outcome.crashes] == []
    assert outcome.inputs == max(FEW, len(parser.seeds)) == outcome.accepted + outcome.refused
    assert outcome.accepted or parser.name in NOT_TAKEN, "seeds that nothing takes reach nothing"


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
def test_what_is_made_to_blow_up_does_not(parser: Parser) -> None:
    assert [crash.trace for crash in grow(parser, [20_000]).crashes] == []


def test_a_crash_is_told_with_its_input() -> None:
    def read(body: bytes) -> None:
        if len(body) < 3:
            raise Invalid("too short")
        if b"d" not in body:
            raise ZeroDivisionError

    outcome = fuzz(Parser("made up", [b"abcd"], any_bytes, read, 1), 5000, seed=0)
    assert len(outcome.crashes) == MOST_CRASHES
    assert all(b"d" not in crash.input and "ZeroDivisionError" in crash.trace for crash in outcome.crashes)
    assert outcome.inputs == outcome.accepted + outcome.refused + MOST_CRASHES


@pytest.mark.parametrize("mutate", [any_bytes, json_parts, lines])
def test_the_same_draws_make_the_same_input(mutate: object) -> None:
    seeds = [b'{"a": [1, "b", {"c": null}]}', b"a: b\n  c: d\n"]
    first, again = ([mutate(random, seeds) for _ in range(50)] for random in (Random(1), Random(1)))  # type: ignore[operator]
    assert first == again
    assert len(set(first)) > 25
