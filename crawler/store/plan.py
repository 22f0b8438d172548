"""What the store remembers when a poll comes in, and what it is to write for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from crawler.poll import Tally

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from alerts.policy import Reason
    from alerts.story import DateNote, Match, Story


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryState:
    """Where a known story stands."""

    id: int
    source: str
    group: int
    version: int
    published: datetime | None
    date_note: DateNote | None
    seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What an identity key stands for."""

    story: StoryState
    fingerprint: bytes  # of title and text as last seen under this key


@dataclass(frozen=True, slots=True, kw_only=True)
class Kin:
    """A story that had a version with a given likeness key."""

    story: StoryState
    fingerprint: bytes  # of that version
    at: datetime  # when that version was seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """An earlier verdict: what a channel was told by a rule, or why it was not."""

    story: int
    group: int
    rule: str
    channel: str
    reason: Reason


class Memory(Protocol):
    """What can be asked while a poll is taken in; keys not found are absent from the answers."""

    def seen(self, keys: Collection[bytes]) -> Mapping[bytes, Seen]:
        """Return what identity keys stand for."""

    def alike(self, keys: Collection[bytes]) -> Mapping[bytes, Sequence[Kin]]:
        """Return the stories with these likeness keys."""

    def past(self, stories: Collection[int], groups: Collection[int]) -> Sequence[Past]:
        """Return all verdicts on these stories, and those on other stories of these groups that told somebody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version to be kept; the first one makes the story."""

    story: Story
    group: int
    at: datetime
    rules: str  # revision of the rules that judged it


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """An identity key, and what was last seen under it."""

    key: bytes
    story: int
    fingerprint: bytes
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """A key that copies of a version share."""

    key: bytes
    story: int
    fingerprint: bytes
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was decided about one rule that holds for one version, and one channel."""

    story: int
    version: int
    group: int
    match: Match
    channel: str
    reason: Reason
    delivery: str | None  # the key of the delivery that tells of it


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """A message to be sent; its matches are the verdicts that carry its key."""

    key: str
    group: int
    story: int
    version: int
    channel: str
    severity: int
    queued: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Redated:
    """What is now known of a story's date."""

    story: int
    published: datetime | None
    date_note: DateNote | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that a poll changes besides its source's own row."""

    versions: Sequence[Version] = ()
    sightings: Sequence[Sighting] = ()
    likenesses: Sequence[Likeness] = ()
    verdicts: Sequence[Verdict] = ()
    deliveries: Sequence[NewDelivery] = ()
    redated: Sequence[Redated] = ()
    ignored: Sequence[int] = ()  # stories that changed once more after their last version that is kept
    notes: Sequence[str] = ()  # for the poll log
    tally: Tally = field(default_factory=Tally)
