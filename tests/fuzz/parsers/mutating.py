"""Inputs that nobody would send: what is sent, with some of it otherwise. The same draws make the same input."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from random import Random
from typing import Any

Mutate = Callable[[Random, Sequence[bytes]], bytes]
"""Makes an input of some that there are."""

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, 10**30, 0.1, -0.0, 1e308, 1e-320),
    *(
        "",
        " ",
        "0",
        "-1",
        "1e999",
        "NaN",
        "Infinity",
        "EUR",
        "XXX",
        "\x00",
        "\x7f",
        "\u2028",
        "\ud7ff",
        "\ufeff",
        "é" * 300,
    ),
    *("2026-11-20T10:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30", "24:00"),
    *([], {}, [[]], {"": None}, "a" * 201, "../x", "=1+1", "%00", "${x}", "{{x}}", "<b>", "'", '"', "\\"),
)
PIECES = (
    *(b"\x00", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc0\xaf", b"\r\n", b"\n", b"\t", b" "),
    *(b",", b";", b":", b".", b"-", b"=", b"&", b"%", b"%00", b"%zz", b'"', b"'", b"\\", b"\\u0000", b"\\ud800"),
    *(
        b"[",
        b"]",
        b"{",
        b"}",
        b"<",
        b">",
        b"null",
        b"NaN",
        b"1e999",
        b"-0",
        b"99999999999999999999",
        b"&#0;",
        b"&euro;",
    ),
)
MOST = 20_000
"""Bytes of an input, so that growth by what was grown before has an end."""


def any_bytes(random: Random, corpus: Sequence[bytes]) -> bytes:
    """A few changes of bytes: some taken away, doubled, replaced, or set in from elsewhere."""
    made = bytearray(random.choice(corpus))
    for _ in range(random.choice((1, 1, 2, 4))):
        _change(random, made, corpus)
    return bytes(made[:MOST])


def _change(random: Random, made: bytearray, corpus: Sequence[bytes]) -> None:
    at = random.randint(0, len(made))
    until = min(len(made), at + random.choice((1, 1, 2, 8, 64)))
    match random.randrange(6):
        case 0:
            del made[at:until]
        case 1:
            made[at:at] = made[at:until] * random.choice((1, 1, 2, 20))
        case 2:
            made[at:until] = bytes(random.randrange(256) for _ in range(until - at))
        case 3:
            made[at:at] = random.choice(PIECES)
        case 4:
            made[at:until] = random.choice(PIECES)
        case _:
            other = random.choice(corpus)
            begin = random.randint(0, len(other))
            made[at:until] = other[begin : begin + random.choice((4, 16, 64))]


def words_of(*more: bytes) -> Mutate:
    """Changes whole words, as the seeds and a few more have them, and now and then bytes."""

    def mutate(random: Random, corpus: Sequence[bytes]) -> bytes:
        parts = re.split(rb"(\W)", random.choice(corpus))
        for _ in range(random.choice((1, 1, 2, 3))):
            at = random.randrange(len(parts))
            other = re.split(rb"(\W)", random.choice(corpus))
            parts[at] = random.choice((b"", parts[at] * 2, random.choice(other), random.choice((*more, *PIECES))))
        made = b"".join(parts)[:MOST]
        return any_bytes(random, [made]) if random.random() < 0.2 else made

    return mutate


def lines(random: Random, corpus: Sequence[bytes]) -> bytes:
    """Lines moved, doubled, taken away, indented, or taken from elsewhere; and words changed in what comes of it."""
    made = random.choice(corpus).splitlines(keepends=True) or [b""]
    at = random.randrange(len(made))
    match random.randrange(5):
        case 0:
            del made[at]
        case 1:
            made.insert(at, random.choice(made))
        case 2:
            made[at] = b"  " * random.randint(1, 3) + made[at]
        case 3:
            other = random.choice(corpus).splitlines(keepends=True) or [b""]
            made.insert(at, random.choice(other))
        case _:
            return _in_words(random, corpus)
    return b"".join(made)[:MOST] if random.random() < 0.5 else _in_words(random, [b"".join(made)])


_in_words = words_of(
    b"~", b"null", b"[]", b"{}", b"- ", b": ", b"|", b"&a", b"*a", b"!!python/name:os.system", b"2026-99-99", b"12:60"
)


def json_parts(random: Random, corpus: Sequence[bytes]) -> bytes:
    """A body in JSON of which some parts are something else, gone, or another's; now and then its bytes."""
    seed = random.choice(corpus)
    if random.random() < 0.1:
        return any_bytes(random, corpus)
    try:
        value = json.loads(seed)
    except (ValueError, RecursionError):
        return any_bytes(random, corpus)
    return encoded(random, changed(random, value))


def changed(random: Random, value: Any) -> Any:
    """The same, of which up to three parts are odd, gone, doubled, or in the place of each other."""
    for _ in range(random.choice((1, 1, 2, 3))):
        places = list(_places(value))
        if not places:
            return random.choice(ODD)
        parent, step = random.choice(places)
        match random.randrange(6):
            case 0:
                del parent[step]
            case 1:
                other, there = random.choice(places)
                parent[step] = deepcopy(other[there])
            case 2 if isinstance(parent, list):
                parent.insert(step, deepcopy(parent[step]))
            case 3 if isinstance(parent[step], str):
                parent[step] = any_bytes(random, [parent[step].encode(errors="surrogatepass")]).decode(errors="replace")
            case 4 if isinstance(parent[step], int):
                parent[step] += random.choice((-1, 1, 10**6, -parent[step]))
            case _:
                parent[step] = deepcopy(random.choice(ODD))
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    steps = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for step in steps:
        yield value, step
        yield from _places(value[step])


def encoded(random: Random, value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=random.random() < 0.5, separators=random.choice(((",", ":"), (", ", ": "))))
    return text.encode("utf-8", "surrogatepass")[:MOST]
