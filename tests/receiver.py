"""A receiver of webhooks on loopback: it keeps what it was sent, and answers as it is told."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping

RESET = 0  # as a status: the connection is cut after the request was taken


@dataclass(frozen=True, slots=True)
class Got:
    """One request."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)


class Receiver:
    """``async with Receiver() as receiver:`` serves ``receiver.url`` until the block ends."""

    def __init__(self, text: str = "ok") -> None:
        self.got: list[Got] = []
        self._text = text
        self._answers: deque[tuple[int, str, dict[str, str]]] = deque()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/hook/{secret}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/hook/hush"
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._runner.cleanup()

    def answer_next(self, status: int, text: str = "", **headers: str) -> None:
        self._answers.append((status, text, {name.replace("_", "-"): value for name, value in headers.items()}))

    def kept(self) -> dict[str, Any]:
        """What stands here once repeats are recognised by their Idempotency-Key."""
        first: dict[str, Any] = {}
        for one in self.got:
            first.setdefault(one.headers["Idempotency-Key"], one.said)
        return first

    async def _serve(self, request: web.Request) -> web.Response:
        self.got.append(Got(dict(request.headers), await request.read()))
        status, text, headers = self._answers.popleft() if self._answers else (200, self._text, {})
        if status == RESET:
            assert request.transport
            request.transport.abort()
            return web.Response()
        return web.Response(status=status, text=text, headers=headers)


def is_signed(got: Got, secret: str) -> bool:
    """Check a signature as docs/notifiers.md tells receivers to."""
    parts = dict(part.split("=", 1) for part in got.headers["Tocsin-Signature"].split(","))
    expected = hmac.new(secret.encode(), parts["t"].encode() + b"." + got.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(parts["v1"], expected)
