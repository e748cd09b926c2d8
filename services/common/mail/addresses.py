"""E-mail addresses: read once, then always written alike."""

from email.headerregistry import Address

from email_validator import validate_email

from services.common.errors import Invalid


def read_address(text: str) -> str:
    """An address as it is kept: in ASCII, in small letters, as no mail server in use tells capitals apart.

    Whether its domain exists is not asked: that would tell a name server whom we write to.

    :raises Invalid: when it is none.
    """
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True)
        Address(addr_spec=found.ascii_email)  # one that no letter can bear would hold up all the others
    except ValueError as error:
        raise Invalid(
            f"{text[:100]!r} is no e-mail address: {error}", field="email", mend="send it as name@example.org"
        ) from None
    return str(found.ascii_email).lower()
