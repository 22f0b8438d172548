import asyncio
import errno
import gzip
import ssl
import sys
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from scrapy import Request
from scrapy.http import Response

from alerts.errors import FetchError
from crawler.config.model import FetchConfig
from crawler.config.secret import Secret
from crawler.fetch.handler import Client, named
from tests.certificate import self_signed
from tests.server import NewsServer

LOOPBACK = (ip_network("127.0.0.0/8"),)
LIMIT = 100_000
brotli = import_module("brotli")  # it ships no types
zstd = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


@asynccontextmanager
async def client(*, tls: ssl.SSLContext | None = None, **changes: Any) -> AsyncIterator[Client]:
    options: dict[str, Any] = {"allow_private": LOOPBACK, "max_body": LIMIT, "timeout": timedelta(seconds=5)} | changes
    made = Client(FetchConfig(user_agent="T", **options), tls=tls)
    try:
        yield made
    finally:
        await made.close()


async def fetch(url: str, headers: dict[str, str] | None = None, **changes: Any) -> Response:
    async with client(**changes) as made:
        return await made.fetch(Request(url, headers=headers))


async def why(url: str, **changes: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await fetch(url, **changes)
    return caught.value


def raw(body: bytes, *headers: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", *headers, "", ""]).encode("latin-1") + body


async def test_an_answer_comes_with_its_bytes_and_headers() -> None:
    async with NewsServer() as web:
        web.publish("/feed", "body", headers=[("X-Two", "a"), ("X-Two", "b")])
        response = await fetch(web.url("/feed"))
    assert type(response) is Response
    assert (response.status, response.body) == (200, b"body")
    assert response.headers.getlist("x-two") == [b"a", b"b"]


async def test_only_what_was_asked_for_is_sent() -> None:
    async with NewsServer() as web:
        web.publish("/feed", "body", headers=[("Set-Cookie", "a=1")])
        async with client() as made:
            await made.fetch(Request(web.url("/feed")))
            await made.fetch(Request(web.url("/feed?x=%41%2f"), headers={"User-Agent": "T"}))
        first, second = web.journal
    assert "cookie" not in second.headers
    assert "referer" not in second.headers
    assert second.headers["user-agent"] == "T"
    assert second.path == "/feed?x=%41%2f"
    assert first.method == "GET"


@pytest.mark.parametrize(
    ("encoding", "squeezed"),
    [
        ("gzip", gzip.compress(b"news" * 100)),
        ("deflate", zlib.compress(b"news" * 100)),
        ("br", brotli.compress(b"news" * 100)),
        ("zstd", zstd.compress(b"news" * 100)),
    ],
    ids=["gzip", "deflate", "br", "zstd"],
)
async def test_bodies_are_decoded(encoding: str, squeezed: bytes) -> None:
    async with NewsServer() as web:
        web.raw("/", raw(squeezed, f"Content-Encoding: {encoding}", f"Content-Length: {len(squeezed)}"))
        assert (await fetch(web.url())).body == b"news" * 100


@pytest.mark.parametrize(
    ("encoding", "squeeze"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress), ("zstd", zstd.compress)],
    ids=["gzip", "deflate", "br", "zstd"],
)
async def test_a_bomb_is_not_unpacked(encoding: str, squeeze: Any) -> None:
    bomb = squeeze(bytes(20_000_000))
    assert len(bomb) < LIMIT
    async with NewsServer() as web:
        web.raw("/", raw(bomb, f"Content-Encoding: {encoding}", f"Content-Length: {len(bomb)}"))
        assert (await why(web.url())).reason == "too-large"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (raw(b"x" * (LIMIT + 1)), "too-large"),
        (raw(b"", "Content-Length: 100000000000"), "too-large"),
        (raw(b"x", "Content-Length: 100"), "short-body"),
        (raw(b"ff\r\nshort", "Transfer-Encoding: chunked"), "short-body"),
        (raw(b"no gzip at all", "Content-Encoding: gzip", "Content-Length: 14"), "bad-encoding"),
        (raw(b"", "X: " + "x" * 40_000), "too-many-headers"),
        (raw(b"", *(f"X-{number}: x" for number in range(1_000))), "too-many-headers"),
        (raw(b"", *(f"X-{number}: x" for number in range(100_000))), "too-many-headers"),
        (raw(b"abc", "Content-Length: 3", "Content-Length: 4"), "bad-http"),
        (b"SSH-2.0-OpenSSH_9\r\n\r\n", "bad-http"),
        (b"", "reset"),
    ],
    ids=[
        *("too long", "announced too long", "too short", "chunk too short", "no gzip", "long line", "many headers"),
        *("very many headers", "two lengths", "not http", "nothing"),
    ],
)
async def test_a_hostile_answer_is_refused_by_name(answer: bytes, reason: str) -> None:
    async with NewsServer() as web:
        web.raw("/", answer)
        assert (await why(web.url())).reason == reason


@pytest.mark.parametrize(
    "answer",
    [
        raw(b"news", "Content-Length: 4", "X-Author: Ren\u00e9"),
        raw(b"news", "Content-Length: 4", "Content-Security-Policy: " + "x" * 9_000),
        raw(b"news", "Content-Length: 4", *(f"X-{number}: x" for number in range(300))),
        raw(b"news"),
    ],
    ids=["latin-1", "long line", "many headers", "no length"],
)
async def test_an_odd_answer_is_read(answer: bytes) -> None:
    async with NewsServer() as web:
        web.raw("/", answer)
        assert (await fetch(web.url())).body == b"news"


async def test_resets_time_outs_and_closed_doors_have_their_names() -> None:
    async with NewsServer() as web:
        web.reset("/reset")
        web.hang("/hang")
        assert (await why(web.url("/reset"))).reason == "reset"
        assert (await why(web.url("/hang"), timeout=timedelta(milliseconds=50))).reason == "timeout"
        closed = web.url("/")
    assert (await why(closed)).reason == "refused"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"]
)
async def test_the_inside_is_not_visited_by_any_name(host: str) -> None:
    async with NewsServer() as web:
        error = await why(web.url("/", host), allow_private=())
        assert web.journal == []
    assert error.reason == "blocked-address"
    assert "fetch.allow_private" in error.detail


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0", "0177.0.0.1"])
async def test_half_written_addresses_lead_nowhere(host: str) -> None:
    async with NewsServer() as web:
        assert (await why(web.url("/", host), allow_private=())).reason in {"bad-url", "blocked-address"}
        assert web.journal == []


async def test_an_opened_network_does_not_open_others() -> None:
    assert (await why("http://10.0.0.1/")).reason == "blocked-address"
    assert (await why("http://169.254.169.254/latest/meta-data")).reason == "blocked-address"


async def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    context, _ = self_signed(tmp_path)
    async with NewsServer(context) as web:
        assert (await why(web.url())).reason == "tls-self-signed"
        assert web.journal == []


async def test_a_trusted_certificate_is_accepted(tmp_path: Path) -> None:
    context, file = self_signed(tmp_path)
    async with NewsServer(context) as web:
        web.publish("/", "news")
        assert (await fetch(web.url(), tls=ssl.create_default_context(cafile=file))).body == b"news"


async def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    context, file = self_signed(tmp_path, "192.0.2.1")
    async with NewsServer(context) as web:
        assert (await why(web.url(), tls=ssl.create_default_context(cafile=file))).reason == "tls-wrong-host"


async def test_a_certificate_that_has_run_out_is_refused(tmp_path: Path) -> None:
    context, file = self_signed(tmp_path, until=2001)
    async with NewsServer(context) as web:
        assert (await why(web.url(), tls=ssl.create_default_context(cafile=file))).reason == "tls-expired"


async def test_a_handshake_that_nobody_answers_ends_in_time() -> None:
    async with NewsServer() as web:
        web.raw("/", raw(b"news"))
        plain = web.url().replace("http:", "https:")
        assert (await why(plain, timeout=timedelta(milliseconds=200))).reason == "connect-timeout"


async def test_a_server_that_does_not_speak_tls_is_told_apart() -> None:
    async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 The plain HTTP request was sent to HTTPS port\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert (await why(f"https://127.0.0.1:{port}/")).reason == "tls-protocol"


async def test_a_handshake_that_is_cut_off_is_a_reset(tmp_path: Path) -> None:
    context, file = self_signed(tmp_path)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    ours = ssl.create_default_context(cafile=file)
    ours.minimum_version = ssl.TLSVersion.TLSv1_3
    async with NewsServer(context) as web:
        assert (await why(web.url(), tls=ours)).reason in {"reset", "tls-protocol"}


async def test_an_answer_that_stops_half_way_is_slow() -> None:
    async def never() -> AsyncIterator[bytes]:
        yield b"<rss>"
        await asyncio.Event().wait()

    async with NewsServer() as web:
        web.stream("/", raw(b"", "Content-Length: 1000"), never)
        assert (await why(web.url(), timeout=timedelta(milliseconds=100))).reason == "slow-body"


# ------------------------------------------------------------ a proxy


def through(web: NewsServer) -> Secret:
    return Secret(f"http://desk:s3cret@127.0.0.1:{web.port}")


async def test_a_proxy_is_asked_for_everything_and_may_stand_inside() -> None:
    async with NewsServer() as proxy:
        proxy.publish("http://news.example/feed", "news")
        assert (await fetch("http://news.example/feed", proxy=through(proxy), allow_private=())).body == b"news"
    (asked,) = proxy.journal
    assert asked.headers["proxy-authorization"].startswith("Basic ")
    assert asked.headers["host"] == "news.example"


@pytest.mark.parametrize("host", ["10.0.0.1", "127.1", "0x7f000001", "2130706433", "[::1]", "localhost.", "①②⑦.0.0.1"])
async def test_a_proxy_is_not_asked_for_what_is_written_as_a_private_address(host: str) -> None:
    async with NewsServer() as proxy:
        error = await why(f"http://{host}/", proxy=through(proxy), allow_private=())
        assert error.reason in {"blocked-address", "bad-url"}
        assert proxy.journal == []


async def test_a_proxy_that_refuses_is_named_and_its_password_is_not() -> None:
    async with NewsServer() as proxy:
        way = through(proxy)
        error = await why("https://news.example/feed", proxy=way)
        assert error.reason == "proxy"
        assert "s3cret" not in str(error)
    error = await why("http://news.example/feed", proxy=way)
    assert error.reason == "proxy"
    assert "s3cret" not in str(error)


async def test_a_proxy_can_come_and_go() -> None:
    async with NewsServer() as web, NewsServer() as proxy, client() as made:
        web.publish("/feed", "direct")
        proxy.publish(web.url("/feed"), "by proxy")
        config = FetchConfig(user_agent="T", allow_private=LOOPBACK)
        bodies = []
        for way in (None, through(proxy), None):
            made.configure(replace(config, proxy=way))
            bodies.append((await made.fetch(Request(web.url("/feed")))).body)
    assert bodies == [b"direct", b"by proxy", b"direct"]


# ------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.EHOSTUNREACH, "No route to host"), "unreachable"),
        (OSError(errno.ECONNRESET, "reset"), "reset"),
        (OSError(errno.ETIMEDOUT, "timed out"), "connect-timeout"),
        (ValueError("odd"), "bad-http"),
    ],
)
def test_errors_of_the_network_are_named(error: Exception, reason: str) -> None:
    assert named(error).reason == reason
