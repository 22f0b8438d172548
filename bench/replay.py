"""How fast the stored past is replayed, beside how fast the same rules judge the same stories live.

On one core both take turns, and the process's own time counts: what a replay adds is to read the stories and to keep
what was found. Then all of it, on the wall's clock, with as many processes as there are processors, and once for a
single rule, where the search index says which stories cannot match.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from alerts.errors import StoreError
from bench import corpus
from crawler.config import load
from crawler.ids import Ids
from crawler.replay import pool
from crawler.replay.finder import Finder, stretches
from crawler.replay.nouns import Request
from crawler.replay.running import replay
from crawler.store import engine, migrate, stories, visits
from crawler.store.archive import Archive
from crawler.store.plan import Plan, Version
from crawler.store.worker import Worker
from spiders.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from alerts.story import Story
    from bench.corpus import Wish
    from crawler.config.model import Config

STORIES = 20_000
DIFFERENT = 1_000  # stories that are written; they come again and again
RULES = 1_000
ROUNDS = 5
SECONDS = 1.0  # for each side in each round
FLOOR = 0.7  # of the live speed
DAYS = 30  # in which all stories were seen
START = datetime(2026, 10, 1, tzinfo=UTC)
AT_ONCE = 1_000  # stories of one transaction, and of one look
SOURCE = Source(id="bench", url="https://bench.example/feed", name="Bench")


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


def main(count: int = STORIES, rounds: int = ROUNDS, seconds: float = SECONDS) -> None:
    """Measure, and print what came out."""
    written = corpus.write(DIFFERENT)
    scale = next(one for one in corpus.SCALES if one.rules == RULES)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(configuration(corpus.wishes(written, scale)))
        config = load(path, {})
        fill(Path(folder) / "tocsin.db", written.stories, count)
        print(f"replay: {count:,} stories of {DAYS} days, {RULES:,} rules; the median of {rounds} rounds")
        print_speeds(config, written.stories, rounds, seconds)
        print_whole(config)


def configuration(wanted: Sequence[Wish]) -> str:
    """Write a configuration with these rules; JSON is YAML too."""
    entities, rules = corpus.specs(wanted)
    return json.dumps(
        {
            "store": "sqlite:///tocsin.db",
            "sources": [{"id": SOURCE.id, "url": SOURCE.url, "name": SOURCE.name}],
            "defaults": {"to": ["#bench"]},
            "entities": {
                one.id.value: {
                    "label": one.label,
                    "aliases": {"en": [alias.text.value for some in one.aliases.values() for alias in some]},
                }
                for one in entities
            },
            "rules": [{"id": one.id.value, "name": one.name, "when": one.when.value} for one in rules],
        },
        ensure_ascii=False,
    )


def fill(path: Path, some: Sequence[Story], count: int) -> None:
    """Store so many stories, evenly through the days."""
    clock = Moment()
    ids, pace = Ids(clock), timedelta(days=DAYS) / count
    worker = Worker(engine.writer(path), path, "bench")
    worker.run_now(migrate.upgrade)
    worker.run_now(lambda connection: visits.sync(connection, [SOURCE], START))
    for first in range(0, count, AT_ONCE):
        versions = []
        for number in range(first, min(first + AT_ONCE, count)):
            clock.at = START + number * pace
            story = replace(some[number % len(some)], id=ids.story(), outlet=SOURCE.outlet, seen=clock.at)
            versions.append(Version(story=story, group=story.id, at=clock.at, rules=""))
        made = Plan(versions=versions)
        worker.run_now(lambda connection, made=made: stories.write(connection, made))  # type: ignore[misc]
    worker.close()


def print_speeds(config: Config, some: Sequence[Story], rounds: int, seconds: float) -> None:
    """Compare both on one core, and say whether the floor is met."""
    everywhere = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    if everywhere:
        os.sched_setaffinity(0, {min(everywhere)})
    speeds: dict[str, list[float]] = {"live": [], "replay": []}
    archive = Archive.of(config.store)
    if archive is None:
        raise StoreError("the store that was filled is gone")
    with archive:
        judge, until = config.judge, START + timedelta(days=DAYS)
        finder = Finder(archive, [judge], None, START, until)
        looks = [stretch for stretch, _ in stretches(archive.ids(START, until), AT_ONCE)]
        for _ in range(rounds):
            speeds["live"].append(_speed(lambda number: _judged(judge, some[number % len(some)]), seconds))
            speeds["replay"].append(_speed(lambda number: finder.look(looks[number % len(looks)]).read, seconds))
    if everywhere:
        os.sched_setaffinity(0, everywhere)
    live, again = median(speeds["live"]), median(speeds["replay"])
    print(f"  live, one core    {live:>9,.0f} stories/s  {1e6 / live:>6,.0f} µs/story")
    print(f"  replay, one core  {again:>9,.0f} stories/s  {1e6 / again:>6,.0f} µs/story")
    met = "met" if again >= FLOOR * live else "NOT met"
    print(f"    {met:<8}floor {FLOOR:.0%} of the live figure, {again / live:.0%} here")


def _judged(judge: Callable[[Story], object], story: Story) -> int:
    judge(story)
    return 1


def _speed(work: Callable[[int], int], seconds: float) -> float:
    """Return stories a second of the process's own time; ``work`` says how many it did."""
    done = number = 0
    start = time.process_time()
    while (spent := time.process_time() - start) < seconds:
        done += work(number)
        number += 1
    return done / spent if spent else 0.0


def print_whole(config: Config) -> None:
    """Replay all, and one rule."""
    until = START + timedelta(days=DAYS)
    every = Request(since=START, until=until)
    one = replace(every, rules=frozenset({config.rules.rules[0].id}))
    for what, request, workers in (
        ("all rules, 1 process", every, 1),
        (f"all rules, {pool.processors()} processes", every, pool.processors()),
        ("one rule, by the index", one, 1),
    ):
        *_, last = replay(config, request, workers=workers)
        if last.result is None:
            raise AssertionError("a replay ends with its result")
        reading = last.result.reading
        spared = f", {reading.spared:.1%} could not match" if reading.prefiltered else ""
        rate = reading.stories / reading.seconds
        print(
            f"  {what:<24}{reading.seconds:>7.1f} s  {rate:>9,.0f} stories/s: read {reading.read:,} of "
            f"{reading.stories:,}{spared}; {len(last.result.messages):,} messages"
        )
