"""What the doctor says of a PostgreSQL server: its release, its encoding, the way to it, and its clock."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from crawler.store import dumps, postgres
from crawler.upkeep.checkup import daemon, fail, ok, warn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.store.server import Server
    from crawler.upkeep.checkup import Finding

SLOW = timedelta(milliseconds=20)  # there and back: a visit makes some ten ways
SKEW = timedelta(seconds=2)


def server(found: Server, place: str) -> Iterator[Finding]:
    """Judge a server."""
    release = f"PostgreSQL {found.version // 10_000}.{found.version % 10_000}"
    if found.version < postgres.OLDEST * 10_000:
        yield fail("postgresql", f"{release} is too old", f"Tocsin needs {postgres.OLDEST} or newer")
    else:
        yield ok("postgresql", f"{release}, {found.connections} connections at most")
    if found.encoding != "UTF8":
        way_out = "make a database with it: createdb -T template0 -E UTF8 NAME"
        yield fail("encoding", f"{place} has {found.encoding}, which lacks letters that are in the news", way_out)
    elif found.schema is None:
        yield warn("store", f"there is none in {place} yet", "tocsin run makes it")
    else:
        yield ok("store", f"{place}, {found.size / 1e6:,.0f} MB, UTF8, schema {found.schema}")
    way = f"{found.way / timedelta(milliseconds=1):.1f} ms to the server and back"
    yield (
        warn("way", way, "put both on one network: a visit makes some ten ways") if found.way > SLOW else ok("way", way)
    )
    said = f"the server's clock is {abs(found.ahead) / timedelta(seconds=1):.1f} s off"
    late = abs(found.ahead) > SKEW
    yield warn("server clock", said, "timedatectl set-ntp true, on both") if late else ok("server clock", said)
    yield daemon(found.holder)


def programs(missing: list[str]) -> Finding:
    """Judge whether copies can be made."""
    if missing:
        return warn("copies", f"{' and '.join(missing)} cannot be found, so `tocsin backup` makes none", dumps.INSTALL)
    return ok("copies", "pg_dump and pg_restore are there")
