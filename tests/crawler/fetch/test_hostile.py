"""Servers that want to hurt: each visit ends within its limits, by name, and others are visited meanwhile."""

from __future__ import annotations

import asyncio
import gzip
import sys
import time
import tracemalloc
import zlib
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from crawler.fetch.pool import ParserPool
from crawler.visits.poll import Answer
from tests.crawler.crawling import World, world
from tests.server import rss

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

brotli = import_module("brotli")  # it ships no types
zstd = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")

STEP = bytes(1024 * 1024)
STEPS = 2048  # 2 GiB
LIMIT = 1_000_000
SHORT = timedelta(milliseconds=300)


def head(*headers: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", *headers, "", ""]).encode("latin-1")


def squeezed(kind: str, steps: int = STEPS) -> Iterator[bytes]:
    """Zeros, squeezed on the way; 2 GiB unless told."""
    if kind == "br":
        made = brotli.Compressor(quality=1)
        return (made.process(STEP) + made.flush() for _ in range(steps))
    if kind == "zstd":
        other = zstd.ZstdCompressor()
        return (other.compress(STEP, mode=other.FLUSH_BLOCK) for _ in range(steps))
    form = {"gzip": 31, "x-gzip": 31, "deflate": 15}[kind]
    third = zlib.compressobj(1, wbits=form)
    return (third.compress(STEP) + third.flush(zlib.Z_SYNC_FLUSH) for _ in range(steps))


def twice(steps: int = STEPS) -> Iterator[bytes]:
    """Zeros, squeezed twice."""
    outer = zlib.compressobj(1, wbits=31)
    return (outer.compress(part) + outer.flush(zlib.Z_SYNC_FLUSH) for part in squeezed("gzip", steps))


def stream(parts: Callable[[], Iterator[bytes]]) -> Callable[[], AsyncIterator[bytes]]:
    async def chunks() -> AsyncIterator[bytes]:
        for part in parts():
            yield part
            await asyncio.sleep(0)

    return chunks


def forever(part: bytes) -> Callable[[], AsyncIterator[bytes]]:
    async def chunks() -> AsyncIterator[bytes]:
        while True:
            yield part
            await asyncio.sleep(0)

    return chunks


async def never() -> AsyncIterator[bytes]:
    await asyncio.Event().wait()
    yield b""


def streams(answer: bytes, chunks: Callable[[], AsyncIterator[bytes]]) -> Callable[[World], None]:
    return lambda here: here.web.stream("/evil", answer, chunks)


def sends(answer: bytes) -> Callable[[World], None]:
    return lambda here: here.web.raw("/evil", answer)


def redirects(target: str) -> Callable[[World], None]:
    return lambda here: here.web.redirect("/evil", target)


def bomb(kind: str) -> Callable[[World], None]:
    return streams(head(f"Content-Encoding: {kind}"), stream(lambda: squeezed(kind)))


def lines(count: int, line: str) -> Callable[[], Iterator[bytes]]:
    return lambda: (line.replace("#", str(number)).encode() * 1_000 for number in range(count // 1_000))


EVIL: dict[str, tuple[Callable[[World], None], set[str]]] = {
    "gzip bomb": (bomb("gzip"), {"too-large"}),
    "deflate bomb": (bomb("deflate"), {"too-large"}),
    "brotli bomb": (bomb("br"), {"too-large"}),
    "zstd bomb": (bomb("zstd"), {"too-large"}),
    "gzip in gzip bomb": (
        streams(head("Content-Encoding: gzip"), stream(twice)),
        {"too-large"},
    ),
    "gzip, gzip": (
        streams(head("Content-Encoding: gzip, gzip"), stream(lambda: twice(256))),
        {"too-large", "bad-encoding"},
    ),
    "300,000 headers": (streams(b"HTTP/1.1 200 OK\r\n", stream(lines(300_000, "X: x\r\n"))), {"too-many-headers"}),
    "headers without end": (streams(b"HTTP/1.1 200 OK\r\n", forever(b"X: x\r\n" * 100)), {"too-many-headers"}),
    "a header of 20 MB": (
        streams(b"HTTP/1.1 200 OK\r\nX: ", stream(lambda: (b"x" * 65_536 for _ in range(320)))),
        {"too-many-headers"},
    ),
    "a status line of 20 MB": (
        streams(b"HTTP/1.1 200 ", stream(lambda: (b"x" * 65_536 for _ in range(320)))),
        {"too-many-headers"},
    ),
    "a body without end": (streams(head(), forever(b"x" * 65_536)), {"too-large"}),
    "a chunked body without end": (
        streams(head("Transfer-Encoding: chunked"), forever(b"1000\r\n" + b"x" * 4096 + b"\r\n")),
        {"too-large"},
    ),
    "chunks of one byte without end": (
        streams(head("Transfer-Encoding: chunked"), forever(b"1\r\nx\r\n" * 100)),
        {"too-large", "slow-body"},
    ),
    "a chunk size without end": (
        streams(head("Transfer-Encoding: chunked"), forever(b"0" * 65_536)),
        {"slow-body"},
    ),
    "a length of 100 GB": (sends(head("Content-Length: 100000000000")), {"too-large"}),
    "a length that is too long": (sends(head("Content-Length: 1000") + b"x"), {"short-body"}),
    "a negative length": (sends(head("Content-Length: -1") + b"x"), {"bad-http"}),
    "a length and chunks": (
        sends(head("Content-Length: 5", "Transfer-Encoding: chunked") + b"0\r\n\r\n"),
        {"bad-http"},
    ),
    "two lengths": (sends(head("Content-Length: 5", "Content-Length: 6") + b"<rss>"), {"bad-http"}),
    "silence": (lambda here: here.web.stream("/evil", b"", never), {"timeout"}),
    "a head drop by drop": (streams(b"HTTP/1.1 200 OK\r\nX: ", never), {"timeout"}),
    "a body drop by drop": (streams(head("Content-Length: 100"), never), {"slow-body"}),
    "a circle": (redirects("/evil"), {"redirect-loop"}),
    "a file": (redirects("file:///etc/passwd"), {"bad-redirect"}),
    "ftp": (redirects("ftp://127.0.0.1/feed"), {"bad-redirect"}),
    "a private address": (redirects("http://10.0.0.1/feed"), {"blocked-address"}),
    "an address of 1 MB": (redirects("/" + "x" * 1_000_000), {"too-many-headers"}),
    "a redirect without address": (redirects("http://:80/"), {"bad-redirect"}),
    "NULs in the head": (sends(b"HTTP/1.1 200 OK\r\nX: \0\0\r\n\r\n<rss>"), {"bad-http"}),
    "NULs in the body": (sends(head() + bytes(100_000)), {"not-a-feed", "unreadable", "empty"}),
    "a body that is a path": (sends(head() + b"/etc/passwd"), {"not-a-feed"}),
    "another protocol": (sends(b"220 ftp ready\r\n\r\n"), {"bad-http"}),
    "an old protocol": (sends(b"<rss></rss>\r\n\r\n"), {"bad-http"}),
    "a status of five digits": (sends(b"HTTP/1.1 20000 OK\r\n\r\n"), {"bad-http", "http-20000"}),
}


def report(figure: str) -> None:
    """Write a figure to where `pytest -rP` shows it: time is measured here, not asserted."""
    sys.stdout.write(figure + "\n")


async def beat(here: World, until: asyncio.Future[Any]) -> list[float]:
    """Visit a good source until a task ends, and return by how much the loop was late meanwhile, in seconds."""
    late = []
    while not until.done():
        start = time.perf_counter()
        await asyncio.sleep(0.001)
        late.append(time.perf_counter() - start - 0.001)
        if len(late) % 10 == 1:
            assert (await here.visit("/feed")).answer is Answer.READ
    return late


@asynccontextmanager
async def beside_a_good_one(**changes: Any) -> AsyncIterator[World]:
    async with world(max_body=LIMIT, **{"timeout": timedelta(seconds=5)} | changes) as here:
        here.web.publish("/feed", rss("One"))
        yield here


@pytest.mark.parametrize("name", EVIL)
async def test_it_ends_by_name_and_others_are_visited_meanwhile(name: str) -> None:
    prepare, reasons = EVIL[name]
    waits = reasons <= {"timeout", "slow-body"}
    async with beside_a_good_one(**{"timeout": SHORT} if waits else {}) as here:
        prepare(here)
        evil = asyncio.create_task(here.why("/evil"))
        late = await beat(here, evil)
        error = await evil
    report(f"{name}: {error.reason}, the loop late by {max(late) * 1e3:.1f} ms at most")
    assert error.reason in reasons, error


async def test_all_of_them_at_once_keep_nobody_from_being_visited() -> None:
    async with beside_a_good_one(timeout=timedelta(seconds=2)) as here:
        tasks = []
        for number, (prepare, _) in enumerate(EVIL.values()):
            prepare(here)
            here.web._faults[f"/evil{number}"] = here.web._faults.pop("/evil", [])
            if page := here.web._pages.pop("/evil", None):
                here.web._pages[f"/evil{number}"] = page
            tasks.append(asyncio.create_task(here.why(f"/evil{number}")))
        everything = asyncio.ensure_future(asyncio.gather(*tasks))
        late = sorted(await beat(here, everything))
        errors = await everything
    report(f"all: late by {late[len(late) * 99 // 100] * 1e3:.1f} ms p99, {late[-1] * 1e3:.1f} ms at most")
    assert all(error.reason for error in errors)


async def test_a_bomb_takes_no_more_memory_than_is_allowed() -> None:
    async with beside_a_good_one() as here:
        bomb("gzip")(here)
        await here.visit("/feed")
        tracemalloc.start()
        try:
            assert (await here.why("/evil")).reason == "too-large"
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert most < 20 * LIMIT


@pytest.mark.parametrize(
    "answer",
    [
        head("Content-Length: {}", "X-Author: Ren\u00e9"),
        head("Content-Length: {}", *(f"X-{number}: x" for number in range(300))),
        head("Content-Length: {}", "X: " + "x" * 30_000),
        head(),
        b"HTTP/1.1 200 OK\nContent-Length: {}\n\n",
    ],
    ids=["latin-1", "300 headers", "a header of 30 KB", "no length", "bare line feeds"],
)
async def test_what_is_only_odd_is_read(answer: bytes) -> None:
    body = rss("One").encode()
    async with beside_a_good_one() as here:
        here.web.raw("/odd", answer.replace(b"{}", str(len(body)).encode()) + body)
        assert (await here.visit("/odd")).answer is Answer.READ


async def test_a_line_of_fifty_megabytes_is_too_large_or_read_in_the_worker() -> None:
    line = rss("One").replace("About One.", "x" * 50_000_000).encode()
    async with world(parser=ParserPool(), max_body=60_000_000, timeout=timedelta(seconds=20)) as here:
        here.web.publish("/feed", rss("One"))
        await here.visit("/feed")  # the worker is warm
        here.web.publish("/long", gzip.compress(line, 1), headers=[("Content-Encoding", "gzip")])
        task = asyncio.ensure_future(asyncio.gather(here.visit("/long"), return_exceptions=True))
        late = []
        while not task.done():
            start = time.perf_counter()
            await asyncio.sleep(0.005)
            late.append(time.perf_counter() - start - 0.005)
        (result,) = task.result()
    report(f"a line of 50 MB: {getattr(result, 'reason', result)}, the loop late by {max(late) * 1e3:.1f} ms at most")
    assert getattr(result, "reason", "") in {"200", "parser-killed"}
