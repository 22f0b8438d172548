"""Names looked up in threads that keep nobody waiting: neither other names nor the end of the program."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, Any

from aiohttp.abc import AbstractResolver, ResolveResult

if TYPE_CHECKING:
    from collections.abc import Callable

_AT_ONCE = 64


class Resolver(AbstractResolver):
    """Asks the system, one daemon thread a name.

    The loop's own executor has a handful of threads, which a dead name server would fill, and it is
    waited for at exit, for as long as the last look-up takes.
    """

    def __init__(self, lookup: Callable[..., list[Any]] = socket.getaddrinfo, at_once: int = _AT_ONCE) -> None:
        self._lookup = lookup
        self._places = asyncio.Semaphore(at_once)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a name; raises OSError when it has none."""
        async with self._places:
            found = await self._in_thread(host, port, family)
        return [
            ResolveResult(hostname=host, host=address[0], port=address[1], family=kind, proto=proto, flags=0)
            for kind, _, proto, _, address in found
        ]

    async def close(self) -> None:
        """Nothing to close: threads end with their look-ups or with the program."""

    async def _in_thread(self, host: str, port: int, family: int) -> list[Any]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Any]] = loop.create_future()

        def settle(found: list[Any], error: OSError | UnicodeError | None) -> None:
            if answer.done():
                return
            if error is None:
                answer.set_result(found)
            else:
                answer.set_exception(error if isinstance(error, OSError) else OSError(f"{host!r} is no name: {error}"))

        def ask() -> None:
            found, failure = [], None
            try:
                found = self._lookup(host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
            except (OSError, UnicodeError) as error:
                failure = error
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, found, failure)

        threading.Thread(target=ask, name=f"dns {host}", daemon=True).start()
        return await answer
