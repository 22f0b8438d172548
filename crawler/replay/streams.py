"""What many stories said together in a replay: answers what conditions on the stream ask."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from alerts.cluster.groups import Member
from alerts.policy import Reason
from crawler.store.plan import Trace, Witness

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from alerts.stream import Condition, StreamState, Stretch
    from crawler.replay.nouns import Found
    from crawler.store.plan import StreamPlan, Verdict


class ReplayedStream:
    """A StreamMemory of what a replay found so far."""

    def __init__(self, watched: Sequence[Stretch]) -> None:
        self._stretches = watched
        self._states: dict[tuple[str, Condition], StreamState] = {}
        self._known: dict[tuple[str, Condition], set[str]] = defaultdict(set)
        self._alerted: set[tuple[str, str, str]] = set()
        self._firsts: dict[str, dict[int, datetime]] = defaultdict(dict)  # by rule and group
        self._seen: dict[str, dict[int, tuple[Found, Verdict]]] = defaultdict(dict)  # by rule and story
        self._of_event: dict[tuple[str, int], dict[int, int]] = defaultdict(dict)  # … and event: story → group
        self._counting: dict[str, set[int]] = defaultdict(set)  # by rule: stories that were no backlog

    def note(self, verdict: Verdict, found: Found) -> None:
        """Take note of a verdict of a rule with a condition on the stream."""
        rule, story = verdict.match.rule, found.story
        self._seen[rule][story.id] = found, verdict
        if verdict.reason is Reason.BACKLOG:
            return
        self._counting[rule].add(story.id)
        if found.event is not None:
            self._of_event[rule, found.event][story.id] = verdict.group
        firsts = self._firsts[rule]
        firsts[verdict.group] = min(firsts.get(verdict.group, story.seen), story.seen)

    def apply(self, plan: StreamPlan) -> None:
        """Take note of what a look at the conditions changed."""
        for state in plan.states:
            self._states[state.rule, state.condition] = state
        for rule, condition, value in plan.known:
            self._known[rule, condition].add(value)
        self._alerted |= {(one.rule, one.condition, one.occasion) for one in plan.alerts}

    def states(self, rules: Collection[str] | None = None) -> Mapping[tuple[str, Condition], StreamState]:
        """Return the state of every condition, of these rules or of all."""
        return {at: state for at, state in self._states.items() if rules is None or at[0] in rules}

    def firsts(self, rule: str, after: datetime) -> Mapping[int, datetime]:
        """Return the groups first seen after a moment, and when."""
        return {group: first for group, first in self._firsts[rule].items() if first > after}

    def first(self, rule: str) -> datetime | None:
        """Return when the first story was seen."""
        return min((found.story.seen for found, _ in self._seen[rule].values()), default=None)

    def last(self, rule: str) -> tuple[int, datetime] | None:
        """Return the group of the last story, and when it was seen."""
        last = max(self._seen[rule], default=None)
        return None if last is None else (self._seen[rule][last][1].group, self._seen[rule][last][0].story.seen)

    def known(self, rule: str, condition: Condition, values: Collection[str]) -> set[str]:
        """Return those of ``values`` that were met before."""
        return self._known[rule, condition].intersection(values)

    def traces(self, rule: str) -> Iterator[Trace]:
        """Return what every verdict says about terms and sources."""
        for found, verdict in self._seen[rule].values():
            words = tuple(span.of(found.story) for span in verdict.match.spans)
            yield Trace(source=found.story.outlet.id, words=words)

    def witnesses(self, rule: str, groups: Collection[int]) -> Sequence[Witness]:
        """Return the stories of these groups, first seen first."""
        return [
            Witness(
                story=story,
                version=verdict.version,
                group=verdict.group,
                outlet=found.story.outlet.name,
                tier=found.story.outlet.tier,
                url=found.story.url,
                title=found.story.title,
                seen=found.story.seen,
                match=verdict.match,
            )
            for story, (found, verdict) in sorted(self._seen[rule].items())
            if verdict.group in groups
        ]

    def counted(self, groups: Collection[int]) -> Mapping[str, Sequence[int]]:
        """Return the stories of some groups that rules count, by rule."""
        some = {
            rule: [story for story in sorted(stories) if self._seen[rule][story][1].group in groups]
            for rule, stories in self._counting.items()
        }
        return {rule: stories for rule, stories in some.items() if stories}

    def voices(self, rule: str, stories: Collection[int]) -> Mapping[int, Mapping[int, Sequence[Member]]]:
        """Return who tells of the events of some stories: by event and group of copies, first seen first."""
        mine = self._seen[rule]
        events = {mine[story][0].event for story in stories if story in mine}
        voices: dict[int, dict[int, list[Member]]] = {}
        for event in events:
            for story, group in sorted(self._of_event[rule, event].items()) if event is not None else ():
                voices.setdefault(event or 0, {}).setdefault(group, []).append(_member(mine[story][0]))
        return voices

    def alerted(self, rule: str, condition: Condition, occasion: str) -> bool:
        """Return whether an alert was made on an occasion."""
        return (rule, condition, occasion) in self._alerted

    def watched(self, after: datetime | None) -> Sequence[Stretch]:
        """Return when Tocsin watched, in order: that is as it was."""
        return _after(self._stretches, after)


def _after(stretches: Iterable[Stretch], after: datetime | None) -> list[Stretch]:
    return [one for one in stretches if after is None or one[1] > after]


def _member(found: Found) -> Member:
    return Member(
        story=found.story.id,
        outlet=found.story.outlet.name,
        owner=found.owner,
        origin=found.origin,
        kind=found.story.outlet.kind,
        seen=found.story.seen,
    )
