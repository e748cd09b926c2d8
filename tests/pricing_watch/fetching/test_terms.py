"""Terms on which pages are fetched: what cannot be is refused before anything is asked."""

import pytest

from services.common.errors import ConfigurationError
from services.pricing_watch.fetching.terms import FetchSettings


@pytest.mark.parametrize("contact", ["né@example.org", "a\nb@example.org"])
def test_who_asks_is_told_in_plain_ascii(contact: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        FetchSettings(contact=contact)
    assert refused.value.field == "contact"


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1080", "127.0.0.1:3128", ""])
def test_a_proxy_is_one_of_http(proxy: str) -> None:
    with pytest.raises(ConfigurationError, match="proxy"):
        FetchSettings(contact="you@example.org", proxy=proxy)


def test_the_usual_terms_say_who_asks() -> None:
    assert "you@example.org" in FetchSettings(contact="you@example.org", proxy="http://127.0.0.1:3128").identity
