"""Makes checks side by side, each in its own time: one that hangs is a finding and holds nothing up."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as NotInTime
from contextlib import suppress
from typing import NamedTuple

from httpx import HTTPError
from kafka.errors import KafkaError

from services.common.errors import CadranError
from services.operations.doctor.findings import Finding, Outcome, Severity
from services.operations.doctor.installation import NO_REDIS, Installation

PATIENCE = 40.0
"""Seconds in which a check must be made; what it asks has less to answer in."""
AGAIN = 1.0
TELLABLE = (HTTPError, KafkaError, OSError, *NO_REDIS)
"""Errors whose words name servers and reasons; those of others may hold what nobody should read."""

Look = Callable[[Installation], Iterable[Finding]]


class Check(NamedTuple):
    """One thing to look at. `needs`: checks that must be good before it says anything.

    `passes_within`: seconds in which what it finds may pass by itself, as after a start: it is looked at again.
    """

    name: str
    look: Look
    needs: tuple[str, ...] = ()
    passes_within: float = 0.0


def examine(checks: Sequence[Check], installation: Installation, patience: float = PATIENCE) -> Iterator[Outcome]:
    """The outcome of each check, in their order; a check comes after those that it needs.

    What it needs and is left out is taken to be good.
    """
    outcomes: dict[str, Future[Outcome]] = {check.name: Future() for check in checks}
    deadlines: dict[str, float] = {}
    checks = [check._replace(needs=tuple(need for need in check.needs if need in outcomes)) for check in checks]
    for check in checks:
        # Daemons: one that hangs must not keep the process from ending.
        threading.Thread(target=_make, args=(check, installation, outcomes), name=check.name, daemon=True).start()
    begun = time.monotonic()
    for check in checks:
        deadlines[check.name] = max((deadlines[need] for need in check.needs), default=begun) + patience
        deadlines[check.name] += check.passes_within
        yield _awaited(check, outcomes[check.name], deadlines[check.name])


def _awaited(check: Check, outcome: Future[Outcome], deadline: float) -> Outcome:
    try:
        return outcome.result(max(0.0, deadline - time.monotonic()))
    except NotInTime:
        mend = "see the log of what it asks: it takes connections and does not answer"
        hangs = Outcome(check.name, (Finding("no answer in time", mend),))
        _tell(outcome, hangs)
        return outcome.result()


def _make(check: Check, installation: Installation, outcomes: Mapping[str, Future[Outcome]]) -> None:
    for need in check.needs:
        before = outcomes[need].result()
        if not before.is_good:
            _tell(outcomes[check.name], Outcome(check.name, waits_for=before.waits_for or need))
            return
    until = time.monotonic() + check.passes_within
    findings = _look(check, installation)
    while findings and time.monotonic() < until:
        time.sleep(AGAIN)
        findings = _look(check, installation)
    _tell(outcomes[check.name], Outcome(check.name, findings))


def _look(check: Check, installation: Installation) -> tuple[Finding, ...]:
    try:
        return tuple(check.look(installation))
    except CadranError as error:
        place = f"{error.field}: " if error.field else ""
        return (Finding(f"{place}{error.message}", error.mend or "see docs/doctor.md"),)
    except TELLABLE as error:
        reason = " ".join(str(error).split()) or "no reason given"
        return (Finding(f"cannot be looked at: {type(error).__name__}: {reason[:200]}", "see the log of what it asks"),)
    except Exception as error:  # whatever is wrong here, the other checks go on
        what = f"cannot be looked at: {type(error).__name__}"
        return (Finding(what, "this is an error of `cadran doctor` itself: report it", Severity.WARNING),)


def _tell(outcome: Future[Outcome], made: Outcome) -> None:
    with suppress(InvalidStateError):  # it came too late, or just in time
        outcome.set_result(made)
