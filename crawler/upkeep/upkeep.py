"""All that Tocsin does for itself, so that people can leave it alone: wired in one place, called by App."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import time, timedelta
from math import nan
from typing import TYPE_CHECKING, Protocol

from alerts import upkeep_cards as cards
from alerts.errors import StoreError
from alerts.health import Condition, other_way
from alerts.outbox import State
from alerts.routing.digest import next_due
from alerts.routing.spec import EVERY_DAY, DigestSpec
from alerts.timing import promptness
from crawler.store import backup
from crawler.store.copies import Copies, made_at
from crawler.upkeep.canary import Canary, Ways
from crawler.upkeep.disk import DISK, DiskGuard, RestingGuard
from crawler.upkeep.monitor import WINDOW, Monitor, MonitorServer, Pulse
from crawler.upkeep.notices import Notices
from crawler.upkeep.retention import Retention
from crawler.upkeep.systemd import Supervisor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import date, datetime
    from pathlib import Path

    from alerts.bulletin import Bulletin
    from alerts.face import Face
    from alerts.outbox import Delivery
    from crawler.clock import Clock
    from crawler.config.care import DiskConfig
    from crawler.config.model import Config
    from crawler.dispatch import Dispatcher
    from crawler.store import Store
    from crawler.upkeep.canary import Fetcher, Turns
    from crawler.upkeep.disk import Space
    from crawler.upkeep.metrics import Metrics

log = logging.getLogger(__name__)

BEAT = 1.0  # seconds
MINUTE = 60.0  # seconds
AGAIN = timedelta(hours=1)  # after a copy that failed
MONDAY, REPORT_AT = frozenset({0}), time(9)
BACKUP, WEEK = "backup", "week"  # subjects of messages


class Job(Protocol):
    """What is done each second: returns how many visits it began."""

    async def __call__(self) -> int:
        """Do it."""


class Upkeep:
    """Retention, copies, the disk, the canary, the week's report, and what monitoring asks for."""

    def __init__(  # noqa: PLR0917  all that it looks after
        self,
        store: Store,
        led: Store,
        config: Callable[[], Config],
        clock: Clock,
        wake: Callable[[], None],
        metrics: Metrics,
        fetcher: Fetcher,
        turns: Turns,
        lay_out: Callable[[Delivery], Face],
        environ: Mapping[str, str],
        measure: Callable[[Path], int] = backup.free_at,
    ) -> None:
        """``led`` is the store as it is to whoever does for all what is to be done once; monitoring is everybody's."""
        self._store = led
        self._config = config
        self._clock = clock
        self.metrics = metrics
        self.notices = Notices(led, clock, wake)
        self.pulse = Pulse()
        self.monitor = Monitor(metrics, store, clock, self.pulse, self._refresh)
        listen = config().care.metrics.listen
        self.server = MonitorServer(self.monitor, *listen) if listen else None
        self._copies = Copies(config().store)
        self.guard = DiskGuard(store.file, measure=measure) if store.file else RestingGuard()
        self.retention = Retention(led.keeper, clock)
        self.canary = Canary(led, fetcher, turns, clock, self.notices, metrics, lay_out)
        self._supervisor = Supervisor(environ)
        self._copy_again: datetime | None = None  # when one failed
        self._copying = False
        self._disk_told: bool | None = None  # that it is full, as far as people know; None: look at the store
        self._lag = 0.0
        self._beat_at: float | None = None  # by the loop's own clock, which nobody sets

        self._jobs: dict[str, Callable[[], Awaitable[None]]] = {
            "disk": self.watch_disk,
            "retention": self.let_go,
            "backup": self.copy,
            "canary": self.sing,
            "week": self.report,
        }

    # ------------------------------------------------------------ what App calls

    async def start(self, dispatcher: Dispatcher) -> None:
        """Begin: give signs of life, and serve numbers."""
        if self.server:
            await self.server.start()
            dispatcher.every(MINUTE, self.server.start, name="metrics")
        await self.beat()
        dispatcher.every(BEAT, self.beat, name="beat")
        self._supervisor.say("READY=1", "STATUS=at work")

    async def lead(
        self, dispatcher: Dispatcher, ours: Callable[[Callable[[], Awaitable[object]]], Callable[[], Awaitable[object]]]
    ) -> None:
        """Look at the disk, and do the rest from time to time; ``ours`` makes jobs that end with the duty."""
        self._disk_told = None  # another process may have told people of it
        await self.watch_disk()
        await self.canary.resume()
        for name, job in self._jobs.items():
            dispatcher.every(MINUTE, ours(job), name=name)

    async def resign(self, dispatcher: Dispatcher) -> None:
        """Leave all that to another process."""
        for name in self._jobs:
            dispatcher.drop(name)
        await self.canary.stop()

    async def stop(self) -> None:
        """Say that it ends, and serve no more."""
        self._supervisor.say("STOPPING=1")
        await self.canary.stop()
        if self.server:
            await self.server.stop()

    def collecting(self, job: Job) -> Job:
        """Return a job that rests while there is no space for what it brings."""

        async def unless_full() -> int:
            if self.pulse.paused:
                return 0
            begun = await job()
            self.pulse.tick = self._clock.now()
            return begun

        return unless_full

    # ------------------------------------------------------------ signs of life

    async def beat(self) -> None:
        """Note that the loop goes on, and tell who watches over us; to be called every second."""
        now = asyncio.get_running_loop().time()
        self._lag = max(now - self._beat_at - BEAT, 0.0) if self._beat_at is not None else 0.0
        self._beat_at, self.pulse.beat = now, self._clock.now()
        if self._supervisor.patience is not None:
            self._supervisor.say("WATCHDOG=1")

    async def _refresh(self, metrics: Metrics) -> None:
        space, care = self.guard.space, self._config().care
        metrics.disk_low.set(space.low)
        if space.free is not None:
            metrics.disk_free.set(space.free)
        metrics.loop_lag.set(self._lag)
        metrics.canary_every.set(care.canary.total_seconds() if care.canary and self._ops else 0)
        if self.pulse.tick is not None:
            metrics.last_tick.set(self.pulse.tick.timestamp())
        at, size = await asyncio.to_thread(_newest, self._copies, care.backup.path)
        metrics.backup_at.set(at)
        metrics.backup_bytes.set(size)

    # ------------------------------------------------------------ the disk

    async def watch_disk(self) -> None:
        """Stop collecting while the disk is nearly full, and tell people; to be called every minute."""
        config = self._config().care.disk
        was = self.guard.space.low
        space = await asyncio.to_thread(self.guard.look, config)
        self.pulse.paused = space.low
        if space.low != was:
            event = "disk-low" if space.low else "disk-free"
            log.log(logging.ERROR if space.low else logging.WARNING, event, extra={"free": space.free})
        if channel := self._ops:
            await self._tell_disk(channel, space, config)

    async def _tell_disk(self, channel: str, space: Space, config: DiskConfig) -> None:
        """Tell people, unless they know: what they were told before a restart is in the store."""
        if self._disk_told is None:
            try:
                told = await self.notices.told(DISK)
            except StoreError as error:
                log.warning("notice-refused", extra={"subject": DISK, "detail": str(error)})
                return
            self._disk_told = told is not None and told.report.is_open
        if space.low == self._disk_told:
            return
        self._disk_told = None  # the store may refuse it: then it is told in a minute
        if space.low:
            content = cards.of_full_disk(channel, str(self._store.path.parent), space.free, config.stop_below)
            await self.notices.tell(DISK, Condition.FAILING, content, anew=True)
        else:
            await self.notices.over(DISK, cards.of_freed_disk(channel, space.free))

    # ------------------------------------------------------------ what is old

    async def let_go(self) -> None:
        """Remove what is old; to be called every minute."""
        config = self._config()
        before = self.retention.removed.copy()
        await self.retention.tick(config.care.retention, needed(config))
        for what, number in (self.retention.removed - before).items():
            self.metrics.removed.labels(what).inc(number)

    # ------------------------------------------------------------ copies

    async def copy(self) -> None:
        """Make the day's copy when it is time; to be called every minute."""
        config = self._config()
        care, now = config.care.backup, self._clock.now()
        if care.at is None or self._copying:
            return
        if self._copy_again is not None and now < self._copy_again:
            return
        copies = await asyncio.to_thread(self._copies.existing, care.path)
        if copies and next_due(_daily(care.at, config), _day_of(copies[-1], config), now).at > now:
            return
        self._copying = True
        try:
            await self._copy(care.path, care.keep, now)
        finally:
            self._copying = False

    async def _copy(self, folder: Path, keep: int, now: datetime) -> None:
        channel = self._ops
        try:
            made = await asyncio.to_thread(self._copies.make, folder / self._copies.name_for(now))
            await asyncio.to_thread(self._copies.prune, folder, keep)
        except StoreError as error:
            log.error("backup-failed", extra={"detail": str(error)})  # noqa: TRY400 -- the sentence says it all
            anew = self._copy_again is None
            self._copy_again = self._clock.now() + AGAIN
            if channel:
                content = cards.of_failed_copy(channel, str(error))
                await self.notices.tell(BACKUP, Condition.FAILING, content, anew=anew)
            return
        self._copy_again = None
        log.info("backup", extra={"path": str(made.path), "bytes": made.size, "stories": made.counts["story"]})
        if channel:
            await self.notices.over(BACKUP, cards.of_made_copy(channel, str(made.path), made.size))

    # ------------------------------------------------------------ the canary

    async def sing(self) -> None:
        """Let the canary sing when it is time; to be called every minute."""
        config = self._config()
        channel = self._ops
        if config.care.canary is None or channel is None or self.pulse.paused:
            return
        others = [name for name in (config.fallback, *sorted(config.notifiers)) if name]
        alarm = other_way("", channel, others, {None}) or channel
        zone = config.timezone
        await self.canary.tick(
            Ways(
                ops=channel,
                alarm=alarm,
                every=config.care.canary,
                say=lambda moment: f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S} {zone}",
            )
        )

    # ------------------------------------------------------------ the week

    async def report(self) -> None:
        """Tell what the week brought, on Monday morning; to be called every minute."""
        config, now = self._config(), self._clock.now()
        channel = self._ops
        if channel is None:
            return
        try:
            told = await self.notices.told(WEEK)
            began = told.report.since if told else await self._store.ask(lambda memory: memory.calm.watched_since())
            due = DigestSpec(name=WEEK, at=REPORT_AT, days=MONDAY, zone=config.timezone, to=(channel,))
            if began is None or next_due(due, began.astimezone(config.timezone).date(), now).at > now:
                return
            content = await self._week(channel, now)
        except StoreError as error:
            log.warning("week-refused", extra={"detail": str(error), "next": "tried again in a minute"})
            return
        await self.notices.tell(WEEK, Condition.CHANGED, content, anew=True)

    async def _week(self, channel: str, now: datetime) -> Bulletin:
        overview, walks = await self._store.overview(now), await self._store.keeper.walks(now - WINDOW)
        counts = await self._store.keeper.since(now - WINDOW)
        config = self._config()
        enabled = {name: number for name, number in overview.sources.items() if name != "disabled"}
        week = cards.Week(
            stories=counts.stories,
            sources=sum(enabled.values()),
            failing=enabled.get("failing", 0) + enabled.get("gone", 0),
            messages=counts.sent,
            dead=overview.outbox[State.DEAD],
            canary_missed=self.canary.missed if config.care.canary else None,
            promptness=promptness(walks),
        )
        return cards.of_week(channel, week, {source.id: source.name for source in config.sources})

    @property
    def _ops(self) -> str | None:
        return self._config().slack.ops_channel


def needed(config: Config) -> timedelta:
    """Return how long stories must be kept, whatever retention says, for rules and cards to know what they told."""
    judge = config.judge
    spans = [config.cards.same_story, config.cards.thread_life]
    spans += [quiet.same_story for quiet in judge.quiet.values() if quiet.same_story]
    for spec in (rule.spec for rule in judge.streams.values()):
        spans += [spec.count.per] if spec.count else []
        spans += [spec.spike.against] if spec.spike else []
        spans += [spec.silence] if spec.silence else []
    return max(spans)


def _daily(at: time, config: Config) -> DigestSpec:
    return DigestSpec(name=BACKUP, at=at, days=EVERY_DAY, zone=config.timezone, to=())


def _newest(copies: Copies, folder: Path) -> tuple[float, float]:
    """Return when the newest copy was made and its size; NaN without one. Others may remove old ones meanwhile."""
    for copy in reversed(copies.existing(folder)):
        with suppress(OSError):
            found = copy.stat()
            return found.st_mtime, found.st_size
    return nan, nan


def _day_of(copy: Path, config: Config) -> date:
    return made_at(copy).astimezone(config.timezone).date()
