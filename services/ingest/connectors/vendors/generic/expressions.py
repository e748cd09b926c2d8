"""JMESPath over JSON whose numbers are exact."""

import warnings
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import jmespath
import msgspec
from jmespath.exceptions import JMESPathError, JMESPathTypeError
from jmespath.parser import ParsedResult

from services.common.errors import Invalid, Malformed

LONGEST = 500
"""Characters of an expression. It is worked out in one pass over a body whose size is bounded, so that its own length
bounds how long that takes; who writes the file is not who sends the body."""

_FAULTS: Final = (JMESPathError, ValueError, TypeError, ArithmeticError, AttributeError, RecursionError)
_decoder: Final = msgspec.json.Decoder(float_hook=Decimal)


def read_exactly(body: bytes) -> Any:
    """JSON, its numbers as they are written: whole ones, and decimals.

    :raises Malformed: when it is no JSON.
    """
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"no JSON: {error}", mend="have the sender send JSON") from None


class Expression:
    """A place in JSON, in JMESPath."""

    def __init__(self, text: str, parsed: ParsedResult) -> None:
        self.text = text
        self._parsed = parsed

    def of(self, value: Any) -> Any:
        """What stands there; nothing where there is no such place.

        :raises Invalid: when a function is asked for what it cannot do. What it was asked of is not told: it is what
            the sender sent.
        """
        try:
            return self._parsed.search(value)
        except _FAULTS:
            raise Invalid(
                "cannot be worked out of this body", field=self.text, mend="compare like with like; see the mapping"
            ) from None

    def holds(self, value: Any) -> bool:
        """Is it true there, as JMESPath means it: neither false, null nor empty?"""
        found = self.of(value)
        return not (found is None or found is False or (isinstance(found, str | Sequence | dict) and len(found) == 0))


def compiled(text: str) -> Expression:
    """An expression.

    :raises Invalid: when it is none, or too long.
    """
    if len(text) > LONGEST:
        raise Invalid(f"has {len(text)} characters", mend=f"use at most {LONGEST}")
    try:
        with warnings.catch_warnings(action="ignore", category=PendingDeprecationWarning):  # it reads them for good
            parsed = jmespath.compile(text)
        _try_out(parsed)
    except _FAULTS as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Invalid(f"{text!r} is no JMESPath: {told}", mend="https://jmespath.org explains it") from None
    return Expression(text, parsed)


def _try_out(parsed: ParsedResult) -> None:
    """Meet an unknown function now: it is told by running it."""
    try:
        parsed.search({})
    except (JMESPathTypeError, TypeError):
        return
