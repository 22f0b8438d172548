"""Recorder: hears every request of the crawl, and has it written on a thread while the crawl goes on."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Protocol

from alerts.errors import FetchError
from crawler.capture.exchange import Exchange, Failure, Kind, Occasion
from crawler.capture.minutes import Minutes
from crawler.capture.redaction import Redactor
from crawler.visits.page import PageVisit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from crawler.capture.commits import Commit
    from crawler.clock import Clock
    from crawler.fetch.crawl import Fetched
    from crawler.fetch.hops import Fetcher
    from crawler.visits.page import PageAnswer
    from crawler.visits.poll import Claim, Poll, Validators
    from spiders.base import Page, SourceSpider
    from spiders.source import Source

log = logging.getLogger(__name__)

ROOM = 64 * 1024 * 1024  # bytes that wait to be written; what comes on top is left out, said and counted
_OURS = frozenset({"stopped", "engine-gone"})  # says nothing about who was asked


class Shelf(Protocol):
    """Where exchanges are written; declared here, answered by crawler.capture.shelf."""

    def write(self, notes: Sequence[Exchange | Commit], now: datetime) -> int:
        """Write what was heard, in its order, and return how many bytes it took; raises OSError."""

    def keep_rules(
        self, revision: str, rules: Mapping[str, object], now: datetime, names: Mapping[str, object]
    ) -> None:
        """Write down what rules say, and the names in them; raises OSError."""

    def close(self) -> None:
        """Finish the file that is written."""


class Visitor(Protocol):
    """Visits sources, as the patrol asks for it."""

    async def visit(self, source: Source, claim: Claim) -> Fetched:
        """Return what a source says; raises FetchError."""


class PageReader(Protocol):
    """Reads pages, as their patrol asks for it."""

    def known_ban(self, url: str) -> str | None:
        """Name the rule that forbids a page; None when none is known."""

    async def article(self, url: str, source: Source, *, known: Validators, fast: bool) -> PageAnswer:
        """Return what a page tells; raises FetchError."""


class Recorder:
    """Keeps what was asked and answered. Whatever goes wrong here, the crawl goes on: it is said and counted."""

    def __init__(self, shelf: Shelf, clock: Clock, secrets: Iterable[str] = (), *, room: int = ROOM) -> None:
        self._shelf = shelf
        self._clock = clock
        self._redactor = Redactor(secrets)
        self._room = room
        self._waiting: deque[Exchange | Commit] = deque()
        self._size = 0
        self._more = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="capture")
        self._writing: asyncio.Task[None] | None = None
        self._visit: ContextVar[_Open | None] = ContextVar("visit", default=None)
        self._last: ContextVar[str | None] = ContextVar("last", default=None)  # visit of a task, also when it is over
        self._numbers = count(1)
        self._run = f"{clock.now():%Y%m%d%H%M%S%f}"
        self.minutes = Minutes(self._run, self._visited, self._keep)
        self._behind = self._refused = False
        self.counts: Counter[str] = Counter()  # kept, lost, bytes

    def learn(self, secrets: Iterable[str]) -> None:
        """Keep these out as well from now on, whatever the configuration says of the old ones."""
        self._redactor = Redactor(secrets)

    # ------------------------------------------------------------ what is heard

    def around(self, fetcher: Fetcher) -> Fetcher:
        """Return a Fetcher that does the same and is heard."""
        return _Heard(fetcher, self)

    def visiting(self, visitor: Visitor) -> Visitor:
        """Return a Visitor that does the same, each visit known as one."""
        return _Visits(visitor, self)

    def reading(self, reader: PageReader) -> PageReader:
        """Return a PageReader that does the same, each visit known as one."""
        return _Reads(reader, self)

    @contextmanager
    def occasion(self, kind: Kind, source: Source, url: str) -> Iterator[None]:
        """Put every request until the end of the block under one visit; a visit that fails without one is noted."""
        visit = self._opened(kind, source.id, url)
        token = self._visit.set(visit)
        try:
            yield
        except FetchError as error:
            if not visit.requests and error.reason not in _OURS:
                self._note(visit, url, failure=Failure.of(error))
            raise
        finally:
            self._visit.reset(token)

    def banned(self, url: str, rule: str) -> None:
        """Note a page that was not asked for, as its host's rules were known."""
        self._note(self._opened(Kind.PAGE, "", url), url, failure=Failure(reason="robots", detail=rule))

    def _visited(self, visit: Poll | PageVisit) -> str | None:
        """Name what the present task has visited; a page that it was kept from asking for is noted with the reason."""
        if self._last.get() is None and isinstance(visit, PageVisit):
            claim, failure = visit.claim, Failure(reason=visit.reason, detail=visit.detail)
            self._note(self._opened(Kind.PAGE, claim.source, claim.url), claim.url, failure=failure)
        return self._last.get()

    def heard(
        self, url: str, asked: Mapping[str, str], *, page: Page | None = None, failure: Failure | None = None
    ) -> None:
        """Note a request that was made."""
        visit = self._visit.get()
        if visit:
            visit.requests += 1
        self._note(visit, url, asked=asked, page=page, failure=failure)

    def _opened(self, kind: Kind, source: str, url: str) -> _Open:
        name = f"{self._run}-{next(self._numbers)}"
        self._last.set(name)
        return _Open(Occasion(id=name, kind=kind, source=source, url=url, began=self._clock.now()))

    def _note(
        self,
        visit: _Open | None,
        url: str,
        *,
        asked: Mapping[str, str] | None = None,
        page: Page | None = None,
        failure: Failure | None = None,
    ) -> None:
        occasion, now = visit.occasion if visit else None, self._clock.now()
        self._keep(Exchange(occasion=occasion, url=url, asked=asked, at=now, page=page, failure=failure))

    def _keep(self, note: Exchange | Commit) -> None:
        if self._size + note.size > self._room:
            self.counts["lost"] += 1
            if not self._behind:
                log.warning("capture-behind", extra={"waiting": len(self._waiting), "bytes": self._size})
            self._behind = True
            return
        self._behind = False
        self._waiting.append(note)
        self._size += note.size
        self._more.set()

    # ------------------------------------------------------------ what is written

    def start(self) -> None:
        """Begin to write."""
        self._writing = asyncio.create_task(self._write_on(), name="capture")

    async def keep_rules(
        self, revision: str, rules: Mapping[str, object], names: Mapping[str, object] | None = None
    ) -> None:
        """Write down what the rules in force say, and the names in them."""
        await self._tried(partial(self._shelf.keep_rules, revision, rules, self._clock.now(), names or {}), 0)

    async def stop(self, patience: timedelta) -> None:
        """Write what waits, within ``patience``, and finish the file."""
        self.minutes.end(self._clock.now())
        if self._writing:
            self._writing.cancel()
            await asyncio.wait({self._writing})
        try:
            async with asyncio.timeout(patience.total_seconds()):
                await self._write_all()
                await self._tried(self._shelf.close, 0)
        except TimeoutError:
            log.warning("capture-cut", extra={"waiting": len(self._waiting)})
        self._thread.shutdown(wait=False)

    async def _write_on(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            await self._write_all()

    async def _write_all(self) -> None:
        while self._waiting:
            some = [*self._waiting]
            self._waiting.clear()
            await self._tried(partial(self._write, some), len(some))
            self._size -= sum(one.size for one in some)

    def _write(self, some: Sequence[Exchange | Commit]) -> None:
        redactor = self._redactor
        safe = [redactor.exchange(one) if isinstance(one, Exchange) else one for one in some]
        written = self._shelf.write(safe, self._clock.now())
        self.counts["kept"] += sum(isinstance(one, Exchange) for one in some)
        self.counts["bytes"] += written

    async def _tried(self, work: Callable[[], None], many: int) -> None:
        """Do what may fail for lack of space or of leave: said once, until it works again."""
        try:
            await asyncio.wrap_future(self._thread.submit(work))
        except OSError as error:
            self.counts["lost"] += many
            if not self._refused:
                log.warning("capture-refused", extra={"detail": str(error), "next": "tried again with the next answer"})
            self._refused = True
        else:
            if self._refused:
                log.warning("capture-works-again", extra={"lost": self.counts["lost"]})
            self._refused = False


class _Open:
    """A visit that is under way."""

    __slots__ = ("occasion", "requests")

    def __init__(self, occasion: Occasion) -> None:
        self.occasion = occasion
        self.requests = 0


class _Heard:
    """A Fetcher whose requests are heard."""

    def __init__(self, fetcher: Fetcher, recorder: Recorder) -> None:
        self._fetcher = fetcher
        self._recorder = recorder
        self.spider: type[SourceSpider] = fetcher.spider

    async def fetch(self, url: str, headers: Mapping[str, str]) -> Page:
        """Make one request."""
        try:
            page = await self._fetcher.fetch(url, headers)
        except FetchError as error:
            if error.reason not in _OURS:
                self._recorder.heard(url, headers, failure=Failure.of(error))
            raise
        self._recorder.heard(url, headers, page=page)
        return page


class _Visits:
    """A Visitor whose visits are known."""

    def __init__(self, visitor: Visitor, recorder: Recorder) -> None:
        self._visitor = visitor
        self._recorder = recorder

    async def visit(self, source: Source, claim: Claim) -> Fetched:
        """Visit a source."""
        with self._recorder.occasion(Kind.SOURCE, source, claim.url or source.url):
            return await self._visitor.visit(source, claim)


class _Reads:
    """A PageReader whose visits are known."""

    def __init__(self, reader: PageReader, recorder: Recorder) -> None:
        self._reader = reader
        self._recorder = recorder

    def known_ban(self, url: str) -> str | None:
        """Name the rule that forbids a page, which ends its visit."""
        rule = self._reader.known_ban(url)
        if rule:
            self._recorder.banned(url, rule)
        return rule

    async def article(self, url: str, source: Source, *, known: Validators, fast: bool) -> PageAnswer:
        """Read a page."""
        with self._recorder.occasion(Kind.PAGE, source, url):
            return await self._reader.article(url, source, known=known, fast=fast)
