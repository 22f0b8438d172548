"""PageClaim and PageVisit: an article's page that is due, and what it brought."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from crawler.visits.poll import Validators
from crawler.visits.spans import spoken

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.errors import FetchError
    from crawler.visits.poll import Tally
    from spiders.article import Article
    from spiders.source import Source

AGAIN = tuple(timedelta(minutes=minutes) for minutes in (15, 60, 240, 1_440))  # after a page was first read
AFTER_REMOVAL = (timedelta(days=3), timedelta(days=7))  # on top of these: what was removed may come back
SECOND_LOOK = timedelta(hours=1)  # so long a page must be missing before that is believed
LIVE = timedelta(minutes=15)  # between visits to a live blog
LIVE_FOR = timedelta(hours=6)  # after its newest post
_LATENESS = 0.1  # of the wait, at most

TRIES = 9  # until it is read; with the waits below the last one comes most of a day after the first: sites are down
FEW_TRIES = 4  # of what may be a slip, and of each later visit; the last one comes some twenty minutes after the first
_FIRST_WAIT = timedelta(minutes=1)
_FACTOR = 4
_LONGEST_WAIT = timedelta(hours=4)
UNCHANGED = frozenset({"304", "same-body"})
GONE = "gone"  # 410: for good, says the server
MISSING = frozenset({"http-404", GONE})
_SLIPS = frozenset({"http-404", "soft-404", "empty", "unreadable", "bad-encoding"})  # listed before it was there
_PASSING = frozenset(  # what may be over in a minute, or in some hours; everything else is the page's last word
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
        *("tls-expired", "tls-self-signed", "tls-wrong-host", "tls-untrusted", "tls-protocol", "proxy", "host-taken"),
    }
)
_SERVER_FAULT = 500  # the first status of those that are the server's own fault


class PageState(StrEnum):
    """How far a page is."""

    DUE = "due"
    READ = "read"
    FAILED = "failed"  # for good; the reason is beside it


@dataclass(frozen=True, slots=True, kw_only=True)
class PageClaim:
    """The right to visit the page of a story now, until the lease ends."""

    story: int
    source: str  # the source's id
    url: str
    due: datetime
    token: int  # fencing, as in Claim
    attempts: int = 0  # before this one
    state: PageState = PageState.DUE
    reads: int = 0  # how often it was read before
    validators: Validators = field(default_factory=Validators)
    fast: bool = False  # it was read in haste, and must be so again: else it would seem to have changed

    @property
    def again(self) -> bool:
        """Whether nobody waits for this visit: it only looks whether the page has changed."""
        return self.state is not PageState.DUE

    @property
    def host(self) -> str:
        """Host and port, lower case, as Source.host gives it."""
        return urlsplit(self.url).netloc.rpartition("@")[2].lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAnswer:
    """What a page answered."""

    reason: str  # "200", or one of UNCHANGED
    article: Article | None = None  # None: as it was read last
    validators: Validators = field(default_factory=Validators)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageVisit:
    """What one visit to a page brought, and whether to come back."""

    claim: PageClaim
    at: datetime
    state: PageState
    reason: str  # "200", one of UNCHANGED, or FetchError.reason
    detail: str = ""
    article: Article | None = None  # with "200"
    next_at: datetime | None = None  # when to try again; None: this is how the visit ended
    validators: Validators = field(default_factory=Validators)
    fast: bool = False  # the article was read in haste
    source: Source | None = None  # with an article: as it is configured now

    @property
    def is_answered(self) -> bool:
        """Whether the page was there."""
        return self.article is not None or self.reason in UNCHANGED

    @property
    def is_missing(self) -> bool:
        """Whether the server knows no such page; what stands in the way of one says nothing of the kind."""
        return self.reason in MISSING


class PageFrontier(Protocol):
    """Which pages are due; declared by their patrol, answered by the store."""

    async def claim_pages(self, now: datetime, limit: int, lease: timedelta) -> Sequence[PageClaim]:
        """Claim up to ``limit`` due pages, each until ``now + lease``.

        Those that are only looked at again come last; otherwise the longest overdue comes first.
        """

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
    tries, most = claim.attempts + 1, _tries(failure, again=claim.again)
    if most == 0:
        return None, failure.detail
    if tries >= most:
        return None, f"given up after {tries} tries: {failure.detail}"
    wait = min(_FIRST_WAIT * _FACTOR**claim.attempts, _LONGEST_WAIT) * (0.75 + 0.5 * luck)
    wait = min(max(wait, failure.retry_after or wait), _LONGEST_WAIT)
    return now + wait, f"try {tries} of {most}, again in {spoken(wait)}: {failure.detail}"


def _tries(failure: FetchError, *, again: bool) -> int:
    """Return how often a page that fails so is tried in all; 0 where once was enough."""
    if failure.reason in _PASSING or (failure.status or 0) >= _SERVER_FAULT:
        return FEW_TRIES if again else TRIES
    return FEW_TRIES if failure.reason in _SLIPS and not again else 0  # later, what is missing has been removed


def revisit_at(
    first_read: datetime, now: datetime, luck: float, *, removed: bool = False, live_until: datetime | None = None
) -> datetime | None:
    """Return when a page that was first read then is visited again; None when that was often enough.

    A live blog is visited often until the moment that is said. What was missed in the meantime is not made up for.
    ``luck``, in [0, 1), puts a visit off by up to a tenth of its wait, so that pages that were read together do not
    all come back together.
    """
    if live_until and live_until > now:
        return now + LIVE * (1 + _LATENESS * luck)
    waits = (*AGAIN, *AFTER_REMOVAL) if removed else AGAIN
    wait = next((one for one in waits if first_read + one > now), None)
    return None if wait is None else first_read + wait * (1 + _LATENESS * luck)
