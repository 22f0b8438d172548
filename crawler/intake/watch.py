"""Looks at the conditions on the stream whenever stories come, and each minute whether any come."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from alerts.cluster.groups import independent
from alerts.policy import Reason
from alerts.routing.spec import RoutingSpec
from alerts.story import Headline, Trend
from alerts.stream import (
    FLOOR,
    Condition,
    StreamState,
    baseline,
    count_says,
    cross,
    first_seen_says,
    independent_says,
    silence_says,
    silent_for,
    spike_says,
    spike_threshold,
    term_key,
)
from crawler.ids import encode
from crawler.intake.calm import hush_of
from crawler.store.plan import NewDelivery, Plan, StreamAlert, StreamPlan
from crawler.visits.poll import Tally

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from alerts.rules.spec import Rate, SpikeSpec
    from alerts.story import Match, Severity, Story
    from alerts.stream import StreamRule, Stretch
    from crawler.ids import Ids
    from crawler.store.plan import Memory, StreamMemory, Verdict, Witness

WATCH_GAP = timedelta(hours=1)  # without a look at the clock, and that time counts as not watched
FIRST_SEEN = frozenset({Condition.FIRST_TERM, Condition.FIRST_SOURCE})
TOP = 5  # stories that an alert names, its own among them
_WEIGHED = 200  # stories looked at to find them, the newest of those counted


class StreamRules(Protocol):
    """The rules with conditions on the stream; declared here, answered by the judge."""

    @property
    def streams(self) -> Mapping[str, StreamRule]:
        """Return them by id; rules that are switched off are absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A verdict of a rule with conditions on the stream, and the story that it judges."""

    verdict: Verdict
    story: Story


def met(condition: Condition, match: Match, story: Story) -> dict[str, str]:
    """Return the terms that a match holds by, or its source: keys, and names for people."""
    if condition is Condition.FIRST_SOURCE:
        return {story.outlet.id: story.outlet.name}
    terms: dict[str, str] = {}
    for span in match.spans:
        word = span.of(story)
        terms.setdefault(term_key(word), word)
    return terms


def met_before(memory: StreamMemory, rule: str, condition: Condition) -> set[str]:
    """Return the terms or the sources that a rule's verdicts of the past know."""
    traces = memory.traces(rule)
    if condition is Condition.FIRST_SOURCE:
        return {trace.source for trace in traces}
    return {term_key(word) for trace in traces for word in trace.words}


class Watch:
    """One look: what a transaction means for the rules that judge many stories together.

    With a poll, ``before`` is asked what held before its stories are written, and ``after`` what holds now.
    """

    def __init__(
        self, rules: Mapping[str, StreamRule], ids: Ids, now: datetime, routing: RoutingSpec | None = None
    ) -> None:
        self._rules = rules
        self._routing = routing or RoutingSpec()
        self._ids = ids
        self._now = now

        self._found: dict[str, list[Found]] = {}  # by rule; empty: only groups of its stories part or become one
        self._regrouped: Mapping[str, Sequence[int]] = {}  # by rule: the stories of these groups
        self._kept: Mapping[tuple[str, Condition], StreamState] = {}
        self._states: dict[tuple[str, Condition], StreamState] = {}
        self._before: dict[tuple[str, Condition], Mapping[int, datetime]] = {}
        self._known: set[tuple[str, Condition, str]] = set()
        self._alerts: list[StreamAlert] = []
        self._deliveries: list[NewDelivery] = []

    # ------------------------------------------------------------ with a poll

    def before(self, memory: Memory, plan: Plan) -> None:
        """Note what is known before the verdicts of a plan are written."""
        stories = {(version.story.id, version.story.version): version.story for version in plan.versions}
        for verdict in plan.verdicts:
            if verdict.match.rule in self._rules:
                found = Found(verdict=verdict, story=stories[verdict.story, verdict.version])
                self._found.setdefault(verdict.match.rule, []).append(found)
        if moved := {group for one in plan.regroupings for group in (one.group, one.into)}:
            self._regrouped = memory.stream.counted(moved)
            for rule_id in sorted(self._regrouped.keys() & self._rules.keys()):
                self._found.setdefault(rule_id, [])
        if not self._found:
            return
        self._kept = memory.stream.states(self._found)
        for rule in map(self._rules.__getitem__, self._found):
            for condition in rule.conditions:
                self._recall(memory.stream, rule, condition)
                if window := rule.window(condition):
                    self._before[rule.id, condition] = memory.stream.firsts(rule.id, self._now - window)

    def after(self, memory: Memory) -> Plan:
        """Return what follows from the verdicts now that they are written."""
        for rule in map(self._rules.__getitem__, self._found):
            for condition in rule.conditions:
                self._look(memory.stream, rule, condition)
        return self._plan()

    def _look(self, memory: StreamMemory, rule: StreamRule, condition: Condition) -> None:
        if rule.spec.count and condition is Condition.COUNT:
            self._count(memory, rule, rule.spec.count)
        elif rule.spec.spike and condition is Condition.SPIKE:
            self._spike(memory, rule, rule.spec.spike)
        elif rule.spec.independent_sources and condition is Condition.SOURCES:
            self._confirmed(memory, rule, rule.spec.independent_sources)
        elif condition in FIRST_SEEN:
            self._first_seen(memory, rule, condition)

    def _count(self, memory: StreamMemory, rule: StreamRule, count: Rate) -> None:
        held = memory.firsts(rule.id, self._now - count.per)
        if fresh := self._cross(rule, Condition.COUNT, count.count, held):
            trend = Trend(
                condition=Condition.COUNT, says=count_says(len(held), count.per, count.count), number=len(held)
            )
            self._tell(memory, rule, trend, fresh, self._told(rule, Condition.COUNT))

    def _spike(self, memory: StreamMemory, rule: StreamRule, spike: SpikeSpec) -> None:
        held = memory.firsts(rule.id, self._now - spike.within)
        if len(held) < FLOOR:  # whatever is usual
            self._cross(rule, Condition.SPIKE, FLOOR, held)
            return
        past = self._now - spike.within - spike.against
        seen, watched = memory.firsts(rule.id, past).values(), memory.watched(past)
        usual = baseline(spike, seen, watched, self._states[rule.id, Condition.SPIKE].since, self._now)
        if usual is None:
            return
        if fresh := self._cross(rule, Condition.SPIKE, spike_threshold(spike, usual), held):
            says = spike_says(len(held), spike.within, usual)
            trend = Trend(condition=Condition.SPIKE, says=says, number=len(held), usual=usual.median)
            self._tell(memory, rule, trend, fresh, self._told(rule, Condition.SPIKE))

    def _cross(
        self, rule: StreamRule, condition: Condition, threshold: int, held: Mapping[int, datetime]
    ) -> Sequence[int]:
        at = rule.id, condition
        self._states[at], fresh = cross(self._states[at], threshold, self._before[at], held)
        return sorted(fresh, key=held.__getitem__, reverse=True)

    def _told(self, rule: StreamRule, condition: Condition) -> str:
        told = self._states[rule.id, condition].told
        return told.isoformat(timespec="milliseconds") if told else ""

    def _confirmed(self, memory: StreamMemory, rule: StreamRule, needed: int) -> None:
        """Tell of an event, once, that enough sources tell of on their own account."""
        found = (one.story.id for one in self._found[rule.id] if one.verdict.reason is Reason.COUNTED)
        counted = {*found, *self._regrouped.get(rule.id, ())}
        for event, groups in memory.voices(rule.id, counted).items():
            voices, occasion = independent(groups.values()), f"event {encode(event)}"
            if len(voices) < needed or memory.alerted(rule.id, Condition.SOURCES, occasion):
                continue
            says = independent_says([voice.outlet for voice in voices], needed)
            trend = Trend(condition=Condition.SOURCES, says=says, number=len(voices))
            self._tell(memory, rule, trend, sorted(groups, key=lambda group: groups[group][0].seen)[::-1], occasion)

    def _first_seen(self, memory: StreamMemory, rule: StreamRule, condition: Condition) -> None:
        """Tell of terms or sources that the rule never met; what only teaches it is remembered."""
        lessons_first = sorted(self._found[rule.id], key=lambda one: one.verdict.reason is Reason.COUNTED)
        found = [(one, met(condition, one.verdict.match, one.story)) for one in lessons_first]
        known = memory.known(rule.id, condition, {value for _, values in found for value in values})
        known |= {value for of, kind, value in self._known if (of, kind) == (rule.id, condition)}
        new: dict[str, str] = {}
        bringers: dict[int, int] = {}  # story → group
        for one, values in found:
            unknown = {value: name for value, name in values.items() if value not in known}
            known |= unknown.keys()
            self._known |= {(rule.id, condition, value) for value in unknown}
            if unknown and one.verdict.reason is Reason.COUNTED:
                new |= unknown
                bringers[one.story.id] = one.verdict.group
        if new:
            trend = Trend(condition=condition, says=first_seen_says(condition, [*new.values()]), number=len(new))
            occasion = f"{min(bringers)} {min(new)}"
            self._tell(memory, rule, trend, [*bringers.values()][::-1], occasion, only=bringers)

    # ------------------------------------------------------------ each minute

    def minute(self, memory: Memory) -> Plan:
        """Begin conditions that are new, end those that are gone, and tell of rules that fell silent."""
        self._kept = memory.stream.states()
        watched = self._watched(memory.stream)
        wanted = {(rule.id, condition) for rule in self._rules.values() for condition in rule.conditions}
        for rule in self._rules.values():
            for condition in rule.conditions:
                self._recall(memory.stream, rule, condition)
            if rule.spec.silence:
                self._silence(memory.stream, rule, rule.spec.silence, watched)
        # The others keep what they told of, in case they come back; these will learn anew from the verdicts.
        ended = [at for at in self._kept if at not in wanted and at[1] in FIRST_SEEN]
        plan = self._plan()
        return replace(plan, stream=replace(plan.stream, ended=ended, watched=watched[-1]))

    def _watched(self, memory: StreamMemory) -> list[Stretch]:
        """Return when Tocsin watched, this moment included."""
        stretches = list(memory.watched(None))
        if stretches and self._now - stretches[-1][1] <= WATCH_GAP:
            since, until = stretches.pop()
            return [*stretches, (since, max(until, self._now))]
        return [*stretches, (self._now, self._now)]

    def _silence(self, memory: StreamMemory, rule: StreamRule, silence: timedelta, watched: Sequence[Stretch]) -> None:
        at = rule.id, Condition.SILENCE
        group, seen = memory.last(rule.id) or (0, None)
        told = self._states[at].told
        if seen is None or (told and told >= seen) or silent_for(seen, watched, self._now) < silence:
            return
        self._states[at] = replace(self._states[at], told=seen)
        quiet = self._now - seen
        says, seconds = silence_says(quiet, seen), quiet // timedelta(seconds=1)
        trend = Trend(condition=Condition.SILENCE, says=says, number=seconds)
        self._tell(memory, rule, trend, [group], self._told(rule, Condition.SILENCE), severity=rule.severity)

    # ------------------------------------------------------------ what both need

    def _recall(self, memory: StreamMemory, rule: StreamRule, condition: Condition) -> None:
        """Take up a condition where it was left, or begin it with all that the rule met in its life before."""
        at = rule.id, condition
        if found := self._kept.get(at):
            self._states[at] = found
            return
        self._states[at] = StreamState(rule=rule.id, condition=condition, since=memory.first(rule.id) or self._now)
        if condition in FIRST_SEEN:
            self._known |= {(*at, key) for key in met_before(memory, rule.id, condition)}

    def _tell(
        self,
        memory: StreamMemory,
        rule: StreamRule,
        trend: Trend,
        groups: Sequence[int],
        occasion: str,
        *,
        only: Collection[int] = (),
        severity: Severity | None = None,
    ) -> None:
        """Queue an alert for each channel: it shows the weightiest story, and names the next ones.

        ``groups`` come newest first; with ``only``, it is stories of these alone. The same condition of a rule
        never has the same ``occasion`` twice.
        """
        witnesses = memory.witnesses(rule.id, groups[:_WEIGHED])
        head, *others = _weightiest([one for one in witnesses if not only or one.story in only])
        top = tuple(Headline(title=one.title, url=one.url, outlet=one.outlet) for one in others)
        match = replace(head.match, name=rule.name, tags=rule.tags, severity=severity or head.match.severity)
        for channel in rule.channels or ("",):
            key = self._ids.delivery() if channel and not rule.shadow else None
            alert = StreamAlert(
                rule=rule.id,
                condition=trend.condition,
                occasion=occasion,
                at=self._now,
                channel=channel,
                match=match,
                story=head.story,
                trend=replace(trend, top=top),
                delivery=key,
            )
            self._alerts.append(alert)
            if key:
                hush = hush_of(self._routing, channel, alert.match.severity, self._now)
                self._deliveries.append(_delivery(key, alert, head, self._now, hush.until if hush else None))

    def _plan(self) -> Plan:
        changed = [state for at, state in self._states.items() if self._kept.get(at) != state]
        changes = StreamPlan(states=changed, known=self._known, alerts=self._alerts)
        return Plan(deliveries=self._deliveries, stream=changes, tally=Tally(alerts=len(self._deliveries)))


def _weightiest(witnesses: Iterable[Witness]) -> list[Witness]:
    """Return the best witness of each group: most severe, most outlets, best outlet, newest first."""
    groups: dict[int, list[Witness]] = {}
    for one in witnesses:
        groups.setdefault(one.group, []).append(one)
    ranked = sorted(
        groups.values(),
        key=lambda group: (
            -max(one.match.severity for one in group),
            -len({one.outlet for one in group}),
            min(one.tier for one in group),
            -max(one.story for one in group),
        ),
    )
    return [min(group, key=lambda one: (-one.match.severity, one.tier, one.story)) for group in ranked[:TOP]]


def _delivery(key: str, alert: StreamAlert, head: Witness, now: datetime, not_before: datetime | None) -> NewDelivery:
    return NewDelivery(
        key=key,
        group=head.group,
        story=head.story,
        version=head.version,
        channel=alert.channel,
        severity=alert.match.severity,
        queued=now,
        not_before=not_before,
    )
