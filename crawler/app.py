"""Build, start and stop: the only module that knows every part."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Self

from alerts.errors import StoreError
from alerts.face import face_for
from alerts.language import identify
from alerts.notify.fallback import Fallback
from alerts.outbox import FINAL, State
from alerts.pacer import Pace
from crawler.capture.recorder import Recorder
from crawler.capture.rule_texts import rule_texts
from crawler.capture.shelf import Shelf, folder_beside
from crawler.config.capture import secrets_of
from crawler.couriers import Couriers
from crawler.desk.clerk import Clerk
from crawler.desk.reception import Reception
from crawler.dispatch import Dispatcher
from crawler.fetch.crawl import Crawl
from crawler.health import Health
from crawler.ids import Ids
from crawler.intake.ingest import Ingestor
from crawler.log import configure as configure_log
from crawler.manners import manner_of
from crawler.memory import give_back
from crawler.patrol.backfill import Backfill
from crawler.patrol.discovering import Discovering
from crawler.patrol.pages import PagePatrol
from crawler.patrol.sources import Patrol
from crawler.patrol.turns import Turns
from crawler.patrol.websub import WebSub
from crawler.reload import Reloader, compare, merged
from crawler.replay.changes import Foresees
from crawler.store import Store
from crawler.store.beside import Neighbours
from crawler.tuning.trials import TrialReports
from crawler.upkeep.housekeeping import Housekeeping
from crawler.upkeep.metrics import MeasuredIngest, MeasuredNotifier, Metrics
from crawler.upkeep.timekeeping import Timekeeping
from crawler.upkeep.upkeep import Upkeep
from crawler.visits.poll import Answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from alerts.face import Face
    from alerts.notify import Notifier
    from alerts.outbox import Delivery
    from alerts.slack.desk import Desk
    from crawler.clock import Clock
    from crawler.config.loader import Attempt
    from crawler.config.model import Config, ConsoleConfig, SlackConfig
    from crawler.console.serving import Console
    from crawler.reload import Changes
    from crawler.store.gaps import GapClaim
    from crawler.visits.backfill import Gap
    from crawler.visits.page import PageVisit
    from crawler.visits.poll import Poll, Tally
    from spiders.source import Source

log = logging.getLogger(__name__)

TICK = 1.0  # seconds between looks at what is due
FEW_SECONDS = 5.0  # between looks at what hubs are to be asked
MINUTE = 60.0  # seconds between looks at what only time brings about
PATIENCE_ONCE = timedelta(minutes=2)  # for what waits its turn, or a look after an unclear answer
PATIENCE = timedelta(seconds=3)  # for what is under way when we are asked to stop; what is left is recoverable


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round brought."""

    read: int  # sources
    unchanged: int
    failed: int
    stories: int  # not known before
    waiting: int  # messages that could not be delivered yet, of this round or earlier
    dead: int  # messages that were refused in every form, ever


class Announcing:
    """An Ingest that wakes the courier as soon as there is something to deliver."""

    def __init__(self, ingest: Ingestor, courier: Couriers) -> None:
        self._ingest = ingest
        self._courier = courier

    async def commit(self, poll: Poll) -> Tally:
        """Commit, then tell the courier."""
        tally = await self._ingest.commit(poll)
        if tally.brings:
            self._courier.wake()
        return tally

    async def commit_page(self, visit: PageVisit) -> Tally:
        """Commit, then tell the courier."""
        tally = await self._ingest.commit_page(visit)
        if tally.brings:
            self._courier.wake()
        return tally

    async def commit_missed(self, claim: GapClaim, poll: Poll, after: Callable[[Tally], Gap]) -> tuple[Tally, Gap]:
        """Commit, then tell the courier."""
        tally, gap = await self._ingest.commit_missed(claim, poll, after)
        if tally.brings:
            self._courier.wake()
        return tally, gap

    async def watch(self) -> None:
        """Look at what only time can bring about, such as silence, and tell the courier."""
        await self._look(self._ingest.watch, "watch-refused")

    async def release(self) -> None:
        """Look at what waits for its time, such as digests, and tell the courier."""
        await self._look(self._ingest.release, "release-refused")

    async def _look(self, look: Callable[[], Awaitable[Tally]], refused: str) -> None:
        try:
            tally = await look()
        except StoreError as error:
            log.warning(refused, extra={"detail": str(error)})
            return
        if tally.alerts:
            self._courier.wake()


class App:
    """Every part of Tocsin, wired; use it as ``async with App(...) as app``."""

    def __init__(
        self,
        config: Config,
        notifier: Notifier,
        clock: Clock,
        *,
        pace: Pace | None = None,
        reread: Callable[[], Attempt] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """``reread`` reads the configuration anew; without it, the one given stays in force.

        ``environ`` says who supervises us, as systemd does.
        """
        self.config = config
        self.clock = clock
        self.store = Store.open(config.store, clock=clock)
        self.metrics = Metrics()
        self.capture = _recorder(config, self.store, clock)
        minutes = self.capture.minutes if self.capture else None
        self.courier = Couriers(
            self.store.outbox.heard_by(minutes),
            MeasuredNotifier(notifier, self.metrics, clock),
            clock,
            config.notifiers,
            pace=pace or Pace(),
            log=log,
            lay_out=self._lay_out,
        )
        self.fallback = _fallback(config, self.store, clock, self.courier.wake)
        turns = Turns(config.fetch, clock)
        heard = self.capture.around if self.capture else None
        self.crawl = Crawl(config.fetch, clock=clock, turns=turns, around=heard)
        judge = config.judge
        self.ingest = Ingestor(self.store, judge, judge.revision, Ids(clock), clock, manner_of(config), minutes=minutes)
        self.announcing = Announcing(self.ingest, self.courier)
        self.patrol, self.pages, self.backfill = self._patrols(turns)
        self.housekeeping = Housekeeping(self.store, clock)
        self.dispatcher = Dispatcher()
        self.websub = WebSub(config.websub, config.fetch, self.store, clock) if config.websub else None
        self.health = Health(self.store, lambda: self.config, clock, self.courier.wake, Foresees(clock.now))
        self.reloader = Reloader(config.files, reread, self.adopt, self.health) if reread else None
        self.neighbours = Neighbours(self.store, self.courier.wake)
        self.trials = TrialReports(self.store, lambda: self.config, clock, self.courier.wake)
        self.clerk = Clerk(self.store, lambda: self.config, clock, wake=self.courier.wake)
        self.reception = _reception(config.slack, self.clerk, clock)
        self.upkeep = Upkeep(
            self.store,
            lambda: self.config,
            clock,
            self.courier.wake,
            self.metrics,
            self.crawl,
            turns,
            self._lay_out,
            environ or {},
        )
        self.timekeeping = Timekeeping(self.store, clock, self.upkeep.notices, lambda: self.config)
        self.console: Console | None = None  # only a daemon serves one
        self.opening: asyncio.Task[None] | None = None

    def _patrols(self, turns: Turns) -> tuple[Patrol, PagePatrol, Backfill]:
        """Build who goes out; where answers are captured, each visit is known as one."""
        config, clock, sources = self.config, self.clock, _by_id(self.config.sources)
        discovering = Discovering(self.crawl, turns, clock, lambda: 3 * self.config.fetch.timeout)
        visitor = self.capture.visiting(discovering) if self.capture else discovering
        reader = self.capture.reading(self.crawl) if self.capture else self.crawl
        measured = MeasuredIngest(self.announcing, self.metrics)
        patrol = Patrol(
            self.store,
            measured,
            visitor,
            sources,
            limits=config.fetch,
            clock=clock,
            turns=turns,
            concealed=config.concealed,
        )
        pages = PagePatrol(self.store, measured, reader, sources, turns=turns, clock=clock)
        missed = Backfill(self.store.gaps, self.announcing, self.crawl, sources, turns=turns, clock=clock)
        return patrol, pages, missed

    def _lay_out(self, delivery: Delivery, *, notice: str | None = None) -> Face:
        config = self.config
        return face_for(delivery, notice=notice, wordings=config.wordings, zone=config.timezone)

    async def __aenter__(self) -> Self:
        await self.timekeeping.resume()
        await self.store.sync_sources(self.config.sources, self.clock.now())
        await self.store.unblock(self.clock.now())
        await self.patrol.start()
        judge = self.config.judge
        if self.capture:
            self.capture.start()
            await self.capture.keep_rules(judge.revision, rule_texts(self.config.rules))
        await self.ingest.teach(judge, judge.revision)
        load_model = asyncio.to_thread(identify, "words", "", None)  # half a second that the first story need not wait
        await asyncio.gather(self.crawl.start(), load_model)
        give_back()  # what loading used: 8 MB of 190
        return self

    def _say_started(self) -> None:
        log.info("started", extra={"sources": len(self.config.sources), "rules": len(self.config.rules.rules)})

    async def __aexit__(self, *_: object) -> None:
        await self.upkeep.stop()
        if self.reloader:
            self.reloader.stop()
        if self.opening:
            await self.opening
        hearing = [one.stop(PATIENCE) for one in (self.reception, self.console) if one]
        await asyncio.gather(
            self.patrol.drain(PATIENCE), self.pages.drain(PATIENCE), self.courier.stop(PATIENCE), *hearing
        )
        self.dispatcher.stop()
        if self.websub:
            await self.websub.stop()
        await self.crawl.stop(PATIENCE)
        if self.capture:
            await self.capture.stop(PATIENCE)
        await self.store.close()
        log.info("stopped")

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set."""
        self._say_started()  # not before: whoever reads it may ask to stop
        await self.neighbours.look()  # what they write from here on, the courier has not seen
        delivering = asyncio.create_task(self.courier.run(), name="courier")
        collecting = self.upkeep.collecting
        self.dispatcher.every(TICK, collecting(partial(self.patrol.tick, gently=True)), name="patrol")
        self.dispatcher.every(TICK, collecting(self.pages.tick), name="pages")
        self.dispatcher.every(MINUTE, collecting(self.backfill.tick), name="backfill")
        self.dispatcher.every(MINUTE, self.announcing.watch, name="watch")
        self.dispatcher.every(FEW_SECONDS, self.announcing.release, name="release")
        self.dispatcher.every(MINUTE, self.health.watch, name="health")
        self.dispatcher.every(MINUTE, self.timekeeping.look, name="clock")
        self.dispatcher.every(MINUTE, self.trials.tick, name="trials")
        self.dispatcher.every(MINUTE, self.housekeeping.tick, name="housekeeping")
        if self.fallback:
            self.dispatcher.every(MINUTE, self.fallback.tick, name="fallback")
        if self.websub:
            await self.websub.start()
            self.dispatcher.every(FEW_SECONDS, self.websub.tick, name="websub")
        elif ended := await self.store.drop_subscription(None):
            log.info("websub-off", extra={"subscriptions": ended, "next": "their leases run out by themselves"})
        if self.reloader:
            self.dispatcher.every(TICK, self.reloader.look, name="reload")
        self.dispatcher.every(TICK, self.neighbours.look, name="neighbours")
        await self.upkeep.start(self.dispatcher)
        if self.config.console:
            self.opening = asyncio.create_task(self._open_console(self.config.console), name="console")
        if self.reception:
            self.reception.start()
        self.dispatcher.start()
        stopped = asyncio.create_task(stop.wait(), name="stop")
        await asyncio.wait({delivering, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if delivering.done():
            delivering.result()  # the courier ends only by a bug: let it be seen

    async def _open_console(self, config: ConsoleConfig) -> None:
        """Serve the web page, once what it is made of is loaded, which takes its time and need not hold up the rest."""
        serving = await asyncio.to_thread(import_module, "crawler.console.serving")
        monitor = None if self.upkeep.server else self.upkeep.monitor
        self.console = serving.Console(
            config, self.store, lambda: self.config, self.clock, self.courier.wake, monitor=monitor
        )
        if await self.console.start():
            self.dispatcher.every(TICK, self.console.tick, name="console")

    async def adopt(self, config: Config) -> Changes:
        """Put another configuration in force, between two stories, and say what it changes.

        New sources begin as at a start: their backlog is told of as ``backlog:`` says. What was judged by the
        old rules is not judged again. What only a restart can change stays as it is. Raises StoreError when the
        store cannot be written: nothing has changed then.
        """
        changes = compare(self.config, config)
        config = merged(self.config, config)
        judge = config.judge
        await self.ingest.teach(judge, judge.revision)
        await self.store.sync_sources(config.sources, self.clock.now())
        if self.capture:
            self.capture.learn(secrets_of(config))
            await self.capture.keep_rules(judge.revision, rule_texts(config.rules))
        if config.fetch != self.config.fetch:
            await self.store.unblock(self.clock.now())
        # No waiting from here on: nobody sees one part of the new configuration and one of the old.
        self.ingest.replace(judge, judge.revision, manner_of(config))
        self.crawl.configure(config.fetch)
        if self.websub:
            self.websub.configure(config.fetch)
        self.patrol.replace(_by_id(config.sources), config.fetch, config.concealed)
        self.pages.replace(_by_id(config.sources))
        self.backfill.replace(_by_id(config.sources))
        if config.log != self.config.log:
            configure_log(config.log.format, config.log.level)
        self.config = config
        return changes

    async def once(self) -> Round:
        """Visit all that is due now, deliver all that can be delivered soon, and say what came of it."""
        self._say_started()
        start = self.clock.now()
        await self.patrol.tick()
        await self.patrol.idle()
        while await self.pages.tick():
            await self.pages.idle()
        await self.announcing.watch()
        await self.announcing.release()
        await self.health.look()
        await self.trials.tick()
        await self.courier.drain(PATIENCE_ONCE)
        if self.fallback and await self.fallback.tick():
            await self.courier.drain(PATIENCE_ONCE)
        await self.housekeeping.tick()
        counts = self.patrol.counts
        overview = await self.store.overview(self.clock.now())
        return Round(
            read=counts[Answer.READ],
            unchanged=counts[Answer.UNCHANGED],
            failed=counts[Answer.FAILED],
            stories=len(await self.store.outcomes(start)),
            waiting=sum(count for state, count in overview.outbox.items() if state not in FINAL),
            dead=overview.outbox[State.DEAD],
        )


def _reception(slack: SlackConfig, desk: Desk, clock: Clock) -> Reception | None:
    """Return what hears buttons and commands, where both tokens are there for it."""
    if slack.app_token is None or slack.token is None:
        return None
    tokens = (slack.app_token.reveal(), slack.token.reveal())
    return Reception(*tokens, slack.api_url, desk=desk, admins=slack.admins, clock=clock)


def _fallback(config: Config, store: Store, clock: Clock, wake: Callable[[], None]) -> Fallback | None:
    """Return what copies critical messages to the fallback, where there is one."""
    return Fallback(store, config.fallback, clock.now, wake=wake, log=log) if config.fallback else None


def _recorder(config: Config, store: Store, clock: Clock) -> Recorder | None:
    """Return what keeps raw answers, where they are to be kept."""
    if config.capture is None:
        return None
    return Recorder(Shelf(folder_beside(store.path), config.capture), clock, secrets_of(config))


def _by_id(sources: Iterable[Source]) -> dict[str, Source]:
    return {source.id: source for source in sources}
