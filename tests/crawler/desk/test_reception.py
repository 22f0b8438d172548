from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from alerts.slack.actions import value
from crawler.clock import SystemClock
from crawler.desk.reception import Reception
from tests.fakes_desk import KEY, MemoryDesk
from tests.slack_socket import SocketStandin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator

    import pytest

PATIENCE = timedelta(seconds=5)
APP = "xapp-test"


class Broken(MemoryDesk):
    """A desk with a bug that is hit once."""

    def __init__(self) -> None:
        super().__init__()
        self.broken = True

    async def status(self) -> str:
        if self.broken:
            self.broken = False
            raise RuntimeError("a bug")
        return await super().status()


def reception(slack: SocketStandin, desk: MemoryDesk, *, rest: timedelta = timedelta()) -> Reception:
    return Reception(APP, "xoxb-test", slack.api_url, desk=desk, admins=(), clock=SystemClock(), rest=rest, ping=0.05)


@asynccontextmanager
async def opened(
    desk: MemoryDesk, *, rest: timedelta = timedelta(), **standin: Any
) -> AsyncIterator[tuple[SocketStandin, Reception]]:
    async with SocketStandin(**standin) as slack:
        one = reception(slack, desk, rest=rest)
        one.start()
        await slack.until(lambda slack: slack.greeted == 1)
        yield slack, one
        desk.gate.set()
        await one.stop(PATIENCE)


async def told(slack: SocketStandin, text: str) -> list[str]:
    typed = await slack.slash(text)
    await slack.until(lambda slack: bool(slack.told(typed)))
    return slack.told(typed)


async def test_the_desk_works_in_the_loop_that_opened_it_and_the_socket_on_another_thread() -> None:
    class Where(MemoryDesk):
        async def status(self) -> str:
            return f"{asyncio.get_running_loop() is here} {threading.current_thread() is threading.main_thread()}"

    here = asyncio.get_running_loop()
    async with opened(Where()) as (slack, _):
        assert await told(slack, "status") == ["True True"]
        assert "slack-socket" in {thread.name for thread in threading.enumerate()}
    assert "slack-socket" not in {thread.name for thread in threading.enumerate()}


class Elsewhere:
    """A loop on a thread of its own, to wait for while one's own stands still."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(20)


@contextmanager
def elsewhere() -> Iterator[Elsewhere]:
    there = Elsewhere()
    thread = threading.Thread(target=there.loop.run_forever)
    thread.start()
    yield there
    there.loop.call_soon_threadsafe(there.loop.stop)
    thread.join()
    there.loop.close()


async def test_a_click_is_acknowledged_while_the_daemon_s_loop_stands_still() -> None:
    desk, slack = MemoryDesk(), SocketStandin()
    with elsewhere() as there:
        there.run(slack.__aenter__())
        one = reception(slack, desk)
        one.start()
        there.run(slack.until(lambda slack: slack.greeted == 1))  # from here our loop runs nothing
        clicks = [there.run(slack.click("fb_yes", value(KEY, "raa-watch"))) for _ in range(5)]
        for click in clicks:
            there.run(click.acked.wait())
        assert desk.audits == []
        await one.stop(PATIENCE)  # from here it runs again, and what was taken is done
        assert len(desk.audits) == 5
        there.run(slack.__aexit__(None, None, None))


async def test_what_was_taken_is_done_before_it_stops() -> None:
    desk = MemoryDesk()
    async with opened(desk) as (slack, one):
        desk.gate.clear()
        clicks = [await slack.click("fb_yes", value(KEY, "raa-watch")) for _ in range(3)]
        await slack.until(lambda _: all(click.acked.is_set() for click in clicks))
        stopping = asyncio.create_task(one.stop(PATIENCE))
        await slack.until(lambda slack: not slack.sockets)
        desk.gate.set()
        await stopping
        assert len(desk.audits) == 3


async def test_what_takes_too_long_is_cut_off_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    desk = MemoryDesk()
    async with opened(desk) as (slack, one):
        desk.gate.clear()
        click = await slack.click("fb_yes", value(KEY, "raa-watch"))
        await slack.until(lambda _: click.acked.is_set())
        await one.stop(timedelta())
        assert desk.audits == []
    assert "left-undone" in caplog.messages


async def test_after_a_cut_connection_it_comes_back() -> None:
    async with opened(MemoryDesk()) as (slack, _):
        await slack.drop()
        await slack.until(lambda slack: slack.greeted == 2)
        assert await told(slack, "status") == ["status"]


async def test_a_bug_in_the_desk_is_logged_with_its_traceback_and_the_socket_opened_anew(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with opened(Broken()) as (slack, _):
        await slack.slash("status")
        await slack.until(lambda slack: slack.greeted == 2)
        assert await told(slack, "status") == ["status"]
    (broke,) = [record for record in caplog.records if record.message == "socket-broke"]
    assert broke.levelname == "CRITICAL"
    assert broke.exc_info is not None


async def test_it_stops_while_it_rests_after_a_bug_and_when_it_never_began() -> None:
    async with opened(Broken(), rest=timedelta(hours=1)) as (slack, one):
        await slack.slash("status")
        await slack.until(lambda slack: not slack.sockets)
        await one.stop(PATIENCE)
    await reception(slack, MemoryDesk()).stop(PATIENCE)
