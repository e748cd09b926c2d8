"""Texts of a reading as they can be stored, sent and shown: no control characters, no halves of pairs, no end."""

import re
from enum import Enum
from typing import Any

import msgspec

from services.pricing_watch.records import Candidate, Reading

MAX_LENGTH = 1_000
"""Characters of a text that are kept."""
MAX_NUMBERS = 50
"""Numbers of a product that are kept."""

_SPACES = re.compile(r"[\t\n\v\f\r]")
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
"""Control characters, lone surrogates, which UTF-8 cannot write, and what turns the direction of a text about."""


def clean(reading: Reading) -> Reading:
    """The same with every text of it and of its candidates fit to be encoded in UTF-8, stored and printed."""
    candidates = tuple(_of_candidate(one) for one in reading.candidates)
    return msgspec.structs.replace(reading, candidates=candidates, **_texts(reading))


def clean_text(text: str) -> str:
    """A text of bounded length, with U+FFFD for what does not belong in one."""
    return _UNFIT.sub("\ufffd", _SPACES.sub(" ", text[:MAX_LENGTH]))


def _of_candidate(candidate: Candidate) -> Candidate:
    numbers = tuple(clean_text(number) for number in candidate.numbers[:MAX_NUMBERS])
    return msgspec.structs.replace(candidate, numbers=numbers, **_texts(candidate))


def _texts(record: msgspec.Struct) -> dict[str, Any]:
    values = ((name, getattr(record, name)) for name in record.__struct_fields__)
    return {name: clean_text(value) for name, value in values if isinstance(value, str) and not isinstance(value, Enum)}
