"""PageClaim and PageVisit: an article's page that is due, and what it brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from crawler.visits.spans import spoken

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.errors import FetchError
    from crawler.visits.poll import Tally
    from spiders.article import Article

TRIES = 4  # with the waits below, the last one comes some twenty minutes after the first
_FIRST_WAIT = timedelta(minutes=1)
_FACTOR = 4
_LONGEST_WAIT = timedelta(hours=1)
_PASSING = frozenset(  # what may be over in a minute; everything else is the page's last word
    {
        *(
            "timeout",
            "connect-timeout",
            "slow-body",
            "dns",
            "refused",
            "reset",
            "unreachable",
            "short-body",
            "bad-http",
        ),
        *("http-408", "http-425", "http-429", "http-500", "http-502", "http-503", "http-504", "host-held"),
        *("robots-unreachable", "engine-gone", "parser-killed", "internal", "browser", "browser-gone", "browser-busy"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageClaim:
    """The right to visit the page of a story now, until the lease ends."""

    story: int
    source: str  # the source's id
    url: str
    due: datetime
    token: int  # fencing, as in Claim
    attempts: int = 0  # before this one

    @property
    def host(self) -> str:
        """Host and port, lower case, as Source.host gives it."""
        return urlsplit(self.url).netloc.rpartition("@")[2].lower()


class PageState(StrEnum):
    """How far a page is."""

    DUE = "due"
    READ = "read"
    FAILED = "failed"  # for good; the reason is beside it


@dataclass(frozen=True, slots=True, kw_only=True)
class PageVisit:
    """What one visit to a page brought, and whether to come back."""

    claim: PageClaim
    at: datetime
    state: PageState
    reason: str  # "200", or FetchError.reason
    detail: str = ""
    article: Article | None = None  # with READ
    next_at: datetime | None = None  # with DUE


class PageFrontier(Protocol):
    """Which pages are due; declared by their patrol, answered by the store."""

    async def claim_pages(self, now: datetime, limit: int, lease: timedelta) -> Sequence[PageClaim]:
        """Claim up to ``limit`` due pages, longest overdue first, each until ``now + lease``."""

    async def release_page(self, claim: PageClaim, *, not_before: datetime | None = None) -> None:
        """Give a claim back unvisited: it is due again at once, or at ``not_before``."""


class PageIngest(Protocol):
    """Takes a finished page visit in; declared by the patrol of pages."""

    async def commit_page(self, visit: PageVisit) -> Tally:
        """Store the new version, its matches, and where the page stands, in one transaction.

        Raises StoreError when the claim is outdated: nothing was written then.
        """


def after_failure(claim: PageClaim, failure: FetchError, now: datetime, luck: float) -> tuple[datetime | None, str]:
    """Return when to try a page again and why; None when its failure is final. ``luck`` lies in [0, 1)."""
    tries = claim.attempts + 1
    if failure.reason not in _PASSING:
        return None, failure.detail
    if tries >= TRIES:
        return None, f"given up after {tries} tries: {failure.detail}"
    wait = _FIRST_WAIT * _FACTOR**claim.attempts * (0.75 + 0.5 * luck)
    wait = min(max(wait, failure.retry_after or wait), _LONGEST_WAIT)
    return now + wait, f"try {tries} of {TRIES}, again in {spoken(wait)}: {failure.detail}"
