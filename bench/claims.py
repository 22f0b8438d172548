"""A table of a million sources on PostgreSQL: how fast workers claim from it, and what a look at what is due costs."""

from __future__ import annotations

import argparse
import resource
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from crawler.clock import SystemClock
from crawler.cluster.tables import make_tables
from crawler.shards import SHARDS
from crawler.store import Store, leases, postgres, shared, visits
from crawler.store.worker import Worker
from tests.postgres import Server, programs

if TYPE_CHECKING:
    from collections.abc import Sequence

SOURCES = 1_000_000
CLAIMED = 200_000  # of them, in all
BATCH = 500
LEASE = timedelta(minutes=10)
TICKS = 30
DUE = timedelta(minutes=15)  # in which all of them come due once

_FILL = """
INSERT INTO source (id, enabled, kind, url, name, tier, next_due, next_why, lease_token, failures, shard)
SELECT 's' || n, true, 'feed', 'https://outlet' || n || '.example/feed', 'Outlet ' || n, 2,
       %(now)s - (n %% 900) * 1000, 'new', 0, 0, (n * 2654435761) %% 256
FROM generate_series(1, %(count)s) AS n
"""


def main(words: Sequence[str] = ()) -> None:
    """Fill a table, and measure."""
    parser = argparse.ArgumentParser(prog="python -m bench claims", description=__doc__)
    parser.add_argument("--sources", type=int, default=SOURCES)
    parser.add_argument("--connections", type=int, default=4)
    given = parser.parse_args(words)
    found = programs()
    if found is None:
        sys.exit("PostgreSQL is not installed")
    with TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        with Server(found, Path(made) / "pg") as server:
            url = server.url(server.make())
            _fill(url, given.sources)
            _looks(url)
            _claims(url, given.connections, min(CLAIMED, given.sources))


def _fill(url: str, count: int) -> None:
    import asyncio

    asyncio.run(Store.share(url, make_tables).close())
    now = SystemClock().now()
    start = perf_counter()
    work = Worker(postgres.unordered(postgres.locate(url)), url, "fill")
    work.run_now(lambda one: one.exec_driver_sql(_FILL, {"now": int(now.timestamp() * 1000), "count": count}))
    work.run_now(lambda one: one.exec_driver_sql("ANALYZE source"))
    work.close()
    print(f"claims: {count:,} sources in {SHARDS} shards, filled in {perf_counter() - start:.0f} s")


def _looks(url: str) -> None:
    """Say what a look each second costs: with everything due, and with nothing due."""
    work = Worker(postgres.unordered(postgres.locate(url)), url, "looks")
    clock = SystemClock()
    late = clock.now() - 2 * DUE
    for name, moment in (("all are due", clock.now()), ("none is due", late)):
        look = partial(shared.waiting, now=moment)
        work.run_now(look)
        took, used = [], process_time()
        for _ in range(TICKS):
            start = perf_counter()
            number = len(work.run_now(look))
            took.append(perf_counter() - start)
        cpu = (process_time() - used) / TICKS
        print(
            f"  a look, when {name}: {median(took) * 1e3:.1f} ms, of them {cpu * 1e3:.1f} ms of our processor "
            f"({cpu:.1%} of a core at one a second); {number} shards wait"
        )
    work.close()


def _claims(url: str, connections: int, count: int) -> None:
    """Claim from many connections at once, each from shards of its own, as workers do."""
    clock, each = SystemClock(), SHARDS // connections
    workers = [Worker(postgres.unordered(postgres.locate(url)), url, f"claims-{n}") for n in range(connections)]

    def claim(place: int) -> int:
        mine, done = range(place * each, (place + 1) * each), 0
        for shard in mine:
            workers[place].run_now(
                partial(leases.take, name=f"shard:{shard}", holder=str(place), length=LEASE, now=None)
            )
            while done < count // connections:
                some = workers[place].run_now(
                    partial(visits.claim, now=clock.now(), limit=BATCH, lease=LEASE, shards=[shard])
                )
                done += len(some)
                if not some:
                    break
        return done

    for number in sorted({1, connections}):
        start, used = perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_utime
        with ThreadPoolExecutor(number) as pool:
            done = sum(pool.map(claim, range(number)))
        took = perf_counter() - start
        cpu = resource.getrusage(resource.RUSAGE_SELF).ru_utime - used
        print(
            f"  {number} connection(s), {BATCH} at once: {done / took:,.0f} sources/s "
            f"({done:,} in {took:.1f} s, {cpu:.1f} s of our processor)"
        )
    for one in workers:
        one.close()


if __name__ == "__main__":
    main(sys.argv[1:])
