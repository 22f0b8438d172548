"""Three days of thousands of sources in some minutes: is anything lost or doubled, is anything late, does it grow?

The clock is ours. Schedule, store, intake, couriers, digests, quiet hours, health and housekeeping are the real ones;
what outlets answer is made up where Crawl would have fetched it, and Slack is the stand-in on loopback. Outlets fail,
edit and copy, Slack refuses, loses answers and is away for hours, the program is restarted, the clock is set back by
an hour and forth again.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import resource
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from alerts.outbox import State
from alerts.slack.client import SlackNotifier, open_session
from bench import vitals
from bench.loopback import CHANNELS as PLACES
from bench.loopback import FAULTY, told
from bench.newswire import PAGED, RULES, Newswire
from bench.oracle import Facts, Verdict, judge
from bench.outlets import OutletCrawl, Weather
from crawler.app import App
from crawler.config import load
from crawler.log import configure
from crawler.patrol.pages import PagePatrol
from crawler.patrol.sources import Patrol
from crawler.patrol.turns import Turns
from tests.fakes import Machine
from tests.slack_standin import Options, SlackStandin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from alerts.notify import Notifier
    from crawler.clock import Clock
    from crawler.config.model import Config
    from crawler.fetch.crawl import Crawl
    from crawler.store import Outcome

SOURCES = 2_000
HOURS = 72.0
HOSTS_SHARE = 2  # outlets of one host
EACH = timedelta(hours=8)  # between two pieces of one outlet, on the average
STEP = timedelta(seconds=30)  # of simulated time; a real patrol looks each second
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
RESTART = 6 * HOUR
KEPT = 20 * HOUR  # before retention lets anything go
SETTLING = 30 * HOUR  # at most, after the last piece: a digest is told once a day
START = datetime(2026, 11, 2, tzinfo=UTC)
CHANNELS = dict.fromkeys(("raa", "ores", "pact", "lithium", "gallium"), "#news") | {"war": "#duty"}

SLACK_FAULTS: Mapping[str, float] = {
    "429": 0.01,
    "reset_before": 0.02,
    "500_before": 0.02,
    "reset_after": 0.02,
    "500_after": 0.02,
    "malformed_after": 0.01,
}
AWAY: Mapping[str, float] = {"500_before": 1.0}  # Slack is down

CONFIG = """
store: sqlite:///tocsin.db
slack: {{token: xoxb-test, api_url: "{slack}", ops_channel: "#ops"}}
fetch: {{per_host: {{concurrency: 4, delay: 0s}}}}
defaults: {{to: ["#news"], fulltext: never, backlog: all}}
sources:
{sources}
rules:{rules}
quiet_hours:
  - {{name: night, channels: ["#news"], between: "22:00-06:30", except: critical}}
budgets: {{per_channel: 40/h}}
cards: {{same_story: 24h, thread_life: 1d}}
retention: {{stories: 1d, bodies: 1d, outbox: 1d}}
digests:
  - {{name: morning, at: "07:00", to: ["#news"]}}
"""
BEATS = ("1h", "2h", "3h", "4h", "6h", "6h", "auto", "6h")  # of the outlets, in turn


class Simulated(App):
    """The program, but for what it reads the web by."""

    def __init__(self, config: Config, notifier: Notifier, clock: Clock, crawl: Crawl, turns: Turns) -> None:
        """``turns`` are those that ``crawl`` goes by."""
        super().__init__(config, notifier, clock)
        by_id = {source.id: source for source in config.sources}
        self.crawl = crawl
        self.patrol = Patrol(self.store, self.announcing, crawl, by_id, limits=config.fetch, clock=clock, turns=turns)
        self.pages = PagePatrol(self.store, self.announcing, crawl, by_id, turns=turns, clock=clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What there was at the end of one day."""

    number: int
    stories: int
    store: int  # bytes of the file and its log
    memory: float  # megabytes, of this process, outlets and Slack included

    def __str__(self) -> str:
        return f"day {self.number}: {self.stories:,} stories, store {self.store / 1e6:.1f} MB, RSS {self.memory:.0f} MB"


@dataclass(slots=True, kw_only=True)
class Diary:
    """What a trial noted on its way."""

    late: list[float] = field(default_factory=list)  # seconds of each visit after its time
    late_by_clock: list[float] = field(default_factory=list)  # of those for which the clock was set meanwhile
    days: list[Day] = field(default_factory=list)
    restarts: int = 0
    visits: dict[str, int] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)


class Trial:
    """One store, and as many lives of the program on it as there are restarts."""

    def __init__(
        self, folder: Path, slack: SlackStandin, machine: Machine, wire: Newswire, *, seed: int, step: timedelta
    ) -> None:
        self._path = folder / "config.yaml"
        self._file = folder / "tocsin.db"
        self._slack = slack
        self._machine = machine
        self._wire = wire
        self._step_by = step
        self._chance = random.Random(f"days {seed}")
        self.diary = Diary()
        self._hosts = max(wire.sources // HOSTS_SHARE, 1)
        self.weather = Weather(self._hosts, START, wire.span, seed)
        self._outcomes: dict[int, Outcome] = {}  # by story, kept here for retention lets them go
        self._states: dict[str, State] = {}
        self._path.write_text(CONFIG.format(slack=slack.api_url, sources=self._listed(), rules=RULES))

    def _listed(self) -> str:
        return "\n".join(
            f'  - {{id: s{n}, kind: feed, url: "https://outlet{n % self._hosts}.example/feed/{n}", '
            f"every: {BEATS[n % len(BEATS)]}{', fulltext: always' if n % PAGED == 0 else ''}}}"
            for n in range(self._wire.sources)
        )

    @asynccontextmanager
    async def app(self) -> AsyncIterator[Simulated]:
        """Start the program, and stop it at the end of the block."""
        config, clock = load(self._path, {}), self._machine.clock()
        crawl = OutletCrawl(config.fetch, clock, self._wire, self.weather, lambda: self._machine.true)
        log = logging.getLogger("crawler.slack")
        async with open_session() as session:
            ways = SlackNotifier("xoxb-test", self._slack.api_url, session, clock=clock, log=log)
            async with Simulated(config, ways, clock, crawl, Turns(config.fetch, clock)) as app:
                yield app
                await self._note(app, crawl)

    async def live(self, until: datetime) -> None:
        """Live until a moment, with a restart now and then."""
        while self._machine.true < until:
            ends = min(self._machine.true + RESTART * self._chance.uniform(0.5, 1.5), until)
            async with self.app() as app:
                minute = self._machine.true
                while self._machine.true < ends:
                    step_ends = self._machine.true + self._step_by
                    self._slack.options = replace(self._slack.options, faults=self._slack_faults())
                    self._machine.wrong = self.weather.wrong_clock(self._machine.true)
                    if self._machine.true >= minute:
                        minute += MINUTE
                        await self._minute(app)
                    await self._step(app, step_ends)
                    self._machine.leap(step_ends)
                    await self._note_day(app)

    async def settle(self) -> int:
        """Without any more faults, let everything come to its end, and return how many hours that took."""
        self.weather.is_over = True
        start = self._machine.true
        while self._machine.true < start + SETTLING:
            await self.live(self._machine.true + 2 * HOUR)
            async with self.app() as app:
                behind = [one for one in await app.store.sources() if one.last_ok is None or one.last_ok < start]
                overview = await app.store.overview(app.clock.now())
                held = await app.store.ask(lambda memory: (memory.calm.held(), memory.calm.storms()))
            waiting = sum(overview.outbox[state] for state in (State.PENDING, State.SENDING, State.UNCLEAR))
            if not (behind or waiting or overview.pages.due or any(held)):
                break
        return round((self._machine.true - start) / HOUR)

    def facts(self) -> Facts:
        """Return what was in the store, and what is in Slack."""
        report = self._slack.report()
        return Facts(
            outcomes=list(self._outcomes.values()),
            told=told(self._slack),
            states=self._states,
            doubled=list(report.doubled),
            channels=CHANNELS,
        )

    async def _minute(self, app: App) -> None:
        await app.announcing.watch()
        await app.health.watch()
        await app.timekeeping.look()
        await app.housekeeping.tick()
        await app.upkeep.let_go()

    async def _step(self, app: App, ends: datetime) -> None:
        if await app.patrol.tick(gently=True):
            await app.patrol.idle()
        if await app.pages.tick():
            await app.pages.idle()
        await app.announcing.release()
        due = await app.store.outbox.next_due()
        left = ends - self._machine.true
        if due is not None and due < app.clock.now() + left:
            await app.courier.drain(left)

    def _slack_faults(self) -> Mapping[str, float]:
        if self.weather.is_over:
            return {}
        return AWAY if self.weather.slack_is_away(self._machine.true) else SLACK_FAULTS

    async def _note(self, app: App, crawl: OutletCrawl) -> None:
        self.diary.restarts += 1
        self.diary.late += crawl.late
        self.diary.late_by_clock += crawl.late_by_clock
        self._outcomes |= {one.story: one for one in await app.store.outcomes(app.clock.now() - KEPT)}
        self._states |= {row.delivery.key: row.delivery.state for row in await app.store.deliveries(limit=10**9)}
        for name, count in app.patrol.counts.items():
            self.diary.visits[name] = self.diary.visits.get(name, 0) + count

    async def _note_day(self, app: App) -> None:
        passed = (self._machine.true - START) // timedelta(days=1)
        if passed > len(self.diary.days):
            overview = await app.store.overview(app.clock.now())
            size = sum(one.stat().st_size for one in self._file.parent.glob("tocsin.db*"))
            memory = vitals.memory().resident
            self.diary.days.append(Day(number=passed, stories=overview.stories, store=size, memory=memory))
            print(f"{self.diary.days[-1]}, {time.process_time():.0f} s of CPU", flush=True)


async def run(hours: float, sources: int, seed: int, *, step: timedelta = STEP, each: timedelta = EACH) -> bool:
    """Live through so many hours, print what came of it, and say whether all was well."""
    print(f"days: {hours:g} h of {sources:,} sources in steps of {step.total_seconds():g} s, seed {seed}")
    begins = time.perf_counter()
    machine = Machine(START)
    wire = Newswire(sources, START, timedelta(hours=hours), each, seed)
    options = Options(channels=PLACES, faulty=FAULTY, seed=seed, now=lambda: machine.true)
    with TemporaryDirectory() as folder:
        async with SlackStandin(options) as slack:
            trial = Trial(Path(folder), slack, machine, wire, seed=seed, step=step)
            await trial.live(START + timedelta(hours=hours))
            lived = time.perf_counter() - begins
            settled = await trial.settle()
            facts = trial.facts()
            posts = len(slack.calls("chat.postMessage"))
            faults = sum(slack.report().faults.values())
    verdict = judge(wire.pieces, facts)
    print(
        f"lived in {lived:.0f} s, settled within {settled} h; {posts:,} posts to Slack, {faults:,} answers went wrong"
    )
    _print(trial.diary, verdict)
    return verdict.is_good


def _print(diary: Diary, verdict: Verdict) -> None:
    print(f"{diary.restarts} starts; visits { ({str(name): number for name, number in diary.visits.items()}) }")
    for late, which in ((diary.late, ""), (diary.late_by_clock, " for which the clock was set meanwhile")):
        p50, p99, most = (_share(sorted(late), share) for share in (0.5, 0.99, 1))
        print(f"{len(late):,} visits{which} after their time: p50 {p50:.0f} s, p99 {p99:.0f} s, most {most:.0f} s")
    for line in verdict.lines():
        print(line)
    print(f"peak RSS {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB, outlets and Slack included")
    print("met" if verdict.is_good else "NOT MET")


def _share(ordered: Sequence[float], share: float) -> float:
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


def main(words: Sequence[str] = ()) -> None:
    """Live through days; exit code 1 when something is not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m bench days", description=__doc__)
    parser.add_argument("--hours", type=float, default=HOURS)
    parser.add_argument("--sources", type=int, default=SOURCES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--step", type=float, default=STEP.total_seconds(), help="seconds, at once simulated")
    given = parser.parse_args(words)
    configure("keyvalue", "critical")
    if not asyncio.run(run(given.hours, given.sources, given.seed, step=timedelta(seconds=given.step))):
        sys.exit(1)
