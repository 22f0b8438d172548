from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from crawler.clock import machine_time
from crawler.dispatch import Dispatcher

if TYPE_CHECKING:
    import pytest


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


async def test_a_job_that_stop_cuts_short_leaves_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    dispatcher, begun, cut = Dispatcher(), asyncio.Event(), asyncio.Event()

    async def endless() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cut.set()

    dispatcher.every(0.001, endless, name="endless")
    dispatcher.start()
    async with asyncio.timeout(10):
        await begun.wait()
        dispatcher.stop()
        await cut.wait()
    for _ in range(3):
        await asyncio.sleep(0)  # what APScheduler has to say of it comes a turn later
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


def test_stopping_what_never_started_is_fine() -> None:
    Dispatcher().stop()


async def test_when_the_machines_clock_is_set_back_no_beat_waits_for_it_to_catch_up() -> None:
    wrong = timedelta(0)
    beats: asyncio.Queue[None] = asyncio.Queue()
    dispatcher = Dispatcher(lambda: machine_time() + wrong)

    async def beat() -> None:
        beats.put_nowait(None)

    dispatcher.every(3_600, beat, name="beat")  # by APScheduler's clock an hour away, as after such a change
    dispatcher.start()
    assert not dispatcher.look()
    wrong = -timedelta(minutes=2)
    assert dispatcher.look()
    async with asyncio.timeout(10):
        await beats.get()
    assert not dispatcher.look()
    dispatcher.stop()
