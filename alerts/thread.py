"""Threads: whether more of a story stands by itself, quietly below its first message, or below it for all to see."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.story import Severity
from alerts.stream import spoken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, timedelta

    from alerts.story import Match


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A message that stands in a channel, with all that was said below it."""

    key: str  # of the message
    channel: str
    group: int  # of copies
    event: int | None
    begun: datetime
    severity: Severity  # the highest that was told in it
    rules: Mapping[str, datetime]  # that told in it, and when each did last


class Voice(StrEnum):
    """How a message is told."""

    CARD = "card"  # by itself
    BROADCAST = "broadcast"  # in a thread, and the channel sees it as well
    REPLY = "reply"  # in a thread only


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaking:
    """How a match is told, and why so."""

    voice: Voice
    says: str = ""


def choose(threads: Iterable[Thread], channel: str, group: int, event: int | None) -> Thread | None:
    """Return the thread in a channel where more about a story belongs: that of its copies, else of its event."""
    here = [one for one in threads if one.channel == channel]
    own = [one for one in here if one.group == group]
    kin = [one for one in here if event is not None and one.event == event]
    return min(own or kin, key=lambda one: (one.begun, one.key), default=None)


def speak(thread: Thread | None, match: Match, same_story: timedelta | None, now: datetime) -> Speaking:
    """Return how a match is told where a thread stands: it is news by a new rule, by its severity, or after a pause.

    ``same_story`` is the rule's own limit: after so long the same event is worth a broadcast again.
    """
    if thread is None:
        return Speaking(voice=Voice.CARD)
    if match.rule not in thread.rules:
        return Speaking(voice=Voice.BROADCAST, says="the thread had not heard of it by this rule")
    if match.severity > thread.severity:
        return Speaking(voice=Voice.BROADCAST, says=f"it is {match.severity.label}, more than the thread had heard")
    if match.severity >= Severity.CRITICAL:
        return Speaking(voice=Voice.BROADCAST, says="what is critical is shown to the channel each time")
    if same_story and now - thread.rules[match.rule] > same_story:
        says = f"the rule had told nothing of it for more than its `quiet.same_story` of {spoken(same_story)}"
        return Speaking(voice=Voice.BROADCAST, says=says)
    return Speaking(voice=Voice.REPLY, says="the thread had heard of it by this rule")
