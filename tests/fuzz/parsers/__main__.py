"""`make fuzz`: so many inputs over every parser, by their shares; ends with 1 if one did what none may."""

import argparse
import os
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from rich.console import Console
from rich.table import Table

from deploy.local.programs import ROOT
from tests.fuzz.parsers.every import PARSERS
from tests.fuzz.parsers.fuzzing import Outcome, fuzz
from tests.fuzz.parsers.growth import Grown, grow

CRASHES = ROOT / ".local" / "fuzz-crashes"
LEAST = 200
"""Inputs that every parser gets."""


def shares(inputs: int) -> Iterable[tuple[int, int]]:
    """How many inputs each parser gets, by its place: all together at least so many."""
    whole = sum(parser.share for parser in PARSERS)
    for i, parser in enumerate(PARSERS):
        yield i, max(LEAST, -(-inputs * parser.share // whole))


def both(place: int, inputs: int, seed: int) -> tuple[Outcome, Grown]:
    """A parser's inputs, those that are drawn and those that are made to blow up."""
    return fuzz(PARSERS[place], inputs, seed), grow(PARSERS[place])


def table(found: Iterable[Outcome]) -> Table:
    columns = ("inputs", "accepted", "refused", "crashes", "slowest ms", "of bytes", "kept", "lines", "of", "s")
    shown = Table("parser", *columns)
    for one in found:
        shown.add_row(
            one.name,
            f"{one.inputs:,}",
            f"{one.accepted / max(1, one.inputs):.0%}",
            f"{one.refused / max(1, one.inputs):.0%}",
            f"{len(one.crashes)}",
            f"{one.slowest * 1000:.1f}",
            f"{len(one.slowest_input):,}",
            f"{one.kept}",
            f"{one.lines}",
            f"{one.lines_there}",
            f"{one.seconds:.0f}",
        )
    return shown


def growth_table(found: Iterable[Grown]) -> Table:
    shown = Table("parser", "hostile inputs", "slowest s", "which", "of bytes", "over the bound, or crashes")
    for one in found:
        shown.add_row(
            one.name, f"{one.inputs}", f"{one.slowest:.2f}", one.pattern, f"{one.size:,}", f"{len(one.crashes)}"
        )
    return shown


def tell(outcome: Outcome | Grown) -> None:
    """Crashes, and the inputs that led to them, to be tried again."""
    for i, crash in enumerate(outcome.crashes):
        CRASHES.mkdir(parents=True, exist_ok=True)
        path = CRASHES / f"{outcome.name.replace(' ', '-').replace(',', '')}-{i}"
        path.write_bytes(crash.input)
        print(f"{outcome.name}: {path}\n{crash.trace}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--only", default="", help="the beginning of the names of some parsers")
    arguments = parser.parse_args()
    wanted = [(i, count) for i, count in shares(arguments.inputs) if PARSERS[i].name.startswith(arguments.only)]
    found, grown = [], []
    with ProcessPoolExecutor(arguments.processes) as pool:  # an input that ends its process is told by the pool
        for one, hostile in pool.map(partial(both, seed=arguments.seed), *zip(*wanted, strict=True)):
            found.append(one)
            grown.append(hostile)
            tell(one)
            tell(hostile)
            print(f"{one.name}: {one.inputs:,} inputs in {one.seconds:.0f} s", flush=True)
    everything = [*found, *grown]
    console = Console(width=150)
    console.print(table(found))
    console.print(growth_table(grown))
    crashes = sum(len(one.crashes) for one in everything)
    console.print(f"{sum(one.inputs for one in everything):,} inputs, {crashes} crashes")
    return 1 if crashes else 0


if __name__ == "__main__":
    sys.exit(main())
