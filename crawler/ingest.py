"""Takes a poll in: what is new, what has changed, who is told and why, in one transaction."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from alerts.policy import Circumstances, Reason, decide, is_backlog
from alerts.story import DateNote
from crawler.ids import encode
from crawler.poll import Tally
from crawler.sift import likeness_keys, sift
from crawler.store.plan import (
    Kin,
    Likeness,
    NewDelivery,
    Past,
    Plan,
    Redated,
    Sighting,
    StoryState,
    Verdict,
    Version,
)
from crawler.store.schema import from_ms, to_ms
from crawler.watch import StreamRules, Watch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from alerts.judge import Finding
    from alerts.story import Match, Story
    from crawler.clock import Clock
    from crawler.ids import Ids
    from crawler.poll import Poll
    from crawler.sift import Item
    from crawler.store import Store
    from crawler.store.plan import Memory
    from spiders.entry import Entry
    from spiders.source import Source

MAX_VERSIONS = 24  # BBC's most edited story of 148 days had 21


class Judges(StreamRules, Protocol):
    """Judges stories by the rules of one moment; declared here, answered by alerts.judge."""

    def __call__(self, story: Story) -> Sequence[Finding]:
        """Return a finding for each rule that holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """By what stories are judged, and which ids the results get."""

    judge: Judges
    revision: str  # of the rules
    ids: Ids
    same_story: timedelta  # how far apart copies of one story may be seen


class Ingestor:
    """The patrol's Ingest: decides what a poll means, and lets the store write it."""

    def __init__(
        self,
        store: Store,
        judge: Judges,
        revision: str,
        ids: Ids,
        clock: Clock,
        *,
        same_story: timedelta,
    ) -> None:
        self._store = store
        self._clock = clock
        self._judging = Judging(judge=judge, revision=revision, ids=ids, same_story=same_story)

    def replace(self, judge: Judges, revision: str, *, same_story: timedelta) -> None:
        """Judge by these rules from the next poll on. What was judged before is not judged again."""
        self._judging = replace(self._judging, judge=judge, revision=revision, same_story=same_story)

    async def commit(self, poll: Poll) -> Tally:
        """Store stories, matches, outbox rows and the source's next visit in one transaction.

        Raises StoreError when the claim is outdated: nothing was written then.
        """
        items, judging = sift(poll), self._judging
        now = self._clock.now()
        watch = Watch(judging.judge.streams, judging.ids, now)

        def stories(memory: Memory) -> Plan:
            made = plan(poll, items, memory, judging, now)
            watch.before(memory, made)
            return made

        return await self._store.commit(poll, stories, watch.after)

    async def watch(self) -> Tally:
        """Look at what only time can bring about: a rule that fell silent. To be called every minute."""
        judging = self._judging
        return await self._store.apply(Watch(judging.judge.streams, judging.ids, self._clock.now()).minute)


def plan(poll: Poll, items: Sequence[Item], memory: Memory, judging: Judging, now: datetime) -> Plan:
    """Decide what a poll changes; nothing but the arguments has a say."""
    if not items:
        return Plan()
    planner = _Planner(poll, judging, now)
    planner.remember(items, memory)
    for item in items:
        planner.take(item)
    return planner.plan()


class _Planner:
    """One poll's memory, which grows with what is planned, so that the items of a document know of each other."""

    def __init__(self, poll: Poll, judging: Judging, now: datetime) -> None:
        self._poll = poll
        self._judging = judging
        self._now = now

        self._seen: dict[bytes, tuple[int, bytes]] = {}  # identity key → story, fingerprint
        self._likeness: dict[bytes, list[bytes]] = {}  # identity key → the keys that copies share
        self._alike: dict[bytes, list[Kin]] = defaultdict(list)
        self._states: dict[int, StoryState] = {}
        self._present: set[int] = set()  # stories that this document still lists
        self._judged_otherwise: Mapping[int, Story] = {}  # as they read when other rules judged them
        self._past: dict[tuple[str, int], list[Past]] = defaultdict(list)  # ("story" | "group", id) → verdicts

        self._versions: list[Version] = []
        self._sightings: dict[bytes, Sighting] = {}
        self._likenesses: dict[tuple[bytes, int], Likeness] = {}
        self._verdicts: list[Verdict] = []
        self._deliveries: list[NewDelivery] = []
        self._redated: dict[int, Redated] = {}
        self._ignored: list[int] = []
        self._counts: Counter[str] = Counter()

    # ------------------------------------------------------------ what is known

    def remember(self, items: Sequence[Item], memory: Memory) -> None:
        """Ask what is known of these items, in as few questions as can be."""
        for key, seen in memory.seen([item.key for item in items]).items():
            self._seen[key] = seen.story.id, seen.fingerprint
            self._states[seen.story.id] = seen.story
            self._present.add(seen.story.id)
        fresh = [item for item in items if self._seen.get(item.key, (0, b""))[1] != item.fingerprint]
        if not fresh:
            return
        self._likeness = {item.key: likeness_keys(item) for item in fresh}
        found = memory.alike({key for keys in self._likeness.values() for key in keys})
        for key, kin in found.items():
            self._alike[key].extend(kin)
            self._states |= {one.story.id: one.story for one in kin}
        touched = {self._seen[item.key][0] for item in fresh if item.key in self._seen}
        touched |= {one.story.id for kin in found.values() for one in kin}
        if touched:
            self._recall(memory.past(touched, {self._states[story].group for story in touched}))
            self._judged_otherwise = memory.judged_otherwise(touched, self._judging.revision)

    def _recall(self, past: Iterable[Past]) -> None:
        for one in past:
            self._past["story", one.story].append(one)
            self._past["group", one.group].append(one)

    # ------------------------------------------------------------ what an item is

    def take(self, item: Item) -> None:
        """Find out whether an item is new, changed or seen, and plan for it."""
        known = self._seen.get(item.key)
        if known is None or known[1] != item.fingerprint:
            known = self._twin(item, known) or known or self._rekeyed(item)
        if known is None:
            self._new(item)
            return
        story, last = known
        self._present.add(story)
        self._redate(item.entry, self._states[story])
        if last == item.fingerprint:
            self._counts["seen"] += 1
            if item.key not in self._seen:
                self._sight(item, story)
        elif self._states[story].version < MAX_VERSIONS:
            self._changed(item, self._states[story])
        else:
            self._counts["seen"] += 1
            self._ignored.append(story)
            self._sight(item, story)

    def _twin(self, item: Item, known: tuple[int, bytes] | None) -> tuple[int, bytes] | None:
        """Return another story of this source with the same link, title and words, under whatever key it came."""
        own = known[0] if known else None
        twins = [kin for kin in self._namesakes(item) if kin.fingerprint == item.fingerprint and kin.story.id != own]
        return (twins[0].story.id, item.fingerprint) if twins else None

    def _rekeyed(self, item: Item) -> tuple[int, bytes] | None:
        """Return the story of this source with the same link, title and date, and what it said: an edit, re-keyed.

        With another date it is another story: every issue of a briefing may have one title and one link. So it
        is when the document lists the old one as well.
        """
        published = _floor(item.entry.published)
        for kin in self._namesakes(item):
            if published and published == kin.story.published and kin.story.id not in self._present:
                return kin.story.id, kin.fingerprint
        return None

    def _namesakes(self, item: Item) -> list[Kin]:
        """Return this source's stories with the link and title of an item, the newest first."""
        own = [kin for kin in self._alike[item.link_key] if kin.story.source == self._poll.source.id]
        return sorted(own, key=lambda kin: kin.story.id, reverse=True)

    def _new(self, item: Item) -> None:
        published = _floor(item.entry.published)
        state = StoryState(
            id=self._judging.ids.story(),
            source=self._poll.source.id,
            group=0,  # found below
            version=1,
            published=published,
            date_note=item.entry.date_note,
            seen=self._poll.at,
        )
        kin = self._kin(item, state.id)
        backlog = self._poll.claim.first and is_backlog(published, self._poll.at, self._poll.source.backlog)
        self._counts["new"] += 1
        self._keep(item, replace(state, group=kin[0].group if kin else state.id), kin, backlog=backlog)

    def _changed(self, item: Item, state: StoryState) -> None:
        """Plan a new version; one that has become a copy of another group's story joins that group."""
        kin = self._kin(item, state.id)
        stays = not kin or state.group in {one.group for one in kin}
        group = state.group if stays else kin[0].group
        self._counts["changed"] += 1
        self._keep(item, replace(state, group=group, version=state.version + 1), [*kin, state])

    def _redate(self, entry: Entry, state: StoryState) -> None:
        """Keep the first date that a source gave; note it when it gives another."""
        published = _floor(entry.published)
        if published is None or published == state.published:
            return
        if state.published is None:
            state = replace(state, published=published, date_note=entry.date_note)
        elif state.date_note is not DateNote.REDATED:
            state = replace(state, date_note=DateNote.REDATED)
        else:
            return
        self._states[state.id] = state
        self._redated[state.id] = Redated(story=state.id, published=state.published, date_note=state.date_note)

    def _kin(self, item: Item, story: int) -> list[StoryState]:
        """Return the other stories that say the same, first seen first.

        The same link and title count only in another source: in this one they were no reason to see one story.
        """
        found = {}
        for key in self._likeness[item.key]:
            for kin in self._alike[key]:
                by_link = key == item.link_key and kin.story.source == self._poll.source.id
                if kin.story.id != story and not by_link and self._poll.at - kin.at <= self._judging.same_story:
                    found[kin.story.id] = self._states[kin.story.id]
        return [found[one] for one in sorted(found)]

    # ------------------------------------------------------------ what is done about it

    def _keep(self, item: Item, state: StoryState, relatives: Sequence[StoryState], *, backlog: bool = False) -> None:
        at = self._poll.at
        self._states[state.id] = state
        self._present.add(state.id)
        self._sight(item, state.id)
        for key in self._likeness[item.key]:
            self._alike[key].append(Kin(story=state, fingerprint=item.fingerprint, at=at))
            one = Likeness(key=key, story=state.id, fingerprint=item.fingerprint, at=at)
            self._likenesses[key, state.id] = one
        story = _story(state, item.entry, self._poll.source)
        self._versions.append(Version(story=story, group=state.group, at=at, rules=self._judging.revision))
        self._judge(story, state.group, self._past_of(state, relatives), backlog=backlog)

    def _sight(self, item: Item, story: int) -> None:
        self._seen[item.key] = story, item.fingerprint
        self._sightings[item.key] = Sighting(key=item.key, story=story, fingerprint=item.fingerprint, at=self._poll.at)

    def _past_of(self, state: StoryState, relatives: Sequence[StoryState]) -> list[Past]:
        """Return the verdicts on a story, its group and its relatives, as what they told was told of it."""
        family = {("story", one.id) for one in (state, *relatives)} | {
            ("group", one.group) for one in (state, *relatives)
        }
        return [past for one in family for past in self._past[one]]

    def _judge(self, story: Story, group: int, past: Sequence[Past], *, backlog: bool) -> None:
        verdicts: dict[tuple[str, str], Verdict] = {}
        held = self._held_before(story)
        keys: dict[str, str] = {}  # channel → the delivery that tells it of this version
        for finding in self._judging.judge(story):
            for channel in finding.channels or ("",):
                case = replace(
                    _circumstances(story, finding.match, channel, past, backlog=backlog),
                    counted=finding.match.rule in self._judging.judge.streams,
                    held=finding.match.rule in held,
                )
                reason = decide(case)
                if reason.sends and channel not in keys:
                    keys[channel] = self._judging.ids.delivery()
                verdicts[finding.match.rule, channel] = Verdict(
                    story=story.id,
                    version=story.version,
                    group=group,
                    match=finding.match,
                    channel=channel,
                    reason=reason,
                    delivery=keys[channel] if reason.sends else None,
                )
        self._verdicts += verdicts.values()
        self._recall(_past(one) for one in verdicts.values())
        for channel, key in keys.items():
            self._deliver(story, group, channel, key, verdicts.values())

    def _held_before(self, story: Story) -> frozenset[str]:
        """Return the rules that hold for the version before, when older rules judged it: they tell of no past."""
        before = self._judged_otherwise.get(story.id)
        if before is None or before.version != story.version - 1:
            return frozenset()
        return frozenset(finding.match.rule for finding in self._judging.judge(before))

    def _deliver(self, story: Story, group: int, channel: str, key: str, verdicts: Iterable[Verdict]) -> None:
        self._counts["alerts"] += 1
        self._deliveries.append(
            NewDelivery(
                key=key,
                group=group,
                story=story.id,
                version=story.version,
                channel=channel,
                severity=max(one.match.severity for one in verdicts if one.delivery == key),
                queued=self._now,
            )
        )

    def plan(self) -> Plan:
        """Return all that was decided."""
        return Plan(
            versions=self._versions,
            sightings=list(self._sightings.values()),
            likenesses=list(self._likenesses.values()),
            verdicts=self._verdicts,
            deliveries=self._deliveries,
            redated=list(self._redated.values()),
            ignored=self._ignored,
            notes=[f"story {encode(story)} changed after {MAX_VERSIONS} versions: ignored" for story in self._ignored],
            tally=Tally(**self._counts),
        )


def _circumstances(story: Story, match: Match, channel: str, past: Iterable[Past], *, backlog: bool) -> Circumstances:
    past = [one for one in past if one.channel == channel]
    by_rule = [one for one in past if one.rule == match.rule]
    would_tell = {Reason.SHADOW} if match.shadow else set()  # lifted, it is as if it had told nobody, as it has
    tellers = {one.story for one in by_rule if one.reason.sends or one.reason in would_tell}
    kept_back = Reason.BACKLOG in {one.reason for one in by_rule if one.story == story.id}
    return Circumstances(
        shadow=match.shadow,
        routed=bool(channel),
        told=story.id in tellers,
        told_of_copy=bool(tellers - {story.id}),
        backlog=backlog or kept_back,
        edited=story.version > 1,
        heard=any(one.reason.sends for one in past),
    )


def _past(one: Verdict) -> Past:
    return Past(story=one.story, group=one.group, rule=one.match.rule, channel=one.channel, reason=one.reason)


def _story(state: StoryState, entry: Entry, source: Source) -> Story:
    story = entry.as_story(id=state.id, outlet=source.outlet, seen=state.seen)
    return replace(story, version=state.version, published=state.published, date_note=state.date_note)


def _floor(moment: datetime | None) -> datetime | None:
    return None if moment is None else from_ms(to_ms(moment))  # as the store will give it back
