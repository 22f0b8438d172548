"""How fast a click in Slack is acknowledged while the daemon is as busy as it can be.

The real daemon runs in a process of its own, on one core: with feeds of 5 MB of which each answer is new, and then also
with a loop that is blocked for 300 ms at a time, 5 ms between. The stand-in for Slack clicks from here, and times it.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from alerts.slack.actions import value
from crawler.cli.daemon import until_stopped, with_app
from crawler.config import load
from tests.server import NewsServer
from tests.slack_socket import SocketStandin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from crawler.app import App

CLICKS = 200
PAUSE = 0.05  # seconds between two clicks
BLOCKED, FREE = 0.3, 0.005  # seconds
FEEDS = 2
SIZE = 5_000_000  # bytes of one feed
ISSUES = 4  # different bodies of one feed
PROMISE = 500  # milliseconds

CONFIG = """
store: sqlite:///tocsin.db
slack: {{token: xoxb-test, app_token: xapp-test, api_url: "{slack}"}}
fetch: {{allow_private: [127.0.0.0/8], per_host: {{concurrency: 4, delay: 0s}}, max_body: 8MiB}}
defaults: {{every: 1s, to: ["#news"], fulltext: never, backlog: none}}
log: {{level: error}}
sources: [{sources}]
rules: [{{id: pact, when: pact}}]
"""


def main() -> None:
    """Click while the daemon idles, parses, and is blocked, and print how long each acknowledgement took."""
    print(f"acks: {CLICKS} clicks each; promised below {PROMISE} ms, Slack wants them within 3,000 ms")
    for what, feeds, blocked in (
        ("idle", 0, False),
        (f"{FEEDS} feeds of {SIZE // 1_000_000} MB a second", FEEDS, False),
        (f"the same, its loop blocked for {BLOCKED * 1000:.0f} ms at a time", FEEDS, True),
    ):
        taken = asyncio.run(_measure(feeds, blocked=blocked))
        p50, p95 = statistics.median(taken), statistics.quantiles(taken, n=20)[18]
        print(f"  {what:<52} p50 {p50:6.1f} ms  p95 {p95:6.1f} ms  worst {max(taken):6.1f} ms")


async def _measure(feeds: int, *, blocked: bool) -> list[float]:
    async with NewsServer() as web, SocketStandin() as slack:
        with TemporaryDirectory() as folder:
            urls = [web.url(f"/{number}.xml") for number in range(feeds)]
            sources = ", ".join(f'{{id: s{number}, kind: feed, url: "{url}"}}' for number, url in enumerate(urls))
            file = Path(folder) / "config.yaml"
            file.write_text(CONFIG.format(slack=slack.api_url, sources=sources))
            issues = [_issue(number) for number in range(ISSUES)] if feeds else []
            async with _daemon(file, blocked=blocked):
                await slack.until(lambda slack: slack.greeted == 1)
                return [await _click(number, slack, web, feeds, issues) for number in range(CLICKS)]


async def _click(number: int, slack: SocketStandin, web: NewsServer, feeds: int, issues: list[bytes]) -> float:
    if issues and number % 10 == 0:
        for feed in range(feeds):
            web.publish(f"/{feed}.xml", issues[number // 10 % ISSUES])
    await asyncio.sleep(PAUSE)
    began = time.perf_counter()
    click = await slack.click("fb_yes", value("NOBODY", "pact"))
    await click.acked.wait()
    return 1000 * (time.perf_counter() - began)


@asynccontextmanager
async def _daemon(file: Path, *, blocked: bool) -> AsyncIterator[None]:
    command = (sys.executable, "-m", "bench.acks", str(file), *(["blocked"] if blocked else []))
    process = await asyncio.create_subprocess_exec(*command)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(process.pid, {min(os.sched_getaffinity(0))})
    try:
        yield
    finally:
        process.kill()  # nothing of it is needed any more
        await process.wait()


def _issue(number: int) -> bytes:
    text = f"Issue {number} of many words about nothing in particular. " * 40
    item = "<item><guid>{0}-{1}</guid><title>Item {0} of issue {1}</title><description>{2}</description></item>"
    items = "".join(item.format(place, number, text) for place in range(SIZE // (len(text) + 90)))
    return f'<rss version="2.0"><channel><title>Large</title>{items}</channel></rss>'.encode()


async def _blocked(app: App) -> None:
    """Run the daemon, and keep its loop busy with nothing."""
    running = asyncio.create_task(until_stopped(app))
    while not running.done():
        end = time.perf_counter() + BLOCKED
        while time.perf_counter() < end:
            pass
        await asyncio.sleep(FREE)
    await running


if __name__ == "__main__":
    with_app(load(Path(sys.argv[1]), {}), _blocked if sys.argv[2:] else until_stopped)
