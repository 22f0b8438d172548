"""Standing: how a source does, by all its visits so far, and what was decided about the next one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from crawler.visits.rhythm import Rhythm

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOOK = timedelta(hours=24)  # after so long the whole document is asked for, whatever the server says
REREAD = timedelta(days=7)  # after so long a document is read though it is the same: what it lists is noted anew
GRUDGE = timedelta(days=30)  # for which a server that lied about changes is not believed


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a source's last document asked of its readers."""

    ttl: timedelta | None = None  # not to come back sooner
    skip_hours: frozenset[int] = frozenset()  # UTC
    skip_days: frozenset[int] = frozenset()  # 0 is Monday


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a source does; a value, replaced whole by each visit."""

    failures: int = 0  # in a row
    points: int = 0  # of these failures: what waiting hardly mends counts twice
    failing_since: datetime | None = None  # the first of these failures
    reported: datetime | None = None  # when it was said aloud that it fails
    gone: int = 0  # visits in a row that were answered with 410
    given_up: bool = False  # it is visited no more, until somebody changes its entry in the configuration
    last_ok: datetime | None = None

    moved_to: str | None = None  # where it is visited now
    read_as: str | None = None  # what a source of `kind: auto` turned out to be
    heading: str | None = None  # where permanent redirects lead that are not believed yet
    headed: int = 0  # visits in a row that were led there

    last_full: datetime | None = None  # when the server last gave the whole document
    doubts: int = 0  # times in a row that only the daily whole document had news
    untrusted: datetime | None = None  # since when what the server says of changes is not believed

    rhythm: Rhythm = field(default_factory=Rhythm)
    wishes: Wishes = Wishes()
    entries: int = 0  # in the last document that was read
    gaps: int = 0  # visits that shared nothing with the one before
    silent: datetime | None = None  # when it was said aloud that it fell silent
    hub: str | None = None  # of WebSub
    topic: str | None = None  # as the hub knows the source

    def wants_whole(self, now: datetime) -> bool:
        """Tell whether to ask for the whole document: once a day, and always of a server that lied."""
        if self.untrusted is not None and now - self.untrusted < GRUDGE:
            return True
        return self.last_full is None or now - self.last_full >= LOOK

    def wants_reading(self, now: datetime, phase: timedelta) -> bool:
        """Tell whether to read a document even if it is as it was: the first whole one in each span of ``REREAD``.

        Else what a document lists that never changes would be forgotten, and be news again when it does change.
        ``phase`` is the source's own part of ``REREAD``, so that not all are read at once.
        """
        return self.last_full is None or _span(self.last_full, phase) != _span(now, phase)


def _span(at: datetime, phase: timedelta) -> int:
    return (at - _EPOCH + phase) // REREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A change in how a source does that is worth a note in the poll log, or more."""

    name: str  # down, recovered, gone, found, moved, moved-back, silent, speaks, gap, flood, untrusted, trusted
    text: str
    loud: bool = False  # somebody should hear of it


@dataclass(frozen=True, slots=True, kw_only=True)
class HostHold:
    """A host that wants to be left alone."""

    host: str  # with port, lower case
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What was decided after a visit."""

    at: datetime
    why: str  # "auto 7m: 3.1 stories/h at this hour, tier 1", "every 5m", "retry 3 in 8m" …
    standing: Standing = Standing()
    hold: HostHold | None = None  # the whole host wants to be left alone
    forget: bool = False  # the validators belong to another address
    events: tuple[Event, ...] = ()
