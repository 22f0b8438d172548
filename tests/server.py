"""A news web on 127.0.0.1 for tests: feeds with validators, faults on demand, and a journal of every request.

async with NewsServer() as web:
    web.publish("/feed.xml", RSS)                    # 200 with ETag; 304 when asked with it
    web.fail("/feed.xml", status=503, retry_after="60", times=2)
    web.redirect("/old", "/feed.xml")
    web.raw("/odd", b"HTTP/1.1 200 OK\\r\\n...")       # bytes exactly as given, then the connection ends
    ... web.url("/feed.xml"), web.count("/feed.xml"), web.journal[-1].headers
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import re
import socket
import struct
from dataclasses import dataclass, field
from hashlib import sha1
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping
    from datetime import datetime

LOOPBACK = "127.0.0.1"
_BODILESS = {204, 304}


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in; header names are lower case, values exact."""

    method: str
    path: str  # with the query
    headers: Mapping[str, str]
    status: int  # how it was answered; 0 when it was not
    at: datetime | None = None  # by the clock that the server was given
    etag: str | None = None  # of the answer


@dataclass(slots=True)
class Page:
    """What a path answers."""

    body: bytes = b""
    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    content_type: str = "application/rss+xml"
    validators: bool = True
    compress: bool = False


@dataclass(slots=True)
class Fault:
    """What a path does instead of answering, ``times`` times."""

    times: float
    answer: bytes = b""  # sent as it is
    wait: asyncio.Event | None = None  # before the answer
    reset: bool = False
    chunks: Callable[[], AsyncIterator[bytes]] | None = None  # sent after the answer, until the other side hangs up


class NewsServer:
    """Serves what was published; everything can be changed while it runs."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.journal: list[Request] = []
        self.clock: Callable[[], datetime] | None = None  # by which the journal is dated
        self.waiting: list[str] = []  # paths of requests that were made to hang, also after they went on
        self._tls = tls
        self._pages: dict[str, Page] = {}
        self._faults: dict[str, list[Fault]] = {}
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, LOOPBACK, 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in tuple(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def url(self, path: str = "/", host: str = LOOPBACK) -> str:
        """The full address of a path; ``host`` may be another name of this machine."""
        return f"http{'s' if self._tls else ''}://{host}:{self.port}{path}"

    def publish(self, path: str, body: str | bytes, **options: Any) -> None:
        """Serve a body from now on; options are the fields of Page."""
        self._pages[path] = Page(body.encode() if isinstance(body, str) else body, **options)

    def redirect(self, path: str, target: str, status: int = 302) -> None:
        """Answer with a redirect."""
        self._pages[path] = Page(status=status, headers=[("Location", target)], validators=False)

    def fail(
        self, path: str, status: int = 500, *, retry_after: str | None = None, times: float = float("inf")
    ) -> None:
        """Answer with a status, ``times`` times."""
        headers = [("Retry-After", retry_after)] if retry_after else []
        self._fault(path, Fault(times, _message(status, headers, None if status in _BODILESS else b"sorry")))

    def hang(self, path: str, *, until: asyncio.Event | None = None, times: float = float("inf")) -> asyncio.Event:
        """Say nothing until the returned event is set, then answer as published."""
        event = until or asyncio.Event()
        self._fault(path, Fault(times, wait=event))
        return event

    def reset(self, path: str, answer: bytes = b"", *, times: float = float("inf")) -> None:
        """Send these bytes and reset the connection."""
        self._fault(path, Fault(times, answer, reset=True))

    def raw(self, path: str, answer: bytes, *, times: float = float("inf")) -> None:
        """Send exactly these bytes and end the connection."""
        self._fault(path, Fault(times, answer))

    def stream(self, path: str, answer: bytes, chunks: Callable[[], AsyncIterator[bytes]]) -> None:
        """Send these bytes and then all chunks, as fast as they are taken; nothing is kept."""
        self._fault(path, Fault(float("inf"), answer, chunks=chunks))

    def heal(self, path: str) -> None:
        """Forget the faults of a path."""
        self._faults.pop(path, None)

    def requests(self, path: str) -> list[Request]:
        """The requests for a path, oldest first."""
        return [request for request in self.journal if request.path == path]

    def count(self, path: str) -> int:
        """How many requests there were for a path."""
        return len(self.requests(path))

    def _fault(self, path: str, fault: Fault) -> None:
        self._faults.setdefault(path, []).append(fault)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._serve(reader, writer):
                    pass
        finally:
            self._open.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; tell whether the connection can serve another."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("utf-8", "surrogateescape").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:]) if name}
        fault = self._next_fault(path)
        if fault and fault.wait:
            self.waiting.append(path)
            await fault.wait.wait()
            fault = None
        answer = fault.answer if fault else _answer(self._pages.get(path), headers)
        self._note(method, path, headers, answer)
        writer.write(answer)
        if fault and fault.reset:
            with contextlib.suppress(ConnectionError):
                await writer.drain()
            linger = struct.pack("ii", 1, 0)  # close with RST, not FIN
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
            return False
        await writer.drain()
        if fault and fault.chunks:
            async for chunk in fault.chunks():
                writer.write(chunk)
                await writer.drain()
        return fault is None

    def _note(self, method: str, path: str, headers: Mapping[str, str], answer: bytes) -> None:
        status = re.match(rb"HTTP/1.1 (\d+)", answer)
        etag = re.search(rb"\r\nETag: ([^\r]*)\r\n", answer.partition(b"\r\n\r\n")[0] + b"\r\n")
        at = self.clock() if self.clock else None
        tag = etag[1].decode("utf-8", "surrogateescape") if etag else None
        self.journal.append(Request(method, path, headers, int(status[1]) if status else 0, at, tag))

    def _next_fault(self, path: str) -> Fault | None:
        queue = self._faults.get(path, [])
        while queue and queue[0].times <= 0:
            queue.pop(0)
        if not queue:
            return None
        queue[0].times -= 1
        return queue[0]


def rss(*titles: str, link: str = "https://news.example", title: str = "News") -> str:
    """A small RSS 2.0 document with one item for each title, newest first."""
    items = "".join(
        f"<item><title>{name}</title><link>{link}/{number}</link><guid>{link}/{number}</guid>"
        f"<description>About {name}.</description><pubDate>Mon, 02 Nov 2026 11:{number % 60:02}:00 GMT</pubDate></item>"
        for number, name in reversed(list(enumerate(titles)))
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{title}</title>{items}</channel></rss>'


def _answer(page: Page | None, asked: Mapping[str, str]) -> bytes:
    if page is None:
        return _message(404, [], b"no such page")
    headers = list(page.headers)
    if page.validators:
        etag, modified = f'W/"{sha1(page.body, usedforsecurity=False).hexdigest()}"', "Mon, 02 Nov 2026 11:00:00 GMT"
        headers += [("ETag", etag), ("Last-Modified", modified)]
        if asked.get("if-none-match", asked.get("if-modified-since")) in {etag, modified}:
            return _message(304, headers, None)
    headers.append(("Content-Type", page.content_type))
    body = page.body
    if page.compress and "gzip" in asked.get("accept-encoding", ""):
        body = gzip.compress(body)
        headers.append(("Content-Encoding", "gzip"))
    return _message(page.status, headers, body)


def _message(status: int, headers: Iterable[tuple[str, str]], body: bytes | None) -> bytes:
    lines = [f"HTTP/1.1 {status} Because", *(f"{name}: {value}" for name, value in headers)]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + (body or b"")
