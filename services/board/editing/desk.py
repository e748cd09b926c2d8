"""What the pages of targets, of promotions and of alerts work with, and do alike."""

import secrets
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from services.board.access import Access
from services.board.alerts.watch import Alerts
from services.board.answers import Answers
from services.board.editing.service import Editing
from services.board.editing.statements import Statement
from services.board.reader import Reader
from services.board.rendering import Renderer
from services.board.sessions import Sessions, signed_in
from services.board.users import User
from services.common.audit import AuditLog
from services.common.errors import Malformed
from services.common.windows import Clock

FORM, FORM_BYTES = "form", 16
"""The field that bears a form's own random name, and how long that is."""
USUALLY_SENT = 1.0
"""Seconds: Kafka takes an event in much less, and who has just saved should be told that it has."""


class Outcome(NamedTuple):
    """What became of a form: how many statements it made, and how far they are.

    `step`: `counted`: the read API knows them; `sent`: Kafka has them; `waiting`: it does not yet.
    """

    number: int
    step: str


class Desk(NamedTuple):
    """`currency`: of money."""

    answers: Answers
    alerts: Alerts
    editing: Editing
    audit: AuditLog
    renderer: Renderer
    sessions: Sessions
    clock: Clock
    zone: ZoneInfo
    currency: str

    def editor(self, request: Request) -> User:
        """Who is signed in, and may edit.

        :raises Unauthenticated: when nobody is signed in.
        :raises Forbidden: when they may not.
        """
        user = signed_in(request, self.sessions)
        Access.of(user).check_edits()
        return user

    def acting(self, user: User, what: str, subject: str) -> AbstractAsyncContextManager[None]:
        """What an edit is done within: it is in the audit log."""
        return self.audit.acting_meanwhile(f"board:{user.name}", what, subject)

    def reader(self, user: User) -> Reader:
        return Reader(self.answers, self.alerts, Access.of(user))

    def unit(self, kpi: Any) -> str:
        """Of a KPI's targets: money in the currency of the company."""
        return self.currency if kpi["unit"] == "money" else str(kpi["unit"])

    async def outcome(self, made: Sequence[Statement[Any]]) -> Outcome | None:
        """What became of a form that has made some statements."""
        if not made:
            return None
        if all(each.is_counted for each in made):
            return Outcome(len(made), "counted")
        is_sent = await self.editing.are_sent({each.event_id for each in made}, USUALLY_SENT)
        return Outcome(len(made), "sent" if is_sent else "waiting")

    def page(self, template: str, request: Request, user: User, status: int = 200, **values: object) -> Response:
        text = self.renderer.form(template, request, user, form=secrets.token_hex(FORM_BYTES), **values)
        return HTMLResponse(text, status, headers={"Content-Language": self.renderer.language(request)})


def form_of(fields: dict[str, str]) -> str:
    """The name of the form that was sent: two sendings of one form are one.

    :raises Malformed: when it bears none of ours.
    """
    form = fields.pop(FORM, "")
    if len(form) != 2 * FORM_BYTES or not form.isalnum():
        raise Malformed("bears no name of a form", field=FORM, mend="open the page anew and send its own form")
    return form
