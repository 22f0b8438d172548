"""What the store remembers of channels and what keeps messages from them, and what is to be written about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

    from alerts.bulletin import Bulletin
    from alerts.policy import Reason
    from alerts.routing.digest import Line
    from alerts.routing.escalation import Watched
    from alerts.routing.inhibit import Told
    from alerts.routing.silence import Silence
    from alerts.routing.storm import Storm, Weather
    from alerts.story import Severity
    from alerts.thread import Thread
    from crawler.store.health_plan import Reported

UNFOLDED = "unfolded"  # the reason of messages that somebody took out of a storm


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldVerdict:
    """A verdict that waits for its channel's digest, for a summary, or for company."""

    story: int
    version: int
    group: int
    rule: str
    name: str  # of the rule
    channel: str
    severity: Severity
    reason: Reason
    says: str
    until: datetime | None
    line: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one rule found in a time: one line for each group of copies."""

    rule: str
    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldDigest:
    """A digest that was told, or need not be."""

    name: str
    day: date  # local
    until: datetime  # what it told of ends then


class CalmMemory(Protocol):
    """What can be asked about channels, those that this transaction wrote to included."""

    def silences(self, now: datetime) -> Sequence[Silence]:
        """Return those that are in force."""

    def threads(self, groups: Collection[int], events: Collection[int], after: datetime) -> Sequence[Thread]:
        """Return the messages begun after a moment that tell of these groups or events, with their threads."""

    def critical(self, events: Collection[int], after: datetime) -> Sequence[Told]:
        """Return the critical messages queued after a moment that tell of these events."""

    def sent(self, channel: str, after: datetime) -> Sequence[datetime]:
        """Return when messages were queued after a moment that count for a channel's budget."""

    def flushed(self, channel: str) -> datetime | None:
        """Return when messages that had waited for company were told last."""

    def held(self, channels: Collection[str] | None = None) -> Sequence[HeldVerdict]:
        """Return the verdicts that wait for their channels, of these or of all, oldest first, one of a group."""

    def weather(self, channel: str, now: datetime) -> Weather:
        """Return what waits for a channel, what came of late, and its storm."""

    def storms(self) -> Mapping[str, Storm]:
        """Return the storms that are not over, by channel."""

    def lines(self, keys: Collection[str]) -> Mapping[str, tuple[str, Line]]:
        """Return the first rule and the story of messages, by their keys."""

    def digests(self) -> Mapping[str, ToldDigest]:
        """Return the last digest of each name."""

    def found(self, since: datetime, until: datetime) -> Sequence[Found]:
        """Return what each rule found in a time, whoever was told."""

    def counts(self, since: datetime, until: datetime) -> Mapping[str, int]:
        """Return how many groups of copies each rule found in a time."""

    def watched_since(self) -> datetime | None:
        """Return when the first story was seen; None when there is none."""

    def unacknowledged(self, severity: Severity, after: datetime) -> Sequence[Watched]:
        """Return the messages of a severity or higher that channels were shown after a moment, acknowledged or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBulletin:
    """A bulletin to be sent, or, when its key is known, what the one that was sent should say by now."""

    key: str
    content: Bulletin
    at: datetime
    parent: str | None = None  # the message that this one answers, in its thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A verdict that waited, and the message that tells of it now."""

    delivery: str
    story: int
    version: int
    rule: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """Messages that are not sent, since a storm's message lists them."""

    keys: Sequence[str]
    storm: str  # the key of its message
    why: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated:
    """A message of which another channel is told that nobody acknowledged it."""

    key: str
    to: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CalmPlan:
    """What changes about channels, in this order."""

    bulletins: Sequence[NewBulletin] = ()
    carried: Sequence[Carried] = ()
    folded: Sequence[Folded] = ()
    storms: Sequence[tuple[str, Storm | None]] = ()  # by channel; None: it is over
    digests: Sequence[ToldDigest] = ()
    escalated: Sequence[Escalated] = ()
    reports: Sequence[Reported] = ()  # each after its message
