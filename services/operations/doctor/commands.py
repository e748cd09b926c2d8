"""`cadran doctor`."""

import logging
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from services.common.errors import ConfigurationError, Invalid
from services.common.settings import Port, Settings
from services.common.windows import utc_now
from services.operations.doctor.all_checks import all_checks
from services.operations.doctor.examining import examine
from services.operations.doctor.findings import Finding, Outcome, Severity
from services.operations.doctor.installation import NAMED, Installation, Limits

GOOD, WARNING, FAULT, NOT_MADE = ("✓", "green"), ("!", "yellow"), ("✗", "red"), ("-", "dim")
console = Console(highlight=False)


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print every outcome as JSON.")] = False,
    at: Annotated[
        list[str] | None, typer.Option(help="Where a service is, if on another machine: `board=http://host:8000`.")
    ] = None,
    without: Annotated[list[str] | None, typer.Option(help="A check to leave out, by its name; repeat it.")] = None,
    free_percent: Annotated[float, typer.Option(help="Of a disk, that must be left.")] = Limits().free_percent,
    memory_percent: Annotated[float, typer.Option(help="Of its memory, that Redis may take.")] = (
        Limits().memory_percent
    ),
    clock_seconds: Annotated[float, typer.Option(help="That two clocks may differ by.")] = Limits().clock_seconds,
    waiting_records: Annotated[int, typer.Option(help="That may wait for a worker.")] = Limits().waiting_records,
    waiting_seconds: Annotated[float, typer.Option(help="That an event may wait in a service for Kafka.")] = (
        Limits().waiting_seconds
    ),
) -> None:
    """Look at everything that Cadran needs, and say what mends what is wrong. Changes nothing; status 1 on a fault."""
    limits = Limits(free_percent, memory_percent, clock_seconds, waiting_records, waiting_seconds)
    outcomes = _outcomes(limits, at or (), without or ())
    logging.disable()  # what is wrong is told; what clients say of it on the way is not
    if as_json:
        told = list(outcomes)
        sys.stdout.write(msgspec.json.encode([_entry(outcome) for outcome in told]).decode() + "\n")
    else:
        told = [_tell(outcome) for outcome in outcomes]
        _sum_up(told)
    if not all(outcome.is_good for outcome in told):
        raise typer.Exit(1)


def _outcomes(limits: Limits, at: Sequence[str], without: Sequence[str]) -> Iterable[Outcome]:
    """Of every check; where no setting can be read there is nothing to ask, and the settings are all that is told."""
    try:
        settings = Settings.load()
    except ConfigurationError as error:
        return [Outcome("settings: shared", (Finding(f"{error.field} {error.message}".strip(), error.mend),))]
    installation = Installation(settings, utc_now, limits, _addresses(at))
    checks = all_checks()
    unknown = sorted(set(without) - {check.name for check in checks})
    if unknown:
        raise Invalid(f"no check is called {unknown[0]!r}", field="--without", mend="`cadran doctor` names them")
    return examine([check for check in checks if check.name not in without], installation)


def _addresses(given: Sequence[str]) -> dict[Port, str]:
    found = {}
    for text in given:
        name, _, url = text.partition("=")
        if not url.startswith(("http://", "https://")):
            raise Invalid(f"{text!r} names no address", field="--at", mend="write `board=http://host:8000`")
        if name not in NAMED:
            raise Invalid(f"no service is called {name!r}", field="--at", mend=f"write {', '.join(NAMED)}")
        found[NAMED[name]] = url
    return found


def _entry(outcome: Outcome) -> dict[str, object]:
    findings = [finding._asdict() for finding in outcome.findings]
    return {"check": outcome.check, "good": outcome.is_good, "waits_for": outcome.waits_for, "findings": findings}


def _tell(outcome: Outcome) -> Outcome:
    mark, style = _mark(outcome)
    console.print(Text(f"{mark} ", style) + Text(outcome.check) + Text(_beside(outcome), "dim"))
    for finding in outcome.findings:
        console.print(Padding(Text(finding.what), (0, 0, 0, 4)))
        console.print(Padding(Text(f"→ {finding.mend}", "cyan"), (0, 0, 0, 4)))
    return outcome


def _mark(outcome: Outcome) -> tuple[str, str]:
    if outcome.waits_for:
        return NOT_MADE
    if not outcome.is_good:
        return FAULT
    return WARNING if outcome.findings else GOOD


def _beside(outcome: Outcome) -> str:
    return f" - not looked at before {outcome.waits_for} is mended" if outcome.waits_for else ""


def _sum_up(told: Sequence[Outcome]) -> None:
    found = [finding.severity for outcome in told for finding in outcome.findings]
    faults, warnings = found.count(Severity.FAULT), found.count(Severity.WARNING)
    left = sum(bool(outcome.waits_for) for outcome in told)
    not_made = f", {left} checks not made" if left else ""
    console.print(f"\n{len(told)} checks: {faults} faults, {warnings} warnings{not_made}" if found else "\nall is well")
