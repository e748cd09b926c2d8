"""Which addresses are public, and which URLs are read."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pricing_watch.fetching.addresses import AddressGuard, is_public
from services.pricing_watch.fetching.faults import Fault, FetchFault
from services.pricing_watch.fetching.terms import FetchSettings

GUARD = AddressGuard(FetchSettings(contact="https://cadran.example"))

PRIVATE = [
    "0.0.0.0",  # noqa: S104
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::8.8.8.8",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "2606:4700::5efe:7f00:1",
    "2606:4700::200:5efe:a00:1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("text", PRIVATE)
def test_addresses_that_are_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize(
    "text",
    ["1.1.1.1", "8.8.8.8", "172.32.0.1", "192.169.0.1", "2606:4700::1111", "2a00:1450:4007::200e", "64:ff9b::808:808"],
)
def test_addresses_that_are(text: str) -> None:
    assert is_public(ip_address(text))


@given(address=st.ip_addresses())
def test_no_address_is_public_that_python_calls_private(address: IPv4Address | IPv6Address) -> None:
    if is_public(address) and address not in ip_network("64:ff9b::/96"):
        assert address.is_global
        assert not any((address.is_private, address.is_loopback, address.is_link_local, address.is_multicast))


@given(address=st.ip_addresses(v=4))
def test_an_address_in_another_is_no_way_round(address: IPv4Address) -> None:
    """However an IPv4 address is put into an IPv6 one, that is public at most where the first one is."""
    number = int(address)
    mapped, compatible = IPv6Address(0xFFFF << 32 | number), IPv6Address(number)
    six_to_four = IPv6Address(0x2002 << 112 | number << 80)
    teredo = IPv6Address(0x20010000 << 96 | number ^ 0xFFFFFFFF)
    isatap = IPv6Address(0x2606_4700 << 96 | 0x5EFE << 32 | number)
    assert not any(map(is_public, (mapped, compatible, six_to_four, teredo, isatap)))
    assert is_public(IPv6Address(0x64FF9B << 96 | number)) == is_public(address)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("https://Shop.Example/Lamp?id=1#reviews", "https://shop.example/Lamp?id=1"),
        ("HTTP://shop.example:80/", "http://shop.example/"),
        ("https://shop.example.:443/", "https://shop.example/"),
        ("https://münchen.example/größe", "https://xn--mnchen-3ya.example/gr%C3%B6%C3%9Fe"),
        ("https://shop.example/a/../b/./c", "https://shop.example/b/c"),
        ("https://1.1.1.1/", "https://1.1.1.1/"),
        ("https://[2606:4700::1111]/", "https://[2606:4700::1111]/"),
        ("https://my_shop.example/", "https://my_shop.example/"),
    ],
)
def test_urls_are_read_into_one_form(text: str, read: str) -> None:
    assert str(GUARD.read(text)) == read
    assert str(GUARD.read(read)) == read


@given(text=st.text() | st.from_regex(r"\A(http|https|file)://[a-z0-9.:@\[\]%/\\?#-]{0,30}\Z"))
def test_whatever_is_given_is_read_or_refused(text: str) -> None:
    try:
        url = GUARD.read(text)
    except FetchFault as fault:
        assert fault.kind in (Fault.BAD_URL, Fault.UNSAFE_ADDRESS)
        return
    assert url.scheme in ("http", "https")
    assert url.port in (None, 80, 443)
    assert not url.userinfo
    assert GUARD.read(str(url)) == url


def test_an_allow_list_names_host_and_port() -> None:
    guard = AddressGuard(
        FetchSettings(contact="x", allowed_hosts=frozenset({"intranet:8080", "127.0.0.1:8005", "[::1]:8005"}))
    )
    for text in ("http://intranet:8080/", "http://127.0.0.1:8005/", "http://[::1]:8005/"):
        guard.read(text)
    for text in ("http://intranet/", "http://intranet:8081/", "http://127.0.0.1/", "http://127.0.0.2:8005/"):
        with pytest.raises(FetchFault):
            guard.read(text)


def test_an_allowed_network_opens_its_addresses_at_the_ports_there_are() -> None:
    settings = FetchSettings(contact="x", allowed_networks=(ip_network("10.1.0.0/16"),), ports=frozenset({8080}))
    guard = AddressGuard(settings)
    guard.read("http://10.1.2.3:8080/")
    guard.check("shop.example", 8080, ip_address("10.1.2.3"))
    for text in ("http://10.1.2.3/", "http://10.2.2.3:8080/"):
        with pytest.raises(FetchFault):
            guard.read(text)
    with pytest.raises(FetchFault):
        guard.check("shop.example", 8080, ip_address("10.2.2.3"))
