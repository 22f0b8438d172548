"""Captured answers in place of the network: each visit is given what it was given then."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from alerts.errors import CaptureError, FetchError
from crawler.capture import warc
from spiders.base import Page

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from crawler.capture.exchange import Exchange, Occasion
    from crawler.capture.index import Entry
    from crawler.capture.redaction import Redactor
    from crawler.fetch.hops import Fetcher
    from spiders.base import SourceSpider

MISSING = "not-captured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A visit as it was captured."""

    occasion: Occasion
    entries: Sequence[Entry]  # in the order in which they were answered

    @property
    def ended(self) -> datetime:
        """When its last answer was there."""
        return self.entries[-1].at

    @property
    def looks_around(self) -> bool:
        """Whether more than one address was asked for, robots.txt aside."""
        return len({one.url for one in self.entries if not _is_robots(one.url)}) > 1


def visits_of(entries: Iterable[Entry], since: datetime | None = None) -> list[Visit]:
    """Return the visits that entries belong to, in the order in which they ended; raises nothing.

    A visit that began before ``since`` is left out.
    """
    grouped: dict[str, list[Entry]] = defaultdict(list)
    occasions = {}
    for entry in entries:
        if entry.occasion and (since is None or entry.occasion.began >= since):
            grouped[entry.occasion.id].append(entry)
            occasions[entry.occasion.id] = entry.occasion
    made = [Visit(occasion=occasions[name], entries=tuple(some)) for name, some in grouped.items()]
    return sorted(made, key=lambda one: (one.ended, one.occasion.id))


class PlayedClock:
    """A clock that shows the time of what is played; nobody waits for it."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the time of the answer that was given last."""
        return self._now

    def go(self, moment: datetime) -> None:
        """Let it be that time, unless it is later already."""
        self._now = max(self._now, moment)

    def back(self, moment: datetime) -> None:
        """Let it be that time, also where that is earlier: of visits that were under way together, one comes first."""
        self._now = moment

    async def wait_until(self, moment: datetime) -> None:
        """Go there at once."""
        self.go(moment)
        await asyncio.sleep(0)


class Player:
    """Gives the answers of one visit after the other."""

    def __init__(self, folder: Path, entries: Iterable[Entry], redactor: Redactor, clock: PlayedClock) -> None:
        self._folder = folder
        self._redactor = redactor
        self.clock = clock
        self._robots: dict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            if _is_robots(entry.url):
                self._robots[entry.url].append(entry)
        self._queue: dict[str, list[Entry]] = {}
        self.missing: Counter[str] = Counter()  # addresses that were asked for and are not there
        self.damaged: Counter[str] = Counter()  # answers that cannot be read, or are not what was received, by file

    def begin(self, visit: Visit) -> None:
        """Give the answers of this visit from now on."""
        self._queue = defaultdict(list)
        for entry in visit.entries:
            self._queue[entry.url].append(entry)

    def around(self, fetcher: Fetcher) -> Fetcher:
        """Return a Fetcher that plays; of the other one, only what it accepts counts."""
        return _Played(fetcher.spider, self)

    async def fetch(self, url: str, headers: Mapping[str, str]) -> Page:
        """Return the captured answer; raises FetchError as it was raised then, or ``not-captured``."""
        entry = self._entry(self._redactor.url(url))
        if entry is None:
            return self._without(url)
        try:
            found = await asyncio.to_thread(self._read, entry)
        except CaptureError as error:
            self.damaged[entry.file] += 1
            raise FetchError(MISSING, f"{entry.file}: {error}") from error
        self.clock.go(found.at)
        if found.page is None:
            raise found.failure.error() if found.failure else FetchError(MISSING)
        conditional = {"If-None-Match", "If-Modified-Since"} & headers.keys()
        if found.page.status == HTTPStatus.NOT_MODIFIED and not conditional:
            raise FetchError(MISSING, "the answer says only that nothing had changed")
        # The address that was asked for may hold secrets that the capture does not have.
        url = url if found.page.url == entry.url else found.page.url
        return Page(url=url, status=found.page.status, headers=found.page.headers, body=found.page.body)

    def _entry(self, url: str) -> Entry | None:
        waiting = self._queue.get(url)
        if waiting:
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]
        known = self._robots.get(url)
        if not known:
            return None
        now = self.clock.now()
        return min(known, key=lambda one: abs(one.at - now) if one.at <= now else one.at - now + timedelta(days=1))

    def _without(self, url: str) -> Page:
        if _is_robots(url):  # what was fetched then was allowed then
            return Page(url=url, status=HTTPStatus.NOT_FOUND, headers={}, body=b"")
        self.missing[self._redactor.url(url)] += 1
        raise FetchError(MISSING, "nothing was captured for it in this visit")

    def _read(self, entry: Entry) -> Exchange:
        """Read an answer; raises CaptureError where it is damaged, or not the one that the index names."""
        place = warc.Place(offset=entry.offset, length=entry.length)
        try:
            with (self._folder / entry.file).open("rb") as file:
                found = warc.read(file, place)
        except OSError as error:
            raise CaptureError(error.strerror or str(error)) from error
        if found.page and warc.digest_of(found.page.body) != entry.digest:
            raise CaptureError("the body has another hash than the index says")
        if found.url != entry.url:
            raise CaptureError("the record is of another address than the index says")
        return found


class _Played:
    """A Fetcher whose answers are played."""

    def __init__(self, spider: type[SourceSpider], player: Player) -> None:
        self.spider = spider
        self._player = player

    async def fetch(self, url: str, headers: Mapping[str, str]) -> Page:
        """Make one request, of the past."""
        return await self._player.fetch(url, headers)


def _is_robots(url: str) -> bool:
    return urlsplit(url).path == "/robots.txt"
