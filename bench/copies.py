"""How fast the copies of a new story are found among very many stored ones, and what it costs to keep these."""

from __future__ import annotations

import random
import resource
import time
from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from itertools import accumulate
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

from alerts.cluster import events, minhash
from alerts.cluster.shingles import tokens
from alerts.story import Story
from bench.compiling import STATM, peak_memory
from bench.corpus import LANGUAGES, Writer
from crawler.ids import Ids
from crawler.intake.copies import Copies
from crawler.intake.sketch import sketch
from crawler.store import engine, migrate, search, stories, visits
from crawler.store.kin import Sketched
from crawler.store.kinship import CANDIDATES, StoredKinship
from crawler.store.plan import Plan, Version
from crawler.store.worker import Worker
from spiders.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

T = TypeVar("T")

STORIES = 50_000
STEPS = 10  # at which memory is looked at
AT_ONCE = 20_000  # stories of one transaction
DAYS = 90  # in which all stories were seen
START = datetime(2026, 9, 1, tzinfo=UTC)
WORDS = 80  # of a text: a long one has as many bands, and is longer made up; the shortest with bands has 60
COPIED = 0.2  # of the stories are copies …
FRAME = 8  # … with so many words before and after
SEED = 20261127
LOOKS = 400
LEARNT = 10  # times as many stories, in which words are counted before the rare ones of another are known
SOURCES = tuple(Source(id=f"s{n}", url=f"https://outlet{n}.example/feed", name=f"Outlet {n}") for n in range(50))


@dataclass(slots=True)
class Moment:
    """A clock that stands still until it is set."""

    at: datetime = START

    def now(self) -> datetime:
        """Return what it was set to."""
        return self.at

    async def wait_until(self, moment: datetime) -> None:
        """Set it."""
        self.at = moment


class Wire:
    """Writes stories one after another, evenly through the days, so many in all."""

    def __init__(self, count: int, seed: int = SEED) -> None:
        self._dice = random.Random(seed)
        self._words = _vocabulary()
        self._weights = list(accumulate(1 / (rank + 2.7) for rank in range(len(self._words))))
        self._clock = Moment()
        self._ids = Ids(self._clock, self._dice)
        self._pace = timedelta(days=DAYS) / count
        self._recent: deque[str] = deque(maxlen=max(count // DAYS, 1))  # texts of a day

    @property
    def now(self) -> datetime:
        """When the last story was seen."""
        return self._clock.at

    def story(self) -> Story:
        """Write the next story, by chance a copy."""
        if self._recent and self._dice.random() < COPIED:
            return self.copy()
        self._recent.append(self._drawn(WORDS))
        return self._told(self._recent[-1])

    def copy(self) -> Story:
        """Write a copy of a recent story."""
        return self._told(f"{self._drawn(FRAME)}. {self._dice.choice(self._recent)}. {self._drawn(FRAME)}")

    def stop(self) -> None:
        """Let no time pass from now on."""
        self._pace = timedelta(0)

    def _told(self, text: str) -> Story:
        self._clock.at += self._pace
        outlet = self._dice.choice(SOURCES).outlet
        return Story(
            id=self._ids.story(),
            outlet=outlet,
            url=f"https://{outlet.host}/{self._dice.getrandbits(40):x}",
            title=self._drawn(FRAME),
            text=text,
            language="en",
            published=self.now,
            seen=self.now,
        )

    def _drawn(self, count: int) -> str:
        return " ".join(self._dice.choices(self._words, cum_weights=self._weights, k=count))


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What one kind of look-up took, in seconds, each time."""

    name: str
    took: Sequence[float]

    def __str__(self) -> str:
        ordered = [seconds * 1e3 for seconds in sorted(self.took)]
        return f"{self.name:<44}{median(ordered):>9.2f}{ordered[int(0.99 * (len(ordered) - 1))]:>9.2f}"


def main(count: int = STORIES, looked: int = LOOKS) -> None:
    """Fill a store, and print what it takes to keep stories and to find the copies of new ones.

    It is a real one in a temporary folder, filled by its own code, and asked as intake asks it on a connection as the
    daemon opens it. A million stories take their time, and 5 GB.
    """
    print(f"copies: {count:,} stories of {WORDS} words in {DAYS} days, {COPIED:.0%} of them copies; one SQLite file")
    with TemporaryDirectory() as folder:
        path = Path(folder).resolve() / "copies.db"
        wire = Wire(count)
        print(f"  {'stories':>10}{'stories/s in':>14}{'memory, MB':>12}")
        for done, speed in filled(wire, count, path):
            print(f"  {done:>10,}{speed:>14,.0f}{_memory():>12,.0f}", flush=True)
        size = sum(file.stat().st_size for file in path.parent.iterdir())
        print(f"  {size / count:,.0f} bytes of file for each story, {size / 1e9:.2f} GB in all")
        reader = Worker(engine.reader(path), path, "bench")
        try:
            ways, found = reader.run_now(partial(looks, wire=wire, count=looked))
        finally:
            reader.close()
    print(f"  {'look-up of a new story, in ms':<44}{'median':>9}{'p99':>9}")
    for way in ways:
        print(f"  {way}")
    print(f"  {found} of {looked} copies found; memory after the look-ups {_memory():,.0f} MB")


def filled(wire: Wire, count: int, path: Path) -> Iterator[tuple[int, float]]:
    """Write the stories; after each step say how many there are, and how many a second the store took in it."""
    writer = Worker(engine.writer(path), path, "bench-fill")
    try:
        writer.run_now(migrate.upgrade)
        writer.run_now(partial(visits.sync, sources=SOURCES, now=START))
        done, step = 0, max(count // STEPS, 1)
        while done < count:
            until, took = min(done + step, count), 0.0
            for start in range(done, until, AT_ONCE):
                plan = planned([wire.story() for _ in range(min(AT_ONCE, until - start))])
                took += _timed(partial(writer.run_now, partial(stories.write, plan=plan)))[1]
            yield until, (until - done) / took
            done = until
    finally:
        writer.close()


def planned(told: Sequence[Story]) -> Plan:
    """Return how the store is to keep stories and what they are found by, each in a group of its own."""
    return Plan(
        versions=[Version(story=one, group=one.id, at=one.seen, rules="bench") for one in told],
        sketches=[
            Sketched(
                story=one.id,
                source=one.outlet.id,
                signature=minhash.signature(tokens(one.text)),
                truncated=False,
                vector=None,
            )
            for one in told
        ],
    )


def looks(connection: Connection, wire: Wire, count: int = LOOKS) -> tuple[list[Looked], int]:
    """Look up so many copies of stored stories and as many others; say how long it took and how many were found."""
    wire.stop()
    copies, others = [wire.copy() for _ in range(count)], [wire.story() for _ in range(count)]
    look = _Look(connection, wire.now)
    found = sum([look.copies(one, f"a copy: {minhash.BANDS} bands, then word by word") for one in copies])
    for one in others:
        look.copies(one, f"one of its own: {minhash.BANDS} bands")
    for terms in _rare_terms(others):
        look.words(terms, f"its event: {events.ASKED} rare words in 72 h of full text")
    return [Looked(name=name, took=took) for name, took in look.took.items()], found


class _Look:
    """Takes the time of look-ups in one transaction, in seconds by their names."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now
        self._copies = Copies(StoredKinship(connection), now)
        self.took: dict[str, list[float]] = defaultdict(list)

    def copies(self, story: Story, name: str) -> bool:
        """Look for the copies of a story, and say whether there are any."""
        made = sketch(story, truncated=False, boilerplate=())
        found, took = _timed(partial(self._copies.stored, None, made, ()))
        self.took[name].append(took)
        return bool(found)

    def words(self, terms: Sequence[str], name: str) -> None:
        """Look for the stories of the last days that share words with a story."""
        since = self._now - events.WINDOW
        _, took = _timed(partial(search.candidates, self._connection, terms, "en", since, CANDIDATES))
        self.took[name].append(took)


@cache
def _vocabulary() -> tuple[str, ...]:
    return Writer(LANGUAGES[0], SEED).words


def _rare_terms(told: Sequence[Story]) -> list[Sequence[str]]:
    """Return the terms that full text is asked for, of each story."""
    learnt = LEARNT * len(told)
    known, before = events.Frequencies(), Wire(learnt, seed=1)
    for _ in range(learnt):
        known.learn(_terms(before.story()))
    return [events.query_terms(known.vector(_terms(one))) for one in told]


def _terms(story: Story) -> Counter[str]:
    return events.terms(story.title, story.text)


def _memory() -> float:
    """Return the memory that this process takes, in MB; where nobody tells, the most it ever took."""
    if not STATM.exists():
        return peak_memory()
    return int(STATM.read_text().split()[1]) * resource.getpagesize() / (1 << 20)


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    start = time.perf_counter()
    done = work()
    return done, max(time.perf_counter() - start, 1e-9)


if __name__ == "__main__":
    main()
