"""Crawl: visits in, readings out, through one long-lived Scrapy engine that is replaced when it dies."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from alerts.errors import FetchError
from crawler.handler import Client, ClientCrawler
from crawler.poll import Answer, Claim, Validators
from crawler.pool import ParserPool
from crawler.schedule import retry_after
from crawler.settings import settings
from spiders.base import Page, Visit
from spiders.feed import FeedSpider
from spiders.reading import Document

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    from crawler.clock import Clock
    from crawler.config.model import FetchConfig
    from spiders.entry import Reading
    from spiders.source import Source

log = logging.getLogger(__name__)

_READABLE = frozenset({HTTPStatus.OK, HTTPStatus.NON_AUTHORITATIVE_INFORMATION})
_SLACK = timedelta(seconds=30)  # on top of two full time-outs, before a visit counts as lost
_ENGINE_PAUSE = timedelta(seconds=1)
_VALIDATOR_LIMIT = 1_024  # characters; a longer one is not worth its keep


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A visit that succeeded."""

    answer: Answer  # READ or UNCHANGED
    reason: str  # "200", "304", "same-body"
    status: int
    url: str  # where the document was in the end
    size: int = 0  # bytes of the decoded body
    reading: Reading | None = None  # with READ
    validators: Validators
    moved_to: str | None = None  # where permanent redirects, and only such, led
    fresh_for: timedelta | None = None  # for how long the server says that nothing will change


class Parser(Protocol):
    """Runs a function away from the event loop; declared here, answered by ParserPool."""

    def start(self) -> None:
        """Get ready in the background."""

    async def run(self, function: Callable[..., Reading], *args: object) -> Reading:
        """Return ``function(*args)``; raises FetchError ``parser-killed``."""

    async def stop(self) -> None:
        """End what runs."""


class Crawl:
    """Fetches and reads sources. One per process; whose turn it is and when is the patrol's affair."""

    def __init__(
        self,
        config: FetchConfig,
        clock: Clock,
        *,
        parser: Parser | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._clock = clock
        self._parser = parser or ParserPool()
        self._tls = tls
        self._open: set[Visit] = set()
        self._queue: asyncio.Queue[Visit] = asyncio.Queue()
        self._client: Client | None = None
        self._engine: ClientCrawler | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self.configure(config)

    def configure(self, config: FetchConfig) -> None:
        """Fetch as ``config`` says from now on."""
        self._config = config
        self._deadline = (2 * config.timeout + _SLACK).total_seconds()
        self._headers = _headers(config)
        if self._client is not None:
            self._client.configure(config)

    async def start(self) -> None:
        """Start the engine and warm the parser."""
        logging.getLogger("scrapy").setLevel(logging.WARNING)
        self._parser.start()
        self._client = Client(self._config, tls=self._tls)
        self._supervisor = asyncio.create_task(self._supervise(self._client))

    async def visit(self, source: Source, claim: Claim) -> Fetched:
        """Fetch a source and read what is new; raises FetchError with the reason when that fails."""
        conditions = _conditions(claim.validators)
        page = await self._page(source.url, conditions)
        if page.status == HTTPStatus.NOT_MODIFIED and conditions:
            return _unchanged(page, "304", _validators(page, claim.validators.body_hash, kept=claim.validators))
        if page.status not in _READABLE:
            raise self._refused(page)
        validators = _validators(page, blake2b(page.body, digest_size=16).digest())
        if validators.body_hash == claim.validators.body_hash:
            return _unchanged(page, "same-body", validators)
        return Fetched(
            answer=Answer.READ,
            reason=str(page.status),
            status=page.status,
            url=page.url,
            size=len(page.body),
            reading=await self._read(page, source),
            validators=validators,
        )

    async def stop(self, timeout: timedelta = timedelta(seconds=5)) -> None:  # noqa: ASYNC109 -- it bounds the engine's own farewell
        """Stop the engine, fail open visits as ``stopped``, close connections and workers."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.wait({self._supervisor})
        self._fail_open(FetchError("stopped", "the daemon is stopping"))
        if self._client is not None:
            await self._client.close()  # first, so that the engine need not wait for slow answers
        if self._engine is not None:
            await _end(self._engine, timeout)
        await self._parser.stop()

    async def _page(self, url: str, conditions: Mapping[str, str]) -> Page:
        """Ask the engine, and once more when it died over the first attempt."""
        try:
            return await self._ask(url, conditions)
        except FetchError as error:
            if error.reason != "engine-gone":
                raise
        return await self._ask(url, conditions)

    async def _ask(self, url: str, conditions: Mapping[str, str]) -> Page:
        answer: asyncio.Future[Page] = asyncio.get_running_loop().create_future()
        visit = Visit(url=url, headers=self._headers, conditions=conditions, answer=answer)
        self._open.add(visit)
        self._queue.put_nowait(visit)
        try:
            async with asyncio.timeout(self._deadline):
                return await answer
        except TimeoutError as error:
            raise FetchError("timeout", f"no answer within {self._deadline:g} s") from error
        finally:
            self._open.discard(visit)

    async def _read(self, page: Page, source: Source) -> Reading:
        from spiders.parse import parse  # feedparser's home is the worker

        kind = page.headers.get(b"content-type", b"").decode("latin-1")
        document = Document(url=page.url, body=page.body, content_type=kind, fetched=self._clock.now())
        return await self._parser.run(parse, document, source)

    def _refused(self, page: Page) -> FetchError:
        try:
            phrase = HTTPStatus(page.status).phrase
        except ValueError:
            phrase = "a status that is no standard's"
        return FetchError(
            "gone" if page.status == HTTPStatus.GONE else f"http-{page.status}",
            f"{page.status} {phrase}",
            status=page.status,
            retry_after=retry_after(page.headers.get(b"retry-after", b"").decode("latin-1"), self._clock.now()),
        )

    async def _supervise(self, client: Client) -> None:
        """Keep an engine running; each has its own queue, so that a dead one can take nothing."""
        while True:
            engine = self._engine = ClientCrawler(FeedSpider, settings(), client)
            run = asyncio.create_task(engine.crawl_async(visits=self._queue))
            await asyncio.wait({run})
            error = None if run.cancelled() else run.exception()
            log.error("engine-gone", extra={"open": len(self._open)}, exc_info=error)
            self._queue = asyncio.Queue()
            self._fail_open(FetchError("engine-gone", "the crawl engine ended"))
            await _end(engine, _ENGINE_PAUSE)
            await self._clock.wait_until(self._clock.now() + _ENGINE_PAUSE)

    def _fail_open(self, error: FetchError) -> None:
        for visit in tuple(self._open):
            visit.fail(error)


async def _end(engine: ClientCrawler, patience: timedelta) -> None:
    if engine.crawling:
        await asyncio.wait({asyncio.create_task(engine.stop_async())}, timeout=patience.total_seconds())


def _headers(config: FetchConfig) -> dict[str, str]:
    headers = {"User-Agent": config.user_agent, "Accept": FeedSpider.accept, "Accept-Encoding": "gzip, deflate, br"}
    return headers | ({"From": config.contact} if config.contact else {})


def _conditions(known: Validators) -> dict[str, str]:
    conditions = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in conditions.items() if value}


def _validators(page: Page, body_hash: bytes | None, *, kept: Validators | None = None) -> Validators:
    """Take the answer's validators, or keep the known ones where a 304 names none.

    Those of another host are not taken: the source's own address would be asked with them next time.
    """
    if page.moved:
        return Validators(body_hash=body_hash)
    return Validators(
        etag=_echoable(page.headers.get(b"etag")) or (kept.etag if kept else None),
        last_modified=_echoable(page.headers.get(b"last-modified")) or (kept.last_modified if kept else None),
        body_hash=body_hash,
    )


def _echoable(value: bytes | None) -> str | None:
    """Return a header's value when it can be sent back byte for byte, else None."""
    try:
        text = (value or b"").decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() and len(text) <= _VALIDATOR_LIMIT else None


def _unchanged(page: Page, reason: str, validators: Validators) -> Fetched:
    return Fetched(
        answer=Answer.UNCHANGED,
        reason=reason,
        status=page.status,
        url=page.url,
        size=len(page.body),
        validators=validators,
    )
