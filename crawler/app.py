"""Build, start and stop: the only module that knows every part."""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from alerts.courier import Courier, Pace
from alerts.judge import Judge
from alerts.outbox import State
from crawler.crawl import Crawl
from crawler.dispatch import Dispatcher
from crawler.ids import Ids
from crawler.ingest import Ingestor
from crawler.patrol import Patrol
from crawler.poll import Answer
from crawler.store import Store

if TYPE_CHECKING:
    from alerts.notify import Notifier
    from crawler.clock import Clock
    from crawler.config.model import Config
    from crawler.poll import Ingest, Poll, Tally

log = logging.getLogger(__name__)

TICK = 1.0  # seconds between looks at what is due
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

    def __init__(self, ingest: Ingest, courier: Courier) -> None:
        self._ingest = ingest
        self._courier = courier

    async def commit(self, poll: Poll) -> Tally:
        """Commit, then tell the courier."""
        tally = await self._ingest.commit(poll)
        if tally.alerts:
            self._courier.wake()
        return tally


class App:
    """Every part of Tocsin, wired; use it as ``async with App(...) as app``."""

    def __init__(self, config: Config, notifier: Notifier, clock: Clock, *, pace: Pace | None = None) -> None:
        self.config = config
        self.clock = clock
        self.store = Store.open(config.store, clock=clock)
        self.courier = Courier(self.store, notifier, clock, log=log, chance=random.random, pace=pace or Pace())
        self.crawl = Crawl(config.fetch, clock=clock)
        judge, revision = Judge(config.rules), config.rules.revision
        same_story = config.cards.same_story
        ingest = Ingestor(self.store, judge, revision, Ids(clock), clock, same_story=same_story)
        sources = {source.id: source for source in config.sources}
        self.patrol = Patrol(
            self.store, Announcing(ingest, self.courier), self.crawl, sources, limits=config.fetch, clock=clock
        )
        self.dispatcher = Dispatcher()

    async def __aenter__(self) -> Self:
        await self.store.sync_sources(self.config.sources, self.clock.now())
        await self.crawl.start()
        log.info("started", extra={"sources": len(self.config.sources), "rules": len(self.config.rules.rules)})
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(self.patrol.drain(PATIENCE), self.courier.stop(PATIENCE))
        self.dispatcher.stop()
        await self.crawl.stop(PATIENCE)
        await self.store.close()
        log.info("stopped")

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set."""
        delivering = asyncio.create_task(self.courier.run(), name="courier")
        self.dispatcher.every(TICK, self.patrol.tick, name="patrol")
        self.dispatcher.start()
        stopped = asyncio.create_task(stop.wait(), name="stop")
        await asyncio.wait({delivering, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if delivering.done():
            delivering.result()  # the courier ends only by a bug: let it be seen

    async def once(self) -> Round:
        """Visit all that is due now, deliver all that can be delivered soon, and say what came of it."""
        start = self.clock.now()
        await self.patrol.tick()
        await self.patrol.idle()
        await self.courier.drain(PATIENCE_ONCE)
        counts = self.patrol.counts
        overview = await self.store.overview(self.clock.now())
        return Round(
            read=counts[Answer.READ],
            unchanged=counts[Answer.UNCHANGED],
            failed=counts[Answer.FAILED],
            stories=len(await self.store.outcomes(start)),
            waiting=sum(count for state, count in overview.outbox.items() if state not in {State.SENT, State.DEAD}),
            dead=overview.outbox[State.DEAD],
        )
