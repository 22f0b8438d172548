"""Who works at a store that several workers share, what each of them has, and how far behind they are."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from crawler.store import leases
from crawler.store.leases import SHARD
from crawler.store.shared import read_members, read_work

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from crawler.store.shared import Member

SILENT = timedelta(seconds=20)  # without a sign of life, after which a worker is taken to be dead
SHOWN = timedelta(hours=1)  # for which one that died is shown still


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """A worker, and what it has."""

    member: Member
    is_dead: bool  # it gave no sign of life for a while, and did not say that it ends
    posts: tuple[str, ...]  # "lead", "deliver"
    shards: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """All of them."""

    hands: tuple[Hand, ...]  # those that live, and those that died lately; the newest first
    due: int  # sources
    waiting: tuple[int, ...]  # shards in which something is due and that nobody has
    oldest: datetime | None  # when the longest overdue source was due


def look(connection: Connection, now: datetime) -> Crew | None:
    """Return who works at a store; None where no worker does, nor did lately."""
    members = [one for one in read_members(connection) if _is_shown(one, now)]
    if not members:
        return None
    has: dict[str, list[str]] = defaultdict(list)
    for one in leases.held(connection, now):
        has[one.holder].append(one.name)
    work = read_work(connection, now)
    taken = {name for names in has.values() for name in names}
    return Crew(
        hands=tuple(_hand(one, has[one.id], now) for one in members),
        due=sum(one.due for one in work),
        waiting=tuple(one.shard for one in work if f"{SHARD}{one.shard}" not in taken),
        oldest=min((one.oldest for one in work), default=None),
    )


def ranges(shards: tuple[int, ...]) -> str:
    """Return numbers in order as people write them: "3, 7-9, 200"."""
    parts: list[tuple[int, int]] = []
    for shard in sorted(shards):
        if parts and parts[-1][1] == shard - 1:
            parts[-1] = parts[-1][0], shard
        else:
            parts.append((shard, shard))
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


def _is_shown(one: Member, now: datetime) -> bool:
    return one.ended is None and now - one.beat < SHOWN


def _hand(one: Member, names: list[str], now: datetime) -> Hand:
    return Hand(
        member=one,
        is_dead=now - one.beat > SILENT,
        posts=tuple(name for name in names if not name.startswith(SHARD)),
        shards=tuple(sorted(int(name.removeprefix(SHARD)) for name in names if name.startswith(SHARD))),
    )
