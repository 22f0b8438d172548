"""What the past would have been by other rules: answers what the deciding code asks, from what a replay decided."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from alerts.outbox import way_of
from alerts.routing.digest import Line
from alerts.routing.inhibit import Told
from alerts.story import Severity
from alerts.thread import Thread
from crawler.replay.streams import ReplayedStream
from crawler.store.calm_plan import HeldVerdict
from crawler.store.plan import Past

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from alerts.policy import Reason
    from alerts.routing.silence import Silence
    from alerts.story import Story
    from crawler.replay.nouns import Found, Message
    from crawler.store.archive import Circumstances
    from crawler.store.plan import NewDelivery, Verdict


@dataclass(slots=True, kw_only=True)
class Held:
    """A verdict that waits for a summary."""

    verdict: Verdict
    story: Story
    at: datetime


@dataclass(slots=True)
class _Waiting:
    """What waits for one channel for one reason."""

    held: list[Held] = field(default_factory=list)
    due: datetime | None = None  # when the first of it is

    def append(self, one: Held) -> None:
        """Let one more wait."""
        due = one.verdict.until or one.at
        self.due = due if self.due is None else min(self.due, due)
        self.held.append(one)


@dataclass(slots=True)
class _Limit:
    """What one rule told one channel, and what its limit keeps back."""

    sent: list[datetime] = field(default_factory=list)  # ascending; critical ones do not count
    waiting: list[Held] = field(default_factory=list)


class ReplayedQuiet:
    """What limits of rules count and hold back."""

    def __init__(self) -> None:
        self.limits: dict[tuple[str, str], _Limit] = defaultdict(_Limit)

    def sent(self, rule: str, channel: str, after: datetime) -> int:
        """Return how many messages of a rule were told after a moment."""
        sent = self.limits[rule, channel].sent
        return len(sent) - bisect_right(sent, after)

    def waits(self, rule: str, channel: str) -> bool:
        """Return whether stories wait for their summary."""
        return bool(self.limits[rule, channel].waiting)


class ReplayedCalm:
    """What channels heard, and what waits for them."""

    def __init__(self, silences: Sequence[Silence]) -> None:
        self._silences = silences
        self._threads: dict[str, Thread] = {}
        self._by_group: dict[int, list[str]] = defaultdict(list)
        self._by_event: dict[int, list[str]] = defaultdict(list)
        self._critical: dict[int, list[Told]] = defaultdict(list)
        self.sent_to: dict[str, list[datetime]] = defaultdict(list)  # ascending; what counts for a budget
        self.last_flush: dict[str, datetime] = {}
        self.waiting: dict[str, dict[Reason, _Waiting]] = defaultdict(dict)  # by channel

    def silences(self, now: datetime) -> Sequence[Silence]:
        """Return those that were in force."""
        return [one for one in self._silences if one.start <= now < one.end]

    def threads(self, groups: Collection[int], events: Collection[int], after: datetime) -> Sequence[Thread]:
        """Return the threads begun after a moment that tell of these groups or events."""
        keys = [key for group in groups for key in self._by_group.get(group, ())]
        keys += [key for event in events for key in self._by_event.get(event, ())]
        threads = (self._threads[key] for key in dict.fromkeys(keys) if key in self._threads)
        return [one for one in threads if one.begun > after]

    def critical(self, events: Collection[int], after: datetime) -> Sequence[Told]:
        """Return the critical messages told after a moment that tell of these events."""
        return [one for event in events for one in self._critical.get(event, ()) if one.at > after]

    def sent(self, channel: str, after: datetime) -> Sequence[datetime]:
        """Return when messages were told after a moment that count for a channel's budget."""
        sent = self.sent_to[channel]
        return sent[bisect_right(sent, after) :]

    def flushed(self, channel: str) -> datetime | None:
        """Return when messages that had waited for company were told last."""
        return self.last_flush.get(channel)

    def held(self, channels: Collection[str] | None = None) -> Sequence[HeldVerdict]:
        """Return the verdicts that wait for their channels, of these or of all; not those that a digest will list."""
        chosen = self.waiting if channels is None else channels
        waiting = (some for channel in chosen for some in self.waiting.get(channel, {}).values())
        return [_held(one) for some in waiting for one in some.held]

    def wait(self, one: Held) -> None:
        """Let a verdict wait for its channel."""
        self.waiting[one.verdict.channel].setdefault(one.verdict.reason, _Waiting()).append(one)

    def open(self, made: NewDelivery, event: int | None, verdicts: Sequence[Verdict], title: str) -> None:
        """Take note of a message and of the thread that it begins or goes on."""
        severity = Severity(made.severity)
        rules = {one.match.rule: made.queued for one in verdicts}
        if made.parent is None and way_of(made.channel) is None:
            self._threads[made.key] = Thread(
                key=made.key,
                channel=made.channel,
                group=made.group,
                event=event,
                begun=made.queued,
                severity=severity,
                rules=rules,
            )
            self._by_group[made.group].append(made.key)
            if event is not None:
                self._by_event[event].append(made.key)
        elif known := self._threads.get(made.parent or ""):
            self._threads[known.key] = replace(
                known, severity=max(known.severity, severity), rules={**known.rules, **rules}
            )
        if severity < Severity.CRITICAL and (made.parent is None or made.broadcast):
            self.sent_to[made.channel].append(made.queued)
        if severity >= Severity.CRITICAL and event is not None:
            self._critical[event].append(
                Told(
                    key=made.parent or made.key,
                    event=event,
                    group=made.group,
                    channel=made.channel,
                    severity=severity,
                    at=made.queued,
                    title=title,
                )
            )

    def forget(self, message: Message) -> None:
        """Take back a message that nobody saw."""
        self._threads.pop(message.key, None)
        if message.at in self.sent_to[message.channel]:
            self.sent_to[message.channel].remove(message.at)


class ReplayedPast:
    """A Memory of what a replay decided so far; nothing is known that it did not decide.

    It answers what is asked while verdicts are made. Which stories are copies, and of one event, is stored with them.
    """

    def __init__(self, circumstances: Circumstances) -> None:
        self.calm = ReplayedCalm(circumstances.silences)
        self.quiet = ReplayedQuiet()
        self.stream = ReplayedStream(circumstances.watched)
        self._by_story: dict[int, list[Past]] = defaultdict(list)
        self._by_group: dict[int, list[Past]] = defaultdict(list)

    def past(self, stories: Collection[int], groups: Collection[int]) -> Sequence[Past]:
        """Return all verdicts on these stories, and those on others of these groups that told somebody, or will."""
        own = [past for story in stories for past in self._by_story.get(story, ())]
        others = (past for group in groups for past in self._by_group.get(group, ()))
        return [*own, *(past for past in others if past.story not in stories and past.tells)]

    def judged_otherwise(self, stories: Collection[int], rules: str) -> Mapping[int, Story]:
        """Return nothing: the rules are the same from beginning to end."""
        del stories, rules
        return {}

    def note(self, verdict: Verdict, found: Found, now: datetime) -> None:
        """Take note of a verdict."""
        past = Past(
            story=verdict.story,
            group=verdict.group,
            rule=verdict.match.rule,
            channel=verdict.channel,
            reason=verdict.reason,
            told=now if verdict.delivery else None,
        )
        self._by_story[verdict.story].append(past)
        self._by_group[verdict.group].append(past)
        held = Held(verdict=verdict, story=found.story, at=now)
        if verdict.reason.is_of_rule:
            self.quiet.limits[verdict.match.rule, verdict.channel].waiting.append(held)
        elif verdict.reason.is_of_channel and verdict.delivery is None:
            self.calm.wait(held)

    def undo(self, story: int, rule: str, channel: str, reason: Reason) -> None:
        """Let a rule have told a channel nothing of a story after all."""
        for pasts in (self._by_story[story], *(self._by_group[one.group] for one in self._by_story[story])):
            for number, one in enumerate(pasts):
                if (one.story, one.rule, one.channel) == (story, rule, channel):
                    pasts[number] = replace(one, told=None, reason=reason)


def _held(one: Held) -> HeldVerdict:
    verdict, story = one.verdict, one.story
    line = Line(
        story=story.id,
        title=story.title,
        url=story.url,
        outlet=story.outlet.name,
        others=0,
        severity=verdict.match.severity,
        seen=story.seen,
    )
    return HeldVerdict(
        story=verdict.story,
        version=verdict.version,
        group=verdict.group,
        rule=verdict.match.rule,
        name=verdict.match.name,
        channel=verdict.channel,
        severity=verdict.match.severity,
        reason=verdict.reason,
        says=verdict.says,
        until=verdict.until,
        line=line,
    )
