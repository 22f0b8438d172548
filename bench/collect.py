"""What 10,000 sources at ten-minute visits cost: CPU for each 304, lag of the event loop, memory with the parser.

The daemon itself runs here, on one core, over a loopback server in a process of its own. First every source is visited
once, and every document read. Then all are visited twice more, as fast as can be, each answered with 304: that is what
one core can do. Last the daemon keeps the timetable by the real clock, with an answer in ten bringing
news. Of ten minutes only one is lived through, and the visits of all ten fall into it: ten times the load of the
timetable.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import aiohttp

from bench import vitals
from bench.polls import Ahead, Nobody, server
from crawler import config
from crawler.app import App
from crawler.config.model import FetchConfig, HostLimits
from crawler.store.visits import SPREAD
from spiders.source import Fulltext, Source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crawler.config.model import Config

SOURCES = 10_000
HOSTS = 500
EVERY = timedelta(minutes=10)
SWEEPS = 2
NEWS = 10  # percent of the answers that bring news while the timetable is kept
WANTED_POLLS = 250  # a second on one core, each answered with 304
WANTED_MEMORY = 300  # MB, of the daemon and its parsers

_PROBE = 0.01  # seconds between looks at the loop's lag
_WARM = 5  # seconds of the timetable that are not counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What some visits took."""

    polls: int
    wall: float  # seconds
    cpu: float  # seconds of this process

    @property
    def each(self) -> float:
        """Milliseconds of this process's CPU for each."""
        return self.cpu / max(self.polls, 1) * 1e3


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All that was measured."""

    first: Effort
    still: Effort
    timetable: Effort
    lags: Sequence[float]  # seconds, in order of size
    late: float  # seconds from due to committed, of 99 in 100 visits while the timetable was kept
    memory: vitals.Memory


def main(sources: int = SOURCES, hosts: int = HOSTS, seconds: float = SPREAD.total_seconds()) -> None:
    """Measure, and print it beside what is wanted."""
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it tells of every tick that is late at full load
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
    print(f"collect: {sources:,} sources on {hosts} hosts, visited every {EVERY // timedelta(minutes=1)} minutes;")
    print(f"the daemon on one core of {len(cores)}, the server on another")
    with server(cores, hosts) as ports, TemporaryDirectory() as folder:
        store = f"sqlite:///{Path(folder).resolve()}/tocsin.db"
        outcome = asyncio.run(_measure(_config(ports, sources, store), ports[0], seconds))
    _print(outcome, sources, seconds)


def _config(ports: Sequence[str], sources: int, store: str) -> Config:
    return replace(
        config.load(Path("config.yaml"), {}),
        sources=tuple(
            Source(
                id=f"s{n}",
                url=f"http://127.0.0.1:{ports[n % len(ports)]}/mixed/{n}",
                name=f"Outlet {n}",
                every=EVERY,
                fulltext=Fulltext.NEVER,  # the pages of their stories are nowhere
            )
            for n in range(sources)
        ),
        fetch=FetchConfig(
            user_agent="tocsin-bench",
            per_host=HostLimits(concurrency=4, delay=timedelta(0)),
            allow_private=(ip_network("127.0.0.0/8"),),
        ),
        store=store,
        websub=None,
    )


async def _measure(chosen: Config, port: str, seconds: float) -> Outcome:
    clock = Ahead()
    async with App(chosen, Nobody(), clock, console=False) as app:
        first = await _sweep(app, 1, clock)
        still = await _sweep(app, SWEEPS, clock)
        await _set_share(port, NEWS)
        timetable, lags, late = await _keep(app, clock, seconds)
        memory = vitals.memory()
    return Outcome(first=first, still=still, timetable=timetable, lags=lags, late=late, memory=memory)


async def _set_share(port: str, percent: int) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/share/{percent}"):
        pass


async def _sweep(app: App, times: int, clock: Ahead) -> Effort:
    """Visit every source so many times: second by second of the minute over which they are spread, without a pause."""
    before, wall, cpu = app.patrol.counts.total(), time.perf_counter(), time.process_time()
    for _ in range(times):
        begins = await _first_due(app)
        clock.by += max(begins - clock.now(), timedelta(0))
        while await app.patrol.tick() or clock.now() < begins + SPREAD:
            await app.patrol.idle()
            clock.by += timedelta(seconds=1)
    return _effort(app, before, wall, cpu)


async def _first_due(app: App) -> datetime:
    return min(one.next_due for one in await app.store.sources() if one.next_due)


def _effort(app: App, before: int, wall: float, cpu: float) -> Effort:
    return Effort(
        polls=app.patrol.counts.total() - before,
        wall=time.perf_counter() - wall,
        cpu=time.process_time() - cpu,
    )


async def _keep(app: App, clock: Ahead, seconds: float) -> tuple[Effort, list[float], float]:
    """Let the daemon run by the real clock from the moment at which the first source is due."""
    clock.by += await _first_due(app) - clock.now() - timedelta(seconds=_WARM)
    stop, lags = asyncio.Event(), list[float]()
    running = asyncio.create_task(app.run(stop))
    await asyncio.sleep(_WARM)
    start = clock.now()
    before, wall, cpu = app.patrol.counts.total(), time.perf_counter(), time.process_time()
    while time.perf_counter() - wall < seconds:
        asked = time.perf_counter()
        await asyncio.sleep(_PROBE)
        lags.append(max(time.perf_counter() - asked - _PROBE, 0.0))
    effort = _effort(app, before, wall, cpu)
    late = await _lateness(app, start, clock.now())
    stop.set()
    await running
    return effort, sorted(lags), late


async def _lateness(app: App, start: datetime, end: datetime) -> float:
    """Return how late 99 in 100 visits were, of those that were made between two moments; ``every`` keeps its beat."""
    late = [
        (one.last_at - (one.next_due - EVERY)).total_seconds()
        for one in await app.store.sources()
        if one.next_due and one.last_at and start <= one.last_at <= end
    ]
    return _share(sorted(late), 0.99)


def _share(ordered: Sequence[float], share: float) -> float:
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


def _print(outcome: Outcome, sources: int, seconds: float) -> None:
    print(f"\n  {'':<34}{'visits':>8}{'wall s':>9}{'visits/s':>10}{'ms CPU each':>13}")
    rows = {
        "first visits, every document read": outcome.first,
        "each answer 304, at full speed": outcome.still,
        f"the timetable, {NEWS} % with news": outcome.timetable,
    }
    for name, effort in rows.items():
        print(
            f"  {name:<34}{effort.polls:>8,}{effort.wall:>9.1f}{effort.polls / effort.wall:>10.0f}{effort.each:>13.2f}"
        )
    load = outcome.timetable.polls / outcome.timetable.wall / (sources / EVERY.total_seconds())
    share = outcome.timetable.cpu / outcome.timetable.wall
    print(f"\n  {seconds:.0f} s of the timetable at {load:.1f} times its load: {share:.0%} of a core;")
    lag = f"p50 {_share(outcome.lags, 0.5) * 1e3:.1f} ms, p99 {_share(outcome.lags, 0.99) * 1e3:.1f} ms"
    print(f"  lag of the event loop {lag}, most {_share(outcome.lags, 1) * 1e3:.0f} ms; 99 in 100 visits within")
    print(f"  {outcome.late:.1f} s of their time, of which up to a second is the tick")
    memory = outcome.memory
    each = " + ".join(f"{share:.0f}" for share in memory.shares)
    print(f"  memory of daemon, its two helpers and parser: PSS {each} MB, RSS {memory.resident:.0f} MB in all\n")
    able = 1e3 / outcome.still.each if outcome.still.cpu else 0.0
    _verdict("304s a second on one core", f"{able:.0f}", f"at least {WANTED_POLLS}", met=able >= WANTED_POLLS)
    _verdict(
        "memory, PSS", f"{memory.proportional:.0f} MB", f"under {WANTED_MEMORY} MB",
        met=0 < memory.proportional < WANTED_MEMORY,
    )  # fmt: skip


def _verdict(what: str, measured: str, wanted: str, *, met: bool) -> None:
    print(f"  {what:<28}{measured:>9}   wanted: {wanted:<14}{'met' if met else 'NOT MET'}")


if __name__ == "__main__":
    main()
