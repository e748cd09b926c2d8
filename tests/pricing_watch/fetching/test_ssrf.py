"""Nobody makes us connect to a private address: not by a URL, not by a redirect, not by a name server.

A real listener on every loopback address counts who connects. Its port is one that pages are fetched from, so that the
port is not what saves us.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_network

import pytest
from starlette.responses import RedirectResponse

from services.pricing_watch.fetching.faults import Fault, FetchFault
from services.pricing_watch.fetching.fetcher import Fetcher
from services.pricing_watch.fetching.terms import FetchSettings
from tests.pricing_watch.fetching.listening import Listener, listening
from tests.support.shop import CONTACT, HOST, RunningShop, running_shop

REFUSED = {Fault.BAD_URL, Fault.UNSAFE_ADDRESS}

HOSTILE = [
    # addresses as they are
    "http://127.0.0.1:{port}/",
    "http://127.0.0.2:{port}/",
    "http://127.255.255.254:{port}/",
    "http://0.0.0.0:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[0:0:0:0:0:0:0:1]:{port}/",
    "http://[0000::0001]:{port}/",
    # the same in disguise
    "http://2130706433:{port}/",
    "http://017700000001:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7F.0x0.0x0.0x1:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://0177.0000.0000.0001:{port}/",
    "http://0x7f.1:{port}/",
    "http://127.1:{port}/",
    "http://127.0.1:{port}/",
    "http://127.0.0.01:{port}/",
    "http://127.0.0.0x1:{port}/",
    "http://0:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://127.0.0.1..:{port}/",
    "http://4294967297:{port}/",
    "http://１２７.０.０.１:{port}/",
    "http://127。0。0。1:{port}/",
    "http://⑫⑦.⓪.⓪.①:{port}/",
    "http://%31%32%37.0.0.1:{port}/",
    "http://127.0.0.1%00.shop.example:{port}/",
    # IPv4 in IPv6
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::127.0.0.1]:{port}/",
    "http://[64:ff9b:1::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]:{port}/",
    "http://[2606:4700::5efe:7f00:1]:{port}/",
    "http://[::1%25lo]:{port}/",
    "http://[::1%lo]:{port}/",
    # names
    "http://localhost:{port}/",
    "http://LOCALHOST:{port}/",
    "http://localhost.:{port}/",
    "http://shop.localhost:{port}/",
    "http://ⓛocalhost:{port}/",
    "http://metadata.google.internal:{port}/computeMetadata/v1/",
    "http://private.example:{port}/",
    "http://private.example.:{port}/",
    "http://mapped.example:{port}/",
    "http://nat64.example:{port}/",
    "http://half.example:{port}/",
    "https://private.example:{port}/",
    # what two parsers may read in two ways
    "http://shop.example@127.0.0.1:{port}/",
    "http://shop.example:80@127.0.0.1:{port}/",
    "http://user:password@private.example:{port}/",
    "http://127.0.0.1:{port}#@shop.example/",
    "http://127.0.0.1:{port}?@shop.example/",
    "http://shop.example\\@127.0.0.1:{port}/",
    "http:\\\\127.0.0.1:{port}\\",
    "http://127.0.0.1:{port}\\@shop.example/",
    "http:127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "http://127.0.0.1:{port}:80/",
    "http://private.example :{port}/",
    "http://private.exam\tple:{port}/",
    "http://[127.0.0.1]:{port}/",
    # metadata of clouds
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.169.254./latest/meta-data/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://[::ffff:169.254.169.254]/",
    "http://100.100.100.200/latest/meta-data/",
    "http://168.63.129.16/metadata/instance",
    # other schemes and ports
    "file:///etc/passwd",
    "file://127.0.0.1/etc/passwd",
    "gopher://127.0.0.1:{port}/_GET",
    "ftp://127.0.0.1:{port}/",
    "dict://127.0.0.1:{port}/",
    "ldap://127.0.0.1:{port}/",
    "ws://127.0.0.1:{port}/",
    "unix:///var/run/docker.sock",
    "data:text/html,<p>1.00</p>",
    "javascript:alert(1)",
    "//127.0.0.1:{port}/",
    "127.0.0.1:{port}",
    "http://shop.example:22/",
    "http://shop.example:6379/",
    "http://shop.example:0/",
    "http://shop.example:65536/",
    "http://shop.example:-1/",
    "http://",
    "",
]
"""URLs that lead to the listener, if anything does, or to where nothing may be asked for."""

NAMES = {
    "private.example": ["127.0.0.1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "half.example": ["1.1.1.1", "127.0.0.1"],
    HOST: ["127.0.0.1"],
    "led.test": ["127.0.0.1"],
}


async def resolve(host: str, port: int) -> list[str]:
    """Names that lead to this machine; every other text is resolved as the C library does, which knows short forms."""
    if host in NAMES:
        return NAMES[host]
    return list({str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)})


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening() as running:
        yield running


def written(hostile: str, listener: Listener) -> str:
    return hostile.replace("{port}", str(listener.port))


def guarded(listener: Listener, **settings: object) -> Fetcher:
    ports = frozenset({80, 443, listener.port})
    return Fetcher(
        FetchSettings(**{"contact": CONTACT, "ports": ports, "per_host_delay": 0.0, **settings}), resolve=resolve
    )


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_no_url_leads_to_a_private_address(listener: Listener, hostile: str) -> None:
    async with guarded(listener) as fetcher:
        with pytest.raises(FetchFault) as raised:
            await fetcher.fetch(written(hostile, listener))
    assert raised.value.kind in REFUSED
    assert listener.connections == 0


@pytest.fixture(scope="module")
def redirecting() -> Iterator[RunningShop]:
    with running_shop() as running:
        yield running


@pytest.mark.parametrize("hostile", [each for each in HOSTILE if "shop.example:" not in each and each])
async def test_no_redirect_leads_to_a_private_address(
    redirecting: RunningShop, listener: Listener, hostile: str
) -> None:
    """A redirect without a host of its own stays with the shop: the page is not found, or redirects again."""
    async with guarded(listener, allowed_hosts=frozenset({f"{HOST}:{redirecting.port}"})) as fetcher:
        with pytest.raises(FetchFault) as raised:
            await fetcher.fetch(redirecting.leading("redirect", written(hostile, listener)))
    assert raised.value.kind in REFUSED | {Fault.GONE, Fault.TOO_MANY_REDIRECTS}
    assert listener.connections == 0
    assert [request.path for request in redirecting.requests()][-2:].count("/odd/redirect") >= 1


async def test_no_robots_txt_leads_to_a_private_address(redirecting: RunningShop, listener: Listener) -> None:
    redirecting.shop.robots["led.test"] = RedirectResponse(f"http://127.0.0.1:{listener.port}/robots.txt")
    async with guarded(listener, allowed_hosts=frozenset({f"led.test:{redirecting.port}"})) as fetcher:
        with pytest.raises(FetchFault) as raised:
            await fetcher.fetch(redirecting.url("/odd/page", "led.test"))
    assert raised.value.kind is Fault.UNSAFE_ADDRESS
    assert listener.connections == 0


async def test_a_name_that_changes_its_mind(listener: Listener) -> None:
    """Rebinding: the name is good when it is looked at first, and this machine ever after.

    127.0.0.2 stands for the good address: it is allowed here, and 127.0.0.1 is not.
    """
    answers = iter([["127.0.0.2"]])
    asked = []

    async def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers, ["127.0.0.1"])

    settings = FetchSettings(
        contact=CONTACT,
        ports=frozenset({listener.port}),
        per_host_delay=0.0,
        allowed_networks=(ip_network("127.0.0.2/32"),),
    )
    async with Fetcher(settings, resolve=rebinding) as fetcher:
        with pytest.raises(FetchFault) as raised:
            await fetcher.fetch(f"http://rebinding.example:{listener.port}/")
    assert raised.value.kind is Fault.UNSAFE_ADDRESS
    assert listener.met_at == ["127.0.0.2"]
    assert len(asked) == 2


async def test_the_checked_address_is_the_one_that_is_connected_to(listener: Listener) -> None:
    """One connection, one look at the name: there is no second one for it to lie at."""
    asked = []

    async def once(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.2"]

    settings = FetchSettings(
        contact=CONTACT, per_host_delay=0.0, allowed_hosts=frozenset({f"a.example:{listener.port}"})
    )
    async with Fetcher(settings, resolve=once) as fetcher:
        fetched = await fetcher.fetch(f"http://a.example:{listener.port}/")
    assert fetched.page.body == b"secret"
    assert set(listener.met_at) == {"127.0.0.2"}
    assert len(asked) == len(listener.met_at)


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0", "::1", "localhost"])
async def test_the_listener_is_there(listener: Listener, host: str) -> None:
    """Or the tests before would prove nothing: who does not look connects."""
    _, writer = await asyncio.open_connection(host, listener.port)
    writer.close()
    assert listener.connections == 1
