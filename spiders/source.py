"""Source: a place that publishes stories, as the user described it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from alerts.story import Outlet

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

DEFAULT_INTERVAL = timedelta(minutes=15)
DEFAULT_BACKLOG = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A place that publishes stories."""

    id: str
    url: str
    name: str
    kind: str = "feed"
    every: timedelta | None = None  # None = auto: Tocsin decides
    backlog: timedelta = DEFAULT_BACKLOG  # first visit: younger stories alert; zero = none, timedelta.max = all
    language: str | None = None
    country: str | None = None
    tier: int = 4
    type: str | None = None
    tags: tuple[str, ...] = ()
    timezone: ZoneInfo | None = None  # for dates without a zone

    @property
    def host(self) -> str:
        """Host and port, lower case: what politeness is counted by."""
        return urlsplit(self.url).netloc.rpartition("@")[2].lower()

    @property
    def outlet(self) -> Outlet:
        """The source as rules and cards know it."""
        host = (urlsplit(self.url).hostname or "").removeprefix("www.")
        return Outlet(id=self.id, name=self.name, host=host, tier=self.tier, country=self.country, kind=self.type)
