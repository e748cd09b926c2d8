"""Subjects made of several names: the parts are percent-encoded, so that a slash in a name cannot move a border."""

from urllib.parse import quote, unquote


def joined(*parts: str) -> str:
    """`joined("store", "a/b")` is `store/a%2Fb`."""
    return "/".join(quote(part, safe="") for part in parts)


def parts_of(subject: str) -> list[str]:
    """The names that were joined."""
    return [unquote(part) for part in subject.split("/")]
