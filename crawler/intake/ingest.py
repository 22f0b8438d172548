"""Takes a poll in: what is new, what has changed, who is told and why, in one transaction."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from alerts.language import identify
from crawler.intake import escalations, liveposts, missed
from crawler.intake import pages as page_ingest
from crawler.intake.calm import Manner
from crawler.intake.held import Releases
from crawler.intake.lessons import lessons
from crawler.intake.polls import plan
from crawler.intake.quiet import Summaries
from crawler.intake.sift import identified, lines_of, sift, sketched
from crawler.intake.storms import Storms
from crawler.intake.threads import WordCounts
from crawler.intake.verdicts import Judging
from crawler.intake.watch import Watch
from crawler.store import versions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from crawler.clock import Clock
    from crawler.ids import Ids
    from crawler.intake.sift import Item
    from crawler.intake.verdicts import Judges
    from crawler.store import Store
    from crawler.store.gaps import GapClaim
    from crawler.store.plan import Memory, NewDelivery, Plan
    from crawler.visits.backfill import Gap
    from crawler.visits.page import PageVisit
    from crawler.visits.poll import Poll, Tally

    Step = Callable[[Memory], Plan]


class Decide(Protocol):
    """Decides what a visit changes, from what is known when it is asked."""

    def __call__(self, memory: Memory, judging: Judging, *, now: datetime, counts: WordCounts) -> Plan:
        """Return all that is to be written."""


class Minutes(Protocol):
    """Hears in which order things are taken in; declared here, answered by crawler.capture.minutes."""

    def visit(
        self, visit: Poll | PageVisit, now: datetime, steps: Sequence[Step]
    ) -> AbstractContextManager[Sequence[Step]]:
        """Return the steps of a visit, to be taken in within the block; ``now`` is what they go by."""

    def watch(self, now: datetime, steps: Sequence[Step]) -> AbstractContextManager[Sequence[Step]]:
        """Return the steps of a look that ``Ingestor.watch`` takes."""

    def release(self, now: datetime, steps: Sequence[Step]) -> AbstractContextManager[Sequence[Step]]:
        """Return the steps of a look that ``Ingestor.release`` takes."""


class _Unheard:
    """Minutes that nobody keeps."""

    def visit(
        self, visit: Poll | PageVisit, now: datetime, steps: Sequence[Step]
    ) -> AbstractContextManager[Sequence[Step]]:
        del visit, now
        return nullcontext(steps)

    def watch(self, now: datetime, steps: Sequence[Step]) -> AbstractContextManager[Sequence[Step]]:
        del now
        return nullcontext(steps)

    release = watch


class Ingestor:
    """The patrol's Ingest: decides what a poll means, and lets the store write it."""

    def __init__(  # noqa: PLR0917  all that it stands on
        self,
        store: Store,
        judge: Judges,
        revision: str,
        ids: Ids,
        clock: Clock,
        manner: Manner | None = None,
        *,
        minutes: Minutes | None = None,
    ) -> None:
        self._minutes = minutes or _Unheard()
        self._store = store
        self._clock = clock
        self._counts = WordCounts()
        self._starting = asyncio.Lock()
        self._started = False
        self._judging = Judging(judge=judge, revision=revision, ids=ids, manner=manner or Manner())

    def replace(self, judge: Judges, revision: str, manner: Manner | None = None) -> None:
        """Judge and tell so from the next poll on. What was judged before is not judged again."""
        self._judging = replace(self._judging, judge=judge, revision=revision, manner=manner or Manner())

    async def commit(self, poll: Poll) -> Tally:
        """Store stories, matches, outbox rows and the source's next visit in one transaction.

        Raises StoreError when the claim is outdated: nothing was written then.
        """
        await self._start()
        items = await self._items(poll)
        now = self._clock.now()
        with self._minutes.visit(poll, now, self._steps(partial(plan, poll, items), now)) as steps:
            return await self._store.commit(poll, *steps)

    async def commit_page(self, visit: PageVisit) -> Tally:
        """Store a page's text as a version of its story, what follows from it, and where the page stands.

        Raises StoreError when the claim is outdated: nothing was written then.
        """
        await self._start()
        article, language = visit.article, None
        if article:
            language, _ = await asyncio.to_thread(identify, article.title, article.text, article.language)
        posts = [(poll, await self._items(poll)) for poll in liveposts.polls(visit)]
        now = self._clock.now()
        planned = [*self._steps(partial(page_ingest.plan, visit, language), now)]
        for poll, items in posts:
            alone = [replace(item, address_key=None) for item in items]  # the address is that of the whole blog
            planned += self._steps(partial(plan, poll, alone), now)
        with self._minutes.visit(visit, now, planned) as steps:
            return await self._store.commit_page(visit, *steps)

    async def commit_missed(self, claim: GapClaim, poll: Poll, after: Callable[[Tally], Gap]) -> tuple[Tally, Gap]:
        """Store what fills a gap, and where filling it stands ``after`` that, in one transaction.

        Raises StoreError when the claim is outdated: nothing was written then.
        """
        await self._start()
        items = await self._items(poll)
        now = self._clock.now()
        return await self._store.gaps.commit(claim, poll, after, *self._steps(partial(missed.plan, poll, items), now))

    async def _start(self) -> None:
        """Before the first story is taken in, find out which ids are taken; nobody makes one until that is known."""
        async with self._starting:
            if not self._started:
                self._judging.ids.begin_after(await self._store.read(versions.last))
                self._started = True

    async def _items(self, poll: Poll) -> Sequence[Item]:
        """Return what a poll lists, with all that takes its time to find out."""
        items = sift(poll)
        if not items:
            return items
        known = await self._store.fingerprints([item.key for item in items])
        items = await asyncio.to_thread(identified, items, known)
        common = await self._store.common_lines(poll.source.id, lines_of(items))
        return await asyncio.to_thread(sketched, items, poll.source, poll.at, common)

    def _steps(self, decide: Decide, now: datetime) -> tuple[Step, ...]:
        """Return what is asked inside the transaction; nothing must be waited for from here to the store."""
        judging = self._judging
        watch = Watch(judging.judge.streams, judging.ids, now, judging.manner.routing)

        def stories(memory: Memory) -> Plan:
            made = decide(memory, judging, now=now, counts=self._counts)
            watch.before(memory, made)
            return made

        return _folding((stories, watch.after), Storms(judging.ids, now))

    async def watch(self) -> Tally:
        """Look at what only time can bring about: a rule that fell silent, a summary that is due.

        To be called every minute.
        """
        judging, now = self._judging, self._clock.now()
        watch = Watch(judging.judge.streams, judging.ids, now, judging.manner.routing)
        summaries = Summaries(judging.judge.quiet, judging.ids, now, judging.manner.routing)
        planned = _folding((watch.minute, summaries.minute), Storms(judging.ids, now))
        with self._minutes.watch(now, planned) as steps:
            return await self._store.apply(*steps)

    async def release(self) -> Tally:
        """Look at what waits for its time: what was held back, digests, storms, and what nobody acknowledged.

        To be called every few seconds.
        """
        judging, now = self._judging, self._clock.now()
        routing = judging.manner.routing
        releases = Releases(routing, judging.ids, now, judging.manner.rules, judging.look_of)
        escalate = partial(escalations.look, routing.escalate, now)
        with self._minutes.release(now, (releases.look, Storms(judging.ids, now).look, escalate)) as steps:
            return await self._store.apply(*steps)

    async def teach(self, judge: Judges, revision: str) -> None:
        """Let what these rules ask for with ``first_seen`` learn from the stories that are kept.

        To be called before the rules judge their first story. It may take some seconds, and holds up nobody else.
        """
        if learned := await lessons(self._store, judge, revision, self._clock.now()):
            await self._store.apply(learned)


def _folding(steps: Sequence[Step], storms: Storms) -> tuple[Step, ...]:
    """Return steps after which a storm folds what they queue."""
    queued: list[NewDelivery] = []

    def noting(step: Step, memory: Memory) -> Plan:
        made = step(memory)
        queued.extend(made.deliveries)
        return made

    return (*(partial(noting, step) for step in steps), partial(storms.after, queued))
