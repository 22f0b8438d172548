"""Gaps in the database: times of which a source no longer listed anything, and how far filling them has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, Table, Text, delete, insert, select, update

from alerts.errors import StoreError
from crawler.store import standings, visits
from crawler.store.base import Instant, Row, metadata, only
from crawler.store.schema import source
from crawler.visits import backfill
from crawler.visits.backfill import Gap, Look, State, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection
    from sqlalchemy import Row as Found

    from crawler.store.people import Transact
    from crawler.store.plan import Memory, Plan
    from crawler.visits.poll import Poll, Tally
    from crawler.visits.standing import Next, Standing

    Take = Callable[[Connection, Sequence[Callable[[Memory], Plan]]], tuple[Tally, list[str]]]

KEPT = timedelta(days=90)  # after a gap, what became of it
SHOWN = 5

gap = Table(
    "gap",
    metadata,
    Column("id", Row, primary_key=True),
    Column("source_id", Text, ForeignKey("source.id"), nullable=False),
    Column("home", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("late_ms", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("due", Instant),  # NULL: it is over
    Column("state", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("documents", Integer, nullable=False),
    Column("unread", Integer, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("stories", Integer, nullable=False),
    Column("way", JSON, nullable=False),  # steps, asked, places, origins, notes: see crawler.visits.backfill
    Column("token", BigInteger, nullable=False),  # of the last look: another's outcome is refused
    Index("gap_due", "due", **only("due IS NOT NULL")),
    Index("gap_source", "source_id"),
)

_PLAIN = (
    "home",
    "since",
    "until",
    "failures",
    "due",
    "state",
    "result",
    "tries",
    "documents",
    "unread",
    "entries",
    "stories",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GapClaim:
    """A gap that is due."""

    id: int
    token: int
    gap: Gap
    standing: Standing  # of its source, as of now


@dataclass(frozen=True, slots=True, kw_only=True)
class GapLine:
    """What became of a gap, or where filling it stands."""

    since: datetime
    until: datetime
    state: str  # due, filled, nothing or given-up
    result: str
    stories: int
    due: datetime | None


class Gaps:
    """What is asked and written by who fills gaps; all methods raise StoreError."""

    def __init__(self, read: Transact, write: Transact, take: Take) -> None:
        """``take`` writes what steps plan."""
        self._read = read
        self._write = write
        self._take = take

    async def due(self, now: datetime, limit: int) -> Sequence[GapClaim]:
        """Return up to ``limit`` gaps that are due, longest overdue first."""
        columns: list[Any] = [*(column.label(f"gap_{column.name}") for column in gap.c), *source.c]
        rows = select(*columns).select_from(gap.join(source, source.c.id == gap.c.source_id))
        found = rows.where(gap.c.due <= now).order_by(gap.c.due, gap.c.id).limit(limit)
        return await self._read(lambda connection: [_claim(row) for row in connection.execute(found)])

    async def settle(self, claim: GapClaim, now: Gap) -> GapClaim:
        """Keep where filling a gap stands, and return the claim to it; raises StoreError when ``claim`` is outdated."""
        await self._write(lambda connection: _settle(connection, claim, now))
        return GapClaim(id=claim.id, token=claim.token + 1, gap=now, standing=claim.standing)

    async def commit(
        self, claim: GapClaim, poll: Poll, after: Callable[[Tally], Gap], *steps: Callable[[Memory], Plan]
    ) -> tuple[Tally, Gap]:
        """Take in what steps plan, and keep where filling the gap stands ``after`` that, in one transaction.

        What brought stories has its line in the log of visits.
        """

        def take_in(connection: Connection) -> tuple[Tally, Gap]:
            tally, notes = self._take(connection, steps)
            if tally.new:
                visits.log(connection, poll, tally, notes)
            now = after(tally)
            _settle(connection, claim, now)
            return tally, now

        return await self._write(take_in)


def note(connection: Connection, poll: Poll, plan: Next) -> None:
    """Keep the gap that a visit found, if it did; one that nobody has looked at yet grows."""
    if not any(event.name == "gap" for event in plan.events) or (found := backfill.begin(poll)) is None:
        return
    name = poll.source.id
    connection.execute(delete(gap).where(gap.c.source_id == name, gap.c.due.is_(None), gap.c.until < poll.at - KEPT))
    waiting = select(gap).where(gap.c.source_id == name, gap.c.due.is_not(None), gap.c.token == 0).order_by(gap.c.id)
    for row in connection.execute(waiting).all():
        found = backfill.joined(_gap(row, ""), found)
        connection.execute(delete(gap).where(gap.c.id == row.id))
    connection.execute(insert(gap), _columns(found) | {"source_id": name, "token": 0})


def lines(connection: Connection, name: str) -> list[GapLine]:
    """Return the last gaps of a source, the newest first."""
    rows = connection.execute(select(gap).where(gap.c.source_id == name).order_by(gap.c.id.desc()).limit(SHOWN))
    return [
        GapLine(since=row.since, until=row.until, state=row.state, result=row.result, stories=row.stories, due=row.due)
        for row in rows
    ]


def _settle(connection: Connection, claim: GapClaim, now: Gap) -> None:
    current = update(gap).where(gap.c.id == claim.id, gap.c.token == claim.token, gap.c.due.is_not(None))
    if connection.execute(current.values(_columns(now) | {"token": claim.token + 1})).rowcount != 1:
        raise StoreError(f"the gap of {claim.gap.source!r} was looked at by another: nothing was written")


def _columns(of: Gap) -> dict[str, Any]:
    return {name: getattr(of, name) for name in _PLAIN} | {
        "late_ms": of.late // timedelta(milliseconds=1),
        "way": {
            "steps": [[step.look, step.url] for step in of.steps],
            "asked": list(of.asked),
            "places": sorted(of.places),
            "origins": list(of.origins),
            "notes": list(of.notes),
        },
    }


def _claim(row: Found[Any]) -> GapClaim:
    return GapClaim(id=row.gap_id, token=row.gap_token, gap=_gap(row, "gap_"), standing=standings.standing(row))


def _gap(row: Found[Any], prefix: str) -> Gap:
    """Return a gap from its row; ``prefix`` is what its columns' names begin with."""
    values = {name: getattr(row, f"{prefix}{name}") for name in (*_PLAIN, "late_ms", "way")}
    way, late = values.pop("way"), timedelta(milliseconds=values.pop("late_ms"))
    return Gap(
        **values | {"state": State(values["state"])},
        source=getattr(row, f"{prefix}source_id"),
        late=late,
        steps=tuple(Step(Look(look), url) for look, url in way["steps"]),
        asked=tuple(way["asked"]),
        places=frozenset(way["places"]),
        origins=tuple(way["origins"]),
        notes=tuple(way["notes"]),
    )
