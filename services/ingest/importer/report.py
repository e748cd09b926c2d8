"""What an import came to: what was read, what became of it, and which lines were not imported and why."""

import csv
from pathlib import Path

import msgspec
from rich.console import Console

from services.ingest.importer.ledger import READING, Ledger
from services.ingest.importer.run import Batch

SHOWN = 10


class Firsts:
    """The first event of each type."""

    def __init__(self) -> None:
        self._bodies: dict[str, msgspec.Raw] = {}

    def heard(self, batch: Batch) -> None:
        for built in batch.built:
            self._bodies.setdefault(built.type, built.body)

    def show(self, console: Console) -> None:
        for event_type, body in sorted(self._bodies.items()):
            _print(console, f"the first {event_type}:")
            console.print_json(bytes(body).decode())


def resumes(console: Console, ledger: Ledger) -> None:
    """Say so where an import goes on."""
    if ledger.lines:
        _print(console, f"this import was interrupted {_how_far(ledger)}: it goes on there")


def stopped(console: Console, ledger: Ledger, rejects: Path | None) -> None:
    """Say how far an import came that ends before its time."""
    if not ledger.lines:
        ledger.forget()
        return
    _write(console, ledger, rejects)
    _print(console, f"stopped {_how_far(ledger)}: run the same command again, and it goes on there")


def report(console: Console, ledger: Ledger, reporting: str, rejects: Path | None) -> None:
    """Tell all of an import that is through; `reporting` is the currency in which amounts are shown."""
    counts = ledger.counts
    for name in sorted(counts):
        kind, _, event_type = name.partition(" ")
        if kind == "type":
            _print(console, f"{counts[name]:>9,} {event_type}")
    if counts["accepted"] or counts["duplicate"]:
        _print(console, f"{counts['accepted']:>9,} accepted, {counts['duplicate']:,} known already")
    if counts["rounded"]:
        _print(console, f"{counts['rounded']:>9,} amounts were finer than the minor unit and rounded half-even")
    if counts["combined"]:
        _print(console, f"{counts['combined']:>9,} lines beyond the 1,000th of their order were put together")
    _print(console, f"{ledger.rejected_lines:>9,} lines rejected")
    for reason, number in ledger.commonest_reasons(SHOWN):
        _print(console, f"{'':>9} {number:,} x {reason}")
    _write(console, ledger, rejects)
    _hint_at_rates(console, ledger, reporting)


def _how_far(ledger: Ledger) -> str:
    sent = ledger.counts["accepted"] + ledger.counts["duplicate"]
    if ledger.place.stage == READING:
        return f"after line {ledger.place.at:,}, with {sent:,} events sent"
    return f"when all {ledger.lines:,} lines were read, with {sent:,} events sent"


def _write(console: Console, ledger: Ledger, rejects: Path | None) -> None:
    if rejects is None:
        return
    with rejects.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("line", "reason"))
        writer.writerows(ledger.rejected())
    _print(console, f"{'':>9} all in {rejects}")


def _hint_at_rates(console: Console, ledger: Ledger, reporting: str) -> None:
    """Amounts of another currency are shown only where its exchange rate is known."""
    stated = {name.removeprefix("currency ") for name in ledger.counts if name.startswith("currency ")}
    for currency in sorted(stated - {reporting}):
        _print(
            console,
            f"{'':>9} {currency} is shown in {reporting} where a rate is known: send `rate.set` for these days, "
            f"or start with CADRAN_REPORTING_CURRENCY={currency}",
        )


def _print(console: Console, text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True)
