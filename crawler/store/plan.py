"""What the store remembers when a poll comes in, and what it is to write for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from alerts.routing.spec import Style
from crawler.store.calm_plan import CalmPlan
from crawler.visits.poll import Tally

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from alerts.cluster.events import Frequencies
    from alerts.cluster.groups import Member
    from alerts.policy import Reason
    from alerts.story import DateNote, Match, Story, Trend
    from alerts.stream import Condition, StreamState, Stretch
    from crawler.store.calm_plan import CalmMemory
    from crawler.store.following import Followed, KnownPage, Listing, Told
    from crawler.store.health_plan import HealthMemory
    from crawler.store.kin import KinshipMemory, Merging, Met, Parting, Sketched, StoryState, Threaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What an identity key stands for."""

    story: StoryState
    fingerprint: bytes  # of title and text as last seen under this key
    at: datetime  # when that was noted


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
    told: datetime | None = None  # when the message was queued that tells of it

    @property
    def tells(self) -> bool:
        """Whether the channel was told, or will be in a summary."""
        return self.told is not None or self.reason.is_summed_up


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A story for which a rule holds, in its newest version that the rule holds for."""

    story: int
    version: int
    group: int
    outlet: str  # its name
    tier: int
    url: str | None
    title: str
    seen: datetime
    match: Match
    reason: Reason | None = None  # of a verdict that waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What one verdict says about terms and sources: where it came from, and the words it holds by."""

    source: str
    words: tuple[str, ...]


class StreamMemory(Protocol):
    """What can be asked about all the stories that a rule ever held for, those of this transaction included."""

    def states(self, rules: Collection[str] | None = None) -> Mapping[tuple[str, Condition], StreamState]:
        """Return the state of every condition, of these rules or of all, by rule and condition."""

    def firsts(self, rule: str, after: datetime) -> Mapping[int, datetime]:
        """Return the groups first seen after a moment, and when; stories taken in as backlog do not count."""

    def first(self, rule: str) -> datetime | None:
        """Return when the first story was seen, or None when there is none."""

    def last(self, rule: str) -> tuple[int, datetime] | None:
        """Return the group of the last story, and when it was seen; None when there is none."""

    def known(self, rule: str, condition: Condition, values: Collection[str]) -> set[str]:
        """Return those of ``values`` that are recorded as met before."""

    def traces(self, rule: str) -> Iterable[Trace]:
        """Return what every verdict of the past says about terms and sources."""

    def witnesses(self, rule: str, groups: Collection[int]) -> Sequence[Witness]:
        """Return the stories of these groups, first seen first."""

    def counted(self, groups: Collection[int]) -> Mapping[str, Sequence[int]]:
        """Return the stories of some groups that rules count, by rule; those taken in as backlog do not count."""

    def voices(self, rule: str, stories: Collection[int]) -> Mapping[int, Mapping[int, Sequence[Member]]]:
        """Return who tells of the events of some stories, as far as a rule holds: by event and group of copies.

        The members of a group come first seen first. Stories taken in as backlog do not count.
        """

    def alerted(self, rule: str, condition: Condition, occasion: str) -> bool:
        """Return whether an alert was made on an occasion."""

    def watched(self, after: datetime | None) -> Sequence[Stretch]:
        """Return the times at which Tocsin watched that ended after a moment, or all, in order."""


class QuietMemory(Protocol):
    """What can be asked about rules that may send so many messages to a channel in a time."""

    def sent(self, rule: str, channel: str, after: datetime) -> int:
        """Return how many messages of a rule were queued after a moment, summaries too; critical matches make none."""

    def waits(self, rule: str, channel: str) -> bool:
        """Return whether stories that were held back wait for their summary."""

    def waiting(self) -> Sequence[tuple[str, str]]:
        """Return the rules and channels for which stories wait."""

    def held_back(self, rule: str, channel: str) -> Sequence[Witness]:
        """Return the stories that wait, one of each group, newest first."""


class Memory(Protocol):
    """What can be asked while a poll is taken in; keys not found are absent from the answers."""

    @property
    def kinship(self) -> KinshipMemory:
        """Return the memory of what stories have in common."""

    @property
    def calm(self) -> CalmMemory:
        """Return the memory of what channels heard, and of what keeps messages from them."""

    @property
    def health(self) -> HealthMemory:
        """Return the memory of how sources and ways out do."""

    @property
    def quiet(self) -> QuietMemory:
        """Return the memory of what limits count and hold back."""

    @property
    def stream(self) -> StreamMemory:
        """Return the memory of what rules held for."""

    def seen(self, keys: Collection[bytes]) -> Mapping[bytes, Seen]:
        """Return what identity keys stand for."""

    def alike(self, keys: Collection[bytes]) -> Mapping[bytes, Sequence[Kin]]:
        """Return the stories with these likeness keys."""

    def past(self, stories: Collection[int], groups: Collection[int]) -> Sequence[Past]:
        """Return all verdicts on these stories, and those on others of these groups that told somebody, or will."""

    def draft(self, story: int) -> Draft | None:
        """Return a story as it reads now, and the messages about it that were not sent yet."""

    def told_in(self, story: int) -> Sequence[Told]:
        """Return the messages that tell of a story, whatever its version, and of no other, oldest first.

        Those of its copies do not count, nor those that nobody saw or will see.
        """

    def judged_otherwise(self, stories: Collection[int], rules: str) -> Mapping[int, Story]:
        """Return the newest version of those of these stories that were judged by other rules than this revision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version to be kept; the first one makes the story."""

    story: Story
    group: int
    at: datetime
    rules: str  # revision of the rules that judged it
    group_why: str | None = None  # why it is a copy; None: nothing changes about that


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
    says: str = ""  # what kept it back, or how it is told, for people
    until: datetime | None = None  # when what keeps it back ends
    route: str = ""  # what chose the channel, for people


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
    not_before: datetime | None = None  # None: as soon as it can be
    parent: str | None = None  # the message that this one answers, in its thread
    broadcast: bool = False  # the channel sees the answer as well
    note: str = ""  # all that an answer says, when it tells of no match
    occasion: str | None = None  # what an answer is made by that is made once
    style: Style = Style.FULL
    template: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """Something that messages about a group of stories should say by now."""

    group: int
    at: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPage:
    """The page of a story that is to be visited."""

    story: int
    source: str  # its id
    url: str
    due: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A message that was not sent yet, and the verdicts of one story's version that it tells of."""

    key: str
    channel: str
    version: int
    told: Mapping[str, Reason]  # by rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A story whose page was visited: as it reads so far, and what waits for the page."""

    story: Story
    state: StoryState
    waiting: Sequence[Waiting]
    page: KnownPage


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """What a page changes about a message that waits for it."""

    waiting: Waiting
    story: int
    at: datetime
    release: bool  # it need not wait any longer
    moved_to: int | None = None  # the version that it tells of now, with the group below
    group: int | None = None
    withdrawn: Mapping[str, Reason]  # by rule: what is not told after all, and why
    severity: int | None = None  # as severe it is at least from now on

    @property
    def is_void(self) -> bool:
        """Whether nothing is left to tell."""
        return self.withdrawn.keys() >= self.waiting.told.keys()


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamAlert:
    """What many stories say together, for one channel: a condition that became true, or a summary."""

    rule: str
    condition: str  # a Condition, or HELD_BACK
    occasion: str  # what it was true by; together with rule, condition and channel it occurs once
    at: datetime
    channel: str  # "" when the rule names none
    match: Match  # of the rule, in the story that the message shows
    story: int
    trend: Trend
    delivery: str | None  # None: nobody to tell, or the rule is on trial


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPlan:
    """What changes in the memory of conditions on the stream."""

    states: Sequence[StreamState] = ()
    ended: Sequence[tuple[str, Condition]] = ()  # conditions that no rule has any more
    known: Collection[tuple[str, Condition, str]] = ()  # terms and sources that a rule has met now
    alerts: Sequence[StreamAlert] = ()
    watched: Stretch | None = None  # to be written over the one that begins at the same moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A message that tells of verdicts which a limit held back."""

    delivery: str  # its key
    rule: str
    channel: str
    verdicts: Sequence[tuple[int, int]]  # story and version


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
    stream: StreamPlan = StreamPlan()
    calm: CalmPlan = field(default_factory=CalmPlan)
    summaries: Sequence[Summary] = ()
    pages: Sequence[WantedPage] = ()
    shifts: Sequence[Shift] = ()
    followed: Sequence[Followed] = ()
    listing: Listing | None = None  # None: nothing is known of what is listed now
    touches: Sequence[Touch] = ()
    regroupings: Sequence[Parting | Merging] = ()  # the partings before all else, the mergings after it
    sketches: Sequence[Sketched] = ()
    threads: Sequence[Threaded] = ()
    met: Sequence[Met] = ()  # each after those before it, and after the threads
    frequencies: Mapping[str, Frequencies] = field(default_factory=dict)  # to be kept, by pool of languages
    origins: Mapping[int, str | None] = field(default_factory=dict)  # by story, what its page names as its origin
    ignored: Sequence[int] = ()  # stories that changed once more after their last version that is kept
    notes: Sequence[str] = ()  # for the poll log
    tally: Tally = field(default_factory=Tally)
