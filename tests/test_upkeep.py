"""Upkeep, end to end, in the real program: canary, disk, copies, the week's report, and what monitoring reads."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import aiohttp
import pytest

from alerts.errors import FetchError
from crawler.app import App
from crawler.cli.daemon import notifier
from crawler.clock import SystemClock
from crawler.config import load
from crawler.config.model import FetchConfig
from crawler.config.secret import Secret
from crawler.fetch.handler import Client
from crawler.store import Store, backup
from crawler.store.copies import Copies, made_at
from crawler.upkeep.disk import DiskGuard
from crawler.upkeep.monitor import PATHS, MonitorServer
from tests.daemon import HURRIED
from tests.fakes import NOON, AheadClock, FakeClock
from tests.fakes_outbox import until
from tests.server import NewsServer
from tests.slack_socket import SocketStandin, with_buttons
from tests.slack_workspace import Channel, news
from tests.test_walk import News, rss

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CONFIG = """
store: sqlite:///tocsin.db
slack: {{token: xoxb-test, api_url: "{slack}", ops_channel: "#ops"}}
fetch: {{allow_private: [127.0.0.0/8], per_host: {{concurrency: 4, delay: 0s}}, timeout: 2s}}
defaults: {{every: 1s, to: ["#news"], fulltext: never}}
health: {{canary: 10m}}
backup: {{path: copies, at: "03:40", keep: 2}}
notifiers: {{hook: {{jsonl: hook.jsonl}}}}
sources:
  - {{id: wire, name: Pacific Wire, kind: feed, url: "{web}/wire.xml"}}
rules:
  - {{id: minerals, name: Minerals, when: rare earths}}
"""


class Disk:
    """A disk of which a test says how much is free."""

    free = 10_000_000_000

    def __call__(self, folder: Path) -> int:
        assert folder.is_dir()
        return self.free


class Desk:
    """The program, its clock, its disk, and those whom it tells."""

    def __init__(self, app: App, machine: AheadClock, slack: SocketStandin, hook: Path, web: NewsServer) -> None:
        self.app, self.machine, self.slack, self.hook, self.web = app, machine, slack, hook, web
        self.disk = Disk()
        app.upkeep.guard = DiskGuard(app.store.path, measure=self.disk)

    async def deliver(self) -> list[str]:
        await self.app.courier.drain(timedelta(seconds=10))
        return self.slack.texts("ops")

    def hooked(self) -> list[str]:
        return self.hook.read_text().splitlines() if self.hook.exists() else []

    def publish(self, *titles: str) -> None:
        self.web.publish("/wire.xml", rss(*(News(title=title, text="") for title in titles)))


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Desk]:
    machine = AheadClock()
    clock = SystemClock(machine.now)  # ours, which never goes back
    channels = (*news(), Channel(id="C0OPS00001", name="ops"))
    async with (
        NewsServer() as web,
        SocketStandin(with_buttons(now=clock.now, channels=channels)) as slack,
    ):
        file = folder / "config.yaml"
        file.write_text(CONFIG.format(slack=slack.api_url, web=web.url("").rstrip("/")))
        config = load(file, {})
        async with notifier(config) as ways, App(config, ways, clock, pace=HURRIED, console=False) as app:
            yield Desk(app, machine, slack, folder / "hook.jsonl", web)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened(tmp_path) as desk:
        yield desk


# ---------------------------------------------------------------- the canary


async def test_the_canary_walks_the_whole_way_and_leaves_nothing_but_one_message(desk: Desk) -> None:
    await desk.app.upkeep.sing()
    (first,) = await desk.deliver()
    assert "The canary sings" in first
    desk.machine.ahead += 10 * MINUTE
    await desk.app.upkeep.sing()
    (second,) = await desk.deliver()
    assert second != first, "the same message, edited"
    assert "arrived" in second

    store, now = desk.app.store, desk.app.clock.now()
    assert (await store.overview(now)).stories == 0
    assert [source.id for source in await store.sources()] == ["wire"]
    assert await store.outcomes(now - DAY) == []
    assert await store.kept(None, now - DAY, 10) == []
    assert desk.slack.texts("news") == []


async def test_a_beat_that_does_not_arrive_alarms_by_another_way_and_is_over_when_it_does(desk: Desk) -> None:
    await desk.app.upkeep.sing()
    desk.machine.ahead += 10 * MINUTE
    await desk.app.upkeep.sing()  # the courier rests: the first beat is still in the queue
    assert desk.app.upkeep.canary.missed == 1
    await desk.deliver()
    (alarm,) = [body for body in desk.hooked() if "canary is silent" in body]
    assert "from the queue to the channel" in alarm
    desk.machine.ahead += 10 * MINUTE
    await desk.app.upkeep.sing()
    await desk.deliver()
    assert desk.app.upkeep.canary.missed == 1
    told = await desk.app.upkeep.notices.told("canary-silent")
    assert told is not None
    assert not told.report.is_open


async def test_an_edit_that_hangs_says_what_the_channel_says(desk: Desk) -> None:
    await desk.app.upkeep.sing()
    await desk.deliver()
    desk.slack.options = replace(desk.slack.options, faults={"500_before": 1.0}, faulty=frozenset({"chat.update"}))
    desk.machine.ahead += 10 * MINUTE
    await desk.app.upkeep.sing()
    await desk.deliver()
    desk.machine.ahead += 10 * MINUTE
    await desk.app.upkeep.sing()
    await desk.app.courier.drain(timedelta(seconds=10))
    (alarm,) = [body for body in desk.hooked() if "canary is silent" in body]
    assert "its edit is not accepted: try-later" in alarm
    assert "sent: accepted" not in alarm


async def test_after_a_restart_it_is_known_when_the_last_story_arrived(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        await desk.app.upkeep.sing()
        await desk.deliver()
        arrived = desk.app.clock.now()
    async with opened(tmp_path) as desk:
        await desk.app.upkeep.canary.resume()
        registry = desk.app.upkeep.metrics.registry
        seen = registry.get_sample_value("tocsin_canary_last_success_timestamp_seconds")
        assert seen is not None
        assert abs(arrived.timestamp() - seen) < 10


async def test_a_beat_that_cannot_be_fetched_says_where_it_stopped(desk: Desk) -> None:
    await desk.app.upkeep.sing()
    await desk.deliver()
    await desk.app.upkeep.canary.stop()
    desk.machine.ahead += 10 * MINUTE
    await desk.app.upkeep.sing()
    desk.machine.ahead += 10 * MINUTE
    await desk.app.upkeep.sing()
    await desk.deliver()
    (alarm,) = [body for body in desk.hooked() if "canary is silent" in body]
    assert "from its address to the reader" in alarm


async def test_only_the_canarys_own_address_is_open_and_no_proxy_is_asked_for_it() -> None:
    config = FetchConfig(user_agent="t", proxy=Secret("http://127.0.0.1:9"))
    async with NewsServer() as own, NewsServer() as other:
        for web in (own, other):
            web.publish("/feed.xml", rss())
        client = Client(config)
        client.admit("127.0.0.1", own.port)
        assert (await client.ask(own.url("/feed.xml"), {})).status == 200
        with pytest.raises(FetchError, match="not a public address"):
            await client.ask(other.url("/feed.xml"), {})
        client.configure(FetchConfig(user_agent="t"))
        assert (await client.ask(own.url("/feed.xml"), {})).status == 200
        with pytest.raises(FetchError, match="not a public address"):
            await client.ask(other.url("/feed.xml"), {})
        await client.close()


# ---------------------------------------------------------------- the disk


async def test_a_full_disk_stops_collecting_not_delivering_and_is_told(desk: Desk) -> None:
    upkeep, visits = desk.app.upkeep, []

    async def visit() -> int:
        visits.append(1)
        return 1

    job = upkeep.collecting(visit)
    await upkeep.watch_disk()
    assert await job() == 1
    assert isinstance(upkeep.guard, DiskGuard)
    ballast = upkeep.guard.ballast
    assert ballast.exists()

    desk.disk.free = 900_000_000
    await upkeep.watch_disk()
    assert not ballast.exists()
    assert await job() == 0
    (told,) = await desk.deliver()
    assert "CRITICAL: Nothing is collected" in told
    ready = await upkeep.monitor.answer("/readyz")
    assert ready is not None
    assert ready.status == 503

    desk.disk.free = 10_000_000_000
    await upkeep.watch_disk()
    assert await job() == 1
    (told,) = await desk.deliver()
    assert "Sources are visited again" in told
    assert len(visits) == 2


async def test_after_a_restart_people_hear_of_a_full_disk_once_and_that_it_is_over(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        desk.disk.free = 900_000_000
        await desk.app.upkeep.watch_disk()
    async with opened(tmp_path) as desk:
        desk.disk.free = 900_000_000
        await desk.app.upkeep.watch_disk()
        assert len(await desk.deliver()) == 1, "the one from before the restart"
    async with opened(tmp_path) as desk:
        await desk.app.upkeep.watch_disk()
        told = await desk.app.upkeep.notices.told("disk")
        assert told is not None
        assert not told.report.is_open


# ---------------------------------------------------------------- copies


def at(desk: Desk, moment: datetime) -> None:
    desk.machine.ahead += moment - desk.app.clock.now()


def next_day(desk: Desk, hour: int, minute: int = 0) -> None:
    later = desk.app.clock.now() + DAY
    at(desk, later.replace(hour=hour, minute=minute, second=0))


async def test_a_copy_is_made_each_day_and_the_newest_are_kept(desk: Desk, tmp_path: Path) -> None:
    for _ in range(3):
        next_day(desk, 3, 30)
        await desk.app.upkeep.copy()
        next_day(desk, 3, 41)
        await desk.app.upkeep.copy()
        await desk.app.upkeep.copy()
    copies = Copies(desk.app.config.store).existing(tmp_path / "copies")
    assert len(copies) == 2
    assert made_at(copies[-1]).date() == desk.app.clock.now().date()


async def test_a_store_without_any_copy_is_copied_at_once(desk: Desk, tmp_path: Path) -> None:
    next_day(desk, 1)
    await desk.app.upkeep.copy()
    await desk.app.upkeep.copy()
    (copy,) = Copies(desk.app.config.store).existing(tmp_path / "copies")
    gone = copy.with_name("tocsin-29991231T000000Z.db")
    gone.symlink_to("nowhere")  # is listed, and cannot be looked at any more
    metrics = desk.app.upkeep.metrics
    await desk.app.upkeep.monitor.answer("/metrics")
    assert metrics.registry.get_sample_value("tocsin_backup_bytes") == copy.stat().st_size


async def test_a_copy_that_fails_is_told_once_and_tried_again_in_an_hour(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "copies").write_text("in the way")
    next_day(desk, 3, 41)
    await desk.app.upkeep.copy()
    await desk.app.upkeep.copy()
    (told,) = await desk.deliver()
    assert "copy of the store could not be made" in told
    (tmp_path / "copies").unlink()
    desk.machine.ahead += HOUR + MINUTE
    await desk.app.upkeep.copy()
    (told,) = await desk.deliver()
    assert "copied again" in told


# ---------------------------------------------------------------- time to alert


async def tell(desk: Desk, *titles: str) -> None:
    desk.publish(*titles)
    desk.machine.ahead += HOUR
    await desk.app.once()


async def test_the_week_says_how_soon_people_were_told(desk: Desk) -> None:
    await tell(desk)
    await tell(desk, "rare earths one", "rare earths two")
    while desk.app.clock.now().weekday() != 0:
        desk.machine.ahead += DAY
    next_day(desk, 9, 1)  # Tuesday: Monday's is overdue, unless there was none to be told yet
    await desk.app.upkeep.report()
    await desk.app.upkeep.report()
    told = [text for text in await desk.deliver() if "time to alert" in text]
    assert len(told) == 1
    assert "Pacific Wire" in told[0]
    assert "minerals" in told[0]
    walks = await desk.app.store.keeper.walks(desk.app.clock.now() - 9 * DAY)
    assert {(walk.source, walk.rule) for walk in walks} == {("wire", "minerals")}
    assert all(walk.posted is not None for walk in walks)


# ---------------------------------------------------------------- what monitoring reads


async def test_a_living_program_is_scraped(desk: Desk) -> None:
    desk.publish("rare earths")
    server = MonitorServer(desk.app.upkeep.monitor, "127.0.0.1", 0)
    await server.start()
    stop = asyncio.Event()
    running = asyncio.create_task(desk.app.run(stop))
    await until(lambda: desk.app.upkeep.pulse.tick is not None and bool(desk.app.patrol.counts), 2_000_000)
    async with aiohttp.ClientSession() as session:
        answers = {}
        for path in (*PATHS, "/other"):
            async with session.get(f"http://127.0.0.1:{server.port}{path}") as response:
                answers[path] = (response.status, await response.text())
    stop.set()
    await running
    await server.stop()
    assert {path: status for path, (status, _) in answers.items()} == {
        "/metrics": 200, "/healthz": 200, "/readyz": 200, "/other": 404,
    }  # fmt: skip
    assert 'tocsin_polls_total{answer="read"} 1.0' in answers["/metrics"][1]
    assert 'tocsin_sources{condition="ok"} 1.0' in answers["/metrics"][1]
    assert "tocsin_ready 1.0" in answers["/metrics"][1]


async def test_a_way_out_that_refuses_everything_is_not_ready(desk: Desk) -> None:
    upkeep = desk.app.upkeep
    await upkeep.beat()
    await upkeep.collecting(nothing)()
    assert not any((await upkeep.monitor.checks()).values())
    await desk.app.store.outbox.hold(None, desk.app.clock.now() + HOUR, "invalid_auth", refused=True)
    assert (await upkeep.monitor.checks())["slack"] == "invalid_auth"


async def nothing() -> int:
    return 0


async def test_a_clock_that_is_set_back_an_hour_breaks_nothing(desk: Desk, tmp_path: Path) -> None:
    next_day(desk, 3, 41)
    upkeep = desk.app.upkeep
    for _ in range(2):
        for job in (upkeep.beat, upkeep.sing, upkeep.copy, upkeep.let_go, upkeep.watch_disk, upkeep.report):
            await job()
        await upkeep.monitor.answer("/metrics")
        await desk.deliver()
        desk.machine.ahead -= HOUR
    checks = await upkeep.monitor.checks()
    assert [checks[name] for name in ("loop", "store", "slack")] == ["", "", ""]
    assert len(Copies(desk.app.config.store).existing(tmp_path / "copies")) == 1
    assert upkeep.canary.missed == 0
    assert len(desk.slack.texts("ops")) == 1


async def test_a_silent_loop_is_not_alive(desk: Desk) -> None:
    upkeep = desk.app.upkeep
    before = await upkeep.monitor.answer("/healthz")
    await upkeep.beat()
    alive = await upkeep.monitor.answer("/healthz")
    desk.machine.ahead += MINUTE
    dead = await upkeep.monitor.answer("/healthz")
    assert [one.status for one in (before, alive, dead) if one] == [503, 200, 503]


async def test_a_schema_of_before_is_copied_before_it_is_migrated(tmp_path: Path) -> None:
    path = tmp_path / "tocsin.db"
    await Store.open(f"sqlite:///{path}", clock=FakeClock(NOON)).close()
    assert backup.before_migration(path, None) is None
    copy = backup.before_migration(path, "0001")
    assert copy is not None
    assert backup.verify(copy).counts["story"] == 0
