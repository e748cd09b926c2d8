"""What the file of thresholds says of one team."""

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from services.common.errors import Invalid
from services.common.events.explain import explain
from services.common.mail.addresses import read_address
from services.kpi_stream.alerting.thresholds.teams import Language, Team

_NAME = re.compile(r"[a-z][a-z0-9-]{1,39}")
_PLAIN_URL = re.compile(r"(?:[!-$&-~]|%[0-9A-Fa-f]{2}){1,2000}")
"""Without spaces, and with whole escapes."""


class _Stated(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    language: Annotated[Language, Meta(examples=["fr"])] = "fr"
    email: Annotated[tuple[str, ...], Meta(max_length=50, description="A list of addresses.")] = ()
    slack_file: str = ""
    teams_file: str = ""
    webhook: str = ""
    webhook_token_file: str = ""


def read_team(name: str, fields: object) -> Team:
    """A team by its name and what is written below it.

    :raises Invalid: naming the field and the mend.
    """
    if not _NAME.fullmatch(name):
        raise Invalid(f"{name!r} is no name of a team", field="", mend="write small letters, digits and hyphens")
    try:
        stated = msgspec.convert(fields or {}, _Stated)
    except msgspec.ValidationError as error:
        raise explain(error, _Stated, "") from None
    if stated.webhook_token_file and not stated.webhook:
        raise Invalid("stands without a webhook", field="webhook_token_file", mend="write the webhook, or neither")
    return Team(
        name=name,
        language=stated.language,
        email=tuple(dict.fromkeys(_address(address, i) for i, address in enumerate(stated.email))),
        slack_file=_file(stated.slack_file, "slack_file"),
        teams_file=_file(stated.teams_file, "teams_file"),
        webhook=_url(stated.webhook),
        webhook_token_file=_file(stated.webhook_token_file, "webhook_token_file"),
    )


def _address(text: str, i: int) -> str:
    if "{" in text:
        raise Invalid(f"{text!r} holds a brace", field=f"email[{i}]", mend="write an address without")
    try:
        return read_address(text)
    except Invalid as error:
        raise Invalid(error.message, field=f"email[{i}]", mend=error.mend) from None


def _file(text: str, field: str) -> Path | None:
    """A file with a secret: named whole, since Alertmanager reads it as well, and there."""
    if not text:
        return None
    path = Path(text)
    if not path.is_absolute():
        raise Invalid(f"{text!r} is no whole path", field=field, mend="write it from the root: /run/secrets/…")
    try:
        is_there = path.is_file()
    except OSError as error:
        mend = "mend its path, or the rights of its folder"
        raise Invalid(f"{text[:100]} cannot be looked at: {error.strerror}", field=field, mend=mend) from None
    if not is_there:
        raise Invalid(
            f"{text} is no file", field=field, mend="write the secret into it, readable by Alertmanager alone"
        )
    return path


def _url(text: str) -> str:
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_good = False
    if not is_good or not _PLAIN_URL.fullmatch(text):
        raise Invalid(f"{text[:100]!r} is no address of a webhook", field="webhook", mend="write https://…")
    if parts.username or parts.password:
        mend = "write the secret into a file, and name it in webhook_token_file"
        raise Invalid("holds a password", field="webhook", mend=mend)
    return text
