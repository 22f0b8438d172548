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


class Feeds:
    """Feeds by number: ``changing`` ones, ``still`` ones, and ``mixed`` ones, of whose visits a share finds news."""

    def __init__(self) -> None:
        self._visits: Counter[str] = Counter()
        self._share = 0  # percent

    async def changing(self, request: web.Request) -> web.Response:
        """Answer with news at every visit."""
        return _feed(request, self._visit(request), None)

    async def still(self, request: web.Request) -> web.Response:
        """Answer with the same document, or 304."""
        return _feed(request, 1, '"one"')

    async def mixed(self, request: web.Request) -> web.Response:
        """Answer with news in so many visits of a hundred, else as a still one does."""
        number = int(request.match_info["number"])
        if (number * 37 + self._share) % 100 >= 100 - self._share:
            return _feed(request, self._visit(request), None)
        return _feed(request, 1, '"one"')

    async def share(self, request: web.Request) -> web.Response:
        """Set the share of visits to mixed ones that find news, in percent."""
        self._share = int(request.match_info["percent"])
        return web.Response()

    def _visit(self, request: web.Request) -> int:
        self._visits[request.path] += 1
        return self._visits[request.path] + 1


def _feed(request: web.Request, visit: int, tag: str | None) -> web.Response:
    headers = {} if tag is None else {"ETag": tag}
    if tag is not None and request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers=headers)
    text = document(int(request.match_info["number"]), visit)
    return web.Response(text=text, content_type="application/rss+xml", headers=headers)


async def serve(hosts: int) -> None:
    """Serve on so many ports until standard input closes; print the ports first."""
    feeds = Feeds()
    application = web.Application()
    kinds = {"changing": feeds.changing, "still": feeds.still, "mixed": feeds.mixed}
    application.add_routes([web.get(f"/{kind}/{{number}}", answer) for kind, answer in kinds.items()])
    application.add_routes([web.get("/share/{percent}", feeds.share)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    for _ in range(hosts):
        await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(*(address[1] for address in runner.addresses), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]) if len(sys.argv) > 1 else 1))
