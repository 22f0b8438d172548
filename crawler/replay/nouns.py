"""What a replay is asked for and what it brings: decisions, messages, and the stories they are about."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from alerts.judge import Finding
    from alerts.policy import Reason
    from alerts.story import Match, Severity, Story

LEAD = timedelta(days=3)  # of stories before the time that is asked for: what they told is not told again


class Kind(StrEnum):
    """What a message tells of."""

    STORY = "story"
    STREAM = "stream"  # of many stories, by a condition such as `count`
    SUMMARY = "summary"  # of what limits held back


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Which past is replayed, and what of it counts."""

    since: datetime
    until: datetime  # not included
    rules: frozenset[str] | None = None  # ids; None: all
    as_if_live: bool = False  # rules on trial tell as the others do
    lead: timedelta = LEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A version of a story as it was stored, and what rules say of it."""

    story: Story  # of which the text may be left out
    at: datetime  # when the version came
    group: int  # of copies
    event: int | None
    is_page: bool = False  # it is what the story's page said when it was read first
    page_due: bool = False  # its page was still to be read
    owner: str = ""  # who is behind the story
    origin: str | None = None  # the site that its page names as its origin
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What would have been decided about one rule that holds for one version of a story, and one channel."""

    story: int
    version: int
    group: int
    at: datetime
    match: Match
    channel: str  # "": nobody hears
    reason: Reason
    message: str | None  # the key of the message that tells of it; None: none does
    says: str = ""

    @property
    def rule(self) -> str:
        """The id of the rule."""
        return self.match.rule

    @property
    def tells(self) -> bool:
        """Whether the channel hears of it, at once or in a summary."""
        return self.message is not None or self.reason.is_summed_up


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message that would have been sent."""

    key: str
    at: datetime
    channel: str
    kind: Kind
    rules: tuple[str, ...]
    severity: Severity
    story: int
    version: int
    group: int
    says: str = ""  # of a stream or a summary
    quiet: bool = False  # a reply in a thread, which the channel does not see


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """A story that some rule holds for, as people know it."""

    story: int
    version: int
    source: str  # its id
    outlet: str  # its name
    title: str
    url: str | None
    language: str | None
    seen: datetime
    group: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How much of the past was read."""

    stories: int  # there were in that time
    read: int  # of them, by the rules
    texts: int  # versions of these stories
    prefiltered: bool  # the search index said of the others that they could not match
    workers: int = 1
    seconds: float = 0.0  # of the clock on the wall, for reading and judging

    @property
    def spared(self) -> float:
        """The share of stories that could not match, from 0 to 1."""
        return 1 - self.read / self.stories if self.stories else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one set of rules would have told in a time."""

    since: datetime
    until: datetime
    decisions: Sequence[Decision]
    messages: Sequence[Message]
    headlines: Mapping[int, Headline]  # by story
    reading: Reading
    trials: Sequence[Message] = ()  # that rules on trial would have had sent if they were not; ``messages`` has none
    notes: tuple[str, ...] = ()  # what was not replayed, in words

    @property
    def days(self) -> float:
        """How long the time is."""
        return (self.until - self.since) / timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far reading has come, in stories."""

    done: int
    of: int
    found: int  # stories that some rule holds for


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a replay; the last has the results."""

    progress: Progress
    result: Result | None = None
    before: Result | None = None  # of the rules that are compared with


Versions: TypeAlias = "tuple[Found, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What reading one stretch of stories brought: all versions of the stories that some rule holds for."""

    read: int
    texts: int
    found: tuple[Versions, ...] = ()
    before: tuple[Versions, ...] = field(default=())  # judged by the rules that are compared with
