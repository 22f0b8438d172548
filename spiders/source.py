"""Source: a place that publishes stories, as the user described it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from alerts.story import Outlet

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

DEFAULT_INTERVAL = timedelta(minutes=15)
DEFAULT_BACKLOG = timedelta(hours=24)
SHORTEST = timedelta(minutes=2)
LONGEST = timedelta(hours=3)


class Fulltext(StrEnum):
    """Whether the page of a new item is fetched."""

    AUTO = "auto"  # when the source's own text is short
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selectors:
    """CSS of the parts of an article's page; None: extraction finds it."""

    title: str | None = None
    body: str | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A place that publishes stories."""

    id: str
    url: str
    name: str
    kind: str = "feed"  # feed, sitemap, listing or auto
    every: timedelta | None = None  # None = auto: Tocsin decides
    cron: str | None = None  # instead of an interval; in `cron_zone`
    cron_zone: ZoneInfo | None = None
    every_min: timedelta = SHORTEST  # of a learned interval
    every_max: timedelta = LONGEST
    fulltext: Fulltext = Fulltext.AUTO
    backlog: timedelta = DEFAULT_BACKLOG  # first visit: younger stories alert; zero = none, timedelta.max = all
    language: str | None = None
    country: str | None = None
    tier: int = 4
    type: str | None = None
    tags: tuple[str, ...] = ()
    timezone: ZoneInfo | None = None  # for dates without a zone
    links: str | None = None  # a listing's links, as CSS
    links_match: str | None = None  # a regular expression (RE2) that a listing's links match
    next: str | None = None  # the link to a listing's next page, as CSS
    pages: int = 1  # of a listing, read in one visit
    article: Selectors | None = None
    render: bool = False  # in a browser
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # credentials included; to its host only

    @property
    def host(self) -> str:
        """Host and port, lower case: what politeness is counted by."""
        return urlsplit(self.url).netloc.rpartition("@")[2].lower()

    @property
    def outlet(self) -> Outlet:
        """The source as rules and cards know it."""
        host = (urlsplit(self.url).hostname or "").removeprefix("www.")
        return Outlet(id=self.id, name=self.name, host=host, tier=self.tier, country=self.country, kind=self.type)
