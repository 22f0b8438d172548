"""kill -9 at random moments: what was found is told, and told once."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from crawler.clock import SystemClock
from tests.daemon import LONGEST, said
from tests.server import NewsServer
from tests.slack_standin import Options, SlackStandin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

ROUNDS = 20
PIECES = 10  # of as many rounds, each a run of its own, for make slow
FEEDS = 4
FAULTS = {"reset_after": 0.06, "500_after": 0.04, "reset_before": 0.03, "malformed_after": 0.02}

CONFIG = """
store: sqlite:///tocsin.db
slack: {{token: xoxb-test, api_url: "{slack}"}}
fetch: {{allow_private: [127.0.0.0/8], per_host: {{concurrency: 4, delay: 0s}}}}
defaults: {{every: 1s, to: ["#news"], fulltext: never}}
sources:
{sources}
rules:
  - {{id: raa, name: Reciprocal Access Agreement, when: Reciprocal Access Agreement}}
"""


def configure(folder: Path, web: NewsServer, slack: SlackStandin) -> Path:
    sources = "\n".join(f"  - {{id: outlet-{n}, url: '{web.url(f'/{n}.xml')}'}}" for n in range(FEEDS))
    file = folder / "config.yaml"
    file.write_text(CONFIG.format(slack=slack.api_url, sources=sources))
    return file


def feed(titles: list[str]) -> str:
    items = "".join(
        f"<item><title>{title}</title><guid>{title}</guid><link>https://news.example/{title.split()[1]}</link>"
        f"<pubDate>{SystemClock().now():%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
        for title in reversed(titles)
    )
    return f'<rss version="2.0"><channel><title>News</title>{items}</channel></rss>'


@asynccontextmanager
async def daemon(config: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.daemon", str(config), stderr=asyncio.subprocess.PIPE, env=dict(os.environ)
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def until(holds: Callable[[], bool]) -> None:
    clock = SystemClock()
    async with asyncio.timeout(LONGEST):
        while not holds():
            await clock.wait_until(clock.now() + timedelta(milliseconds=20))


@pytest.mark.parametrize("piece", [0, *(pytest.param(piece, marks=pytest.mark.slow) for piece in range(1, PIECES + 1))])
async def test_killed_at_random_moments_nothing_is_lost_and_nothing_is_told_twice(tmp_path: Path, piece: int) -> None:
    del piece  # they differ by their seeds alone
    seed = random.SystemRandom().randrange(10**6)
    chance, clock = random.Random(seed), SystemClock()
    titles: dict[int, list[str]] = {n: [] for n in range(FEEDS)}
    options = Options(faults=FAULTS, seed=seed, faulty=frozenset({"chat.postMessage", "conversations.history"}))
    async with NewsServer() as web, SlackStandin(options) as slack:
        config = configure(tmp_path, web, slack)
        for number in range(ROUNDS):
            for n, known in titles.items():
                known += [f"Report {number}-{n}-{i}: Reciprocal Access Agreement talks go on" for i in range(2)]
                web.publish(f"/{n}.xml", feed(known))
            async with daemon(config) as process:
                await said(process, "started")
                await clock.wait_until(clock.now() + timedelta(seconds=chance.uniform(0, 0.8)))
                process.kill()
        published = sorted(title for known in titles.values() for title in known)
        async with daemon(config) as process:
            await until(lambda: all(any(title in text for text in slack.texts("news")) for title in published))
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(10):
                await process.communicate()
        assert process.returncode == 0
        told = sorted(title for text in slack.texts("news") for title in published if title in text)
        assert told == published, f"seed {seed}"
        assert slack.report().doubled == {}, f"seed {seed}"
        assert slack.report().impolite == 0
