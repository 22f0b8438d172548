"""How well and how fast a stream of stories falls into threads of one event, beside comparing titles.

The stories are made up: each event has names and words of its own, of which every outlet uses some, and everything
else is drawn by Zipf's law. Sibling events share half of theirs, like two elections do, and lone stories lie between.
Quality on such a stream is a check that nothing broke, not a promise: real events share less, and more by chance.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, TypeVar

from alerts.cluster.events import WINDOW, Frequencies, Sketch, Thread, join, pack, pool, query_terms, terms
from bench.corpus import LANGUAGES, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from alerts.cluster.events import Vector

T = TypeVar("T")

EVENTS = 300
DAYS = 10
START = datetime(2026, 11, 2, tzinfo=UTC)
CANDIDATES = 20  # stories that the index names

_SPREAD = timedelta(hours=14)  # the mean from an event's first story to another of it
_WORDS = (60, 320)  # of a text
_OWN = 0.12  # of the words of a text are the event's own
_TOPICS = 16  # words and names that an event has
_TITLE = 8  # words of a title
_TITLE_OWN = 0.6
_SAME_TITLE = 0.4  # Jaccard similarity of titles from which on they tell of one event


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One story of the stream, and which event it tells of."""

    language: str
    seen: datetime
    title: str
    text: str
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How well a clustering fits the events."""

    precision: float  # B-cubed (Bagga and Baldwin 1998): of a story's thread, the share that is of its event
    recall: float  # of a story's event, the share that is in its thread
    f1: float


class Index:
    """Stories by their terms, in memory: stands for the store's full-text search."""

    def __init__(self) -> None:
        self._postings: dict[str, list[int]] = defaultdict(list)

    def add(self, number: int, vector: Vector) -> None:
        """Index a story under its terms."""
        for term in vector:
            self._postings[term].append(number)

    def near(self, vector: Vector, most: int = CANDIDATES) -> list[int]:
        """Return the stories that share the weightiest of the terms that are asked for, the nearest first."""
        found: Counter[int] = Counter()
        for term in query_terms(vector):
            for number in self._postings.get(term, ()):
                found[number] += vector[term]
        return [number for number, _ in sorted(found.items(), key=lambda item: (-item[1], -item[0]))[:most]]


def main(count: int = EVENTS) -> None:
    """Write a stream, thread it, and print quality and speed."""
    stream = write(count)
    events = len({story.event for story in stream})
    print(f"events: {len(stream):,} stories of {events:,} events in {DAYS} days, 2 languages, one core")
    print(f"  {'':<34}{'precision':>10}{'recall':>8}{'F1 (B3)':>9}{'stories/s':>11}")
    ways: dict[str, Callable[[Sequence[Told]], list[int]]] = {
        "threads, tf-idf by average link": threaded,
        f"titles, Jaccard of {_SAME_TITLE} to the last": by_title,
    }
    for name, way in ways.items():
        start = time.process_time()
        threads = way(stream)
        speed = len(stream) / max(time.process_time() - start, 1e-9)
        got = score([story.event for story in stream], threads)
        print(f"  {name:<34}{got.precision:>10.3f}{got.recall:>8.3f}{got.f1:>9.3f}{speed:>11,.0f}")
    for name, speed in _speeds(stream):
        print(f"    {name:<32}{speed:>38,.0f}")


def write(count: int, seed: int = 20261126) -> list[Told]:
    """Write the stories of so many events, and as many lone ones as there are of those, as they are seen."""
    dice = Random(seed)
    stream: list[Told] = []
    number = 0
    for language in LANGUAGES[:2]:
        reporter = Reporter(Writer(language, seed), language.code, dice)
        topics: list[str] = []
        sizes = [2 + min(int(dice.expovariate(1 / 4)), 40) for _ in range(count // 2)]
        for size in sizes + [1] * sum(sizes):
            number += 1
            topics = reporter.topics(topics[: _TOPICS // 2] if number % 3 == 1 else [])
            begun = START + timedelta(days=dice.uniform(0, DAYS))
            seen = [begun + _SPREAD * dice.expovariate(1) for _ in range(size)]
            stream += [reporter.tell(topics, moment, number) for moment in seen]
    return sorted(stream, key=lambda story: story.seen)


class Reporter:
    """Writes what outlets of one language tell of events."""

    def __init__(self, writer: Writer, language: str, dice: Random) -> None:
        self._writer = writer
        self._language = language
        self._dice = dice
        self._weights = list(accumulate(1 / (rank + 2) for rank in range(len(writer.words))))

    def topics(self, kept: list[str]) -> list[str]:
        """Return words and names of an event, the kept ones among them."""
        names = self._dice.sample(self._writer.names, _TOPICS // 4)
        words = self._dice.sample(self._writer.words[500:], _TOPICS)
        return [*kept, *names, *words][:_TOPICS]

    def tell(self, topics: list[str], seen: datetime, event: int) -> Told:
        """Write one story of an event: an outlet uses two thirds of its words."""
        own = self._dice.sample(topics, 2 * _TOPICS // 3)
        title = self._words(_TITLE, own, _TITLE_OWN)
        text = self._words(self._dice.randint(*_WORDS), own, _OWN)
        return Told(language=self._language, seen=seen, title=title, text=text, event=event)

    def _words(self, count: int, own: list[str], share: float) -> str:
        drawn = self._dice.choices(self._writer.words, cum_weights=self._weights, k=count)
        return " ".join(self._dice.choice(own) if self._dice.random() < share else word for word in drawn)


def threaded(stream: Iterable[Told]) -> list[int]:
    """Return the thread of each story as the daemon would find it: learn, weigh, search, join."""
    known: dict[str, Frequencies] = defaultdict(Frequencies)
    index, threads, belongs = Index(), dict[int, Thread](), list[int]()
    for number, story in enumerate(stream):
        counted = terms(story.title, story.text)
        frequencies = known[pool(story.language)]
        frequencies.learn(counted)
        sketch = Sketch(pool=pool(story.language), seen=story.seen, vector=frequencies.vector(counted))
        candidates = {belongs[near]: threads[belongs[near]] for near in index.near(sketch.vector)}
        thread = join(sketch, candidates.values()).thread
        thread = thread.grown(sketch) if thread else Thread.begun(number, sketch)
        threads[thread.id] = thread
        belongs.append(thread.id)
        index.add(number, sketch.vector)
    return belongs


def by_title(stream: Iterable[Told]) -> list[int]:
    """Return the thread of each story when titles alone are compared, each with the threads' last ones."""
    last: dict[int, tuple[Told, set[str]]] = {}
    belongs: list[int] = []
    for number, story in enumerate(stream):
        words = set(story.title.lower().split())
        alike = [
            (len(words & others) / len(words | others), thread)
            for thread, (told, others) in last.items()
            if told.language == story.language and story.seen - told.seen <= WINDOW
        ]
        likeness, thread = max(alike, default=(0.0, number))
        belongs.append(thread if likeness >= _SAME_TITLE else number)
        last[belongs[-1]] = (story, words)
    return belongs


def score(events: Sequence[Hashable], threads: Sequence[Hashable]) -> Score:
    """Compare threads with the true events, story by story."""
    both, event, thread = Counter(zip(events, threads, strict=True)), Counter(events), Counter(threads)
    precision = sum(count**2 / thread[found] for (_, found), count in both.items()) / len(events)
    recall = sum(count**2 / event[true] for (true, _), count in both.items()) / len(events)
    return Score(precision=precision, recall=recall, f1=2 * precision * recall / (precision + recall))


def _speeds(stream: Sequence[Told]) -> list[tuple[str, float]]:
    """Return stories a second of each step but the search, which is the store's."""
    counted, terms_took = _timed(lambda: [terms(story.title, story.text) for story in stream])
    known, learn_took = _timed(lambda: _learnt(counted))
    vectors, vector_took = _timed(lambda: [known.vector(found) for found in counted])
    sketches = [Sketch(pool="en", seen=START, vector=vector) for vector in vectors]
    threads = [Thread.begun(number, sketch) for number, sketch in enumerate(sketches)]
    near = [threads[number : number + CANDIDATES] for number in range(len(threads))]
    _, join_took = _timed(lambda: [join(one, others) for one, others in zip(sketches, near, strict=True)])
    packed, pack_took = _timed(lambda: [pack(vector) for vector in vectors])
    size = sum(map(len, packed)) / len(packed)
    took = {
        "terms of a story": terms_took,
        "learn them": learn_took,
        "weigh them": vector_took,
        f"join, {CANDIDATES} candidates": join_took,
        f"pack a vector, {size:.0f} bytes": pack_took,
    }
    return [(name, len(stream) / seconds) for name, seconds in took.items()]


def _learnt(counted: Iterable[Counter[str]]) -> Frequencies:
    known = Frequencies()
    for found in counted:
        known.learn(found)
    return known


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    start = time.process_time()
    done = work()
    return done, max(time.process_time() - start, 1e-9)


if __name__ == "__main__":
    main()
