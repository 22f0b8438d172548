"""Robots: what the robots.txt of each host allows us, fetched once a day and by one request at a time."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias, TypeVar
from urllib.parse import urlsplit

from protego import Protego

from alerts.errors import FetchError
from crawler.fetch.handler import identity
from spiders.base import REDIRECTS, next_hop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from crawler.clock import Clock
    from crawler.config.model import FetchConfig
    from spiders.base import Page

    Fetch: TypeAlias = Callable[[str, Mapping[str, str]], Awaitable[Page]]

log = logging.getLogger(__name__)

LIFE = timedelta(hours=24)  # of a copy; RFC 9309, 2.4
LONGEST_DELAY = timedelta(seconds=60)
_SIZE = 500 * 1024  # bytes that are read; RFC 9309, 2.5
_RETRY = timedelta(minutes=10)  # doubled with each failure, up to LIFE
_GIVE_UP = timedelta(days=30)  # a file that cannot be read for so long counts as none; RFC 9309, 2.3.1.4
_HOSTS = 20_000  # remembered at once
_INLINE = 16 * 1024  # characters; more are parsed in a thread
_NAMED = 200  # rules that are tried when one is to be named
_OURS = frozenset({"stopped", "engine-gone"})  # says nothing about their robots.txt
_NETWORK = frozenset(
    {"dns", "refused", "unreachable", "reset", "connect-timeout", "timeout", "blocked-address", "proxy"}
)
_MISLED = frozenset({"redirect-loop", "bad-redirect", "insecure-redirect"})

_AGENT = re.compile(r"\s*user[- ]?agent\s*[:\s]\s*(?P<name>[^#]*)", re.IGNORECASE)
_SITEWIDE = re.compile(r"\s*(sitemaps?|site-map|host)\s*:", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z_-]+")
_LITERAL = re.compile(r"^[^:]*:\s*|[*$#].*$|\s+$")  # all of a rule but what its path must begin with
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The part of one robots.txt that is meant for us; kept as text, for parsed it takes ten times the memory."""

    url: str  # of the robots.txt
    group: str = "*"  # whom the rules are for: our token, or "*"
    text: str = ""  # the lines of that group
    delay: timedelta = timedelta(0)

    def forbids(self, url: str) -> str | None:
        """Name the rule that forbids an address, None when it is allowed."""
        if not self.text or _parsed(self.text).can_fetch(url, "*"):
            return None
        path = urlsplit(url).path or "/"
        near = (line for line in self.text.split("\n") if path.startswith(_LITERAL.sub("", line)))
        for line in sorted(near, key=len, reverse=True)[:_NAMED]:  # the longest that matches decides
            if not Protego.parse(f"User-agent: *\n{line}").can_fetch(url, "*"):
                return f"the rule `{line.strip()[:200]}` of {self.url} for `{self.group}`"
        return f"a rule of {self.url} for `{self.group}`"


def _parsed(text: str) -> Protego:
    return (_parse if len(text) <= _INLINE else _parse_long)(f"User-agent: *\n{text}")


_parse = lru_cache(maxsize=256)(Protego.parse)
_parse_long = lru_cache(maxsize=8)(Protego.parse)


def read(url: str, text: str, token: str) -> Rules:
    """Read a robots.txt as it concerns the crawler with this product token.

    Protego gets the one group that is ours, so that a file of 500 KiB with as many names as rules costs no more
    than its length.
    """
    group, lines = _our_group(text, token)
    ours = "\n".join(lines)
    asked = timedelta(seconds=min(_parsed(ours).crawl_delay("*") or 0.0, LIFE.total_seconds()))
    if asked > LONGEST_DELAY:
        log.warning("crawl-delay-capped", extra={"url": url, "asked": asked, "kept": LONGEST_DELAY})
    return Rules(url=url, group=group, text=ours, delay=min(asked, LONGEST_DELAY))


def product_token(user_agent: str) -> str:
    """Return the name by which a robots.txt speaks to us: the first word of the user agent, without its version."""
    found = _TOKEN.match(user_agent)
    return found[0].lower() if found else "*"


def _our_group(text: str, token: str) -> tuple[str, list[str]]:
    """Return the lines under our own name, else under ``*``; groups of the same name count as one."""
    groups: dict[str, list[str]] = defaultdict(list)
    for names, line in _rules(text):
        for name in names & {token, "*"}:
            groups[name].append(line)
    group = token if token in groups else "*"
    return group, [line for line in groups[group] if line]


def _rules(text: str) -> Iterator[tuple[frozenset[str], str]]:
    """Yield each rule with the names it is for; an empty one with every name, for groups without rules."""
    names: frozenset[str] = frozenset()
    in_names = False
    for line in text.splitlines():
        if agent := _AGENT.match(line):
            names = _names(agent["name"]) | (names if in_names else frozenset())
            in_names = True
            yield names, ""
        elif line.strip() and not line.lstrip().startswith("#") and not _SITEWIDE.match(line):
            in_names = False
            yield names, line


def _names(value: str) -> frozenset[str]:
    name = value.strip().lower()
    if name == "*":
        return frozenset({"*"})
    found = _TOKEN.match(name)
    return frozenset({found[0]} if found else ())


@dataclass(slots=True)
class _Copy:
    """What is known of one host's robots.txt."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    rules: Rules | None = None
    due: datetime | None = None  # when to ask anew; None: never asked
    failing_since: datetime | None = None
    failures: int = 0
    reason: str = ""  # why it could not be read
    trouble: str = ""

    def is_due(self, now: datetime) -> bool:
        return self.due is None or self.due <= now


class Robots:
    """Keeps the rules of hosts, and says what they mean for an address."""

    def __init__(self, config: FetchConfig, clock: Clock, fetch: Fetch) -> None:
        self._clock = clock
        self._fetch = fetch
        self._copies: dict[str, _Copy] = {}
        self.configure(config)

    def configure(self, config: FetchConfig) -> None:
        """Obey, or not, as ``config`` says, under its name from now on."""
        if getattr(self, "_token", None) != product_token(config.user_agent):
            self._copies.clear()  # they hold the group of another name
        self._token = product_token(config.user_agent)
        self._obey = config.obey_robots
        self._headers = identity(config) | {"Accept": "text/plain, */*;q=0.1"}

    async def check(self, url: str, *, found: bool) -> timedelta | None:
        """Return how far apart the host wants its requests, zero when it does not say, None when that is unknown.

        Raises FetchError ``robots`` when the address was ``found`` by crawling and a rule forbids it,
        ``robots-unreachable`` when nobody knows because the host does not give its rules out, or what the network
        says when the host cannot be reached.
        """
        if not self._obey:
            return timedelta(0)
        copy = await self._current(url)
        if copy.rules is None:
            if found:
                raise FetchError(copy.reason, f"{_address(url)} could not be read: {copy.trouble}")
            return None
        if found and (rule := await _away_when_long(len(copy.rules.text), copy.rules.forbids, url)):
            raise FetchError("robots", rule)
        return copy.rules.delay

    def known_ban(self, url: str) -> str | None:
        """Name the rule that forbids an address found by crawling, as far as is known at once.

        None as well where the host has to be asked, or its rules are too long to be looked through here.
        """
        copy = self._copies.get(_address(url)) if self._obey else None
        if copy is None or copy.rules is None or copy.is_due(self._clock.now()) or len(copy.rules.text) > _INLINE:
            return None
        return copy.rules.forbids(url)

    async def _current(self, url: str) -> _Copy:
        """Return the copy for an address; those who ask meanwhile wait for the one request."""
        address = _address(url)
        copy = self._copies.get(address)
        if copy is None:
            self._make_room()
            copy = self._copies[address] = _Copy()
        if copy.is_due(self._clock.now()):
            async with copy.lock:
                if copy.is_due(self._clock.now()):
                    await self._renew(address, copy)
        return copy

    async def _renew(self, address: str, copy: _Copy) -> None:
        try:
            rules = await self._rules(address)
        except FetchError as error:
            if error.reason in _OURS:
                raise
            self._note_failure(address, copy, error)
        else:
            copy.rules, copy.due = rules, self._clock.now() + LIFE
            copy.failing_since, copy.failures, copy.trouble = None, 0, ""

    def _note_failure(self, address: str, copy: _Copy, error: FetchError) -> None:
        """Keep the old copy, if any, while the file cannot be read; after a month there are no rules."""
        now = self._clock.now()
        copy.failing_since = copy.failing_since or now
        copy.due = now + min(_RETRY * 2 ** min(copy.failures, 10), LIFE)
        copy.failures += 1
        # Where the network is at fault, the pages fare no better: that is the reason to be told.
        is_network = error.reason in _NETWORK or error.reason.startswith("tls-")
        copy.reason, copy.trouble = error.reason if is_network else "robots-unreachable", str(error)[:300]
        log.info("robots-unreachable", extra={"url": address, "detail": copy.trouble, "again": copy.due})
        if now - copy.failing_since > _GIVE_UP:
            copy.rules = Rules(url=address)

    async def _rules(self, address: str) -> Rules:
        """Fetch and read; raises FetchError when the file is there but cannot be had."""
        page = await self._page(address)
        if page is None:
            return Rules(url=address)
        text = page.body[:_SIZE].decode("utf-8-sig", "replace")
        return await _away_when_long(len(text), read, address, text, self._token)

    async def _page(self, address: str) -> Page | None:
        """Return the file, or None where there is none: 4xx but 429, or redirects that lead nowhere."""
        trail: tuple[str, ...] = (address,)
        while True:
            page = await self._fetch(trail[-1], self._headers)
            if page.status not in REDIRECTS:
                break
            try:
                trail = (*trail, next_hop(trail, page.header("location")))
            except FetchError as error:
                if error.reason in _MISLED:
                    return None
                raise
        if page.status == HTTPStatus.OK:
            return page
        if page.status == HTTPStatus.TOO_MANY_REQUESTS or page.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise FetchError(f"http-{page.status}", status=page.status)
        return None

    def _make_room(self) -> None:
        """Forget what must be asked anew anyway, and the oldest, once there are many."""
        if len(self._copies) < _HOSTS:
            return
        idle = [address for address, copy in self._copies.items() if not copy.lock.locked()]
        due = [address for address in idle if self._copies[address].is_due(self._clock.now())]
        for address in due or idle[: _HOSTS // 10]:
            del self._copies[address]


async def _away_when_long(length: int, function: Callable[..., T], *args: object) -> T:
    """Return ``function(*args)``, computed in a thread when the text that it is about is long."""
    return function(*args) if length <= _INLINE else await asyncio.to_thread(function, *args)


def _address(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}/robots.txt"
