"""The mail server that a service hands its letters to, as its settings name it."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import Field

from services.common.errors import ConfigurationError, Invalid
from services.common.mail.addresses import read_address
from services.common.secret_files import read_secret
from services.common.settings import CadranSettings


class Security(StrEnum):
    """How the way to the mail server is kept from others' eyes."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class Account(NamedTuple):
    """A mail server, and who we are there."""

    host: str
    port: int
    security: Security
    user: str = ""
    password: str = ""


class MailSettings(CadranSettings):
    """What a service that sends letters is told, under its own prefix."""

    smtp_host: str = Field("", description="The mail server. Empty: no letter is sent.")
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = Field(587, description="The mail server's port.")
    smtp_security: Security = Field(
        Security.STARTTLS,
        description="`starttls` (port 587), `tls` (port 465), or `none` for a mail server on the same machine.",
    )
    smtp_user: str = Field("", description="The name to log in with at the mail server. Empty: no login.")
    smtp_password_file: Path | None = Field(None, description="The file of the mail server's password.")
    mail_from: str = Field("", description="The address that letters come from.")

    @classmethod
    def named(cls, field: str) -> str:
        """The variable that a field is read from."""
        return f"{cls.model_config.get('env_prefix', '')}{field}".upper()


def read_account(mail: MailSettings) -> Account:
    """The account that the settings name.

    :raises ConfigurationError: naming what is wrong with them.
    """
    file, security = mail.smtp_password_file, mail.smtp_security
    if (file is None) != (not mail.smtp_user):
        raise ConfigurationError(
            "a user and a password belong together",
            field=mail.named("smtp_password_file"),
            mend=f"set it and {mail.named('smtp_user')}, or neither",
        )
    if file is None:
        return Account(mail.smtp_host, mail.smtp_port, security)
    if security is Security.NONE:
        raise ConfigurationError(
            "a password would travel for all to read",
            field=mail.named("smtp_security"),
            mend="set `starttls` or `tls`",
        )
    password = read_secret(file, mail.named("smtp_password_file"))
    return Account(mail.smtp_host, mail.smtp_port, security, mail.smtp_user, password)


def read_sender(mail: MailSettings) -> str:
    """The address that letters come from.

    :raises ConfigurationError: when it is none.
    """
    if not mail.mail_from:
        raise ConfigurationError("letters need a sender", field=mail.named("mail_from"), mend="set it to an address")
    try:
        return read_address(mail.mail_from)
    except Invalid as error:
        raise ConfigurationError(error.message, field=mail.named("mail_from"), mend=error.mend) from None
