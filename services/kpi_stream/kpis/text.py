"""Texts in the two languages of every page."""

import msgspec


class Text(msgspec.Struct, frozen=True):
    """A text in the two languages of every page."""

    en: str
    fr: str
