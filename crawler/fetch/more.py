"""More: the documents that a document leads to, an index's sitemaps or a listing's next pages, within one visit."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias

from alerts.errors import FetchError
from crawler.fetch.answers import READABLE, conditions, digest, refused, validators
from crawler.fetch.hops import Asked
from crawler.visits.poll import Validators

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping

    from crawler.clock import Clock
    from crawler.fetch.hops import Fetcher, Hops
    from spiders.base import Page
    from spiders.entry import Entry, Reading
    from spiders.source import Source

    Read: TypeAlias = Callable[[Page, Source], Awaitable[Reading]]

MOST = 10  # documents of one visit, the first included; of a listing, as many as its source says
_DEPTH = 2  # an index of indexes is followed to its sitemaps, no further


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """A document with those that it leads to."""

    reading: Reading  # of all that is new or changed
    body_hash: bytes  # of them all
    size: int  # bytes of the further documents


@dataclass(frozen=True, slots=True)
class _Family:
    """What was seen of a source's further documents at one visit."""

    body_hash: bytes
    known: Mapping[str, Validators]


@dataclass(slots=True)
class _Basket:
    """What has been gathered so far."""

    known: dict[str, Validators] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    troubles: list[FetchError] = field(default_factory=list)
    size: int = 0
    asked: set[str] = field(default_factory=set)
    left: int = 0  # documents that are known of and were not asked for
    late: bool = False  # time was up


class More:
    """Fetches what readings lead to. A document that has not changed since the last visit is not read again.

    What was seen is remembered here, but believed only when the hash of all of it comes back with the claim: then
    the stories of that visit are known to be stored.
    """

    def __init__(self, hops: Hops, clock: Clock, read: Read) -> None:
        self._hops = hops
        self._clock = clock
        self._read = read
        self._families: dict[str, _Family] = {}

    def keep(self, sources: Collection[str]) -> None:
        """Forget what was seen of other sources than these."""
        for gone in self._families.keys() - set(sources):
            del self._families[gone]

    async def gather(
        self, engine: Fetcher, source: Source, reading: Reading, *, body: bytes, before: bytes | None, ends: float
    ) -> Gathered:
        """Follow ``reading.more`` until the loop's clock says ``ends``.

        ``body`` is the hash of the first document, ``before`` that of all that was read before. What
        cannot be had is noted; FetchError is raised when it would have been all there is.
        """
        family = self._families.get(source.id)
        known = family.known if family and family.body_hash == before else {}
        basket = _Basket()
        try:
            async with asyncio.timeout_at(ends):
                await self._follow(engine, source, reading.more, known=known, basket=basket)
        except TimeoutError:
            basket.late = True
        if basket.troubles and not (reading.entries or basket.known):
            raise basket.troubles[0]
        hashes = (url.encode() + (seen.body_hash or b"") for url, seen in sorted(basket.known.items()))
        family = self._families[source.id] = _Family(digest(body, *hashes), basket.known)
        merged = _merged(reading, basket, is_listing=source.kind == "listing")
        return Gathered(reading=merged, body_hash=family.body_hash, size=basket.size)

    async def _follow(
        self, engine: Fetcher, source: Source, more: Iterable[str], *, known: Mapping[str, Validators], basket: _Basket
    ) -> None:
        is_listing = source.kind == "listing"  # there, a page leads to the next one
        most, depth = (source.pages, source.pages) if is_listing else (MOST, _DEPTH)
        waiting = deque((url, 1) for url in more)
        try:
            while waiting and len(basket.asked) < most - 1:
                url, level = waiting.popleft()
                if url in basket.asked:
                    continue
                basket.asked.add(url)
                found = await self._try(engine, source, url, known=known, basket=basket)
                if level < depth:
                    waiting.extend((further, level + 1) for further in found)
        finally:
            basket.left = len({url for url, _ in waiting} - basket.asked)

    async def _try(
        self, engine: Fetcher, source: Source, url: str, *, known: Mapping[str, Validators], basket: _Basket
    ) -> tuple[str, ...]:
        """Fetch one document, and return what it leads to: nothing when it cannot be had."""
        try:
            return await self._one(engine, source, url, known=known.get(url, Validators()), basket=basket)
        except FetchError as error:
            if error.reason == "stopped":
                raise
            basket.troubles.append(FetchError(error.reason, f"{url}: {error.detail}", status=error.status))
            return ()

    async def _one(
        self, engine: Fetcher, source: Source, url: str, *, known: Validators, basket: _Basket
    ) -> tuple[str, ...]:
        """Fetch one document, read it when it is new, and return what it leads to."""
        asked = Asked(url=url, home=source.url, secrets=dict(source.headers), conditions=conditions(known), found=True)
        arrival = await self._hops.follow(engine, asked)
        page = arrival.page
        if page.status == HTTPStatus.NOT_MODIFIED and asked.conditions:
            basket.known[url] = known
            return ()
        if page.status not in READABLE:
            raise refused(page, url, self._clock.now())
        basket.size += len(page.body)
        body_hash = digest(page.body)
        seen = validators(page, body_hash) if arrival.is_at_home else Validators(body_hash=body_hash)
        if body_hash == known.body_hash:
            basket.known[url] = seen
            return ()
        reading = await self._read(page, source)
        basket.readings.append(reading)
        # One that leads further is asked for whole each time: it may stay the same while they change.
        basket.known[url] = Validators(body_hash=None) if reading.more else seen
        return reading.more


def _merged(first: Reading, basket: _Basket, *, is_listing: bool) -> Reading:
    """Return one reading of all documents, each entry once, with a note of every loss."""
    entries: dict[str, Entry] = {}
    for reading in (first, *basket.readings):
        for entry in reading.entries:
            entries.setdefault(entry.identity, entry)
    notes = [*first.notes]
    for reading in basket.readings:
        notes += [note for note in reading.notes if note not in notes]
    notes.append(f"{len(basket.known)} further documents, {len(basket.readings)} of them new or changed")
    notes += [f"not read: {error}"[:300] for error in basket.troubles]
    if basket.late:
        notes.append(f"time was up: {basket.left} further documents left out")
    elif basket.left and not is_listing:
        notes.append(f"{basket.left} further documents left out: {MOST} are read in one visit")
    return replace(first, entries=tuple(entries.values()), more=(), notes=tuple(notes))
