"""Hops: from the address asked for to the page that answers, each redirect at its host's turn and by its rules."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from alerts.errors import FetchError
from crawler.fetch.handler import identity
from spiders.base import REDIRECTS, host_of, is_same_place, is_web_address, next_hop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from contextlib import AbstractAsyncContextManager
    from datetime import timedelta

    from crawler.config.model import FetchConfig
    from crawler.fetch.robots import Robots
    from spiders.base import Page, SourceSpider

_PERMANENT = frozenset({301, 308})


class Turns(Protocol):
    """Whose turn it is at a host; declared here, answered by crawler.patrol.turns."""

    def turn(self, name: str) -> AbstractAsyncContextManager[None]:
        """Wait for a turn at a host; raises FetchError ``host-held`` when it wants to be left alone."""

    def slow(self, name: str, delay: timedelta) -> None:
        """Keep requests to a host at least this far apart."""


class Fetcher(Protocol):
    """Makes one request; declared here, answered by the engines and the browser."""

    spider: type[SourceSpider]

    async def fetch(self, url: str, headers: Mapping[str, str]) -> Page:
        """Return the answer, redirects not followed; raises FetchError with the reason."""


class NoTurns:
    """Nobody else is there: for a single visit that a person asked for."""

    @asynccontextmanager
    async def turn(self, _name: str) -> AsyncIterator[None]:
        """Wait for nothing."""
        yield

    def slow(self, name: str, delay: timedelta) -> None:
        """Keep no pace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for, and of whom."""

    url: str
    home: str  # the address whose place alone is sent ``secrets``
    secrets: Mapping[str, str]  # a source's own headers, credentials among them
    conditions: Mapping[str, str]  # what makes the request conditional: for the place of ``url`` only
    found: bool  # by crawling, not written by the user: the rules of its host hold
    first: bool = False  # the caller has waited for the turn of the first request


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """The page that answered in the end, and the way there."""

    page: Page
    trail: tuple[str, ...]  # every address that was asked, in order
    permanent: bool  # each hop of several was a permanent redirect

    @property
    def is_at_home(self) -> bool:
        """Whether the answer came from the place that was asked: its validators may be sent there again."""
        return is_same_place(self.trail[0], self.trail[-1])


class Hops:
    """Follows redirects."""

    def __init__(self, config: FetchConfig, robots: Robots, turns: Turns) -> None:
        self._robots = robots
        self._turns = turns
        self.configure(config)

    def configure(self, config: FetchConfig) -> None:
        """Say from now on who we are as ``config`` says."""
        self._common = identity(config)

    async def follow(self, engine: Fetcher, asked: Asked) -> Arrival:
        """Ask, and follow where that leads.

        Raises FetchError: what the network says, what ``next_hop`` and ``Turns.turn`` refuse, and ``robots`` where
        the rules of a host forbid an address.
        """
        trail: tuple[str, ...] = (asked.url,)
        statuses: set[int] = set()
        while True:
            page = await self._hop(engine, asked, trail)
            target = page.header("location")
            if page.status not in REDIRECTS or not target:
                return Arrival(page=page, trail=trail, permanent=bool(statuses) and statuses <= _PERMANENT)
            statuses.add(page.status)
            # A redirect's bytes are the server's own: UTF-8 where they are no ASCII.
            trail = (*trail, next_hop(trail, target.encode("latin-1").decode("utf-8", "replace")))

    async def _hop(self, engine: Fetcher, asked: Asked, trail: tuple[str, ...]) -> Page:
        url = trail[-1]
        if not is_web_address(url):
            raise FetchError("bad-url", f"no web address: {url[:200]}")
        if len(trail) == 1 and asked.first:
            return await self._ask(engine, asked, url)
        async with self._turns.turn(host_of(url)):
            return await self._ask(engine, asked, url)

    async def _ask(self, engine: Fetcher, asked: Asked, url: str) -> Page:
        delay = await self._robots.check(url, found=asked.found)
        if delay is not None:
            self._turns.slow(host_of(url), delay)
        headers = {**self._common, "Accept": engine.spider.accept}
        if is_same_place(asked.home, url):
            headers |= {name.title(): value for name, value in asked.secrets.items()}
        if is_same_place(asked.url, url):
            headers |= asked.conditions
        return await engine.fetch(url, headers)
