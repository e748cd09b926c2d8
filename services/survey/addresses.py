"""E-mail addresses: read once, then always written alike."""

from email_validator import EmailNotValidError, validate_email

from services.common.errors import Invalid


def read_address(text: str) -> str:
    """An address as it is kept: in ASCII, in small letters, as no mail server in use tells capitals apart.

    Whether its domain exists is not asked: that would tell a name server whom we write to.

    :raises Invalid: when it is none.
    """
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError as error:
        raise Invalid(
            f"{text[:100]!r} is no e-mail address: {error}", field="email", mend="send it as name@example.org"
        ) from None
    return str(found.ascii_email).lower()
