"""A browser over loopback servers, and what is needed to look at its processes."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crawler.clock import SystemClock
from crawler.config.model import FetchConfig
from crawler.fetch.browser import Browser
from crawler.fetch.chromium import NAMES, Chromium
from crawler.fetch.handler import Client
from tests.server import LOOPBACK, NewsServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from spiders.base import Page

needs_chromium = pytest.mark.skipif(
    not any(shutil.which(name) for name in NAMES), reason="there is no Chromium on this machine: install its package"
)
AGENT = "Tocsin/1 (+https://tocsin.example)"


class Window:
    """A browser and a news server."""

    def __init__(self, browser: Browser, web: NewsServer, config: FetchConfig) -> None:
        self.browser = browser
        self.web = web
        self.config = config

    def publish(self, path: str, body: str, **options: Any) -> None:
        self.web.publish(path, f"<!doctype html><html>{body}</html>", **{"content_type": "text/html"} | options)

    async def fetch(self, path: str, **headers: str) -> Page:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.browser.fetch(self.web.url(path), {"User-Agent": AGENT, **named})

    async def text(self, path: str) -> str:
        return (await self.fetch(path)).body.decode()


@asynccontextmanager
async def window(chromium: Chromium | None = None, **changes: Any) -> AsyncIterator[Window]:
    """Open a browser with a server of its own; changes are fields of the fetch section."""
    options: dict[str, Any] = {"allow_private": (ip_network("127.0.0.0/8"),), "timeout": timedelta(seconds=20)}
    config = FetchConfig(user_agent=AGENT, contact="desk@tocsin.example", **options | changes)
    client = Client(config)
    browser = Browser(config, client, SystemClock(), chromium=chromium)
    async with NewsServer() as web:
        try:
            yield Window(browser, web, config)
        finally:
            await browser.stop()
            await client.close()


class Ears(asyncio.DatagramProtocol):
    """Hears every connection and every datagram that reaches a port, whatever is said there."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.port = 0

    def datagram_received(self, data: bytes, _sender: Any) -> None:
        self.heard.append(f"udp {data[:20]!r}")

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard.append("tcp")
        self.heard.append(repr((await reader.read(100))[:60]))
        writer.close()


@asynccontextmanager
async def ears() -> AsyncIterator[Ears]:
    own = Ears()
    server = await asyncio.start_server(own.accept, LOOPBACK, 0)
    own.port = server.sockets[0].getsockname()[1]
    udp, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: own, (LOOPBACK, own.port))
    try:
        yield own
    finally:
        udp.close()
        server.close()


def children(pid: int) -> dict[int, str]:
    """All processes below one that are alive, with their command lines."""
    parents = {child: parent for child, parent, alive in _processes() if alive}
    found: dict[int, str] = {}
    for child in parents:
        above = child
        while above in parents and above != pid:
            above = parents[above]
        if above == pid and child != pid:
            found[child] = _command(child)
    return found


def started(before: Iterable[int]) -> dict[int, str]:
    """The processes below this one that were not there before, with their command lines."""
    earlier = set(before)
    return {child: command for child, command in children(os.getpid()).items() if child not in earlier}


def kill_browser(before: Iterable[int]) -> None:
    """Kill the main process of the browser that was started since."""
    (main,) = [
        child
        for child, command in started(before).items()
        if "--remote-debugging-pipe" in command and "--type=" not in command
    ]
    os.kill(main, signal.SIGKILL)


async def gone(pids: Iterable[int]) -> None:
    """Return once none of these processes is alive."""
    async with asyncio.timeout(20):
        while {child for child, _, alive in _processes() if alive} & set(pids):  # noqa: ASYNC110 -- processes send no event
            await asyncio.sleep(0.02)


def _processes() -> Iterator[tuple[int, int, bool]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        yield int(folder.name), int(parent), state not in {"Z", "X"}


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


if __name__ == "__main__":
    # Whoever is started in the background by a shell without job control ignores SIGINT, and so do its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)

    async def linger() -> None:
        """Have a browser open until somebody kills us."""
        async with window() as one:
            one.publish("/", "<p>here</p>")
            await one.fetch("/")
            print("open", flush=True)  # noqa: T201 -- whom the test waits for
            await asyncio.Event().wait()

    asyncio.run(linger())
