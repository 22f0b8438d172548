from __future__ import annotations

import asyncio

from crawler.dispatch import Dispatcher


async def test_a_job_is_run_again_and_again_until_stopped() -> None:
    beats: asyncio.Queue[None] = asyncio.Queue()
    dispatcher = Dispatcher()

    async def beat() -> None:
        beats.put_nowait(None)

    dispatcher.every(0.01, beat, name="beat")
    dispatcher.start()
    async with asyncio.timeout(10):
        await beats.get()
        await beats.get()
    dispatcher.stop()


async def test_a_job_never_overlaps_itself_and_late_beats_are_made_up_for_once() -> None:
    running = most = 0
    rounds: asyncio.Queue[None] = asyncio.Queue()
    dispatcher = Dispatcher()

    async def slow() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(50):
            await asyncio.sleep(0)
        running -= 1
        rounds.put_nowait(None)

    dispatcher.every(0.001, slow, name="slow")
    dispatcher.start()
    async with asyncio.timeout(10):
        for _ in range(5):
            await rounds.get()
    dispatcher.stop()
    assert most == 1


def test_stopping_what_never_started_is_fine() -> None:
    Dispatcher().stop()
