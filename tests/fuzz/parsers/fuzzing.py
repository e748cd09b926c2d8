"""Many inputs for one parser, each of which must become a value, or an error of ours that says why not.

A few of the inputs are traced; one that reaches a line that none before it did is kept, and others are made of it.
"""

import faulthandler
import time
import traceback
from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from services.common.errors import CadranError
from tests.fuzz.parsers.mutating import Mutate
from tests.fuzz.parsers.reached import Reached

TRACED = 20
"""One in so many inputs is traced."""
HANG_SECONDS = 120
"""An input that takes longer ends the process, with a trace of where it was: the time of a loaded machine, not ours."""
MOST_CRASHES = 5


class Parser(NamedTuple):
    """What is fuzzed: `read` raises a `CadranError` for what it refuses; `share`: of a thousand inputs of all."""

    name: str
    seeds: Sequence[bytes]
    mutate: Mutate
    read: Callable[[bytes], object]
    share: int


class Crash(NamedTuple):
    """An input that did what none may."""

    input: bytes
    trace: str


class Outcome(NamedTuple):
    """What became of a parser's inputs. `slowest`: seconds of processor time."""

    name: str
    inputs: int
    accepted: int
    refused: int
    crashes: list[Crash]
    slowest: float
    slowest_input: bytes
    kept: int
    lines: int
    lines_there: int
    seconds: float


def fuzz(parser: Parser, inputs: int, seed: int) -> Outcome:
    """Give a parser its seeds, then so many inputs made of them."""
    random = Random(f"{parser.name} {seed}")
    corpus, reached = list(parser.seeds), Reached()
    tried = _Tried(parser)
    began = time.process_time()
    for each in parser.seeds:
        reached.by(lambda each=each: tried.one(each))
    while tried.inputs < inputs and len(tried.crashes) < MOST_CRASHES:
        made = parser.mutate(random, corpus)
        if tried.inputs % TRACED:
            tried.one(made)
        elif reached.by(lambda made=made: tried.one(made)):
            corpus.append(made)
    faulthandler.cancel_dump_traceback_later()
    return Outcome(
        parser.name,
        tried.inputs,
        tried.accepted,
        tried.refused,
        tried.crashes,
        *tried.slowest,
        len(corpus) - len(parser.seeds),
        reached.lines,
        reached.there,
        time.process_time() - began,
    )


class _Tried:
    """Counts what becomes of inputs."""

    def __init__(self, parser: Parser) -> None:
        self._read = parser.read
        self.inputs = self.accepted = self.refused = 0
        self.crashes: list[Crash] = []
        self.slowest = (0.0, b"")

    def one(self, made: bytes) -> None:
        if self.inputs % 1000 == 0:
            faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
        self.inputs += 1
        began = time.thread_time()
        try:
            self._read(made)
            self.accepted += 1
        except CadranError:
            self.refused += 1
        except Exception:
            self.crashes.append(Crash(made, traceback.format_exc()))
        took = time.thread_time() - began
        if took > self.slowest[0]:
            self.slowest = (took, made)
