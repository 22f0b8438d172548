from __future__ import annotations

import asyncio

import psycopg

from crawler.clock import SystemClock
from crawler.cluster.ears import Ears

LONGEST = 20.0  # seconds


async def test_it_hears_what_others_tell_and_what_was_told_before(shared_url: str) -> None:
    heard = asyncio.Event()
    ears = Ears(shared_url, "news", heard.set, SystemClock())
    ears.start()
    async with asyncio.timeout(LONGEST):
        await heard.wait()  # it listens
        heard.clear()
        with psycopg.connect(shared_url) as other:
            other.execute("NOTIFY news")
        await heard.wait()
    await ears.stop()
