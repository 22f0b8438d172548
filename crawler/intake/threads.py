"""Finds the event that a story belongs to, and keeps count of the words that events are told apart by."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from alerts.cluster import events
from crawler.store.kin import Met, Threaded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from alerts.cluster.events import Frequencies, Thread, Vector
    from crawler.store.kin import KinshipMemory, Known, Neighbour

_YOUNG = 200  # stories: with fewer, what is rare is chance
_ASKED_OF_FEW = 2 * events.ASKED  # among few stories no look-up takes long
_KEPT_EVERY = 200  # stories of a language: what a crash forgets of its word counts changes no event


class WordCounts:
    """The term counts of every language, in memory; the store has them as of some stories ago."""

    def __init__(self) -> None:
        self._counts: dict[str, Frequencies] = {}
        self._since: Counter[str] = Counter()  # stories since they were kept

    def of(self, pool: str, memory: KinshipMemory) -> Frequencies:
        """Return the counts of a pool of languages, from the store when it is met for the first time."""
        if pool not in self._counts:
            self._counts[pool] = memory.frequencies(pool)
        return self._counts[pool]

    def learn(self, pool: str, terms: Counter[str], memory: KinshipMemory) -> None:
        """Count one new story."""
        self.of(pool, memory).learn(terms)
        self._since[pool] += 1

    def to_keep(self) -> Mapping[str, Frequencies]:
        """Return the counts that the store should have anew; they count as kept from now on."""
        full = [pool for pool, count in self._since.items() if count >= _KEPT_EVERY]
        for pool in full:
            del self._since[pool]
        return {pool: self._counts[pool] for pool in full}


class Threads:
    """One transaction's look at which stories are of one event."""

    def __init__(self, memory: KinshipMemory, counts: WordCounts, now: datetime) -> None:
        self._memory = memory
        self._counts = counts
        self._now = now
        self._threads: dict[int, Thread] = {}  # as they stand with what is planned
        self._planned: dict[int, int] = {}  # story → event
        self._why: dict[int, str | None] = {}  # by story; None: as before
        self._into: dict[int, int] = {}  # events that are one with another → that one
        self.met: list[Met] = []

    @property
    def threaded(self) -> list[Threaded]:
        """What was found out so far."""
        return [
            Threaded(story=story, thread=self._threads[self._of(event)], why=self._why[story])
            for story, event in self._planned.items()
        ]

    def vector(self, pool: str, terms: Counter[str], *, new: bool) -> Vector:
        """Weigh a story's terms; a ``new`` one, no version or copy of a known one, is counted first."""
        if new:
            self._counts.learn(pool, terms, self._memory)
        return self._counts.of(pool, self._memory).vector(terms)

    def similar(self, vector: Vector, pool: str, counted: Counter[str]) -> Sequence[Neighbour]:
        """Return stored stories of the last days that share a story's rare words.

        In a young store no word is known to be rare: there all words are asked for, those of the title first.
        """
        terms = events.query_terms(vector)
        if self._counts.of(pool, self._memory).stories < _YOUNG:
            terms = tuple(sorted(counted, key=lambda term: (-counted[term], term))[:_ASKED_OF_FEW])
        if not terms:
            return []
        language = None if pool == events.pool(None) else pool
        return self._memory.neighbours(self._memory.similar(terms, language, self._now - events.WINDOW))

    def take(self, story: int, sketch: events.Sketch, similar: Sequence[Neighbour], copy_of: int | None = None) -> None:
        """Let a new story join an event, or begin one; a copy joins that of the story it copies."""
        copied = None if copy_of is None else self._thread(self._event_of(copy_of, similar))
        if copied:
            self._put(story, copied.touched(sketch.seen), "a copy of one of its stories", similar)
            return
        near = self._near(similar)
        near.pop(story, None)  # its own, which it alone is in: it would be like itself
        joining = events.join(sketch, near.values(), self._counts.of(sketch.pool, self._memory))
        if joining.thread:
            self._put(story, joining.thread.grown(sketch), joining.says, similar)
        else:
            self._note(story, events.Thread.begun(story, sketch), joining.says)

    def revise(
        self, known: Known, sketch: events.Sketch, similar: Sequence[Neighbour], copy_of: int | None = None
    ) -> None:
        """Let a known story weigh in its event what it says now.

        One that was in none, or alone in its own, joins or begins one: a summary may have said too little. That of an
        event which is over stays there.
        """
        thread = self._thread(self._planned.get(known.story.id, known.event))
        if thread is None and known.event is not None:
            return
        if thread is None or known.vector is None or _is_alone(thread, known.story.id):
            self.take(known.story.id, sketch, similar, copy_of)
        elif known.vector != sketch.vector:
            self._put(known.story.id, thread.revised(known.vector, sketch.vector), None, similar)

    def event_of(self, story: int) -> int | None:
        """Return the event of a story, as far as it is planned or kept."""
        return self._event_of(story, ())

    def _put(self, story: int, thread: Thread, why: str | None, similar: Sequence[Neighbour]) -> None:
        """Keep a thread as it stands with a story, and see whether it is one with others now."""
        self._note(story, thread, why)
        near = self._near(similar)
        while meeting := events.meet(thread, near.values(), self._counts.of(thread.pool, self._memory)):
            thread = meeting.thread
            self._threads[thread.id] = near[thread.id] = thread
            self._into[meeting.gone] = thread.id
            near.pop(meeting.gone, None)
            self.met.append(Met(event=meeting.gone, into=thread.id, why=meeting.says))

    def _note(self, story: int, thread: Thread, why: str | None) -> None:
        self._planned[story], self._why[story] = thread.id, why
        self._threads[thread.id] = thread

    def _near(self, similar: Sequence[Neighbour]) -> dict[int, Thread]:
        """Return the threads of similar stories, and those of this transaction, as they stand."""
        found = {one.event for one in similar if one.event is not None} | set(self._planned.values())
        self._load(found)
        return {(of := self._of(one)): self._threads[of] for one in found if one in self._threads}

    def _of(self, event: int) -> int:
        """Return the event that an event is by now."""
        while event in self._into:
            event = self._into[event]
        return event

    def _event_of(self, story: int, similar: Sequence[Neighbour]) -> int | None:
        """Return the event of a story; one that is neither planned nor among ``similar`` is looked up."""
        if story in self._planned:
            return self._of(self._planned[story])
        found = [one for one in similar if one.id == story] or self._memory.neighbours([story])
        event = found[0].event if found else None
        return None if event is None else self._of(event)

    def _thread(self, event: int | None) -> Thread | None:
        if event is None:
            return None
        self._load([event])
        return self._threads.get(self._of(event))

    def _load(self, ids: Iterable[int]) -> None:
        unknown = set(ids) - self._threads.keys()
        if unknown:
            self._threads |= {one.id: one for one in self._memory.threads(unknown)}


def _is_alone(thread: Thread, story: int) -> bool:
    """Whether a thread is of this story only; a copy would have touched it."""
    return thread.id == story and thread.stories == 1 and thread.first == thread.last
