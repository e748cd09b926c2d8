"""How a vendor's API is asked, as an account says."""

from collections.abc import Mapping
from typing import NamedTuple


class Login(NamedTuple):
    """Where a token is lent for some time (OAuth's client credentials), the form that is sent there, and the header of
    every request from then on.
    """

    path: str
    form: Mapping[str, str]
    header: str = "Authorization"
    scheme: str = "Bearer "


class ApiTerms(NamedTuple):
    """How an API is asked: its address, what every request bears, and the seconds between two of them."""

    url: str
    headers: Mapping[str, str]
    pause: float
    login: Login | None = None
