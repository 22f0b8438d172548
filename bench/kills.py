"""kill -9 at random moments while a fifth of Slack's answers goes wrong: what is lost, doubled, or out of order.

The real daemon runs in a process of its own against four feeds and the stand-in for Slack; each round brings eight
stories or twelve and ends with a kill. Some are critical, some come alone, some so many that a storm lists them.
At the end the daemon may finish, audits included, and what stands in Slack is compared with what was published.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import sys
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from alerts.outbox import Kind, State
from alerts.policy import Reason
from crawler.app import App
from crawler.cli.daemon import notifier
from crawler.clock import SystemClock
from crawler.config import load
from tests.daemon import HURRIED, said
from tests.fakes import LeapingClock
from tests.server import NewsServer
from tests.slack_standin import Options, SlackStandin, key_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence

    from alerts.outbox import Delivery
    from crawler.store import Outcome
    from tests.slack_standin import Report

ROUNDS = 20  # of one trial, each of which begins with an empty store
FEEDS = 4
LISTED = 40  # stories that a feed shows at a time
LONGEST_LIFE = timedelta(seconds=2.5)  # between a daemon's first visit and its end
LONGEST_START = timedelta(seconds=30)  # until that visit, on a machine that has much else to do
EARLY = 0.1  # of the daemons are killed before it
CALLS = 16  # to Slack, which a daemon may live to see answered, or not
JITTER = 0.02  # seconds after the last of them
SPELL = 8  # rounds, after which the clock is set ahead so far that a storm is over
CALM = timedelta(minutes=11)
SETTLING = 12  # rounds without a kill, at most, until nothing waits

# A fifth of all answers, half of them before the call was taken and half of them after.
FAULTS: Mapping[str, float] = {
    "reset_before": 0.04,
    "500_before": 0.03,
    "plain_before": 0.02,
    "empty_before": 0.01,
    "reset_after": 0.04,
    "500_after": 0.03,
    "malformed_after": 0.02,
    "internal_error_after": 0.01,
}
FAULTY = frozenset({"chat.postMessage", "chat.update", "chat.delete", "conversations.history", "conversations.replies"})

LAG = timedelta(milliseconds=250)  # of the history: longer than the looks wait, so that there is something to audit

STORE = "sqlite:///tocsin.db"
CONFIG = """
store: {store}
engine: {engine}
slack: {{token: xoxb-test, api_url: "{slack}"}}
fetch: {{allow_private: [127.0.0.0/8], per_host: {{concurrency: 4, delay: 0s}}}}
defaults: {{every: 1s, to: ["#news"], fulltext: never, backlog: all}}
sources:
{sources}
rules:
  - {{id: raa, name: Reciprocal Access Agreement, when: Reciprocal Access Agreement}}
  - {{id: war, name: Invasion, when: invasion, severity: critical}}
  - {{id: ores, name: Ores, when: rare earths}}
"""
_PLACES = ("Aden", "Bergen", "Cadiz", "Dakar", "Emden", "Fresno", "Galway", "Hobart", "Izmir", "Jaffa", "Kobe", "Lagos")
_DEEDS = ("harbour", "budget", "election", "pension", "ferry", "museum", "vaccine", "drought", "railway", "glacier")
_ABOUT = {"raa": "Reciprocal Access Agreement", "war": "invasion", "ores": "rare earths"}


@dataclass(slots=True, kw_only=True)
class Counts:
    """What came of it."""

    rounds: int = 0
    kills: int = 0
    stories: int = 0
    alone: int = 0  # stories with a message of their own, in a thread or not
    listed: int = 0  # stories that the pages of a storm list
    shared: int = 0  # stories that a message about a copy of theirs tells of
    together: int = 0  # stories of which so many were new at once that one message tells of them all
    replies: int = 0  # messages in threads, pages of storms among them
    posts: int = 0  # calls of chat.postMessage
    faults: int = 0
    deleted: int = 0  # copies that the audit took away
    impolite: int = 0
    lost: list[str] = field(default_factory=list)  # titles
    doubled: list[str] = field(default_factory=list)  # keys and titles
    inversions: list[str] = field(default_factory=list)  # keys of messages that had no excuse
    dangling: list[str] = field(default_factory=list)  # keys of replies without the message they answer

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost, doubled or out of order."""
        return not (self.lost or self.doubled or self.inversions or self.dangling or self.impolite)

    def __add__(self, other: Counts) -> Counts:
        return Counts(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)})

    def __str__(self) -> str:
        return (
            f"{self.rounds} rounds, {self.kills} kills, {self.stories} stories: {self.alone} alone, {self.listed} in "
            f"storms, {self.together} with their flood, {self.shared} with a copy; {self.replies} replies, "
            f"{self.posts} posts, {self.faults} faults; lost {len(self.lost)}, doubled {len(self.doubled)}, "
            f"deleted by audit {self.deleted}, inversions {len(self.inversions)}, dangling {len(self.dangling)}, "
            f"impolite {self.impolite}"
        )


@dataclass(slots=True, kw_only=True)
class Item:
    """What a feed lists."""

    title: str
    date: str
    text: str = ""


class Trial:
    """One store, and as many daemons on it as there are kills."""

    def __init__(  # noqa: PLR0917  all that it is made of
        self,
        folder: Path,
        web: NewsServer,
        slack: SlackStandin,
        clock: LeapingClock,
        seed: int,
        store: str = STORE,
        engine: str = "auto",
    ) -> None:
        self._web = web
        self._slack = slack
        self._clock = clock
        self._wall = SystemClock()
        self._chance = random.Random(seed)
        self._feeds: dict[int, list[Item]] = {n: [] for n in range(FEEDS)}
        self._published: list[str] = []
        self.counts = Counts()
        sources = "\n".join(f"  - {{id: outlet-{n}, url: '{web.url(f'/{n}.xml')}'}}" for n in range(FEEDS))
        self.config = folder / "config.yaml"
        self.config.write_text(CONFIG.format(store=store, engine=engine, slack=slack.api_url, sources=sources))

    async def round(self) -> None:
        """Publish, start the daemon, and kill it a moment later."""
        self.publish()
        async with daemon(self.config, self._clock.ahead) as process:
            await said(process, "started")
            await self._moment()
            process.kill()
        self.counts.rounds += 1
        self.counts.kills += 1
        if self.counts.rounds % SPELL == 0:
            self._clock.ahead += CALM

    async def settle(self) -> Counts:
        """Let everything come to its end, and count what came of it."""
        config = load(self.config, {})
        async with notifier(config) as ways, App(config, ways, self._clock, pace=HURRIED) as app:
            for _ in range(SETTLING):
                done = await app.once()
                self._clock.ahead += CALM
                storms = await app.store.ask(lambda memory: memory.calm.storms())
                if not (done.waiting or done.stories or storms) and await app.store.outbox.next_due() is None:
                    break
            outcomes = await app.store.outcomes(self._clock.now() - timedelta(days=400))
            rows = await app.store.deliveries(limit=10**9)
        self._count(outcomes, [row.delivery for row in rows])
        return self.counts

    async def _moment(self) -> None:
        """Wait until the daemon has made some calls to Slack, and a little longer, or has lived long enough.

        One that never lives to read a feed would prove nothing, and what feeds list no more is missed by right.
        """
        journal, visits = self._slack.journal, self._visits()
        if self._chance.random() >= EARLY:
            await self._until(lambda: self._visits() > visits, LONGEST_START)
        calls = len(journal) + self._chance.randrange(CALLS)
        await self._until(lambda: len(journal) >= calls, LONGEST_LIFE)
        await self._wall.wait_until(self._wall.now() + timedelta(seconds=self._chance.uniform(0, JITTER)))

    def _visits(self) -> int:
        return sum(self._web.count(f"/{n}.xml") for n in self._feeds)

    async def _until(self, is_so: Callable[[], bool], longest: timedelta) -> None:
        end = self._wall.now() + longest
        while not is_so() and self._wall.now() < end:
            await self._wall.wait_until(self._wall.now() + timedelta(milliseconds=2))

    def publish(self) -> None:
        """Let every feed bring a few stories more."""
        number = self.counts.rounds
        for n, items in self._feeds.items():
            rules = list(_ABOUT) if number % 3 == 0 else ["raa", "war"]  # few of the last: they stand alone
            fresh = [self._title(f"{number}{rule[0]}{n}", _ABOUT[rule]) for rule in rules]
            self._published += fresh
            self._follow_up(items)
            items += [Item(title=title, date=format_datetime(self._clock.now())) for title in fresh]
            self._web.publish(f"/{n}.xml", feed(items[-LISTED:]))

    def _follow_up(self, items: Sequence[Item]) -> None:
        """Let a story that was told say more, so that another rule has something to say in its thread."""
        fitting = [one for one in items[-LISTED:] if _ABOUT["war"] in one.title and not one.text]
        if fitting:
            self._chance.choice(fitting).text = f"Mines of {_ABOUT['ores']} were hit as well."

    def _title(self, tag: str, about: str) -> str:
        place, deed = self._chance.choice(_PLACES), self._chance.choice(_DEEDS)
        return f"{place} {deed} {tag}: {about} of {self._chance.randrange(10**6)}"

    def _count(self, outcomes: Sequence[Outcome], rows: Sequence[Delivery]) -> None:
        counts, report = self.counts, self._slack.report()
        counts.stories = len(self._published)
        pages = list(pages_of_storms(self._slack))
        heads = {one.story: one for one in outcomes}
        by_title = {one.title: one for one in outcomes}
        told = {title: how_told(by_title.get(title), heads, report, pages) for title in self._published}
        ways = Counter(told.values())
        counts.alone, counts.listed = ways["alone"], ways["listed"]
        counts.shared, counts.together = ways["shared"], ways["together"]
        counts.replies = sum(one.kind is Kind.REPLY and one.state is State.SENT for one in rows)
        silent = [one.key for one in rows if one.state is not State.FOLDED and not report.posted.get(one.key)]
        folds = [one for one in rows if one.state is State.FOLDED]
        silent += [one.key for one in folds if not any(one.alert.story.title in page for page in pages)]
        counts.lost = [*(_fate(title, by_title.get(title)) for title, way in told.items() if way == "lost"), *silent]
        again = [title for title in self._published if sum(title in page for page in pages) > 1]
        counts.doubled = [*report.doubled, *again, *(one.key for one in folds if report.posted.get(one.key))]
        retried = {one.key for one in rows if one.attempts > 1}
        counts.inversions = [key for key in report.inversions if key not in retried]
        counts.dangling = list(report.dangling)
        counts.posts = len(self._slack.calls("chat.postMessage"))
        counts.faults = sum(report.faults.values())
        counts.deleted = sum(report.deleted.values())
        counts.impolite = report.impolite


def how_told(one: Outcome | None, all_: Mapping[int, Outcome], report: Report, pages: Sequence[str]) -> str:
    """Return how a story was told: alone, listed by a storm, shared with a copy of it, or lost."""
    if one is None:
        return "lost"
    if sent := [ruling for ruling in one.rulings if ruling.state is State.SENT]:
        way = "together" if all(ruling.reason is Reason.FLOOD for ruling in sent) else "alone"
        return way if any(report.posted.get(ruling.delivery or "") for ruling in sent) else "lost"
    if any(ruling.state is State.FOLDED for ruling in one.rulings):
        return "listed" if any(one.title in page for page in pages) else "lost"
    first = all_.get(one.copy_of or 0)
    return "shared" if first and first is not one and how_told(first, all_, report, pages) != "lost" else "lost"


def _fate(title: str, one: Outcome | None) -> str:
    rulings = one.rulings if one else ()
    said = ", ".join(f"{ruling.match.rule} {ruling.reason} {ruling.state}" for ruling in rulings)
    return f"{title} ({said or ('no rule holds' if one else 'never seen')})"


def pages_of_storms(slack: SlackStandin) -> Iterator[str]:
    """Yield what each reply in the thread of a storm's message says."""
    for channel in slack.channels.values():
        storms = {one["ts"] for one in channel.messages if (key_of(one) or "").startswith("storm-")}
        replies = [one for one in channel.messages if one.get("thread_ts") in storms]
        yield from (json.dumps(one.get("blocks") or one["text"], ensure_ascii=False) for one in replies)


def feed(items: Sequence[Item]) -> str:
    """Return a feed that lists items, the newest first."""
    listed = "".join(
        f"<item><title>{one.title}</title><guid>{one.title}</guid><link>https://news.example/{one.title.split()[2]}</link>"
        f"<description>{one.text}</description><pubDate>{one.date}</pubDate></item>"
        for one in reversed(items)
    )
    return f'<rss version="2.0"><channel><title>News</title>{listed}</channel></rss>'


@asynccontextmanager
async def daemon(config: Path, ahead: timedelta = timedelta()) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a daemon whose clock is so far ahead; it is killed at the end."""
    words = [sys.executable, "-m", "tests.daemon", str(config), str(ahead.total_seconds())]
    process = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@asynccontextmanager
async def trial(folder: Path, seed: int, store: str = STORE, engine: str = "auto") -> AsyncIterator[Trial]:
    """Set a trial up in an empty folder, with a store that is empty as well."""
    clock = LeapingClock()
    given = Options(faults=FAULTS, faulty=FAULTY, seed=seed, now=clock.now, history_lag=LAG)
    async with NewsServer() as web, SlackStandin(given) as slack:
        yield Trial(folder, web, slack, clock, seed, store, engine)


async def run(rounds: int, seconds: float | None, seed: int) -> Counts:
    """Run trials until there were so many rounds, or the time is over, or Ctrl-C; prints the sum after each."""
    stop, total, clock = asyncio.Event(), Counts(), SystemClock()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
    end = None if seconds is None else clock.now() + timedelta(seconds=seconds)

    def is_over() -> bool:
        return stop.is_set() or (end is not None and clock.now() >= end)

    while total.rounds < rounds and not is_over():
        with TemporaryDirectory() as folder:
            async with trial(Path(folder), seed) as one:
                while one.counts.rounds < min(ROUNDS, rounds - total.rounds) and not is_over():
                    await one.round()
                counts = await one.settle()
        total += counts
        print(total, flush=True)
        if not counts.is_good:
            print(
                f"seed {seed}: lost {counts.lost}, doubled {counts.doubled}, inversions {counts.inversions}, "
                f"dangling {counts.dangling}, impolite {counts.impolite}",
                flush=True,
            )
        seed += 1
    return total


def main(words: Sequence[str] = ()) -> None:
    """Kill as often as is asked for; Ctrl-C ends it after the round under way."""
    parser = argparse.ArgumentParser(prog="python -m bench kills", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="kills in all (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=None, help="begin no further round after so long")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    given = parser.parse_args(words)
    total = asyncio.run(run(given.rounds, given.seconds, given.seed))
    if not total.is_good:
        sys.exit(1)
