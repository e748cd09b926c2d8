"""The terms on which pages are fetched: who we are, how slowly we go, and what is too much."""

from ipaddress import IPv4Network, IPv6Network

import msgspec

from services.common.errors import ConfigurationError

Network = IPv4Network | IPv6Network

HOUR = 3600.0


class FetchSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What `main.py` fills in from the settings. Times are in seconds, sizes in bytes."""

    user_agent: str = "CadranPriceWatch/0.1"
    """Product and version: the product is what robots.txt may call us by."""
    contact: str = ""
    """Where the owner of a shop can complain: an address of the web or of mail. Without it nothing is fetched but from
    allowed hosts."""

    per_host_delay: float = 2.0
    """From the end of a request to a host to the beginning of the next."""
    jitter: float = 0.1
    """The delay is longer by up to this share of it, never shorter."""
    per_host_concurrency: int = 1
    patience: float = 300.0
    """Who would wait longer for a host's turn is sent away, told when to come back."""
    max_crawl_delay: float = HOUR
    """A longer Crawl-delay of robots.txt is taken as this."""
    max_hosts: int = 10_000
    """Hosts whose pace is remembered while nothing is asked of them."""

    connect_timeout: float = 10.0
    total_timeout: float = 30.0
    """Of one request, from connecting to the last byte; of a rendered page, with all that it loads."""
    max_bytes: int = 5 << 20
    """Of a body, as it is sent and as it is unpacked; of a rendered page, with all that it loads."""
    max_redirects: int = 5

    proxy: str | None = None
    """`http://user:password@host:port`. The proxy resolves names: it is it that must refuse private addresses."""
    ports: frozenset[int] = frozenset({80, 443})
    allowed_hosts: frozenset[str] = frozenset()
    """`host:port` of intranets and tests: there, no address is refused."""
    allowed_networks: tuple[Network, ...] = ()
    """Addresses that are allowed although they are not public; the port must be."""

    robots_hours: float = 24.0
    """How long a robots.txt is believed; RFC 9309 allows 24 hours."""
    robots_retry: float = 600.0
    """When one that could not be read is asked for again."""
    robots_bytes: int = 16 << 20
    """Text of robots.txt that is remembered, of all hosts together."""

    chromium: str | None = None
    """The path of Chromium, for pages that need JavaScript. None: such pages are not fetched."""
    chromium_sandbox: bool = True
    """Off only where Chromium runs as root in a container."""
    settle: float = 10.0
    """How long a rendered page may go on loading; what it shows then is taken."""
    max_resources: int = 100
    """Requests that one rendered page may make."""

    breaker_threshold: int = 5
    """After so many failures in a row a host rests."""
    breaker_rest: float = 300.0
    """How long, the first time; twice as long each further time."""

    def __post_init__(self) -> None:
        if not self.identity.isprintable() or not self.identity.isascii():
            raise ConfigurationError(
                "cannot be sent as it is", field="contact", mend="give an address of the web or of mail in plain ASCII"
            )
        if self.proxy is not None and not self.proxy.startswith(("http://", "https://")):
            raise ConfigurationError("no proxy that is known", field="proxy", mend="write http://host:port")

    @property
    def identity(self) -> str:
        """The one User-Agent of robots.txt, pages and Chromium alike."""
        return f"{self.user_agent} (+{self.contact})" if self.contact else self.user_agent

    @property
    def product(self) -> str:
        """What a group of robots.txt calls us by (RFC 9309: the product token)."""
        return self.user_agent.partition("/")[0]
