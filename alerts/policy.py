"""Whether a channel is told of a match, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Reason(StrEnum):
    """Why a channel is told of a match, or why not."""

    FIRST = "first"  # the channel has not heard of this story
    NEW_RULE = "new-rule"  # it has, but not by this rule
    EDITED = "edited"  # the story was changed, and only now the rule holds
    BACKLOG = "backlog"  # it was there before we looked at the source for the first time
    COPY = "copy"  # the channel heard it by this rule when another outlet, or another item, said the same
    TOLD = "told"  # the channel heard it by this rule when an earlier version came
    EARLIER = "earlier"  # the rule is new or changed, and would have held before the outlet changed the story
    UNROUTED = "unrouted"  # the rule names no channel
    COUNTED = "counted"  # the rule tells of many stories together, and this is one of them
    SHADOW = "shadow"  # the rule is on trial: it would have told

    @property
    def sends(self) -> bool:
        """Whether a message follows."""
        return self in {Reason.FIRST, Reason.NEW_RULE, Reason.EDITED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is known of one rule that holds for one version of a story, and of one channel."""

    counted: bool = False  # the rule has a condition on the stream, so no story is told of alone
    shadow: bool = False  # the rule is on trial
    routed: bool = True  # there is a channel to tell
    told: bool = False  # by this rule, of this very story
    told_of_copy: bool = False  # by this rule, of another story of its group
    backlog: bool = False  # the rule held when the story was taken in as backlog
    held: bool = False  # the rule is new or changed since the version before, for which it holds as well
    edited: bool = False  # this is not the story's first version
    heard: bool = False  # of the group, by whatever rule


def decide(case: Circumstances) -> Reason:  # noqa: PLR0911  a table of reasons, a row each
    """Return what to do; the first that applies, in the order below."""
    if case.counted:
        return Reason.BACKLOG if case.backlog else Reason.COUNTED
    if not case.routed:
        return Reason.UNROUTED
    if case.told:
        return Reason.TOLD
    if case.told_of_copy:
        return Reason.COPY
    if case.backlog:
        return Reason.BACKLOG
    if case.held:
        return Reason.EARLIER
    if case.shadow:
        return Reason.SHADOW
    if case.edited:
        return Reason.EDITED
    return Reason.NEW_RULE if case.heard else Reason.FIRST


def is_backlog(published: datetime | None, at: datetime, backlog: timedelta) -> bool:
    """Say whether a story found on the first visit to its source, at ``at``, is too old to tell of.

    ``backlog`` is how old it may be: zero tells of none, ``timedelta.max`` of all. An undated story
    counts as old.
    """
    if backlog == timedelta.max:
        return False
    return backlog <= timedelta(0) or published is None or at - published > backlog
