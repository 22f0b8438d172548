"""A WebSub hub on 127.0.0.1: takes subscriptions, comes to verify them as it is told to, and pushes.

async with Hub() as hub:
    hub.public, hub.inside = "https://desk.example/hook", f"http://127.0.0.1:{port}"    # as a reverse proxy would
    ... hub.asked[-1]["hub.mode"], hub.verified[-1].status
    await hub.push(topic, b"<feed/>")
"""

from __future__ import annotations

import asyncio
import hmac
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp
from aiohttp import web

from tests.server import LOOPBACK

ANSWERS = {404: "no such hub", 500: "out of order"}


@dataclass(frozen=True, slots=True)
class Said:
    """What a callback answered."""

    status: int
    body: str


@dataclass(slots=True)
class Manners:
    """How a hub behaves; a change counts from the next request on."""

    status: int = 202
    verify: bool = True
    lease: str | None = "864000"  # what it grants, whatever it was asked for
    lies: dict[str, str] = field(default_factory=dict)  # parameters of the verification that are not as asked
    deny: str | None = None  # the reason
    first: bool = False  # verify before the answer, as old hubs did
    redirect: str | None = None
    hang: asyncio.Event | None = None


class Hub:
    """One hub, with a journal of all that it was asked and told."""

    def __init__(self) -> None:
        self.manners = Manners()
        self.public = self.inside = ""
        self.asked: list[dict[str, str]] = []
        self.agents: list[str] = []
        self.verified: list[Said] = []
        self.challenge = "ch4llenge-<b>"
        self.port = 0
        self._busy: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/{path:.*}", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, 0).start()
        self.port = self._runner.addresses[0][1]
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.manners.hang is not None:
            self.manners.hang.set()
        await self.settled()
        await self._session.close()
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}/"

    async def settled(self) -> None:
        """Wait until it has come back to everybody whom it owes a visit."""
        while self._busy:
            await asyncio.gather(*self._busy)

    async def come(self, form: dict[str, str], **lies: str) -> Said:
        """Come to a callback to verify, or to deny."""
        said = {"hub.mode": form["hub.mode"], "hub.topic": form["hub.topic"], "hub.challenge": self.challenge}
        if form["hub.mode"] == "subscribe" and self.manners.lease is not None:
            said["hub.lease_seconds"] = self.manners.lease
        said |= {f"hub.{name}": value for name, value in lies.items()}
        async with self._session.get(self._inside(form["hub.callback"]), params=said) as answer:
            return Said(answer.status, await answer.text())

    async def push(
        self, form: dict[str, str], body: Any = b"<feed/>", *, method: str = "sha256", signature: str | None = None
    ) -> Said:
        """Send a document to a callback, signed with the secret of ``form`` unless a signature is given."""
        headers = {"Content-Type": "application/atom+xml"}
        if signature is None:
            seal = hmac.new(form["hub.secret"].encode(), body, method).hexdigest()
            signature = f"{method}={seal}"
        if signature:
            headers["X-Hub-Signature"] = signature
        async with self._session.post(self._inside(form["hub.callback"]), data=body, headers=headers) as answer:
            return Said(answer.status, await answer.text())

    def _inside(self, callback: str) -> str:
        assert callback.startswith(self.public), callback
        return self.inside + callback.removeprefix(self.public)

    async def _take(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(form)
        self.agents.append(request.headers["User-Agent"])
        manners = self.manners
        if manners.hang is not None:
            await manners.hang.wait()
        if manners.redirect is not None:
            where, manners.redirect = manners.redirect, None
            return web.Response(status=307, headers={"Location": where})
        if manners.status < 300 and (manners.verify or manners.deny is not None):
            task = asyncio.create_task(self._visit(form, manners))
            self._busy.add(task)
            task.add_done_callback(self._busy.discard)
            if manners.first:
                await task
        return web.Response(status=manners.status, text=ANSWERS.get(manners.status, ""))

    async def _visit(self, form: dict[str, str], manners: Manners) -> None:
        if manners.deny is not None:
            self.verified.append(await self.come(form, mode="denied", reason=manners.deny))
        else:
            self.verified.append(await self.come(form, **manners.lies))
