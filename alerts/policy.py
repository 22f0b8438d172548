"""Whether a channel is told of a match, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


class Reason(StrEnum):
    """Why a channel is told of a match, or why not; see ``words``."""

    FIRST = "first"
    NEW_RULE = "new-rule"
    PAGE = "page"
    EDITED = "edited"
    FOLLOW_UP = "follow-up"
    INHIBITED = "inhibited"
    BACKLOG = "backlog"
    COPY = "copy"
    TOLD = "told"
    EARLIER = "earlier"
    SAME_STORY = "same-story"
    FLOOD = "flood"
    OVER_LIMIT = "over-limit"
    GROUPED = "grouped"
    QUIET_HOURS = "quiet-hours"
    OVER_BUDGET = "over-budget"
    SILENCED = "silenced"
    UNROUTED = "unrouted"
    COUNTED = "counted"
    LEARNING = "learning"
    SHADOW = "shadow"
    UNDONE = "undone"
    ASKED = "asked"

    @property
    def sends(self) -> bool:
        """Whether a message of its own follows at once."""
        return self in _SENDING

    @property
    def is_of_rule(self) -> bool:
        """Whether it waits for a summary of its own rule."""
        return self in {Reason.FLOOD, Reason.OVER_LIMIT}

    @property
    def is_of_channel(self) -> bool:
        """Whether it waits for a digest or a summary of its channel, or for company."""
        return self in {Reason.GROUPED, Reason.QUIET_HOURS, Reason.OVER_BUDGET}

    @property
    def is_summed_up(self) -> bool:
        """Whether a message follows that lists it, among others perhaps."""
        return self.is_of_rule or self.is_of_channel

    @property
    def words(self) -> str:
        """What it means, for people."""
        return _WORDS[self]


_SENDING = frozenset(
    {
        Reason.FIRST,
        Reason.NEW_RULE,
        Reason.PAGE,
        Reason.EDITED,
        Reason.FOLLOW_UP,
        Reason.INHIBITED,
        Reason.ASKED,
    }
)
_WORDS = {
    Reason.FIRST: "the channel had not heard of this story",
    Reason.NEW_RULE: "the channel had heard of this story, but not by this rule",
    Reason.PAGE: "the story's page says it; what the source itself says of the story does not",
    Reason.EDITED: "the outlet changed the text, and only now the rule holds",
    Reason.FOLLOW_UP: "the channel had heard of the event that the story is about, in the thread below which it stands",
    Reason.INHIBITED: "a critical story of the same event was told just before, below which it stands quietly",
    Reason.GROUPED: "its route lets messages wait for company, to be told together",
    Reason.QUIET_HOURS: "the channel has quiet hours: a digest or a summary lists it",
    Reason.OVER_BUDGET: "the channel had had as much as its budget allows: a digest or a summary lists it",
    Reason.SILENCED: "somebody has silenced it",
    Reason.BACKLOG: "it was there before the first visit of its source, older than `backlog` or undated",
    Reason.COPY: "the channel had heard it by this rule, or that was decided, when another outlet said the same",
    Reason.TOLD: "the channel had heard it by this rule, or that was decided, with an earlier version",
    Reason.EARLIER: "the rule is new or changed, and would have held before the outlet changed the story",
    Reason.SAME_STORY: "the rule told the channel of the same text within its `quiet.same_story`",
    Reason.FLOOD: "so much of its source was new at once, or after an outage, that one message lists it all",
    Reason.OVER_LIMIT: "the rule had told the channel as often as its `quiet.at_most` allows: a summary lists it",
    Reason.UNROUTED: "the rule names no channel",
    Reason.COUNTED: "the rule tells of many stories together, and this is one of them",
    Reason.LEARNING: "the rule's `first_seen` learns what there is before it tells; its other conditions count it",
    Reason.SHADOW: "the rule is on trial: it would have told",
    Reason.ASKED: "somebody had the past told on purpose, with `tocsin replay --send`",
    Reason.UNDONE: "what the source says of the story matched, its page does not: it says what the rule excludes",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is known of one rule that holds for one version of a story, and of one channel."""

    counted: bool = False  # the rule has a condition on the stream, so no story is told of alone
    learning: bool = False  # that condition is `first_seen`, and this visit or this day only teaches it
    shadow: bool = False  # the rule is on trial
    routed: bool = True  # there is a channel to tell
    told: bool = False  # by this rule, of this very story; or it waits for a summary
    silenced: bool = False  # when an earlier version came
    told_of_copy: bool = False  # by this rule, of another story of its group; or that one waits for a summary
    backlog: bool = False  # the rule held when the story was taken in as backlog
    held: bool = False  # the rule is new or changed since the version before, for which it holds as well
    edited: bool = False  # this is not the story's first version
    page: bool = False  # it is the text of the story's page
    heard: bool = False  # of the group, by whatever rule
    event_heard: bool = False  # of another story of its event, in a thread that still lives
    repeated: bool = False  # the rule told of the same text within its `same_story`, though too long ago for a copy
    critical: bool = False  # the match is critical, so no limit holds it back
    flood: bool = False  # the visit found so much that stories are told together
    at_most: int | None = None  # messages that the rule may send to the channel in a period; None: any number
    sent: int = 0  # messages of that kind in the period that ends now, summaries among them
    waiting: bool = False  # stories that the limit held back wait for their summary, which goes first

    @property
    def over_limit(self) -> bool:
        """Whether the rule has to wait with this one."""
        limited = self.at_most is not None and not self.critical
        return limited and (self.waiting or not has_room(self.at_most, self.sent))


_TABLE: tuple[tuple[Callable[[Circumstances], bool], Reason], ...] = (
    (lambda case: case.counted and case.backlog, Reason.BACKLOG),
    (lambda case: case.counted and case.learning, Reason.LEARNING),
    (lambda case: case.counted, Reason.COUNTED),
    (lambda case: not case.routed, Reason.UNROUTED),
    (lambda case: case.told, Reason.TOLD),
    (lambda case: case.told_of_copy, Reason.COPY),
    (lambda case: case.backlog, Reason.BACKLOG),
    (lambda case: case.held, Reason.EARLIER),
    (lambda case: case.shadow, Reason.SHADOW),
    (lambda case: case.silenced and not case.critical, Reason.SILENCED),
    (lambda case: case.repeated, Reason.SAME_STORY),
    (lambda case: case.flood and not case.critical, Reason.FLOOD),
    (lambda case: case.over_limit, Reason.OVER_LIMIT),
    (lambda case: case.page, Reason.PAGE),
    (lambda case: case.edited, Reason.EDITED),
    (lambda case: case.heard, Reason.NEW_RULE),
    (lambda case: case.event_heard, Reason.FOLLOW_UP),
)


def decide(case: Circumstances) -> Reason:
    """Return what to do: the first row of the table that applies, or a first message."""
    return next((reason for applies, reason in _TABLE if applies(case)), Reason.FIRST)


def has_room(at_most: int | None, sent: int) -> bool:
    """Say whether a rule may send one more message in the period that ends now; without a limit it always may."""
    return at_most is None or sent < at_most


def is_backlog(published: datetime | None, at: datetime, backlog: timedelta) -> bool:
    """Say whether a story found on the first visit to its source, at ``at``, is too old to tell of.

    ``backlog`` is how old it may be: zero tells of none, ``timedelta.max`` of all. An undated story
    counts as old.
    """
    if backlog == timedelta.max:
        return False
    return backlog <= timedelta(0) or published is None or at - published > backlog
