"""Whether a page lets its visitors choose a size, and so sells variants of a thing though it states one price."""

import re
from collections.abc import Iterable

_LETTERS = r"(?:X{0,3}S|M|X{0,4}L|[2-5]XL)"
_SIZE = re.compile(rf"{_LETTERS}(?:\s?[–(-].*)?")
_CHOICE = re.compile(
    rf"(?:sizes?|tailles?|pointures?|größen?|grösse|tagli[ae]|tallas?|maat|maten|storlek|rozmiar|サイズ)\W{{1,4}}"
    rf"(?:(?:{_LETTERS}|[0-9]{{2}})(?:\W{{1,3}}|$)){{2,}}",
    re.IGNORECASE,
)
MAX_LENGTH = 80
"""Characters of a line that can be such a choice."""


def offers_sizes(texts: Iterable[str]) -> bool:
    """Do these lines offer two sizes or more: each on its own line, or after a word for size?"""
    short = [text for text in texts if len(text) <= MAX_LENGTH]
    named = {text for text in short if _SIZE.fullmatch(text)}
    return len(named) > 1 or any(_CHOICE.match(text) for text in short)
