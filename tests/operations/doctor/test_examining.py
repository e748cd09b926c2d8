"""How checks are made: side by side, each in its time, none before what it needs is good, none of them in vain."""

import threading
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.exceptions import ConnectionError as NoRedis

from services.common.errors import ConfigurationError, Unavailable
from services.common.settings import Settings
from services.common.windows import utc_now
from services.operations.doctor.all_checks import all_checks
from services.operations.doctor.examining import Check, Look, examine
from services.operations.doctor.findings import Finding, Outcome, Severity
from services.operations.doctor.installation import Installation, Limits

FAULT = Finding("it is broken", "mend it")
WARNING = Finding("it is odd", "look at it", Severity.WARNING)


@pytest.fixture
def installation() -> Installation:
    return _installation()


@cache
def _installation() -> Installation:
    return Installation(Settings(), utc_now, Limits())


def _finds(*findings: Finding) -> Look:
    return lambda _: findings


def _raises(error: Exception) -> Look:
    def look(_: Installation) -> Iterator[Finding]:
        raise error
        yield

    return look


def test_every_check_comes_after_those_that_it_needs_and_has_a_name_of_its_own() -> None:
    before = set[str]()
    for check in all_checks():
        assert before.issuperset(check.needs), check.name
        assert check.name not in before
        before.add(check.name)


def test_checks_are_made_side_by_side(installation: Installation) -> None:
    """Each waits for the other: one after the other, neither would end."""
    meet = threading.Barrier(2)

    def look(_: Installation) -> Iterable[Finding]:
        meet.wait(timeout=10)
        return ()

    assert list(examine([Check("a", look), Check("b", look)], installation)) == [Outcome("a"), Outcome("b")]


def test_one_that_hangs_is_a_finding_and_what_rests_on_it_is_not_made(installation: Installation) -> None:
    released = threading.Event()

    def hang(_: Installation) -> Iterable[Finding]:
        released.wait()
        return ()

    checks = [Check("slow", hang), Check("quick", _finds()), Check("after", _finds(FAULT), ("slow",))]
    slow, quick, after = examine(checks, installation, patience=0.2)
    released.set()
    assert [finding.what for finding in slow.findings] == ["no answer in time"]
    assert quick == Outcome("quick")
    assert after == Outcome("after", waits_for="slow")


@pytest.mark.parametrize(
    ("error", "what", "mend"),
    [
        (ConfigurationError("it is odd", field="CADRAN_X", mend="unset it"), "CADRAN_X: it is odd", "unset it"),
        (Unavailable("it is away"), "it is away", "see docs/doctor.md"),
        (NoRedis("Error 111\nto a:1"), "cannot be looked at: ConnectionError: Error 111 to a:1", "see the log"),
        (KeyError("a secret"), "cannot be looked at: KeyError", "report it"),
    ],
)
def test_an_error_is_a_finding(installation: Installation, error: Exception, what: str, mend: str) -> None:
    (outcome,) = examine([Check("a", _raises(error))], installation)
    (finding,) = outcome.findings
    assert finding.what == what
    assert mend in finding.mend


def test_what_passes_by_itself_within_its_time_is_not_told(installation: Installation) -> None:
    looks = count()
    look: Look = lambda _: (FAULT,) if next(looks) < 2 else ()  # noqa: E731
    assert list(examine([Check("a", look, passes_within=30)], installation)) == [Outcome("a")]
    assert next(looks) == 3


def test_what_does_not_pass_is_told(installation: Installation) -> None:
    assert list(examine([Check("a", _finds(FAULT), passes_within=1.5)], installation)) == [Outcome("a", (FAULT,))]


@st.composite
def _trees(draw: Callable[..., object]) -> list[Check]:
    """Checks that need some of those before, each with what it finds."""
    checks: list[Check] = []
    for i in range(draw(st.integers(1, 8))):  # type: ignore[call-overload]
        names = [check.name for check in checks]
        needs = draw(st.lists(st.sampled_from(names), unique=True)) if names else []
        found = draw(st.lists(st.sampled_from([FAULT, WARNING]), max_size=2))
        checks.append(Check(f"c{i}", _finds(*found), tuple(needs)))  # type: ignore[misc, arg-type]
    return checks


@given(_trees())
def test_a_check_is_made_just_if_all_that_it_needs_is_good_and_else_names_a_cause(checks: list[Check]) -> None:
    outcomes = {outcome.check: outcome for outcome in examine(checks, _installation())}
    assert list(outcomes) == [check.name for check in checks]
    for check in checks:
        outcome, bad = outcomes[check.name], [need for need in check.needs if not outcomes[need].is_good]
        if not bad:
            assert outcome == Outcome(check.name, tuple(check.look(_installation())))
        else:
            assert not outcome.findings
            assert FAULT in outcomes[outcome.waits_for].findings, "the cause itself, not what waits for it too"


def test_what_is_left_out_is_taken_to_be_good(installation: Installation) -> None:
    assert list(examine([Check("a", _finds(WARNING), ("left out",))], installation)) == [Outcome("a", (WARNING,))]
