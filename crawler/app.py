"""Build, start and stop: the only module that knows every part."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Self

from alerts.face import face_for
from alerts.language import identify
from alerts.outbox import FINAL, State
from alerts.pacer import Pace
from crawler import parts
from crawler.announcing import Announcing
from crawler.capture.rule_texts import texts_of
from crawler.config.capture import secrets_of
from crawler.couriers import Couriers
from crawler.desk.clerk import Clerk
from crawler.dispatch import Dispatcher
from crawler.duties import TICK, Crawling, Delivering, Leading
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
from crawler.store.beside import Neighbours
from crawler.tuning.trials import TrialReports
from crawler.upkeep.housekeeping import Housekeeping
from crawler.upkeep.metrics import MeasuredIngest, MeasuredNotifier, Metrics
from crawler.upkeep.timekeeping import Timekeeping
from crawler.upkeep.upkeep import Upkeep
from crawler.visits.poll import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from alerts.face import Face
    from alerts.notify import Notifier
    from alerts.outbox import Delivery
    from crawler.clock import Clock
    from crawler.cluster.roles import Role
    from crawler.cluster.team import Team
    from crawler.config.loader import Attempt
    from crawler.config.model import Config, ConsoleConfig
    from crawler.console.serving import Console
    from crawler.reload import Changes
    from crawler.store import Store
    from spiders.source import Source

log = logging.getLogger(__name__)

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
    failures: Mapping[str, str]  # why, by source


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
        roles: Collection[Role] = (),
        console: bool = True,
    ) -> None:
        """``reread`` reads the configuration anew; without it, the one given stays in force.

        ``environ`` says who supervises us, as systemd does. With ``roles`` this is one of several workers that share
        the store; without, it does all the work alone. ``console`` says whether it serves the web page, if there is
        to be one.
        """
        self.config = config
        self.clock = clock
        self._serves = console
        turns = Turns(config.fetch, clock)
        self.store = parts.opened(config, clock, shared=bool(roles))
        self.team = parts.team(config, self.store, roles, turns, clock) if roles else None
        self.metrics = Metrics()
        if self.team:
            self.team.measure(self.metrics)
        self.capture = parts.recorder(config, clock)
        minutes = self.capture.minutes if self.capture else None
        self.courier = self._couriers(notifier, pace or Pace())
        led = self.store.fenced(self.team.leading_fence) if self.team else self.store  # for what one does for all
        self.fallback = parts.fallback(config, led, clock, self.courier.wake)
        around = [one.around for one in (self.team and self.team.shards, self.capture) if one]
        admits = self.team.shards.admit if self.team else None
        self.crawl = Crawl(config.fetch, clock=clock, turns=turns, around=parts.all_around(around), admits=admits)
        judge = config.judge
        self.ingest = Ingestor(self.store, judge, judge.revision, Ids(clock), clock, manner_of(config), minutes=minutes)
        self.announcing = Announcing(self.ingest, self.courier)
        self.patrol, self.pages, self.backfill = self._patrols(turns, led)
        self.housekeeping = Housekeeping(led, clock)
        self.dispatcher = Dispatcher()
        self.websub = WebSub(config.websub, config.fetch, led, clock) if config.websub else None
        self.health = Health(led, lambda: self.config, clock, self.courier.wake, Foresees(clock.now))
        hearer = self.team.spokesman(self.health) if self.team else self.health
        self.reloader = Reloader(config.files, reread, self.adopt, hearer) if reread else None
        self.trials = TrialReports(led, lambda: self.config, clock, self.courier.wake)
        self.clerk = Clerk(self.store, lambda: self.config, clock, wake=self.courier.wake)
        self.upkeep = self._care(led, turns, environ or {})
        self.timekeeping = Timekeeping(led, clock, self.upkeep.notices, lambda: self.config)
        self.crawling, self.delivering, self.leading = self._duties()
        self.console: Console | None = None  # only a daemon serves one
        self.opening: asyncio.Task[None] | None = None

    def _couriers(self, notifier: Notifier, pace: Pace) -> Couriers:
        """Build who delivers; of several workers, the one whose duty it is."""
        measured = MeasuredNotifier(notifier, self.metrics, self.clock)
        outbox = self.store.outbox.heard_by(self.capture.minutes if self.capture else None)
        return Couriers(
            outbox.fenced(self.team.delivery_fence) if self.team else outbox,
            self.team.on_duty(measured) if self.team else measured,
            self.clock,
            self.config.notifiers,
            pace=pace,
            log=log,
            lay_out=self._lay_out,
        )

    def _care(self, led: Store, turns: Turns, environ: Mapping[str, str]) -> Upkeep:
        """Build what keeps it well."""
        wake, metrics = self.courier.wake, self.metrics
        upkeep = Upkeep(
            self.store, led, lambda: self.config, self.clock, wake, metrics, self.crawl, turns, self._lay_out, environ
        )
        upkeep.pulse.polls = self.team is None or self.team.crawls
        return upkeep

    def _duties(self) -> tuple[Crawling, Delivering, Leading]:
        """Build what is done for as long as this runs."""
        crawling = Crawling(self.dispatcher, self.patrol, self.pages, self.upkeep)
        delivering = Delivering(
            self.dispatcher,
            self.courier,
            Neighbours(self.store, self.courier.wake, many=self.team is not None),
            partial(parts.reception, self.config.slack, self.clerk, self.clock),
        )
        leading = Leading(
            self.dispatcher,
            self.store,
            prepare=self._prepare,
            backfill=self.backfill,
            watch=self.announcing.watch,
            release=self.announcing.release,
            health=self.health,
            timekeeping=self.timekeeping,
            trials=self.trials,
            housekeeping=self.housekeeping,
            fallback=self.fallback,
            websub=self.websub,
            upkeep=self.upkeep,
            is_ours=lambda: self.team is None or self.team.leads,
        )
        return crawling, delivering, leading

    def _patrols(self, turns: Turns, led: Store) -> tuple[Patrol, PagePatrol, Backfill]:
        """Build who goes out; where answers are captured, each visit is known as one."""
        config, clock, sources = self.config, self.clock, _by_id(self.config.sources)
        discovering = Discovering(self.crawl, turns, clock, lambda: 3 * self.config.fetch.timeout)
        visitor = self.capture.visiting(discovering) if self.capture else discovering
        reader = self.capture.reading(self.crawl) if self.capture else self.crawl
        measured = MeasuredIngest(self.announcing, self.metrics)
        patrol = Patrol(
            self.team.shards if self.team else self.store,
            measured,
            visitor,
            sources,
            limits=config.fetch,
            clock=clock,
            turns=turns,
            concealed=config.concealed,
        )
        frontier = self.team.shards if self.team else self.store
        pages = PagePatrol(frontier, measured, reader, sources, turns=turns, clock=clock)
        missed = Backfill(led.gaps, self.announcing, self.crawl, sources, turns=turns, clock=clock)
        return patrol, pages, missed

    def _lay_out(self, delivery: Delivery, *, notice: str | None = None) -> Face:
        config = self.config
        return face_for(delivery, notice=notice, wordings=config.wordings, zone=config.timezone)

    async def __aenter__(self) -> Self:
        await self.timekeeping.resume()
        if self.team is None:
            await self._prepare()
        await self.patrol.start()
        judge = self.config.judge
        if self.capture:
            self.capture.start()
            await self.capture.keep_rules(judge.revision, *await texts_of(self.config))
        await self.ingest.teach(judge, judge.revision)
        load_model = asyncio.to_thread(identify, "words", "", None)  # half a second that the first story need not wait
        await asyncio.gather(self.crawl.start(), load_model)
        give_back()  # what loading used: 8 MB of 190
        return self

    async def _prepare(self) -> None:
        """Let the store agree with the configuration."""
        await self.store.sync_sources(self.config.sources, self.clock.now())
        await self.store.unblock(self.clock.now())

    def _say_started(self) -> None:
        log.info("started", extra={"sources": len(self.config.sources), "rules": len(self.config.rules.rules)})

    async def __aexit__(self, *_: object) -> None:
        await self.upkeep.stop()
        if self.reloader:
            self.reloader.stop()
        if self.opening:
            await self.opening
        serving = [self.console.stop(PATIENCE)] if self.console else []
        ending = [self.team.leave_posts(PATIENCE) if self.team else self.delivering.end(PATIENCE)]
        await asyncio.gather(self.crawling.end(PATIENCE), *ending, *serving)
        self.dispatcher.stop()
        if self.team:
            await self.team.stop()
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
        await self.upkeep.start(self.dispatcher)
        if self.reloader:
            self.dispatcher.every(TICK, self.reloader.look, name="reload")
        if self.config.console and self._serves:
            self.opening = asyncio.create_task(self._open_console(self.config.console), name="console")
        if self.team:
            self.dispatcher.start()  # what the worker has must be kept while it begins
            await self._join(self.team)
        else:
            for duty in (self.delivering, self.leading, self.crawling):
                await duty.begin()
            self.dispatcher.start()
        works = (self.delivering, self.team) if self.team else (self.delivering,)
        ends = {asyncio.create_task(one.wait(), name="end") for one in (stop, *(work.broke for work in works))}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for one in ends:
            one.cancel()
        for work in works:
            work.raise_what_broke()

    async def _join(self, team: Team) -> None:
        """Share the work with others. Raises StoreError."""
        await team.start(
            self.dispatcher,
            crawling=self.crawling,
            leading=self.leading,
            delivering=self.delivering,
            wake=self.courier.wake,
            done=lambda: (sum(self.patrol.counts[one] for one in Answer), self.announcing.stories),
        )

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
        leads = self.team is None or self.team.leads
        if leads:
            await self.store.sync_sources(config.sources, self.clock.now())
        if self.capture:
            self.capture.learn(secrets_of(config))
            await self.capture.keep_rules(judge.revision, *await texts_of(config))
        if leads and config.fetch != self.config.fetch:
            await self.store.unblock(self.clock.now())
        # No waiting from here on: nobody sees one part of the new configuration and one of the old.
        self.ingest.replace(judge, judge.revision, manner_of(config))
        self.crawl.configure(config.fetch)
        self.crawl.keep(_by_id(config.sources))
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
        known = [one for one in await self.store.sources() if one.failures and one.last_at and one.last_at >= start]
        return Round(
            read=counts[Answer.READ],
            unchanged=counts[Answer.UNCHANGED],
            failed=counts[Answer.FAILED],
            stories=len(await self.store.outcomes(start)),
            waiting=sum(count for state, count in overview.outbox.items() if state not in FINAL),
            dead=overview.outbox[State.DEAD],
            failures={one.id: f"{one.last_reason or ''} {one.last_detail or ''}".strip() for one in known},
        )


def _by_id(sources: Iterable[Source]) -> dict[str, Source]:
    return {source.id: source for source in sources}
