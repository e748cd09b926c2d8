"""What single fields of forms must hold. Pure; texts are translated where they are shown."""

import msgspec

from services.survey.records import COMMENT_MAX

SCORES = range(11)

_UNWRITTEN = dict.fromkeys([*(code for code in range(32) if chr(code) not in "\n\t"), 127])


def _(text: str) -> str:
    """Marks a text for translation."""
    return text


class Wrong(msgspec.Struct, frozen=True):
    """A field that cannot be taken: its name, and what to do, in English."""

    field: str
    message: str


def read_comment(text: str) -> tuple[str, tuple[Wrong, ...]]:
    """A comment as it is kept, and what is wrong with it: it may be too long, and is never cut."""
    comment = read_text(text)
    if len(comment) > COMMENT_MAX:
        return comment, (Wrong("comment", _("Please shorten this to 4,000 characters.")),)
    return comment, ()


def read_text(text: str) -> str:
    """What was written, with one kind of line end and without characters that no keyboard writes."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_UNWRITTEN).strip()


def read_score(text: str) -> int | None:
    """A score, or nothing when it is none: digits alone, 0 to 10, as the form sends them."""
    return next((score for score in SCORES if text == str(score)), None)
