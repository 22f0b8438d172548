"""Fills gaps: looks, one document after the other, for what a source no longer listed when it was visited."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol, TypeVar

from alerts.errors import FetchError, StoreError
from crawler.visits import backfill
from crawler.visits.backfill import TRIES, Look, kind_of, poll_of
from crawler.visits.record import OVERLOADED
from spiders.base import host_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crawler.clock import Clock
    from crawler.patrol.turns import Turns
    from crawler.store.gaps import GapClaim, Gaps
    from crawler.visits.backfill import Gap, Looked, Step
    from crawler.visits.poll import Poll, Tally
    from spiders.reading import Document
    from spiders.source import Source

T = TypeVar("T")

log = logging.getLogger(__name__)

_AT_ONE_TICK = 10  # gaps, one document of each


class Fetcher(Protocol):
    """What is asked of the crawl."""

    async def further(self, url: str, source: Source) -> Document:
        """Fetch a document that a source led to; raises FetchError."""

    async def run(self, function: Callable[..., T], *args: object) -> T:
        """Return ``function(*args)``, computed where a bad document can do no harm; raises FetchError."""


class Ingest(Protocol):
    """Takes in what was missed."""

    async def commit_missed(self, claim: GapClaim, poll: Poll, after: Callable[[Tally], Gap]) -> tuple[Tally, Gap]:
        """Store stories, and where filling the gap stands, in one transaction; raises StoreError."""


class Backfill:
    """Fills the gaps that are due, one after the other."""

    def __init__(
        self, gaps: Gaps, ingest: Ingest, crawl: Fetcher, sources: Mapping[str, Source], *, turns: Turns, clock: Clock
    ) -> None:
        """``turns`` are those of whoever else makes requests."""
        self._gaps = gaps
        self._ingest = ingest
        self._crawl = crawl
        self._sources = sources
        self._turns = turns
        self._clock = clock

    def replace(self, sources: Mapping[str, Source]) -> None:
        """Fill the gaps of these sources from now on."""
        self._sources = sources

    async def tick(self) -> int:
        """Look at one document for each of some gaps that are due, and return how many; to be called every minute."""
        try:
            due = await self._gaps.due(self._clock.now(), _AT_ONE_TICK)
            return sum([await self._serve(claim) for claim in due])
        except StoreError as error:  # what was not written is looked at again
            log.warning("backfill-refused", extra={"detail": str(error)})
            return 0

    async def _serve(self, claim: GapClaim) -> bool:
        gap, source = claim.gap, self._sources.get(claim.gap.source)
        if over := backfill.over_before(gap, source, self._clock.now()):
            self._say((await self._gaps.settle(claim, over)).gap)
        if over or source is None:
            return False
        step = gap.steps[0]
        if self._turns.host(host_of(step.url)).visitors:
            return False  # whoever is due goes first
        trying = await self._gaps.settle(claim, backfill.trying(gap, self._clock.now()))
        if gap.tries >= TRIES:
            await self._fail(trying, gap, step, FetchError("internal", f"Tocsin ended over it {gap.tries} times"))
            return False
        try:
            found = await self._look(gap, step, self._read_as(source, claim, step))
        except asyncio.CancelledError:
            await self._gaps.settle(trying, gap)  # as if nobody had tried
            raise
        except FetchError as error:
            await self._fail(trying, gap, step, error)
            return True
        now = self._clock.now()
        poll = poll_of(gap, source, claim.standing, found, now)
        _, later = await self._ingest.commit_missed(
            trying, poll, lambda tally: backfill.after(gap, step, found, tally.new, now)
        )
        self._say(later)
        return True

    @staticmethod
    def _read_as(source: Source, claim: GapClaim, step: Step) -> Source:
        site_wide = step.look in {Look.SITE, Look.SITEMAP}
        kind = "sitemap" if site_wide else kind_of(source, claim.standing)
        return replace(source, kind=kind, render=source.render and not site_wide)

    async def _look(self, gap: Gap, step: Step, source: Source) -> Looked:
        """Return what a document tells of a gap; raises FetchError."""
        from spiders.discover import customary, in_robots  # the parsers' home is the worker
        from spiders.read import read

        usual = [one.url for one in customary(step.url) if one.kind == "sitemap"]
        try:
            async with self._turns.turn(host_of(step.url)):
                document = await self._crawl.further(step.url, source)
        except FetchError as error:
            if step.look is Look.SITE and error.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
                return backfill.sitemaps(gap, (), usual)
            raise
        if step.look is Look.SITE:
            text = document.body.decode("utf-8", "replace")
            named = await self._crawl.run(in_robots, text, document.url)
            return backfill.sitemaps(gap, [one.url for one in named], usual)
        return backfill.looked(gap, step, await self._crawl.run(read, document, source))

    async def _fail(self, trying: GapClaim, gap: Gap, step: Step, error: FetchError) -> None:
        now = self._clock.now()
        if error.reason == "stopped":
            await self._gaps.settle(trying, gap)
            return
        if error.status in OVERLOADED and error.retry_after:
            self._turns.hold(host_of(step.url), now + error.retry_after)
        self._say((await self._gaps.settle(trying, backfill.failed(gap, step, error, now))).gap)

    def _say(self, gap: Gap) -> None:
        """Log what became of a gap; without addresses, for those of some sources hold a secret."""
        if gap.due is None:
            span = {"since": f"{gap.since:%Y-%m-%dT%H:%MZ}", "until": f"{gap.until:%Y-%m-%dT%H:%MZ}"}
            found = {"stories": gap.stories, "documents": gap.documents}
            log.info("backfilled", extra={"source": gap.source, "reason": gap.state, **span, **found})
