"""Visits sources of `kind: auto`: looks once for the best that can be watched at their address, then stays with it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, TypeVar

from alerts.errors import FetchError
from crawler.fetch.explore import explore
from crawler.visits.poll import Discovery, Validators

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from datetime import timedelta

    from crawler.clock import Clock
    from crawler.fetch.crawl import Fetched
    from crawler.visits.poll import Claim
    from spiders.discover import Choice
    from spiders.entry import Reading
    from spiders.reading import Document
    from spiders.source import Source

T = TypeVar("T")


class Fetcher(Protocol):
    """What is asked of the crawl."""

    async def visit(self, source: Source, claim: Claim) -> Fetched:
        """Fetch a source and read what is new; raises FetchError."""

    async def document(self, source: Source) -> Document:
        """Fetch what stands at a source's own address; raises FetchError."""

    async def run(self, function: Callable[..., T], *args: object) -> T:
        """Return ``function(*args)``, computed where a bad document can do no harm; raises FetchError."""


class Turns(Protocol):
    """Whose turn it is at a host."""

    def turn(self, name: str) -> AbstractAsyncContextManager[None]:
        """Wait for a turn at a host and keep a place until the end of the block."""


class Discovering:
    """The patrol's Visitor."""

    def __init__(self, crawl: Fetcher, turns: Turns, clock: Clock, patience: Callable[[], timedelta]) -> None:
        """``patience`` says how long looking around may take."""
        self._crawl = crawl
        self._turns = turns
        self._clock = clock
        self._patience = patience

    async def visit(self, source: Source, claim: Claim) -> Fetched:
        """Return what a source says; raises FetchError with the reason when it says nothing usable."""
        if source.kind != "auto":
            return await self._crawl.visit(source, claim)
        if claim.standing.read_as:
            return await self._crawl.visit(replace(source, kind=claim.standing.read_as), claim)
        chosen = (await self._choose(source)).candidate
        there = replace(source, kind=chosen.kind)
        async with self._turns.turn(replace(source, url=chosen.url).host):
            fetched = await self._crawl.visit(there, replace(claim, url=chosen.url, validators=Validators()))
        return replace(fetched, discovered=Discovery(url=chosen.url, kind=chosen.kind, why=chosen.reason))

    async def _choose(self, source: Source) -> Choice:
        try:
            async with asyncio.timeout(self._patience().total_seconds()):
                found = await explore(source, self, self._clock.now())
        except TimeoutError as error:
            raise FetchError("timeout", "looking for what can be watched there took too long") from error
        usable = next((one for one in found.choices if one.usable), None)
        if usable is None:
            tried = "; ".join(f"{one.candidate.url}: {one.reason}" for one in found.choices[:3])
            raise FetchError("nothing-to-watch", f"no feed, sitemap or list of stories was found: {tried}"[:500])
        return usable

    # ------------------------------------------------------------ explore's Web

    async def document(self, source: Source) -> Document:
        """Fetch what stands at a source's address; raises FetchError."""
        async with self._turns.turn(source.host):
            return await self._crawl.document(source)

    async def reading(self, source: Source) -> Reading:
        """Return what a source holds; raises FetchError."""
        from spiders.read import read  # the parsers' home is the worker

        return await self.run(read, await self.document(source), source)

    async def run(self, function: Callable[..., T], *args: object) -> T:
        """Return ``function(*args)``, computed where a bad document can do no harm; raises FetchError."""
        return await self._crawl.run(function, *args)
