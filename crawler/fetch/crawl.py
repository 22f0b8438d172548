"""Crawl: visits in, readings out, through one long-lived Scrapy engine for each kind of spider."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol, TypeVar

from alerts.errors import FetchError
from crawler.fetch.answers import READABLE, conditions, digest, freshness, refused, validators
from crawler.fetch.browser import Browser
from crawler.fetch.engine import Engine
from crawler.fetch.handler import Client
from crawler.fetch.hops import Asked, Hops, NoTurns
from crawler.fetch.more import More
from crawler.fetch.pool import ParserPool
from crawler.fetch.robots import Robots
from crawler.visits.page import PageAnswer
from crawler.visits.poll import Answer, Claim, Discovery, Validators
from spiders.feed import FeedSpider
from spiders.hints import with_links
from spiders.reading import Document
from spiders.walls import wall
from spiders.web import WebSpider

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Collection

    from aiohttp.abc import AbstractResolver

    from crawler.clock import Clock
    from crawler.config.model import FetchConfig
    from crawler.fetch.hops import Arrival, Fetcher, Turns
    from crawler.fetch.more import Gathered
    from spiders.base import Page
    from spiders.entry import Reading
    from spiders.source import Source

T = TypeVar("T")

_FOR_MACHINES = frozenset({"feed", "sitemap"})  # kinds of sources that are no web pages
_SLACK = timedelta(seconds=30)  # on top of three full time-outs, before a visit counts as lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A visit that succeeded."""

    answer: Answer  # READ or UNCHANGED
    reason: str  # "200", "304", "same-body"
    status: int
    url: str  # where the document was in the end
    size: int = 0  # bytes of the decoded bodies
    reading: Reading | None = None  # with READ
    validators: Validators
    discovered: Discovery | None = None
    moved_to: str | None = None  # where permanent redirects, and only such, led
    fresh_for: timedelta | None = None  # for how long the server says that nothing will change


class Parser(Protocol):
    """Runs a function away from the event loop; declared here, answered by ParserPool."""

    def start(self) -> None:
        """Get ready in the background."""

    async def run(self, function: Callable[..., T], *args: object) -> T:
        """Return ``function(*args)``; raises FetchError ``parser-killed``."""

    async def stop(self) -> None:
        """End what runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Machine:
    """What exists only inside a running loop."""

    client: Client
    feeds: Engine
    web: Engine
    browser: Browser
    robots: Robots
    hops: Hops
    more: More


class Crawl:
    """Fetches and reads sources. One per process; when to visit what is the patrol's affair.

    Who calls ``visit`` or ``page`` has waited for a turn at the host of the first request; for every other request
    Crawl asks ``turns`` itself.
    """

    def __init__(
        self,
        config: FetchConfig,
        clock: Clock,
        *,
        parser: Parser | None = None,
        extractor: Parser | None = None,
        turns: Turns | None = None,
        tls: ssl.SSLContext | None = None,
        resolver: AbstractResolver | None = None,
        around: Callable[[Fetcher], Fetcher] | None = None,
        admits: Callable[[str, int], None] | None = None,
    ) -> None:
        """``around`` may put something between us and who makes the requests, such as one who listens.

        ``admits`` is told of the addresses of our own that may be fetched.
        ``resolver`` looks names up; the system's without one.
        """
        self._config = config
        self._clock = clock
        self._parser = parser or ParserPool()
        self._extractor = extractor or ParserPool()  # of its own, so that no page keeps a feed waiting
        self._turns = turns or NoTurns()
        self._tls = tls
        self._resolver = resolver
        self._around = around or _nothing_around
        self._admits = admits
        self._built: _Machine | None = None

    def configure(self, config: FetchConfig) -> None:
        """Fetch as ``config`` says from now on."""
        self._config = config
        if self._built is not None:
            for part in (self._built.client, self._built.browser, self._built.robots, self._built.hops):
                part.configure(config)

    def keep(self, sources: Collection[str]) -> None:
        """Forget what was seen of other sources than these, by id."""
        if self._built is not None:
            self._built.more.keep(sources)

    async def start(self) -> None:
        """Start the engines and warm the parser."""
        logging.getLogger("scrapy").setLevel(logging.WARNING)
        self._parser.start()
        client = Client(self._config, tls=self._tls, resolver=self._resolver)
        feeds, web = (Engine(spider, client, self._clock) for spider in (FeedSpider, WebSpider))
        robots = Robots(self._config, self._clock, self._around(web).fetch)
        hops = Hops(self._config, robots, self._turns)
        more = More(hops, self._clock, self._read)
        browser = Browser(self._config, client, self._clock, tls=self._tls)
        self._built = _Machine(
            client=client, feeds=feeds, web=web, browser=browser, robots=robots, hops=hops, more=more
        )
        feeds.start()
        web.start()

    def admit(self, host: str, port: int) -> None:
        """Let an address of our own be fetched; ``host`` is numeric, and ``start()`` came before."""
        self._machine.client.admit(host, port)
        if self._admits:
            self._admits(host, port)

    async def visit(self, source: Source, claim: Claim) -> Fetched:
        """Fetch a source and read what is new; raises FetchError with the reason when that fails."""
        ends = asyncio.get_running_loop().time() + (self._patience + _SLACK).total_seconds()
        known = claim.validators
        read = None if claim.anew else known.body_hash  # what need not be read again
        asked = _asked(
            source, claim.url or source.url, found=False, known=Validators() if claim.unconditional else known
        )
        arrival = await self._follow(self._engine(source), asked)
        page = arrival.page
        if page.status == HTTPStatus.NOT_MODIFIED and asked.conditions and arrival.is_at_home:
            now = validators(page, known.body_hash, kept=known)
            return self._fetched(arrival, Answer.UNCHANGED, "304", now)
        self._refuse(page, asked.url, feed=source.kind in _FOR_MACHINES)
        body_hash = digest(page.body)
        now = validators(page, body_hash) if arrival.is_at_home else Validators(body_hash=body_hash)
        if body_hash == read:
            return self._fetched(arrival, Answer.UNCHANGED, "same-body", now)
        reading = await self._read(page, source)
        if reading.more:
            found = await self._machine.more.gather(
                self._engine(source), source, reading, body=body_hash, before=read, ends=ends
            )
            return self._with_more(arrival, found, read)
        return self._fetched(arrival, Answer.READ, str(page.status), now, reading=reading)

    async def document(self, source: Source) -> Document:
        """Fetch what stands at a source's own address, whatever it is; raises FetchError."""
        page = (await self._follow(self._engine(source), _asked(source, source.url, found=False))).page
        self._refuse(page, source.url, feed=False)
        return self._document(page)

    async def further(self, url: str, source: Source) -> Document:
        """Fetch a document that may tell what a source's own lists no longer; raises FetchError.

        The rules of its host hold, as for whatever was found.
        """
        page = (await self._follow(self._engine(source), _asked(source, url, found=True))).page
        self._refuse(page, url, feed=source.kind in _FOR_MACHINES)
        return self._document(page)

    async def page(self, url: str, source: Source) -> Document:
        """Fetch a web page that a source led to; the document's address is where it was in the end.

        Raises FetchError: ``robots`` where its host forbids the address or one on the way, what stands in the way
        by name, ``not-a-page`` for what is no web page.
        """
        return self._document(self._web_page((await self._arrive(url, source, Validators())).page, url))

    def known_ban(self, url: str) -> str | None:
        """Name the rule that keeps a page from us, as far as is known without asking its host."""
        return self._built.robots.known_ban(url) if self._built else None

    async def ask_robots(self, url: str) -> None:
        """Ask an address's host whether a page there may be read.

        Raises FetchError: ``robots`` where a rule forbids it, or why nobody knows.
        """
        await self._machine.robots.check(url, found=True)

    async def article(self, url: str, source: Source, *, known: Validators, fast: bool) -> PageAnswer:
        """Fetch the page of an article and read it, unless it is as it was ``known``.

        Raises FetchError as ``page`` and ``extract`` do.
        """
        from spiders.article import extract  # its libraries' home is the worker

        arrival = await self._arrive(url, source, known)
        page = arrival.page
        if page.status == HTTPStatus.NOT_MODIFIED and conditions(known) and arrival.is_at_home:
            return PageAnswer(reason="304", validators=validators(page, known.body_hash, kept=known))
        document = self._document(self._web_page(page, url))
        body_hash = digest(page.body)
        now = validators(page, body_hash) if arrival.is_at_home else Validators(body_hash=body_hash)
        if body_hash == known.body_hash:
            return PageAnswer(reason="same-body", validators=now)
        article = await self._extractor.run(partial(extract, fast=True) if fast else extract, document, source)
        return PageAnswer(reason="200", article=article, validators=now)

    async def run(self, function: Callable[..., T], *args: object) -> T:
        """Return ``function(*args)``, computed in the parser's process; raises FetchError ``parser-killed``."""
        return await self._parser.run(function, *args)

    async def stop(self, timeout: timedelta = timedelta(seconds=5)) -> None:  # noqa: ASYNC109 -- it bounds the engines' own farewell
        """Stop the engines, fail open visits as ``stopped``, close connections and workers."""
        if self._built is not None:
            engines = (self._built.feeds, self._built.web)
            await asyncio.gather(self._built.browser.stop(), *(engine.refuse() for engine in engines))
            await self._built.client.close()  # first, so that the engines need not wait for slow answers
            await asyncio.gather(*(engine.stop(timeout) for engine in engines))
        await asyncio.gather(self._parser.stop(), self._extractor.stop())

    @property
    def _machine(self) -> _Machine:
        if self._built is None:
            raise RuntimeError("start() comes first")
        return self._built

    @property
    def _patience(self) -> timedelta:
        return 3 * self._config.timeout + _SLACK

    def _engine(self, source: Source) -> Fetcher:
        if source.render:
            return self._around(self._machine.browser)
        return self._around(self._machine.web if source.kind == "listing" else self._machine.feeds)

    async def _arrive(self, url: str, source: Source, known: Validators) -> Arrival:
        engine = self._machine.browser if source.render else self._machine.web
        return await self._follow(self._around(engine), _asked(source, url, found=True, known=known))

    def _web_page(self, page: Page, asked: str) -> Page:
        """Return a page that is one; raises FetchError."""
        self._refuse(page, asked, feed=False)
        kind = page.header("content-type").partition(";")[0].strip().lower()
        if kind and not (kind.startswith("text/") or "html" in kind or "xml" in kind):
            raise FetchError("not-a-page", f"{kind}, not a web page", status=page.status)
        return page

    async def _follow(self, engine: Fetcher, asked: Asked) -> Arrival:
        limit = self._patience.total_seconds()
        try:
            async with asyncio.timeout(limit):
                return await self._machine.hops.follow(engine, asked)
        except TimeoutError as error:
            raise FetchError("timeout", f"no answer within {limit:g} s, redirects included") from error

    def _refuse(self, page: Page, asked: str, *, feed: bool) -> None:
        """Raise FetchError when an answer is not what was asked for."""
        if page.status not in READABLE:
            raise refused(page, asked, self._clock.now())
        if reason := wall(page, asked, feed=feed):
            raise FetchError(reason, f"{page.url} answers with a page that is in the way", status=page.status)

    async def _read(self, page: Page, source: Source) -> Reading:
        from spiders.read import read  # the parsers' home is the worker

        found = await self._parser.run(read, self._document(page), source)
        if source.kind != "feed":
            return found
        return replace(found, hints=with_links(found.hints, page.header("link"), page.url))

    def _document(self, page: Page) -> Document:
        return Document(
            url=page.url,
            body=page.body,
            content_type=page.header("content-type"),
            fetched=self._clock.now(),
            max_body=self._config.max_body,
        )

    def _with_more(self, arrival: Arrival, found: Gathered, read: bytes | None) -> Fetched:
        """Say what a document brought with those it leads to.

        It may stay the same while they change, so it is asked for whole each time: the hash of them all is kept.
        """
        now, size = Validators(body_hash=found.body_hash), len(arrival.page.body) + found.size
        if now.body_hash == read:
            return self._fetched(arrival, Answer.UNCHANGED, "same-body", now, size=size)
        return self._fetched(arrival, Answer.READ, str(arrival.page.status), now, size=size, reading=found.reading)

    def _fetched(
        self,
        arrival: Arrival,
        answer: Answer,
        reason: str,
        known: Validators,
        *,
        size: int | None = None,
        reading: Reading | None = None,
    ) -> Fetched:
        page = arrival.page
        return Fetched(
            answer=answer,
            reason=reason,
            status=page.status,
            url=page.url,
            size=len(page.body) if size is None else size,
            reading=reading,
            validators=known,
            moved_to=page.url if arrival.permanent else None,
            fresh_for=freshness(page, self._clock.now()),
        )


def _nothing_around(fetcher: Fetcher) -> Fetcher:
    return fetcher


def _asked(source: Source, url: str, *, found: bool, known: Validators | None = None) -> Asked:
    """Return the request for an address that a source is at or leads to; its turn was waited for already."""
    return Asked(
        url=url,
        home=source.url,
        secrets=dict(source.headers),
        conditions=conditions(known) if known else {},
        found=found,
        first=True,
    )
