"""No address that others hand us leads inside, however it is written, and by whatever way."""

import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from scrapy import Request

from alerts.errors import FetchError
from crawler.config.model import FetchConfig
from crawler.fetch.guard import refusal, spelled
from crawler.fetch.handler import Client
from tests.crawler.crawling import world
from tests.crawler.fetch.test_handler import LOOPBACK
from tests.server import NewsServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

# Each is, for some library or system, the address of this machine or of a private network.
SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "0",
    "0.0.0.0",  # noqa: S104 -- nobody listens there
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "localhost",
    "localhost.",
    "LOCALHOST",
    "①②⑦.⓪.⓪.①",
    "１２７.0.0.1",
    "127。0。0。1",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[fe80::1]",
    "[fc00::1]",
    "[fec0::1]",
    "10.0.0.1",
    "169.254.169.254",
    "192.168.0.1",
    "100.64.0.1",
    "[fd00:ec2::254]",
]
NOWHERE = {"blocked-address", "bad-url", "bad-redirect", "dns"}


class Names(AbstractResolver):
    """A name server of a stranger: each look-up gets the next answer."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        del family
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family_of(address), proto=6, flags=0)
            for address in answer
        ]

    async def close(self) -> None:
        pass


def family_of(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


@asynccontextmanager
async def client(names: Names, **changes: Any) -> "AsyncIterator[Client]":
    made = Client(FetchConfig(user_agent="T", **changes), resolver=names)
    try:
        yield made
    finally:
        await made.close()


async def reason(made: Client, url: str) -> str:
    with pytest.raises(FetchError) as caught:
        await made.fetch(Request(url))
    return caught.value.reason


@pytest.mark.parametrize("host", SPELLINGS)
async def test_no_spelling_leads_inside(host: str) -> None:
    async with world(allow_private=()) as here:
        error = await here.why(here.web.url("/feed", host))
        assert error.reason in NOWHERE
        assert here.web.journal == []


@pytest.mark.parametrize(
    "host",
    [
        *("10.0.0.1", "10.1", "167772161", "0x0a000001", "0xa.0.0.1", "012.0.0.1", "①⓪.0.0.1", "10。0。0。1"),
        *("[::ffff:10.0.0.1]", "[::10.0.0.1]", "[64:ff9b::a00:1]", "[2002:a00:1::]", "[2001:0:a00:1::]"),
        *("[2001:0:808:808:0:0:f5ff:fffe]", "[::1]", "[fe80::1]", "[fc00::1]", "169.254.169.254", "100.64.0.1"),
    ],
)
async def test_no_redirect_leads_inside(host: str) -> None:
    async with world() as here:  # loopback alone is open, so that there is somebody to redirect
        here.web.redirect("/away", f"http://{host}/feed")
        assert (await here.why("/away")).reason in NOWHERE
        assert {request.path for request in here.web.journal} == {"/robots.txt", "/away"}


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "data:,x", "//"])
async def test_no_redirect_leads_to_another_protocol(target: str) -> None:
    async with world() as here:
        here.web.redirect("/away", target)
        assert (await here.why("/away")).reason in {"bad-redirect", "redirect-loop"}


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "127.0.0.1", "::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1", "169.254.169.254"],
)
async def test_a_name_that_means_the_inside_is_not_visited(address: str) -> None:
    async with client(Names([address])) as made:
        assert await reason(made, "http://news.example/feed") == "blocked-address"


async def test_a_name_that_changes_its_meaning_is_looked_at_again() -> None:
    async with NewsServer() as web, client(Names(["127.0.0.1"], ["10.0.0.1"]), allow_private=LOOPBACK) as made:
        web.raw("/", b"HTTP/1.1 200 OK\r\n\r\nnews")  # and hangs up: the next request needs a new connection
        assert (await made.fetch(Request(web.url("/", "rebind.example")))).body == b"news"
        connector = made._sessions[None].connector
        assert isinstance(connector, aiohttp.TCPConnector)
        connector.clear_dns_cache()
        assert await reason(made, web.url("/", "rebind.example")) == "blocked-address"
        assert len(web.journal) == 1


async def test_of_a_names_addresses_only_those_outside_are_tried() -> None:
    async with NewsServer() as web, client(Names(["10.0.0.1", "127.0.0.1"]), allow_private=LOOPBACK) as made:
        web.publish("/", "news")
        assert (await made.fetch(Request(web.url("/", "both.example")))).body == b"news"


@pytest.mark.parametrize("host", SPELLINGS)
def test_every_spelling_that_is_no_name_is_known_as_an_address(host: str) -> None:
    """A proxy connects for us: what it might read as an address is judged before."""
    address = spelled(host)
    assert address is not None
    assert refusal(address, 80) is not None


@pytest.mark.parametrize("host", ["news.example", "localhost.example", "1.2.3.4.example", "10.example", "a1", ""])
def test_a_name_is_no_address(host: str) -> None:
    assert spelled(host) is None
