"""Claim and Poll: a visit that is due, and what it brought."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from crawler.visits.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from crawler.visits.standing import HostHold, Next
    from spiders.entry import Reading
    from spiders.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What makes the next request conditional; values are echoed byte for byte."""

    etag: str | None = None
    last_modified: str | None = None
    body_hash: bytes | None = None  # of the decoded body, 16 bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to visit a source now, until the lease ends."""

    source: str  # the source's id
    due: datetime  # when the visit was meant to happen
    token: int  # fencing: a commit with an outdated token is refused
    first: bool  # no document of this source was ever read: what comes is its backlog
    validators: Validators
    url: str | None = None  # where the source has moved; None: where the configuration says
    unconditional: bool = False  # ask for the whole document: servers lie about what has changed
    anew: bool = False  # read it even if it is as it was: what it lists must not be forgotten
    standing: Standing = field(default_factory=Standing)  # how the source does, before this visit
    pushed: datetime | None = None  # when its hub last told of news; None: none has promised to

    @property
    def failures(self) -> int:
        """How many visits failed in a row before this one."""
        return self.standing.failures


def host_of(source: Source, claim: Claim) -> str:
    """Return the host and port that a claim leads to, lower case."""
    return (replace(source, url=claim.url) if claim.url else source).host


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What was found to be watched at the address of a source of `kind: auto`."""

    url: str
    kind: str  # feed, sitemap or listing
    why: str


class Answer(StrEnum):
    """How a visit ended."""

    READ = "read"  # a document was read
    UNCHANGED = "unchanged"  # 304, or the same bytes as last time
    FAILED = "failed"  # the reason is in Poll.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What one visit brought."""

    claim: Claim
    source: Source
    at: datetime  # when the answer was there
    answer: Answer
    reason: str  # "200", "304", "same-body", or FetchError.reason
    detail: str = ""
    status: int | None = None
    elapsed: timedelta
    size: int = 0  # bytes of the decoded body
    reading: Reading | None = None  # with Answer.READ
    validators: Validators  # to be stored together with what was read
    retry_after: timedelta | None = None  # for which the server asked to be left alone
    discovered: Discovery | None = None
    moved_to: str | None = None  # where permanent redirects, and only such, led
    fresh_for: timedelta | None = None  # for how long the server says that nothing will change
    schedule: Callable[[Poll, Tally], Next]  # decides on the next visit once it is known what this one changed

    @property
    def host(self) -> str:
        """The host that was visited: that of the address to which the source has moved, if it has."""
        return host_of(self.source, self.claim)

    def decide(self, tally: Tally) -> Next:
        """Return what is decided about the next visit: pure, so that it can be asked again after the commit."""
        return self.schedule(self, tally)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a committed poll changed."""

    new: int = 0
    changed: int = 0
    seen: int = 0
    alerts: int = 0

    @property
    def brings(self) -> bool:
        """Whether there may be something to send or to edit."""
        return bool(self.new or self.changed or self.alerts)

    def __add__(self, other: Tally) -> Tally:
        """Return what both changed."""
        return Tally(
            new=self.new + other.new,
            changed=self.changed + other.changed,
            seen=self.seen + other.seen,
            alerts=self.alerts + other.alerts,
        )


class Frontier(Protocol):
    """Which visits are due; declared by the patrol, answered by the store."""

    async def claim(self, now: datetime, limit: int, lease: timedelta) -> Sequence[Claim]:
        """Claim up to ``limit`` due sources, longest overdue first, each until ``now + lease``."""

    async def release(self, claim: Claim, *, not_before: datetime | None = None) -> None:
        """Give a claim back unvisited: it is due again at once, or at ``not_before``."""

    async def host_holds(self, now: datetime) -> Sequence[HostHold]:
        """Return the hosts that still want to be left alone."""


class Ingest(Protocol):
    """Takes a finished poll in; declared by the patrol."""

    async def commit(self, poll: Poll) -> Tally:
        """Store stories, matches, outbox rows and the source's next visit in one transaction.

        Raises StoreError when the claim is outdated: nothing was written then.
        """
