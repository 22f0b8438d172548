"""One connection of Socket Mode, made once and never renewed by itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse

if TYPE_CHECKING:
    import logging
    from collections.abc import Awaitable, Callable

PATIENCE = 2.0  # seconds for a farewell


class Line(SocketModeClient):
    """A SocketModeClient that says when it ends instead of renewing itself.

    The SDK's own renewal tries a bad token, or an address whose ticket was used up, every few seconds for ever.
    Build it inside the loop: its constructor starts a task and a session.
    """

    def __init__(
        self,
        url: str,
        *,
        take: Callable[[dict[str, Any]], dict[str, Any] | None],
        log: logging.Logger,
        ping: float,
    ) -> None:
        """``take`` is given each envelope and returns what its acknowledgement is to carry; ``ping`` is in seconds."""
        super().__init__("", ping_interval=ping)
        self.proxy = _proxy(url)
        self.wss_uri = url
        self.ended = asyncio.Event()
        self.decided = asyncio.Event()  # Slack greeted us, or it is over
        self.reason = "connection-lost"
        self._take = take
        self._log = log
        self.on_message_listeners.append(self._receive)

    async def connect(self) -> None:
        """Connect, trying again every few seconds: limit it from outside."""
        reach: Callable[[], Awaitable[None]] = super().connect  # the SDK's own says nothing of types
        await reach()

    async def connect_to_new_endpoint(self, force: bool = False) -> None:
        """Note the end; this is where the SDK would renew the connection."""
        del force
        self.ended.set()
        self.decided.set()

    async def hang_up(self) -> None:
        """Close the connection and end every task of it, also when the other side does not answer."""
        end: Callable[[], Awaitable[None]] = self.close
        tasks = [self.message_processor, self.current_session_monitor, self.message_receiver]
        with contextlib.suppress(TimeoutError, aiohttp.ClientError, OSError):
            async with asyncio.timeout(PATIENCE):
                await end()
        running = [task for task in tasks if task]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self.aiohttp_client_session.close()

    async def _receive(self, message: aiohttp.WSMessage) -> None:
        """Acknowledge an envelope before anything is done about it; note what Slack says of the connection itself.

        This is where the SDK hands a message over as it comes in. Its listeners for requests are called some turns
        of the loop later, which is late while the loop is busy, and know nothing of the reason of a disconnect.
        """
        said = _read(message.data)
        if said.get("type") == "disconnect":
            self.reason = str(said.get("reason") or "not-said")
        elif said.get("type") == "hello":
            self.decided.set()
        elif isinstance(said.get("envelope_id"), str) and not self.closed:
            await self._acknowledge(said)  # what is not acknowledged comes again over the next connection

    async def _acknowledge(self, envelope: dict[str, Any]) -> None:
        ack = SocketModeResponse(envelope_id=envelope["envelope_id"], payload=self._take(envelope))
        try:
            await self.send_socket_mode_response(ack)
        except (aiohttp.ClientError, OSError) as error:  # Slack sends it again, and then it is known
            self._log.warning("not-acknowledged", extra={"envelope": ack.envelope_id, "detail": str(error)})


def _read(data: object) -> dict[str, Any]:
    try:
        said = json.loads(data) if isinstance(data, str) else None
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _proxy(url: str) -> str | None:
    """Return the environment's proxy for a wss address, heeding its exceptions; the SDK does not heed them."""
    host = urlsplit(url).hostname or ""
    return None if proxy_bypass(host) else getproxies().get("https")
