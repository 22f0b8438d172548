"""What a story has in common with others: whom it copies, and which event it tells of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.cluster import events
from crawler.intake.copies import Copies
from crawler.intake.threads import Threads
from crawler.store.kin import Sketched

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from alerts.cluster.events import Frequencies, Vector
    from alerts.story import Story
    from crawler.intake.copies import Copied
    from crawler.intake.sketch import Sketch
    from crawler.intake.threads import WordCounts
    from crawler.store.kin import KinshipMemory, Met, Neighbour, StoryState, Threaded


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """What was found about one text among the stored stories."""

    sketch: Sketch
    vector: Vector | None  # None: events were not looked for
    similar: Sequence[Neighbour] = ()
    copies: Sequence[Copied] = ()


class Kinship:
    """One transaction's memory of it, which grows with what is planned."""

    def __init__(self, memory: KinshipMemory, counts: WordCounts, now: datetime) -> None:
        self.memory = memory
        self._copies = Copies(memory, now)
        self._threads = Threads(memory, counts, now)
        self._counts = counts
        self._sketches: dict[int, Sketched] = {}

    def look(self, sketch: Sketch, own: int | None, *, new: bool, events_too: bool = True) -> Look:
        """Look a text up among the stored stories.

        ``own`` is the story itself, if it is a stored one; ``new`` lets its words be counted. Without ``events_too``
        only what has a signature is found: enough for a backlog, which is told to nobody.
        """
        pool = events.pool(sketch.profile.language)
        vector = self._threads.vector(pool, sketch.terms, new=new)
        similar = self._threads.similar(vector, pool, sketch.terms) if events_too else ()
        copies = self._copies.stored(own, sketch, similar)
        return Look(sketch=sketch, vector=vector if events_too else None, similar=similar, copies=copies)

    def copies(self, story: int, look: Look) -> list[Copied]:
        """Return the stories that a story copies, those of this transaction too, first seen first."""
        found = {one.state.id: one for one in (*look.copies, *self._copies.planned(story, look.sketch))}
        return [found[one] for one in sorted(found)]

    def pairs(self, own: int, look: Look, others: Collection[int]) -> dict[tuple[int, int], str]:
        """Return which of some stored stories and the one that was looked up are copies of each other, and why."""
        return self._copies.pairs(own, look.sketch, others)

    def differs(self, look: Look, other: int) -> bool:
        """Say whether a stored story is plainly another text than the one that was looked up."""
        return self._copies.differs(look.sketch, other)

    def event(self, story: int) -> int | None:
        """Return the event of a story, as far as it is planned or kept."""
        return self._threads.event_of(story)

    def keep(self, story: Story, state: StoryState, look: Look, copy_of: StoryState | None) -> None:
        """Plan what is kept of a version of a story; ``copy_of`` is the first of those it copies.

        What another outlet said first is no line of this one's own. What its own stories share is, most of all
        where it makes them look like copies of each other.
        """
        self._copies.plan(state, look.sketch)
        is_new = story.version == 1
        self._sketches[state.id] = Sketched(
            story=state.id,
            source=state.source,
            signature=look.sketch.signature,
            truncated=look.sketch.profile.truncated,
            vector=look.vector,
            lines=look.sketch.lines if is_new and (copy_of is None or copy_of.source == state.source) else (),
        )
        if look.vector is None:
            return
        sketch = events.Sketch(pool=events.pool(story.language), seen=state.seen, vector=look.vector)
        known = None if is_new else next(iter(self.memory.known([state.id])), None)
        copied = copy_of.id if copy_of else None
        if known:
            self._threads.revise(known, sketch, look.similar, copied)
        else:
            self._threads.take(state.id, sketch, look.similar, copied)

    @property
    def sketches(self) -> list[Sketched]:
        """What the stories that were kept are to be found by."""
        return list(self._sketches.values())

    @property
    def threads(self) -> list[Threaded]:
        """The events that they belong to."""
        return self._threads.threaded

    @property
    def met(self) -> list[Met]:
        """The events that are one with others by now, each after those before it."""
        return self._threads.met

    def frequencies(self) -> Mapping[str, Frequencies]:
        """Return the counts of words that are to be kept with them."""
        return self._counts.to_keep()
