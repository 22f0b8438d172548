"""A news web that fails as real ones do, beside a stand-in for Slack that does too: the other side of ``soak``.

It runs in a process of its own, so that it costs the measured one nothing. What it serves is a Newswire.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from aiohttp import web

from bench.newswire import Newswire, feed, page
from bench.oracle import Message
from tests.slack_standin import Options, SlackStandin, key_of, wall_clock
from tests.slack_workspace import Channel, Rate, news

if TYPE_CHECKING:
    from collections.abc import Mapping

CHANNELS = (*news(), Channel(id="C0OPS00001", name="ops"))

# What becomes of a request for a feed, and how often; "hang" lasts until the other side gives up.
WEB_FAULTS: Mapping[str, float] = {
    "503": 0.01,
    "500": 0.01,
    "429": 0.003,
    "reset": 0.008,
    "hang": 0.004,
    "short": 0.006,
    "wall": 0.005,
    "broken": 0.005,
}
PAGE_FAULTS: Mapping[str, float] = {"503": 0.02, "500": 0.02, "reset": 0.01, "hang": 0.005}

# A tenth of Slack's answers goes wrong, half of them before the call was taken and half of them after.
SLACK_FAULTS: Mapping[str, float] = {
    "429": 0.01,
    "reset_before": 0.02,
    "500_before": 0.02,
    "reset_after": 0.02,
    "500_after": 0.02,
    "malformed_after": 0.01,
}
FAULTY = frozenset({"chat.postMessage", "chat.update", "chat.delete", "conversations.history", "conversations.replies"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the other side is to be; travels as JSON on the command line."""

    sources: int
    hosts: int
    start: str  # ISO
    minutes: float  # in which something is published
    each: float  # minutes between two pieces of one outlet, on the average
    seed: int

    def wire(self) -> Newswire:
        """Return what is published."""
        start, span = datetime.fromisoformat(self.start), timedelta(minutes=self.minutes)
        return Newswire(self.sources, start, span, timedelta(minutes=self.each), self.seed)


class Outlets:
    """Answers for feeds and pages, with faults until told to be calm."""

    def __init__(self, wire: Newswire, seed: int) -> None:
        self._wire = wire
        self._chance = random.Random(f"outlets {seed}")
        self.counts: Counter[str] = Counter()
        self.is_calm = False

    async def feed(self, request: web.Request) -> web.StreamResponse:
        """Answer for /feed/SOURCE."""
        source, now = int(request.match_info["source"]), wall_clock()
        if fault := self._fault(WEB_FAULTS):
            return await self._spoil(request, fault)
        tag = f'"{self._wire.revision(source, now)}"'
        if request.headers.get("If-None-Match") == tag:
            self.counts["304"] += 1
            return web.Response(status=304, headers={"ETag": tag})
        self.counts["200"] += 1
        text = feed(self._wire.listed(source, now), now, f"http://{request.host}")
        return web.Response(text=text, content_type="application/rss+xml", headers={"ETag": tag})

    async def page(self, request: web.Request) -> web.StreamResponse:
        """Answer for /page/SOURCE/NUMBER."""
        piece = self._wire.piece(int(request.match_info["source"]), int(request.match_info["number"]))
        if piece is None:
            return web.Response(status=404)
        if fault := self._fault(PAGE_FAULTS):
            return await self._spoil(request, fault)
        self.counts["page"] += 1
        return web.Response(text=page(piece, wall_clock()), content_type="text/html")

    def _fault(self, faults: Mapping[str, float]) -> str | None:
        if self.is_calm:
            return None
        return self._chance.choices([*faults, None], [*faults.values(), 1 - sum(faults.values())])[0]

    async def _spoil(self, request: web.Request, fault: str) -> web.StreamResponse:
        self.counts[fault] += 1
        if fault == "hang":
            await asyncio.sleep(3600)
        if fault in {"reset", "short"} and request.transport is not None:
            if fault == "short":
                request.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<?xml version='1.0'?><rss>")
                await asyncio.sleep(0.05)
            request.transport.abort()
            return web.Response()
        answers = {
            "wall": ("<html><head><title>Just a moment...</title></head><body>Checking</body></html>", "text/html"),
            "broken": ("<rss version='2.0'><channel><title>Outlet</title><item><tit", "application/rss+xml"),
        }
        text, kind = answers.get(fault, ("sorry", "text/plain"))
        headers = (
            {"Retry-After": "10"} if fault in {"429", "503"} else {}
        )  # without it a host is left alone for an hour
        return web.Response(
            status=int(fault) if fault.isdecimal() else 200, text=text, content_type=kind, headers=headers
        )


def told(slack: SlackStandin) -> list[Message]:
    """Return every message that stands in Slack."""
    return [
        Message(
            channel=f"#{channel.name}",
            key=key_of(one) or "",
            headline=one["text"].partition("\n")[0],
            says=json.dumps([one["text"], one.get("blocks")], ensure_ascii=False),
        )
        for channel in slack.channels.values()
        for one in channel.messages
    ]


async def _commands() -> str:
    line: str = await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    return line.strip()


async def serve(setting: Setting) -> None:
    """Serve until standard input closes; print the addresses first, and what stands in Slack last."""
    outlets = Outlets(setting.wire(), setting.seed)
    application = web.Application()
    application.add_routes([web.get("/feed/{source}", outlets.feed), web.get("/page/{source}/{number}", outlets.page)])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    for _ in range(setting.hosts):
        await web.TCPSite(runner, "127.0.0.1", 0).start()
    options = Options(
        channels=CHANNELS, faults=SLACK_FAULTS, faulty=FAULTY, seed=setting.seed, rate=Rate(messages=1, burst=5)
    )
    async with SlackStandin(options) as slack:
        print(json.dumps({"ports": [one[1] for one in runner.addresses], "slack": slack.api_url}), flush=True)
        while await _commands() == "calm":
            outlets.is_calm = True
            slack.options = replace(slack.options, faults={})
            print("calm", flush=True)
        report = asdict(slack.report()) | {"doubled": slack.report().doubled}
        print(
            json.dumps({"report": report, "told": [asdict(one) for one in told(slack)], "web": outlets.counts}),
            flush=True,
        )
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(Setting(**json.loads(sys.argv[1]))))
