"""Claim and Poll: a visit that is due, and what it brought."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

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
    failures: int = 0  # in a row
    url: str | None = None  # where the source has moved; None: where the configuration says
    unconditional: bool = False  # ask for the whole document: servers lie about what has changed


class Answer(StrEnum):
    """How a visit ended."""

    READ = "read"  # a document was read
    UNCHANGED = "unchanged"  # 304, or the same bytes as last time
    FAILED = "failed"  # the reason is in Poll.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What one visit brought, and when to come back."""

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
    failures: int  # in a row, after this visit
    next_at: datetime
    next_why: str  # "every 5m", "retry 3 in 8m", "retry-after 60s" …


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a committed poll changed."""

    new: int = 0
    changed: int = 0
    seen: int = 0
    alerts: int = 0

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


class Ingest(Protocol):
    """Takes a finished poll in; declared by the patrol."""

    async def commit(self, poll: Poll) -> Tally:
        """Store stories, matches, outbox rows and the source's next visit in one transaction.

        Raises StoreError when the claim is outdated: nothing was written then.
        """
