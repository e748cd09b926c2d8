"""Inputs that are made to blow up: deep, long, or full of what a pattern could try in many ways, from 1 kB to 1 MB.

Each must end within a bound of processor time, and as any other input: by a value, or by an error of ours.
"""

import faulthandler
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from services.common.errors import CadranError
from tests.fuzz.parsers.fuzzing import HANG_SECONDS, Crash, Parser

SIZES = (1_000, 10_000, 100_000, 1_000_000)
MOST_SECONDS = 10.0
"""Of the processor, for one input. What takes a square of its size takes hours for the largest."""
HOSTILE: Mapping[str, Callable[[int], bytes]] = {
    "one letter": lambda size: b"a" * size,
    "digits": lambda size: b"9" * size,
    "digits and signs": lambda size: b"1.1,1 " * (size // 6),
    "blanks": lambda size: b" " * size + b"x",
    "line breaks": lambda size: b"\n" * size,
    "open lists": lambda size: b"[" * size,
    "open objects": lambda size: b'{"a":' * (size // 5),
    "lists in lists": lambda size: b"[" * (size // 2) + b"]" * (size // 2),
    "commas": lambda size: b"," * size,
    "quotes": lambda size: b'"' * size,
    "backslashes": lambda size: b'"' + b"\\" * size,
    "escapes": lambda size: b'"' + b"\\u0000" * (size // 6) + b'"',
    "equal signs": lambda size: b"a=" * (size // 2),
    "ampersands": lambda size: b"a&" * (size // 2),
    "percent signs": lambda size: b"%41" * (size // 3),
    "at signs": lambda size: b"a@" * (size // 2),
    "dots": lambda size: b"a." * (size // 2),
    "dashes": lambda size: b"- " * (size // 2),
    "tags": lambda size: b"<b>" * (size // 3),
    "comments": lambda size: b"<!--" * (size // 4),
    "scripts": lambda size: b"<script type='application/ld+json'>{" * (size // 36),
    "style sheets": lambda size: b"<style>" + b"a" * size,
    "style comments": lambda size: b"<style>" + b"/*" * (size // 2),
    "classes": lambda size: b"<p class='" + b"a-" * (size // 2) + b"'>",
    "prices": lambda size: b"<i>12,90 EUR</i>" * (size // 16),
    "anchors": lambda size: b"".join(b"a%d: &a%d [*a%d]\n" % (i, i, max(0, i - 1)) for i in range(size // 20)),
    "keys": lambda size: b"".join(b"k%d: v\n" % i for i in range(size // 10)),
    "columns": lambda size: b",".join(b"k%d" % i for i in range(size // 7)) + b"\n",
    "rules": lambda size: b"User-agent: *\nDisallow: /" + b"*a" * (size // 2),
}


class Grown(NamedTuple):
    """What became of a parser's hostile inputs; the slowest is told."""

    name: str
    inputs: int
    slowest: float
    pattern: str
    size: int
    crashes: list[Crash]


def grow(parser: Parser, sizes: Iterable[int] = SIZES) -> Grown:
    """Give a parser every pattern in every size."""
    inputs, slowest, crashes = 0, (0.0, "", 0), []
    for pattern, make in HOSTILE.items():
        for size in sizes:
            faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
            body, inputs = make(size), inputs + 1
            took, trace = _tried(parser, body)
            slowest = max(slowest, (took, pattern, size))
            if trace or took > MOST_SECONDS:
                crashes.append(Crash(body, trace or f"{pattern}, {size} bytes: {took:.1f} s\n"))
                break
    faulthandler.cancel_dump_traceback_later()
    return Grown(parser.name, inputs, *slowest, crashes)


def _tried(parser: Parser, body: bytes) -> tuple[float, str]:
    """Seconds of the processor, and the trace of what was raised and must not be."""
    began, trace = time.thread_time(), ""
    try:
        parser.read(body)
    except CadranError:
        pass
    except Exception:
        trace = traceback.format_exc()
    return time.thread_time() - began, trace
