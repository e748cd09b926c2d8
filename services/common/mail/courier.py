"""Handing letters to a mail server. What it answers is one of four things, and only one is the address's fault."""

import asyncio
import re
from email.message import EmailMessage
from enum import StrEnum
from typing import NamedTuple

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from services.common.logging import get_logger
from services.common.mail.account import Account, Security

log = get_logger(__name__)

COMMAND_SECONDS = 20.0
SEND_SECONDS = 60.0
"""Within which a letter is taken, the connection included: what a claim must outlast."""

_ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_POLICY = " 5.7."
"""What an address is refused with for want of a login, or from the wrong sender or host: by most servers only now."""


class Outcome(StrEnum):
    """What became of a letter."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """For good: the address, or the letter itself, is not taken."""
    POSTPONED = "postponed"
    """The mail server asks to try this letter later."""
    UNREACHABLE = "unreachable"
    """No letter can leave now: the server does not answer, or does not take any from us."""


class Answer(NamedTuple):
    """An outcome, and the mail server's codes (`550 5.1.1`): never its words, which may hold an address."""

    outcome: Outcome
    codes: str = ""


class Courier:
    """Keeps one connection while there are letters. Use `rest` when there are none."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._smtp: SMTP | None = None

    async def hand_over(self, letter: EmailMessage) -> Answer:
        """Give a letter to the mail server."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                smtp = await self._connected()
                await smtp.send_message(letter)
        except SMTPRecipientsRefused as error:
            refusal = error.recipients[0]
            return await self._refused(refusal, may_be_ours=_POLICY in codes_of(refusal))
        except SMTPDataError as error:
            return await self._refused(error)
        except (SMTPException, OSError, TimeoutError) as error:
            await self.rest()
            codes = codes_of(error)
            log.warning("no letter can leave", error=type(error).__name__, codes=codes)
            return Answer(Outcome.UNREACHABLE, codes)
        return Answer(Outcome.ACCEPTED)

    async def _refused(self, error: SMTPResponseException, may_be_ours: bool = False) -> Answer:
        await self.rest()
        if may_be_ours:
            log.warning("the mail server does not let us write to an address", codes=codes_of(error))
        is_final = error.code >= 500 and not may_be_ours
        return Answer(Outcome.REFUSED if is_final else Outcome.POSTPONED, codes_of(error))

    async def rest(self) -> None:
        """End the connection, if there is one."""
        smtp, self._smtp = self._smtp, None
        if smtp is None or not smtp.is_connected:
            return
        try:
            await smtp.quit(timeout=1)
        except (SMTPException, OSError, TimeoutError):
            smtp.close()

    async def _connected(self) -> SMTP:
        if self._smtp is None or not self._smtp.is_connected:
            account = self._account
            self._smtp = SMTP(
                hostname=account.host,
                port=account.port,
                username=account.user or None,
                password=account.password or None,
                use_tls=account.security is Security.TLS,
                start_tls=account.security is Security.STARTTLS,
                timeout=COMMAND_SECONDS,
            )
            await self._smtp.connect()
        return self._smtp


def codes_of(error: BaseException) -> str:
    """The codes in a mail server's answer: `550 5.1.1`."""
    if not isinstance(error, SMTPResponseException):
        return ""
    enhanced = _ENHANCED.search(error.message)
    return f"{error.code} {enhanced[0]}" if enhanced else str(error.code)
