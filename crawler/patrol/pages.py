"""PagePatrol: visits the article pages that stories want, host by host, and commits what each brought."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from alerts.errors import FetchError, StoreError
from crawler.visits.page import PageState, PageVisit, after_failure
from crawler.visits.record import OVERLOADED
from spiders.source import Fulltext

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from crawler.clock import Clock
    from crawler.patrol.turns import Turns
    from crawler.visits.page import PageAnswer, PageClaim, PageFrontier, PageIngest
    from crawler.visits.poll import Validators
    from spiders.source import Source

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=15)  # a claim that did not get its host's turn in time is given back
_LONGEST_VISIT = timedelta(minutes=5)
_AFTER_STORE_TROUBLE = timedelta(seconds=30)
_IN_HAND = 1_000
BACKLOG = 200  # with more pages in hand, they are read in haste


class PageReader(Protocol):
    """Fetches and reads one article's page; declared here, answered by Crawl."""

    def known_ban(self, url: str) -> str | None:
        """Name the rule that forbids a page, as far as is known without asking its host; None when none is known."""

    async def article(self, url: str, source: Source, *, known: Validators, fast: bool) -> PageAnswer:
        """Return what a page tells, or that it has not changed; ``fast`` reads it in haste, a little less exactly.

        Raises FetchError with the reason when it tells nothing usable.
        """


class PagePatrol:
    """Visits the pages that are due. A claim it took ends in a commit or is given back."""

    def __init__(
        self,
        frontier: PageFrontier,
        ingest: PageIngest,
        reader: PageReader,
        sources: Mapping[str, Source],
        *,
        turns: Turns,
        clock: Clock,
        luck: Callable[[], float] = random.random,
    ) -> None:
        self._frontier = frontier
        self._ingest = ingest
        self._reader = reader
        self._sources = sources
        self._turns = turns
        self._clock = clock
        self._luck = luck
        self._visits: set[asyncio.Task[None]] = set()
        self._settling: set[asyncio.Task[None]] = set()
        self._owed: dict[int, PageClaim] = {}  # to be given back as soon as the store can take it
        self._claiming = asyncio.Lock()
        self._closing = False
        self.counts: Counter[str] = Counter()  # visits by how they ended

    def replace(self, sources: Mapping[str, Source]) -> None:
        """Read pages as these sources say from now on."""
        self._sources = sources

    async def tick(self) -> int:
        """Claim what is due, start the visits, and return how many there are; none while the store fails."""
        async with self._claiming:
            room = _IN_HAND - len(self._visits)
            if self._closing or room <= 0:
                return 0
            try:
                return await self._claim(room)
            except StoreError as error:
                log.warning("pages-refused", extra={"detail": str(error)})
                return 0

    async def _claim(self, room: int) -> int:
        for claim in tuple(self._owed.values()):
            await self._frontier.release_page(claim)
            del self._owed[claim.story]
        now = self._clock.now()
        claims = await self._frontier.claim_pages(now, room, LEASE)
        for claim in claims:
            task = asyncio.create_task(self._serve(claim, now + LEASE), name=f"page of {claim.story}")
            self._visits.add(task)
            task.add_done_callback(self._forget)
        return len(claims)

    async def idle(self) -> None:
        """Wait until no claim is in hand."""
        while self._visits:
            await asyncio.wait(tuple(self._visits))

    async def drain(self, patience: timedelta) -> None:
        """Claim no more, give back what is not being committed, and wait for the rest within ``patience``."""
        self._closing = True
        async with self._claiming:
            await asyncio.sleep(0)  # a task that never started could not give its claim back
        for task in self._visits - self._settling:
            task.cancel()
        if self._visits:
            await asyncio.wait(tuple(self._visits), timeout=patience.total_seconds())

    async def _serve(self, claim: PageClaim, lease_ends: datetime) -> None:
        try:
            visit = await self._visit(claim, lease_ends)
        except asyncio.CancelledError:
            visit = None
        if task := asyncio.current_task():
            self._settling.add(task)
        if visit is None:
            await self._give_back(claim)
        else:
            await self._commit(visit)

    async def _visit(self, claim: PageClaim, lease_ends: datetime) -> PageVisit | None:
        """Read a page when it is its host's turn; None when the claim must be given back."""
        source = self._sources.get(claim.source)
        if source is None:
            return self._failed(claim, FetchError("source-removed", "its source left the configuration"))
        try:
            self._refuse(claim, source)
            async with self._turns.turn(claim.host):
                if self._clock.now() + _LONGEST_VISIT > lease_ends:
                    return None
                waiting = len(self._visits)
                fast = claim.fast if claim.reads else waiting > BACKLOG
                answer = await self._reader.article(claim.url, source, known=claim.validators, fast=fast)
        except FetchError as error:
            return None if error.reason == "stopped" else self._failed(claim, error)
        except Exception as error:  # the edge: a fault of ours must not stop the patrol
            log.critical("page-broke", extra={"url": claim.url}, exc_info=error)
            return self._failed(claim, FetchError("internal", repr(error)))
        return PageVisit(
            claim=claim,
            at=self._clock.now(),
            state=PageState.READ,
            reason=answer.reason,
            detail=_detail(answer, f"read in haste, as {waiting} pages were due" if fast and not claim.reads else ""),
            article=answer.article,
            validators=answer.validators,
            fast=fast,
            source=source,
        )

    def _refuse(self, claim: PageClaim, source: Source) -> None:
        """Raise FetchError for a page that need not wait for its turn: it is better given to one that may be read."""
        if claim.again and source.fulltext is Fulltext.NEVER:
            raise FetchError("not-wanted", "its source has `fulltext: never` by now")
        if ban := self._reader.known_ban(claim.url):
            raise FetchError("robots", ban)

    def _failed(self, claim: PageClaim, failure: FetchError) -> PageVisit:
        now = self._clock.now()
        next_at, detail = after_failure(claim, failure, now, self._luck())
        if failure.status in OVERLOADED and (wait := failure.retry_after or (next_at and next_at - now)):
            self._turns.hold(claim.host, now + wait)
        state = PageState.FAILED if next_at is None else PageState.DUE
        if claim.again:
            state, detail = claim.state, f"visited again: {failure.reason}, {detail}".removesuffix(", ")
        return PageVisit(claim=claim, at=now, state=state, reason=failure.reason, detail=detail, next_at=next_at)

    async def _commit(self, visit: PageVisit) -> None:
        try:
            await self._ingest.commit_page(visit)
        except StoreError as error:
            log.warning("page-commit-refused", extra={"url": visit.claim.url, "detail": str(error)})
            await self._give_back(visit.claim, not_before=self._clock.now() + _AFTER_STORE_TROUBLE)
            return
        except Exception as error:  # the same edge: a page that we stumble over must not keep its alerts back
            log.critical("page-commit-broke", extra={"url": visit.claim.url}, exc_info=error)
            if visit.article is None:
                await self._give_back(visit.claim, not_before=self._clock.now() + _AFTER_STORE_TROUBLE)
            else:
                await self._commit(self._failed(visit.claim, FetchError("internal", repr(error))))
            return
        self.counts[visit.state] += 1
        log.debug("page", extra={"url": visit.claim.url, "reason": visit.reason, "detail": visit.detail})

    async def _give_back(self, claim: PageClaim, *, not_before: datetime | None = None) -> None:
        self.counts["released"] += 1
        try:
            await self._frontier.release_page(claim, not_before=not_before)
        except StoreError:
            self._owed[claim.story] = claim

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._visits.discard(task)
        self._settling.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.critical("page-patrol-broke", exc_info=error)


def _detail(answer: PageAnswer, haste: str) -> str:
    if answer.article is None:
        return f"visited again: {answer.reason}, so it has not changed"
    posts = f"{len(answer.article.posts)} posts of a live blog" if answer.article.posts else ""
    parts = (f"by {answer.article.method}", posts, haste, *answer.article.notes)
    return "; ".join(filter(None, parts))
