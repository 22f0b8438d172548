import asyncio
import socket
import threading
from typing import Any

import pytest

from crawler.fetch.resolver import Resolver

ANSWER = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", 80))]


async def test_a_name_becomes_addresses() -> None:
    asked: list[Any] = []

    def lookup(*question: Any) -> list[Any]:
        asked.append(question[:3])
        return ANSWER

    (found,) = await Resolver(lookup).resolve("news.example", 80, socket.AF_UNSPEC)
    assert asked == [("news.example", 80, socket.AF_UNSPEC)]
    assert (found["hostname"], found["host"], found["port"]) == ("news.example", "192.0.2.7", 80)


async def test_the_system_knows_localhost() -> None:
    found = await Resolver().resolve("localhost", 80)
    assert found[0]["host"] == "127.0.0.1"


@pytest.mark.parametrize("error", [socket.gaierror(-2, "Name or service not known"), UnicodeError("label too long")])
async def test_a_name_without_an_address_is_an_os_error(error: Exception) -> None:
    def lookup(*_: Any) -> list[Any]:
        raise error

    with pytest.raises(OSError, match=r"known|label"):
        await Resolver(lookup).resolve("nowhere.example")


async def test_a_dead_name_server_keeps_no_other_name_waiting() -> None:
    release = threading.Event()

    def lookup(host: str, *_: Any) -> list[Any]:
        if host.startswith("dead"):
            release.wait()
        return ANSWER

    resolver = Resolver(lookup)
    dead = [asyncio.create_task(resolver.resolve(f"dead{number}.example")) for number in range(40)]
    assert await resolver.resolve("alive.example")
    for task in dead:
        task.cancel()
    await asyncio.wait(dead)
    release.set()
    assert await resolver.resolve("alive.example")


async def test_only_so_many_names_are_looked_up_at_once() -> None:
    release = threading.Event()
    running: list[str] = []

    def lookup(host: str, *_: Any) -> list[Any]:
        running.append(host)
        release.wait()
        return ANSWER

    resolver = Resolver(lookup, at_once=2)
    names = [asyncio.create_task(resolver.resolve(f"n{number}.example")) for number in range(5)]
    await asyncio.sleep(0)
    assert len(running) <= 2
    release.set()
    await asyncio.gather(*names)
    assert len(running) == 5
