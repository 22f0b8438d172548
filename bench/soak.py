"""An hour of the real daemon against a loopback web with faults: is its memory flat, does it leak, is anything lost?

The daemon runs in this process with its parsers below it; outlets and Slack are in a process of their own. Every half
minute a sample is taken. At the end the faults stop, the daemon may finish, and what stands in Slack is held against
what was published.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from alerts.outbox import State
from bench import vitals
from bench.loopback import Setting
from bench.newswire import PAGED, RULES
from bench.oracle import Facts, Message, Verdict, judge
from crawler.app import App
from crawler.cli.daemon import notifier
from crawler.clock import SystemClock
from crawler.config import load
from crawler.log import configure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bench.vitals import Vitals

SAMPLE = 30.0  # seconds between two samples
WARM = 0.2  # of the time that is not judged
GROWTH = 0.10  # that memory may show, from the first quarter after the warm-up to the last
SPARE = 8  # descriptors or tasks that may be open more than before, as connections come and go
SETTLING = timedelta(minutes=20)  # at most, until all is seen and told
LOOK = 5.0  # seconds between looks whether it is
EACH = 6.0  # minutes between two pieces of one outlet, on the average
HOSTS_SHARE = 10  # outlets of one host
CHANNELS = dict.fromkeys(("raa", "ores", "pact", "lithium", "gallium"), "#news") | {"war": "#duty"}

CONFIG = """
store: sqlite:///tocsin.db
slack: {{token: xoxb-test, api_url: "{slack}", ops_channel: "#ops"}}
fetch: {{allow_private: [127.0.0.0/8], per_host: {{concurrency: 4, delay: 0s}}, timeout: 5s}}
defaults: {{every: 30s, to: ["#news"], fulltext: never, backlog: all}}
sources:
{sources}
rules:{rules}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How one number went, from the first quarter after the warm-up to the last."""

    name: str
    first: float
    last: float
    most: float
    limit: float  # that the last may reach

    @property
    def is_good(self) -> bool:
        """Whether it stayed within its limit."""
        return self.last <= self.limit


class OtherSide:
    """The process of outlets and Slack, and how to talk with it."""

    def __init__(self, setting: Setting) -> None:
        command = [sys.executable, "-m", "bench.loopback", json.dumps(asdict(setting))]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 -- our own
        self.addresses: dict[str, Any] = json.loads(self._read())

    def calm(self) -> None:
        """Let it answer as it should from now on."""
        if self._process.stdin:
            print("calm", file=self._process.stdin, flush=True)
            self._read()

    def end(self) -> dict[str, Any]:
        """End it, and return what came of it."""
        output, _ = self._process.communicate("")
        result: dict[str, Any] = json.loads(output)
        return result

    def kill(self) -> None:
        """End it, however it is."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    def _read(self) -> str:
        return self._process.stdout.readline() if self._process.stdout else ""


@asynccontextmanager
async def other_side(setting: Setting) -> AsyncIterator[OtherSide]:
    """Run the other side until the end of the block."""
    side = await asyncio.to_thread(OtherSide, setting)
    try:
        yield side
    finally:
        await asyncio.to_thread(side.kill)


async def run(minutes: float, sources: int, seed: int) -> bool:
    """Soak for so many minutes, print what was seen, and say whether all was well."""
    hosts = max(sources // HOSTS_SHARE, 1)
    start = SystemClock().now().replace(microsecond=0) + timedelta(seconds=5)
    setting = Setting(sources=sources, hosts=hosts, start=start.isoformat(), minutes=minutes, each=EACH, seed=seed)
    print(f"soak: {minutes:g} minutes, {sources} sources on {hosts} hosts, every 30 s, faults on, seed {seed}")
    with TemporaryDirectory() as folder:
        async with other_side(setting) as side:
            path = Path(folder) / "config.yaml"
            path.write_text(_config(sources, side.addresses))
            samples, facts, side_says = await _live(path, setting, side)
    drifts = judge_samples(samples)
    verdict = judge(setting.wire().pieces, facts)
    _print(drifts, verdict, side_says)
    return verdict.is_good and all(one.is_good for one in drifts)


def _config(sources: int, addresses: dict[str, Any]) -> str:
    ports = addresses["ports"]
    listed = "\n".join(
        f'  - {{id: s{n}, kind: feed, url: "http://127.0.0.1:{ports[n % len(ports)]}/feed/{n}"'
        + (", fulltext: always}" if n % PAGED == 0 else "}")
        for n in range(sources)
    )
    return CONFIG.format(slack=addresses["slack"], sources=listed, rules=RULES)


async def _live(path: Path, setting: Setting, side: OtherSide) -> tuple[list[Vitals], Facts, dict[str, Any]]:
    config, clock = load(path, {}), SystemClock()
    samples: list[Vitals] = []
    ends = datetime.fromisoformat(setting.start) + timedelta(minutes=setting.minutes)
    async with notifier(config) as ways, App(config, ways, clock, console=False) as app:
        stop = asyncio.Event()
        running = asyncio.create_task(app.run(stop))
        began = asyncio.get_running_loop().time()
        while clock.now() < ends:
            await asyncio.sleep(min(SAMPLE, max((ends - clock.now()).total_seconds(), 0.1)))
            samples.append(vitals.look(asyncio.get_running_loop().time() - began, b"bench.loopback"))
            _print_sample(samples[-1], app, first=len(samples) == 1)
        side.calm()
        await _settle(app, setting)
        stop.set()
        await running
        outcomes = await app.store.outcomes(datetime.min.replace(tzinfo=UTC))
        rows = await app.store.deliveries(limit=10**9)
    says = await asyncio.to_thread(side.end)
    facts = Facts(
        outcomes=outcomes,
        told=[Message(**one) for one in says["told"]],
        states={row.delivery.key: row.delivery.state for row in rows},
        doubled=list(says["report"]["doubled"]),
        channels=CHANNELS,
    )
    return samples, facts, says


async def _settle(app: App, setting: Setting) -> None:
    """Wait until every outlet was read since the last piece and edit, every page too, and nothing waits to be told."""
    clock = SystemClock()
    pieces = setting.wire().pieces
    last = max(max(one.at, one.edited or one.at) for one in pieces)
    end = clock.now() + SETTLING
    while clock.now() < end:
        await asyncio.sleep(LOOK)
        now = clock.now()
        behind = [one for one in await app.store.sources() if one.last_ok is None or one.last_ok < last]
        overview = await app.store.overview(now)
        waiting = sum(overview.outbox[state] for state in (State.PENDING, State.SENDING, State.UNCLEAR))
        storms = await app.store.ask(lambda memory: memory.calm.storms())
        if not (behind or waiting or storms or overview.pages.due):
            return


def judge_samples(samples: Sequence[Vitals]) -> list[Drift]:
    """Return how memory, descriptors, tasks and threads went; nothing of fewer than eight samples."""
    warm = list(samples)[int(len(samples) * WARM) :]
    if len(warm) < 8:
        return []
    quarter = len(warm) // 4
    drifts = []
    for name, is_memory in (
        ("proportional", True),
        ("own", True),
        ("descriptors", False),
        ("tasks", False),
        ("threads", False),
    ):
        values = [float(getattr(one, name)) for one in warm]
        # Of what comes and goes only the least tells of a leak.
        first, last = (median, median) if is_memory else (max, min)
        before, after = first(values[:quarter]), last(values[-quarter:])
        limit = before * (1 + GROWTH) if is_memory else before + SPARE
        drifts.append(Drift(name=name, first=before, last=after, most=max(values), limit=limit))
    return drifts


def _print_sample(one: Vitals, app: App, *, first: bool) -> None:
    if first:
        names = ("minute", "PSS MB", "RSS MB", "own MB", "fds", "tasks", "threads", "procs", "visits", "failed")
        print("".join(f"{name:>9}" for name in names))
    counts = app.patrol.counts
    print(
        f"{one.at / 60:>9.1f}{one.proportional:>9.1f}{one.resident:>9.1f}{one.own:>9.1f}{one.descriptors:>9}"
        f"{one.tasks:>9}{one.threads:>9}{one.processes:>9}{counts.total():>9,}{counts['failed']:>9,}",
        flush=True,
    )


def _print(drifts: Sequence[Drift], verdict: Verdict, says: dict[str, Any]) -> None:
    web = Counter(says["web"])
    print(f"\nweb: {dict(web.most_common())}")
    print(f"slack: {len(says['told']):,} messages, faults {says['report']['faults']}")
    for line in verdict.lines():
        print(line)
    print(f"\n  {'':<14}{'first':>9}{'last':>9}{'most':>9}{'limit':>9}")
    for one in drifts:
        judged = "met" if one.is_good else "NOT MET"
        print(f"  {one.name:<14}{one.first:>9.1f}{one.last:>9.1f}{one.most:>9.1f}{one.limit:>9.1f}   {judged}")
    print(f"  {'lost, doubled':<14}{'':>36}   {'met' if verdict.is_good else 'NOT MET'}")


def main(words: Sequence[str] = ()) -> None:
    """Soak for as long as is asked for; exit code 1 when something is not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m bench soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--sources", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(words)
    configure("keyvalue", "error")
    if not asyncio.run(run(given.minutes, given.sources, given.seed)):
        sys.exit(1)
