from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx

from crawler.config.model import ConsoleConfig
from crawler.console.serving import Console
from crawler.upkeep.monitor import Rendered

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import pytest

    from crawler.config.secret import Secret
    from crawler.console.checks import Monitored
    from tests.crawler.console.house import House

PATIENCE = timedelta(seconds=10)


class Well:
    """A monitor to which all is well."""

    async def answer(self, path: str, accept: str = "") -> Rendered | None:
        return Rendered(status=200, kind="text/plain", body=f"{path} {accept}".encode())


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@asynccontextmanager
async def served(
    house: House, monitor: Monitored | None = None, *, token: Secret | None = None
) -> AsyncIterator[Console]:
    config = ConsoleConfig(port=free_port(), token=token)
    console = Console(config, house.store, lambda: house.config, house.clock, lambda: None, monitor=monitor)
    assert await console.start()
    try:
        yield console
    finally:
        await console.stop(PATIENCE)


async def test_it_is_served_and_tells_of_news_by_itself(full: House) -> None:
    async with served(full) as console, httpx.AsyncClient(base_url=f"http://127.0.0.1:{console.port}") as client:
        assert "<mark>Japan</mark> signs" in (await client.get("/stories")).text
        async with client.stream("GET", "/live") as stream:
            lines = stream.aiter_lines()
            heard = [await anext(lines) for _ in range(11)]
            assert sum(line == "event: card" for line in heard) == 3
            await full.tell("e", "Japan by itself")
            await console.tick()
            assert "Japan by itself" in "".join([await anext(lines) for _ in range(2)])


async def test_an_open_stream_does_not_hold_the_stop(full: House) -> None:
    async with (
        served(full) as console,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{console.port}") as client,
        client.stream("GET", "/live") as stream,
    ):
        lines = stream.aiter_lines()
        await anext(lines)
        async with asyncio.timeout(PATIENCE.total_seconds()):
            await console.stop(PATIENCE)
        assert console.port == 0
        assert [line async for line in lines]  # it ends, and is not cut


async def test_a_port_in_use_is_a_warning_and_all_else_goes_on(full: House, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        async with served(full) as first:
            config = ConsoleConfig(port=first.port)
            other = Console(config, full.store, lambda: full.config, full.clock, lambda: None)
            assert not await other.start()
            await other.tick()
            await other.stop(PATIENCE)
    (record,) = caplog.records
    assert record.getMessage() == "console-off"
    assert str(config.port) in record.__dict__["detail"]


async def test_signals_stay_with_the_daemon(full: House) -> None:
    heard = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, heard.set)
    try:
        async with served(full) as console:
            os.kill(os.getpid(), signal.SIGTERM)
            async with asyncio.timeout(PATIENCE.total_seconds()):
                await heard.wait()
            async with httpx.AsyncClient() as client:
                assert (await client.get(f"http://127.0.0.1:{console.port}/")).status_code == 200
    finally:
        loop.remove_signal_handler(signal.SIGTERM)


async def test_monitoring_is_answered_at_the_same_port(full: House) -> None:
    async with served(full, Well()) as console, httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{console.port}/metrics", headers={"accept": "text/plain"})
        assert (answer.status_code, answer.text) == (200, "/metrics text/plain")
    async with served(full) as console, httpx.AsyncClient() as client:
        assert (await client.get(f"http://127.0.0.1:{console.port}/metrics")).status_code == 404


async def test_the_last_lines_of_the_log_are_on_the_system_page(full: House) -> None:
    log = logging.getLogger("crawler.tests")
    log.setLevel(logging.INFO)
    async with served(full) as console, httpx.AsyncClient() as client:
        log.info("something-happened", extra={"source": "<bbc>"})
        page = (await client.get(f"http://127.0.0.1:{console.port}/system")).text
    assert "something-happened" in page
    assert "source=&lt;bbc&gt;" in page
