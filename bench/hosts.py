"""A loopback web of many hosts that notices whoever asks one of them twice at once, in a process of its own.

Every address 127.x.y.z is a host. A feed lists its last five stories, and has one more at some visits; the others are
answered with 304. Some of the stories a rule looks for.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter

from aiohttp import web

ANSWERED_IN = 0.05  # seconds
LISTED = 5
_NEWS = 10  # of a hundred visits after the first bring a story
_WANTED = 5  # one story of so many
CHANNELS = 36  # among which those are shared out, so that no channel has a storm
_SYLLABLES = "ba ko ri te mu sa lo ne di fa gu ho ja ki la mo pe ru shi to va we xi yo zu"


def is_wanted(feed: int, number: int) -> bool:
    """Say whether somebody has to be told of a story."""
    return number > 0 and (feed + number) % _WANTED == 0


def words(feed: int, number: int, count: int) -> str:
    """Return made-up words that no other story has."""
    dice = random.Random(feed * 100_003 + number)
    syllables = _SYLLABLES.split()
    return " ".join("".join(dice.choices(syllables, k=4)) for _ in range(count))


def title(feed: int, number: int) -> str:
    """Return a headline."""
    about = f"pact{feed % CHANNELS}" if is_wanted(feed, number) else "harvest"
    return f"{words(feed, number, 4).capitalize()} {about} f{feed}n{number}"


def document(feed: int, last: int) -> str:
    """Return a feed of which the newest story is the n-th."""
    items = "".join(
        f"<item><title>{title(feed, number)}</title><guid>{feed}-{number}</guid>"
        f"<link>http://news{feed}.example/{number}</link><description>{words(feed, number, 30)}</description></item>"
        for number in range(last, max(last - LISTED, -1), -1)
    )
    return f'<rss version="2.0"><channel><title>Outlet {feed}</title>{items}</channel></rss>'


class Hosts:
    """Answers, and counts."""

    def __init__(self) -> None:
        self._now: Counter[str] = Counter()
        self._visits: Counter[int] = Counter()
        self._last: Counter[int] = Counter()  # story, by feed
        self._told: set[str] = set()
        self._anew: dict[int, int] = {}  # visits that are not counted
        self._overlaps = 0
        self._still = False

    async def answer(self, request: web.Request) -> web.Response:
        """Answer a little later; note whether somebody else is being answered at this host."""
        host = request.host
        self._now[host] += 1
        self._overlaps += self._now[host] > 1
        try:
            await asyncio.sleep(ANSWERED_IN)
            number = request.match_info.get("number")
            return web.Response(status=404) if number is None else self._feed(int(number), request)
        finally:
            self._now[host] -= 1

    def _feed(self, feed: int, request: web.Request) -> web.Response:
        visit = self._visits[feed]
        self._visits[feed] += 1
        self._last[feed] += visit > 0 and not self._still and (feed * 37 + visit * 13) % 100 < _NEWS
        last = self._last[feed]
        tag = f'"{last}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        if is_wanted(feed, last):
            self._told.add(title(feed, last))
        return web.Response(text=document(feed, last), headers={"ETag": tag}, content_type="application/rss+xml")

    async def forget(self, _request: web.Request) -> web.Response:
        """Count visits anew."""
        self._anew = dict(self._visits)
        self._overlaps = 0
        return web.Response()

    async def still(self, _request: web.Request) -> web.Response:
        """Let nothing happen any more."""
        self._still = True
        return web.Response()

    async def counts(self, _request: web.Request) -> web.Response:
        """Tell how many feeds were asked for, how often in all, how often two asked one host at once, and what of."""
        visits = {feed: number - self._anew.get(feed, 0) for feed, number in self._visits.items()}
        told = {
            "feeds": sum(number > 0 for number in visits.values()),
            "visits": sum(visits.values()),
            "overlaps": self._overlaps,
            "wanted": sorted(self._told),
        }
        return web.json_response(told)


async def serve() -> None:
    """Serve every address of this machine until standard input closes; print the port first."""
    hosts = Hosts()
    application = web.Application()
    paths = ("/feed/{number}", "/robots.txt")
    application.add_routes(
        [
            web.get("/counts", hosts.counts),
            web.get("/forget", hosts.forget),
            web.get("/still", hosts.still),
            *(web.get(path, hosts.answer) for path in paths),
        ]
    )
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", 0, backlog=4096).start()  # noqa: S104 -- every 127.x.y.z is a host
    print(json.dumps({"port": runner.addresses[0][1]}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve())
