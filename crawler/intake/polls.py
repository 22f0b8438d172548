"""What a poll means: which of its items are new, changed, copies or known, and who is told of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.policy import is_backlog
from alerts.story import DateNote
from crawler.ids import encode
from crawler.intake import liveposts
from crawler.intake.calm import Subject
from crawler.intake.followups import after_edits
from crawler.intake.grouping import Groups
from crawler.intake.kinship import Kinship
from crawler.intake.sift import identity_key, likeness_keys
from crawler.intake.verdicts import Family, Rulings
from crawler.intake.wanted import wants_page
from crawler.store.kin import StoryState
from crawler.store.plan import Kin, Likeness, Plan, Redated, Sighting, Touch, Version, WantedPage
from crawler.store.schema import from_ms, to_ms
from crawler.visits import flood
from crawler.visits.backfill import is_near
from crawler.visits.poll import Tally

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.story import Story
    from crawler.intake.kinship import Look
    from crawler.intake.sift import Item
    from crawler.intake.threads import WordCounts
    from crawler.intake.verdicts import Judging
    from crawler.store.plan import Memory
    from crawler.visits.poll import Poll
    from spiders.entry import Entry
    from spiders.source import Source

NOTED_ANEW = timedelta(days=30)  # after so long, that a source still lists a story; see crawler.config.upkeep
MAX_VERSIONS = 24  # BBC's most edited story of 148 days had 21


def plan(
    poll: Poll, items: Sequence[Item], memory: Memory, judging: Judging, *, now: datetime, counts: WordCounts
) -> Plan:
    """Decide what a poll changes; nothing but the arguments has a say, and ``counts`` learns new stories' words."""
    if not items:
        return Plan()
    planner = _Planner(poll, judging, now, Kinship(memory.kinship, counts, now))
    planner.remember(items, memory)
    for item in items:
        planner.take(item)
    return after_edits(planner.plan(), memory, judging.ids, now)


class _Planner:
    """One poll's memory, which grows with what is planned, so that the items of a document know of each other."""

    def __init__(self, poll: Poll, judging: Judging, now: datetime, kinship: Kinship) -> None:
        self._poll = poll
        self._judging = judging
        self._kinship = kinship

        self._seen: dict[bytes, tuple[int, bytes]] = {}  # identity key → story, fingerprint
        self._filled: dict[bytes, tuple[int, bytes]] = {}  # the same, of stories that were known by their address
        self._likeness: dict[bytes, list[bytes]] = {}  # identity key → the keys that copies share
        self._alike: dict[bytes, list[Kin]] = defaultdict(list)
        self._looks: dict[bytes, Look] = {}  # by identity key
        self._states: dict[int, StoryState] = {}
        self._stale: set[bytes] = set()  # identity keys that were noted so long ago that they are noted anew
        self._present: set[int] = set()  # stories that this document still lists
        self._rulings = Rulings(judging, now, first_visit=poll.claim.first)
        self._groups = Groups(kinship.memory, now, self._rulings.deliveries)

        self._versions: list[Version] = []
        self._sightings: dict[bytes, Sighting] = {}
        self._likenesses: dict[tuple[bytes, int], Likeness] = {}
        self._redated: dict[int, Redated] = {}
        self._pages: dict[int, WantedPage] = {}
        self._touches: dict[int, Touch] = {}
        self._ignored: list[int] = []
        self._counts: Counter[str] = Counter()

    # ------------------------------------------------------------ what is known

    def remember(self, items: Sequence[Item], memory: Memory) -> None:
        """Ask what is known of these items, in as few questions as can be."""
        for key, seen in memory.seen([item.key for item in items]).items():
            self._seen[key] = seen.story.id, seen.fingerprint
            self._states[seen.story.id] = seen.story
            if self._poll.at - seen.at > NOTED_ANEW:
                self._stale.add(key)
            self._present.add(seen.story.id)
        self._look_by_address(items, memory)
        fresh = [item for item in items if self._seen.get(item.key, (0, b""))[1] != item.fingerprint]
        if not fresh:
            return
        self._likeness = {item.key: likeness_keys(item) for item in fresh}
        found = memory.alike({key for keys in self._likeness.values() for key in keys})
        for key, kin in found.items():
            self._alike[key].extend(kin)
            self._states |= {one.story.id: one.story for one in kin}
        for item in fresh:
            self._look_up(item)
        touched = {self._seen[item.key][0] for item in fresh if item.key in self._seen}
        touched |= {one.story.id for kin in found.values() for one in kin}
        touched |= {story for story, _ in self._filled.values()}
        touched |= {one.state.id for look in self._looks.values() for one in look.copies}
        groups = {self._states[story].group for story in touched}
        self._rulings.remember(memory, touched, groups, flood=self._is_flood(items))

    def _look_by_address(self, items: Sequence[Item], memory: Memory) -> None:
        """Find the stories that were known by their address alone, as those that filled a gap, and now have a name."""
        named = {
            identity_key(self._poll.source.id, item.entry.url): item
            for item in items
            if item.key not in self._seen and item.entry.url and item.entry.url != item.entry.identity
        }
        for key, seen in (memory.seen(list(named)) if named else {}).items():
            item, story = named[key], seen.story
            if not story.is_forgotten and is_near(story.published, item.entry.published):
                self._filled[item.key] = story.id, seen.fingerprint
                self._states[story.id] = story

    def _look_up(self, item: Item) -> None:
        """Find out whom an item copies, and what it has in common with other stories."""
        if item.sketch is None:
            return
        own = self._seen[item.key][0] if item.key in self._seen else None
        is_new = own is None and not any(self._alike[key] for key in self._likeness[item.key])
        look = self._kinship.look(item.sketch, own, new=is_new, events_too=not self._is_old(item.entry))
        self._looks[item.key] = look
        self._states |= {one.state.id: one.state for one in look.copies}

    def _is_old(self, entry: Entry) -> bool:
        """Whether an entry is backlog, which is told to nobody."""
        old = is_backlog(_floor(entry.published), self._poll.at, self._poll.source.backlog)
        return self._poll.claim.first and old

    def _is_flood(self, items: Sequence[Item]) -> bool:
        strangers = [item for item in items if item.key not in self._seen]
        new = sum(not (self._twin(item, None) or self._rekeyed(item)) for item in strangers)
        return flood.decide(new, len(items), self._poll.claim, self._poll.at) is not None

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
        if last == item.fingerprint or self._states[story].is_forgotten:
            self._counts["seen"] += 1
            if item.key not in self._seen or item.key in self._stale or last != item.fingerprint:
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
        filled = self._filled.get(item.key)
        return filled if filled and filled[0] not in self._present else None

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
        kin, far, why = self._kin(item, state.id)
        place = self._groups.place_new(state, kin, why)
        self._counts["new"] += 1
        self._keep(item, replace(state, group=place.group), Family(near=place.near, far=far), place.why)

    def _changed(self, item: Item, state: StoryState) -> None:
        """Plan a new version; what has become a copy of another group's story joins that group."""
        kin, far, why = self._kin(item, state.id)
        place = self._groups.place(state, kin, why)
        self._counts["changed"] += 1
        later = replace(state, group=place.group, version=state.version + 1)
        self._keep(item, later, Family(near=[*place.near, state], far=far), place.why)

    def _redate(self, entry: Entry, state: StoryState) -> None:
        """Keep the first date that a source gave; note it when it gives another."""
        published = _floor(entry.published)
        if published is None or published == state.published or state.is_forgotten:
            return
        if state.published is None:
            state = replace(state, published=published, date_note=entry.date_note)
        elif state.date_note is not DateNote.REDATED:
            state = replace(state, date_note=DateNote.REDATED)
        else:
            return
        self._states[state.id] = state
        self._redated[state.id] = Redated(story=state.id, published=state.published, date_note=state.date_note)

    def _kin(self, item: Item, story: int) -> tuple[list[StoryState], list[StoryState], str]:
        """Return the other stories that say the same, first seen first, and why the first of them is one.

        First its copies, then those that said the same too long ago. The same address counts only in another
        source, with its title or without: in this one it was no reason to see one story.
        """
        near, all_ = dict[int, str](), set()
        reasons = {item.link_key: "the same link and title", item.address_key: "the same address"}
        for key in self._likeness[item.key]:
            for kin in self._alike[key]:
                by_link = key in reasons and kin.story.source == self._poll.source.id
                if kin.story.id != story and not by_link:
                    all_.add(kin.story.id)
                    if self._poll.at - kin.at <= self._judging.manner.same_story:
                        same = reasons.get(key, "the same words")
                        near[kin.story.id] = f"a copy of {encode(kin.story.id)}: {same}"
        if look := self._looks.get(item.key):
            for copied in self._kinship.copies(story, look):
                near.setdefault(copied.state.id, copied.why)
        first = min(near, default=None)
        kin_states = [self._states[one] for one in sorted(near)]
        return kin_states, [self._states[one] for one in sorted(all_ - near.keys())], near.get(first or 0, "")

    # ------------------------------------------------------------ what is done about it

    def _keep(self, item: Item, state: StoryState, family: Family, group_why: str | None) -> None:
        at = self._poll.at
        self._states[state.id] = state
        self._present.add(state.id)
        self._sight(item, state.id)
        for key in self._likeness[item.key]:
            self._alike[key].append(Kin(story=state, fingerprint=item.fingerprint, at=at))
            one = Likeness(key=key, story=state.id, fingerprint=item.fingerprint, at=at)
            self._likenesses[key, state.id] = one
        story = _story(state, item, self._poll.source)
        self._versions.append(
            Version(story=story, group=state.group, at=at, rules=self._judging.revision, group_why=group_why)
        )
        if look := self._looks.get(item.key):
            self._kinship.keep(story, state, look, next((one for one in family.near if one.id != state.id), None))
        old = self._is_old(item.entry)
        why = wants_page(item.entry, self._poll.source, backlog=old)
        if why and story.url:
            self._pages[state.id] = WantedPage(story=state.id, source=state.source, url=story.url, due=at, why=why)
        self._rulings.rule(self._subject(story, state), family, backlog=old, page_due=bool(why))
        if state.version > 1 or state.group != state.id:
            changes = "the outlet changed it" if state.version > 1 else "another outlet has it"
            self._touches[state.group] = Touch(group=state.group, at=at, why=changes)

    def _subject(self, story: Story, state: StoryState) -> Subject:
        return Subject(story=story, group=state.group, event=self._kinship.event(state.id))

    def _sight(self, item: Item, story: int) -> None:
        self._seen[item.key] = story, item.fingerprint
        self._sightings[item.key] = Sighting(key=item.key, story=story, fingerprint=item.fingerprint, at=self._poll.at)

    def plan(self) -> Plan:
        """Return all that was decided."""
        return Plan(
            versions=self._versions,
            sightings=list(self._sightings.values()),
            likenesses=list(self._likenesses.values()),
            verdicts=self._rulings.verdicts,
            deliveries=self._rulings.deliveries,
            redated=list(self._redated.values()),
            pages=list(self._pages.values()),
            listing=liveposts.listing(self._poll, self._present),
            touches=[replace(one, group=self._groups.of(one.group)) for one in self._touches.values()],
            regroupings=self._groups.regroupings,
            sketches=self._kinship.sketches,
            threads=self._kinship.threads,
            met=self._kinship.met,
            frequencies=self._kinship.frequencies(),
            ignored=self._ignored,
            notes=[f"story {encode(story)} changed after {MAX_VERSIONS} versions: ignored" for story in self._ignored],
            tally=Tally(**self._counts, alerts=len(self._rulings.deliveries)),
        )


def _story(state: StoryState, item: Item, source: Source) -> Story:
    story = item.entry.as_story(id=state.id, outlet=source.outlet, seen=state.seen, language=item.spoken)
    return replace(story, version=state.version, published=state.published, date_note=state.date_note)


def _floor(moment: datetime | None) -> datetime | None:
    return None if moment is None else from_ms(to_ms(moment))  # as the store will give it back
