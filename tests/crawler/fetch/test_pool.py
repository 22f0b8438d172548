import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.errors import FetchError
from crawler.fetch.pool import ParserPool

BLINK = timedelta(milliseconds=300)
DAEMON = """
import asyncio, os, sys
from crawler.fetch.pool import ParserPool

async def main():
    pool = ParserPool()
    print(await pool.run(os.getpid), flush=True)
    await pool.run(__import__("time").sleep, 600)

if __name__ == "__main__":
    asyncio.run(main())
"""


@asynccontextmanager
async def pool(**options: Any) -> AsyncIterator[ParserPool]:
    made = ParserPool(**options)
    made.start()
    try:
        yield made
    finally:
        await made.stop()


def double(number: int) -> int:
    return number * 2


def spin() -> None:
    while True:
        pass


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _siblings() -> int:
    """Count the workers of the fork server that made this one."""
    parent = str(os.getppid())
    states = [path.read_text().rpartition(")")[2].split() for path in Path("/proc").glob("[0-9]*/stat")]
    return sum(state[1] == parent and state[0] != "Z" for state in states)


def hoard() -> int:
    return len(bytearray(2_000_000_000))


def refuse() -> None:
    raise FetchError("html", "a web page", status=200)


def stumble() -> None:
    raise KeyError("oops")


async def why(made: ParserPool, function: Callable[[], object]) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await made.run(function)
    return caught.value


async def test_work_is_done_in_another_process() -> None:
    async with pool() as made:
        assert await made.run(double, 21) == 42
        assert await made.run(os.getpid) != os.getpid()


async def test_errors_come_back_as_they_were_raised() -> None:
    async with pool() as made:
        error = await why(made, refuse)
        assert (error.reason, error.detail, error.status) == ("html", "a web page", 200)
        with pytest.raises(KeyError):
            await made.run(stumble)


async def test_what_hangs_dies_or_hoards_is_killed_and_the_pool_goes_on() -> None:
    async with pool(timeout=BLINK) as made:
        for poison in (spin, die, hoard):
            assert (await why(made, poison)).reason == "parser-killed"
            assert await made.run(double, 4) == 8


async def test_workers_that_cannot_start_fail_the_work_and_not_the_daemon() -> None:
    async with pool(memory=1_000_000) as made:
        for _ in range(2):
            assert (await why(made, os.getpid)).reason == "parser-killed"


async def test_waiting_behind_a_poisoned_document_costs_nobody_his_time() -> None:
    async with pool(timeout=BLINK) as made:
        answers = await asyncio.gather(
            made.run(spin), made.run(spin), made.run(spin), made.run(double, 4), return_exceptions=True
        )
    assert answers[3] == 8


async def test_a_document_that_holds_its_worker_keeps_no_other_waiting() -> None:
    async with pool(patience=BLINK) as made, asyncio.timeout(15):  # its worker would be killed after 20 s only
        poisoned = [asyncio.create_task(made.run(spin)) for _ in range(2)]
        assert await asyncio.wait(poisoned, timeout=0.05) == (set(), set(poisoned))
        assert [await made.run(double, number) for number in (4, 5)] == [8, 10]
        for task in poisoned:
            task.cancel()
        await asyncio.wait(poisoned)


async def test_the_help_goes_when_the_trouble_is_over() -> None:
    async with pool(patience=timedelta(0)) as made:
        hard = asyncio.create_task(made.run(spin))
        await asyncio.wait({hard}, timeout=0.05)
        helper = await made.run(os.getpid)
        hard.cancel()
        await asyncio.wait({hard})
        assert {await made.run(os.getpid) for _ in range(3)} == {helper}
        assert await made.run(_siblings) == 1


async def test_a_visit_that_is_given_up_frees_the_worker() -> None:
    async with pool() as made:
        task = asyncio.create_task(made.run(spin))
        assert await asyncio.wait({task}, timeout=0.05) == (set(), {task})
        task.cancel()
        await asyncio.wait({task})
        assert await made.run(double, 4) == 8


async def test_a_pool_that_was_stopped_can_be_used_again() -> None:
    async with pool() as made:
        await made.stop()
        assert await made.run(double, 4) == 8


async def test_no_worker_outlives_a_daemon_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "daemon.py"
    script.write_text(DAEMON)
    daemon = await asyncio.create_subprocess_exec(
        sys.executable, script, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    assert daemon.stdout is not None
    worker = os.pidfd_open(int(await daemon.stdout.readline()))
    gone = asyncio.Event()
    asyncio.get_running_loop().add_reader(worker, gone.set)
    try:
        daemon.kill()
        await daemon.wait()
        async with asyncio.timeout(20):
            await gone.wait()
    finally:
        asyncio.get_running_loop().remove_reader(worker)
        os.close(worker)
