"""Errors as they travel: RFC 9457 problem documents."""

import msgspec

from services.common.errors import CadranError


class Problem(msgspec.Struct, omit_defaults=True):
    """RFC 9457: what went wrong, where, and how to mend it."""

    title: str
    status: int
    detail: str
    type: str = "about:blank"
    code: str = ""
    field: str = ""
    mend: str = ""


def read_problem(content: bytes) -> Problem | None:
    """The problem that a body tells, if it is one: a proxy, or a server below ours, says other things."""
    try:
        return msgspec.json.decode(content, type=Problem)
    except msgspec.DecodeError:
        return None


def problem_of(error: CadranError) -> Problem:
    return Problem(
        title=error.code.replace("_", " ").capitalize(),
        status=error.status,
        detail=error.message,
        code=error.code,
        field=error.field,
        mend=error.mend,
    )
