"""A loopback server of many small feeds, in a process of its own so that it costs the measured one nothing."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter

from aiohttp import web

NEW = 2  # entries that were not in the feed when it was last asked for
LISTED = 5

WORDS = (
    "Ministers met in the capital to discuss supply chains, shipping lanes and the price of nickel. "
    "A statement is expected later this week, officials said, and a second round of talks may follow."
)


def entry(feed: int, number: int) -> str:
    """Return one RSS item of about 500 bytes."""
    return (
        f"<item><title>Story {number} of outlet {feed}: talks on supply chains go on</title>"
        f"<link>https://outlet{feed}.example/news/{number}</link><guid>{feed}-{number}</guid>"
        f"<description>{WORDS} Item {number}, outlet {feed}.</description></item>"
    )


def document(feed: int, visit: int) -> str:
    """Return a feed as it looks at its n-th visit: LISTED entries, NEW of them new."""
    last = NEW * visit + LISTED
    items = "".join(entry(feed, number) for number in range(last, last - LISTED, -1))
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Outlet {feed}</title>'
        f"<link>https://outlet{feed}.example/</link><description>News</description>{items}</channel></rss>"
    )


async def serve() -> None:
    """Serve until standard input closes; print the port first."""
    visits: Counter[str] = Counter()

    async def changing(request: web.Request) -> web.Response:
        number = request.match_info["number"]
        visits[number] += 1
        return web.Response(text=document(int(number), visits[number]), content_type="application/rss+xml")

    async def still(request: web.Request) -> web.Response:
        number, tag = request.match_info["number"], '"one"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        return web.Response(text=document(int(number), 1), content_type="application/rss+xml", headers={"ETag": tag})

    application = web.Application()
    application.add_routes([web.get("/changing/{number}", changing), web.get("/still/{number}", still)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve())
