"""Story, Span, Match and Alert: what came in, what was found in it, and whom to tell."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


UNKNOWN_TIER = 4


class Severity(IntEnum):
    """How much a match matters; a higher one includes the lower ones."""

    INFO = 10
    NOTICE = 20
    HIGH = 30
    CRITICAL = 40

    @property
    def label(self) -> str:
        """The word that users write in config.yaml."""
        return self.name.lower()

    @classmethod
    def from_label(cls, label: str) -> Severity:
        """Read the word that users write; raises KeyError for any other."""
        return cls[label.upper()]


class DateNote(StrEnum):
    """What is odd about the date that a source gave for a story."""

    MISSING = "missing"  # the source gave none
    UNREADABLE = "unreadable"  # it gave something that is no date
    ZONELESS = "zoneless"  # no zone given and none configured: the date is unknown by hours, so None
    ASSUMED_ZONE = "assumed-zone"  # no zone given; the source's configured zone was used
    FUTURE = "future"  # later than the fetch by more than an hour, so None
    REDATED = "redated"  # a known story came again with another date; the first one is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """Who published a story, as far as rules and cards need to know."""

    id: str  # the source's id in config.yaml
    name: str
    host: str  # of the source's address, lower case, without "www."
    tier: int = UNKNOWN_TIER  # 1 wire or government … 4 unknown
    country: str | None = None  # ISO 3166-1 alpha-2, lower case
    kind: str | None = None  # wire | government | press | state-media | think-tank | blog


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One version of one news story as one outlet published it.

    ``title`` and ``text`` are plain text in NFC, paragraphs of ``text`` parted by a blank line; every
    offset in a Span counts code points in exactly these strings. Times are aware UTC.
    """

    id: int  # time-ordered, unique in one store; see crawler.ids
    version: int = 1  # 1 as first seen; each change of title or text counts one up
    outlet: Outlet
    url: str | None
    title: str
    text: str
    language: str | None = None  # primary subtag of BCP 47, of Chinese with script (zh-hant); see alerts.language
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    section: str | None = None  # of the outlet, as it calls it
    published: datetime | None = None  # None = unknown; never invented
    date_note: DateNote | None = None
    seen: datetime  # when Tocsin first fetched it


class Field(StrEnum):
    """The parts of a story that a span can lie in."""

    TITLE = "title"
    TEXT = "text"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Where words were found: ``getattr(story, field)[start:end]``, in code points."""

    field: Field
    start: int
    end: int

    def of(self, story: Story) -> str:
        """Return the words as the story has them."""
        text: str = story.title if self.field is Field.TITLE else story.text
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A rule that holds for a story, and the words it holds by (title first, in reading order)."""

    rule: str  # the rule's id
    name: str  # the rule's name for people
    severity: Severity
    spans: tuple[Span, ...] = ()
    tags: tuple[str, ...] = ()
    shadow: bool = False  # the rule is on trial: counted, never sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """A story that is named beside another one."""

    title: str
    url: str | None
    outlet: str  # its name


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """What many stories together say that none says alone: a rule's condition on the stream became true."""

    condition: str  # as written in config.yaml: "count", "spike", "first_seen: term", "silence" …
    says: str  # "5 stories in 1 h, usually 1 (median of …)": what was counted, and what it was compared with
    number: float  # of stories, of terms or sources never met before, or of silent seconds
    usual: float | None = None  # of a spike: the median it stands out from
    top: tuple[Headline, ...] = ()  # the next stories after the alert's own, the weightiest first
    more: int = 0  # further stories that are meant but not named


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One message to be sent: a story, why it matters, and the channel that must hear of it."""

    channel: str  # as written in config.yaml: "#news", a channel id
    story: Story
    matches: tuple[Match, ...]  # at least one
    also: tuple[Outlet, ...] = ()  # other outlets that carry a copy
    trend: Trend | None = None  # with it the alert tells of many stories, of which ``story`` is the weightiest
    before: str | None = None  # the headline that it was told under, where ``story`` has another by now
    retitled: str | None = None  # the headline by now, where ``story`` is as it was first told
    outdated: bool = False  # the outlet has changed the text, and ``story`` is as it was first told
    added: tuple[Span, ...] | None = None  # the sentences that made an edited story match; None: it matched as it was

    @property
    def severity(self) -> Severity:
        """The highest severity among the matches."""
        return max(match.severity for match in self.matches)
