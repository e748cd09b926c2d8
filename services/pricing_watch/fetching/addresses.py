"""Where may be connected to: public addresses of the internet by http and https, and what an allow-list adds.

A URL is read by one parser (httpx's), which is also the one that connects: two parsers that disagree about a host are
the usual hole. Names are checked here by their form; what they resolve to is checked where it is connected to.
"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpx

from services.pricing_watch.fetching.faults import Fault, FetchFault
from services.pricing_watch.fetching.terms import FetchSettings, Network

Address = IPv4Address | IPv6Address

MAX_URL = 4096
DEFAULT_PORTS = {"http": 80, "https": 443}

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")

PRIVATE_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home.arpa", "onion")
"""Names under these are never of the public internet; `metadata.google.internal` is one."""

_NAT64 = ip_network("64:ff9b::/96")
_PUBLIC_IPV6 = ip_network("2000::/3")
_REFUSED: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "100.64.0.0/10",  # between a carrier and its customers; also a cloud's metadata
        "168.63.129.16/32",  # a cloud's inner services, at a public address
        "192.0.0.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "2001::/23",  # Teredo and other assignments of protocols
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
    )
)


class AddressGuard:
    """Says which URLs and addresses may be connected to."""

    def __init__(self, settings: FetchSettings) -> None:
        self._contact = settings.contact
        self._ports = settings.ports
        self._allowed_hosts = settings.allowed_hosts
        self._allowed_networks = settings.allowed_networks

    def read(self, text: str) -> httpx.URL:
        """The URL as it is fetched: host in ASCII and small letters, without fragment.

        :raises FetchFault: `bad_url` when it cannot be read or holds credentials, `unsafe_address` when its host or
            port is none of the public internet.
        """
        url = _parse(text)
        if url.scheme not in DEFAULT_PORTS:
            raise FetchFault(Fault.BAD_URL, "only http and https are fetched", mend="write https://…")
        if url.userinfo:
            raise FetchFault(Fault.BAD_URL, "the URL holds a user name", mend="write it without what is before the @")
        host = _host(url)
        port = None if url.port == DEFAULT_PORTS[url.scheme] else url.port
        url = url.copy_with(host=host, port=port, fragment=None)
        if not self._is_allowed_host(host, port_of(url)):
            self._check_port(host, port_of(url))
            self._check_host(host)
            self._require_contact()
        return url

    def _require_contact(self) -> None:
        if not self._contact:
            raise FetchFault(
                Fault.NO_CONTACT,
                "no public page is fetched without saying who asks",
                mend="set CADRAN_PRICING_CONTACT to an address where the owner of a shop can write to",
            )

    def check(self, host: str, port: int, address: Address) -> None:
        """
        :raises FetchFault: `unsafe_address`, when what a host resolved to may not be connected to.
        """
        if not self._is_allowed_host(host, port):
            self._check_address(host, address)

    def _check_address(self, host: str, address: Address) -> None:
        if not is_public(address) and not any(address in network for network in self._allowed_networks):
            raise FetchFault(
                Fault.UNSAFE_ADDRESS,
                f"{host} is at an address that is not on the public internet",
                mend="an intranet's host needs to be in the allow-list",
            )

    def _is_allowed_host(self, host: str, port: int) -> bool:
        return (f"[{host}]:{port}" if ":" in host else f"{host}:{port}") in self._allowed_hosts

    def _check_port(self, host: str, port: int) -> None:
        if port not in self._ports:
            raise FetchFault(
                Fault.UNSAFE_ADDRESS,
                f"port {port} of {host} is not fetched from",
                mend="allow the port in the settings",
            )

    def _check_host(self, host: str) -> None:
        address = _literal(host)
        if address is not None:
            self._check_address(host, address)
        elif "." not in host or any(f".{host}".endswith(f".{name}") for name in PRIVATE_NAMES):
            raise FetchFault(
                Fault.UNSAFE_ADDRESS, f"{host} is no name of the public internet", mend="allow the host in the settings"
            )


def is_public(address: Address) -> bool:
    """Is an address one of the public internet, and no way into a private network?"""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in _PUBLIC_IPV6 or _is_isatap(address):
            return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in network for network in _REFUSED)
    )


def _is_isatap(address: IPv6Address) -> bool:
    """An IPv4 address in an IPv6 one, by which a tunnel leads to it (RFC 5214)."""
    return (int(address) >> 32) & 0xFCFFFFFF == 0x00005EFE


def port_of(url: httpx.URL) -> int:
    """The port that a URL leads to."""
    return DEFAULT_PORTS[url.scheme] if url.port is None else url.port


def origin_of(url: httpx.URL) -> str:
    """What shares a robots.txt, and what a page's scripts may send to: scheme, host and port."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def _parse(text: str) -> httpx.URL:
    if len(text) > MAX_URL or "\\" in text:
        raise FetchFault(
            Fault.BAD_URL, "the URL is too long or holds a backslash", mend="write it as a browser shows it"
        )
    try:
        return httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        raise FetchFault(Fault.BAD_URL, "the URL cannot be read", mend="write it as a browser shows it") from None


def _host(url: httpx.URL) -> str:
    """The host in one form. An IPv4 address must be four plain numbers: what else looks like one is refused."""
    host = url.raw_host.decode("ascii").removesuffix(".")
    if ":" in host and "%" not in host:
        return host
    if not _NAME.fullmatch(host) or len(host) > 253:
        raise FetchFault(Fault.BAD_URL, "the URL names no host", mend="write it as a browser shows it")
    if _NUMBER.fullmatch(host.rpartition(".")[2]) and _literal(host) is None:
        raise FetchFault(Fault.UNSAFE_ADDRESS, "the host is an address in disguise", mend="write the host's name")
    return host


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
