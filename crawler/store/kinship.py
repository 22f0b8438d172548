"""What tells in the database that stories are copies, or of one event: signatures, lines, threads, term counts."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from alerts.cluster import boilerplate, events, minhash
from alerts.cluster.events import Frequencies, Thread
from crawler.ids import earliest
from crawler.store import search
from crawler.store.base import insert_or
from crawler.store.kin import Known, Neighbour
from crawler.store.rows import state
from crawler.store.schema import Instant, Row, metadata, source, story, verdict
from crawler.store.versions import newest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Executable

    from crawler.store.kin import Met, Sketched, Threaded

CANDIDATES = 20  # stories that are compared word by word
_AT_ONCE = 500  # stories that one statement names
_CROWDED = 200  # stories under one band from which on it says nothing

sketch = Table(
    "sketch",
    metadata,
    Column("story_id", Row, ForeignKey("story.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("algo", Text, nullable=False),  # of the signature: those of others cannot be compared
    Column("signature", LargeBinary(512)),  # NULL: the text is too short for one, or not whole
    Column("truncated", Boolean, nullable=False),  # the text is a summary, or what stands before a paywall
    Column("scheme", Text, nullable=False),  # of the vector
    Column("vector", LargeBinary),  # of terms, for events; NULL: not looked at
)

band = Table(
    "band",
    metadata,
    Column("band", BigInteger, primary_key=True, autoincrement=False),
    Column("story_id", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

line = Table(
    "line",
    metadata,
    Column("source_id", Text, ForeignKey("source.id"), primary_key=True),
    Column("key", BigInteger, primary_key=True, autoincrement=False),  # of a line of text
    Column("stories", Integer, nullable=False),  # with this line in them
    Column("since", Integer, nullable=False),  # stories of the source that were counted before the first of them
    sqlite_with_rowid=False,
)

event = Table(
    "event",
    metadata,
    Column("id", Row, primary_key=True, autoincrement=False),  # of its first story
    Column("pool", Text, nullable=False),  # of languages
    Column("first", Instant, nullable=False),
    Column("last", Instant, nullable=False),
    Column("stories", Integer, nullable=False),  # that the total is the sum of
    Column("total", LargeBinary, nullable=False),
    Column("scheme", Text, nullable=False),
)

frequency = Table(
    "frequency",
    metadata,
    Column("pool", Text, primary_key=True),  # of languages
    Column("scheme", Text, primary_key=True),
    Column("counts", LargeBinary, nullable=False),  # in how many stories each term stood
)

_DROP_EMPTY = delete(event).where(  # a story that was alone in its event has joined another
    event.c.id == bindparam("left"), ~select(story.c.id).where(story.c.event_id == event.c.id).exists()
)
_BY_BANDS = (
    select(band)
    .where(band.c.band.in_(bindparam("bands", expanding=True)), band.c.story_id >= bindparam("first"))
    .limit(minhash.BANDS * _CROWDED)
)
_OF_STORIES = story.c.id.in_(bindparam("stories", expanding=True))
_BESIDE_SKETCH = story.outerjoin(sketch, sketch.c.story_id == story.c.id)
_NEIGHBOURS = (
    select(story.c.id, story.c.event_id, sketch.c.truncated)
    .select_from(_BESIDE_SKETCH)
    .where(_OF_STORIES)
    .order_by(story.c.id)
)
_KNOWN = (
    select(story, sketch.c.truncated, sketch.c.vector, sketch.c.scheme)
    .select_from(_BESIDE_SKETCH)
    .where(_OF_STORIES)
    .order_by(story.c.id)
)
_MEMBERS = select(story.c.id).where(story.c.group_id == bindparam("of")).order_by(story.c.id)
_TOLD = (
    select(verdict.c.group_id)
    .where(verdict.c.group_id.in_(bindparam("groups", expanding=True)), verdict.c.delivery.is_not(None))
    .distinct()
)
_THREADS = select(event).where(event.c.id.in_(bindparam("ids", expanding=True)), event.c.scheme == events.SCHEME)
_JOIN = update(story).where(story.c.id == bindparam("of")).values(event_id=bindparam("event"))
_JOIN_WHY = _JOIN.values(event_why=bindparam("why"))
_COUNT = (
    update(source)
    .where(source.c.id == bindparam("of"))
    .values(counted=source.c.counted + 1)
    .returning(source.c.counted)
)
_ADD_SKETCH = insert(sketch)
_DROP_SKETCHES = (
    delete(sketch)
    .where(sketch.c.story_id.in_(bindparam("stories", expanding=True)))
    .returning(sketch.c.story_id, sketch.c.signature)
)
_LINES = select(line.c.source_id, line.c.key, line.c.stories).where(
    line.c.source_id.in_(bindparam("sources", expanding=True)), line.c.key.in_(bindparam("keys", expanding=True))
)


class StoredKinship:
    """The memory of what stories have in common, read inside the transaction that takes a poll in."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def near(self, bands: Sequence[int], after: datetime) -> list[int]:
        """Return the stories first seen after a moment that share bands, those that share most first."""
        rows = self._connection.execute(_BY_BANDS, {"bands": list(bands), "first": earliest(after)}).all()
        crowds = Counter(row.band for row in rows)
        shared = Counter(row.story_id for row in rows if crowds[row.band] < _CROWDED)
        return [one for one, _ in sorted(shared.items(), key=lambda item: (-item[1], item[0]))[:CANDIDATES]]

    def similar(self, terms: Collection[str], language: str | None, after: datetime) -> list[int]:
        """Return the stories first seen after a moment that share most with some terms, best first."""
        return search.candidates(self._connection, terms, language, after, CANDIDATES)

    def neighbours(self, stories: Collection[int]) -> list[Neighbour]:
        """Return what is known of these stories without reading them, in the order of their ids."""
        if not stories:
            return []
        rows = self._connection.execute(_NEIGHBOURS, {"stories": list(stories)})
        return [Neighbour(row.id, bool(row.truncated), row.event_id) for row in rows.all()]

    def known(self, stories: Collection[int]) -> list[Known]:
        """Return these stories as far as it takes to compare them, in the order of their ids."""
        if not stories:
            return []
        texts = {one.id: one for one in newest(self._connection, story.c.id.in_(stories))}
        return [
            Known(
                state=state(row),
                story=texts[row.id],
                truncated=bool(row.truncated),
                event=row.event_id,
                vector=events.unpack(row.vector) if row.vector and row.scheme == events.SCHEME else None,
            )
            for row in self._connection.execute(_KNOWN, {"stories": list(texts)})
        ]

    def members(self, group: int) -> list[int]:
        """Return the stories of a group of copies, in the order of their ids."""
        return list(self._connection.scalars(_MEMBERS, {"of": group}))

    def told(self, groups: Collection[int]) -> set[int]:
        """Return those of these groups of copies of which somebody was told, or will be."""
        return set(self._connection.scalars(_TOLD, {"groups": list(groups)}))

    def common(self, lines: Mapping[str, Collection[int]]) -> dict[str, frozenset[int]]:
        """Return, of the keys of lines by source, those that are boilerplate of that source."""
        return common(self._connection, lines)

    def threads(self, ids: Collection[int]) -> list[Thread]:
        """Return these events' threads; those of another scheme cannot be compared and are left out."""
        rows = self._connection.execute(_THREADS, {"ids": list(ids)}).all()
        return [
            Thread(
                id=row.id,
                pool=row.pool,
                first=row.first,
                last=row.last,
                stories=row.stories,
                total=events.unpack(row.total),
            )
            for row in rows
        ]

    def frequencies(self, pool: str) -> Frequencies:
        """Return in how many stories of a pool of languages each term stood, as last kept."""
        kept = self._connection.scalar(
            select(frequency.c.counts).where(frequency.c.pool == pool, frequency.c.scheme == events.SCHEME)
        )
        return Frequencies.unpack(kept) if kept else Frequencies()


def common(connection: Connection, lines: Mapping[str, Collection[int]]) -> dict[str, frozenset[int]]:
    """Return, of the keys of lines by source, those that are boilerplate of that source; in one look at the table."""
    keys = set().union(*lines.values())
    if not keys:
        return dict.fromkeys(lines, frozenset())
    counts: dict[str, dict[int, int]] = {source_id: {} for source_id in lines}
    for row in connection.execute(_LINES, {"sources": list(lines), "keys": list(keys)}):
        counts[row.source_id][row.key] = row.stories
    return {source_id: boilerplate.common(found) for source_id, found in counts.items()}


def write(connection: Connection, sketches: Sequence[Sketched]) -> None:
    """Keep what stories are compared by, in place of what was kept of their last version."""
    stories = [one.story for one in sketches]
    for start in range(0, len(stories), _AT_ONCE):
        _forget(connection, stories[start : start + _AT_ONCE])
    if sketches:
        connection.execute(_ADD_SKETCH, [_row(one) for one in sketches])
    found = {(number, one.story) for one in sketches if one.signature for number in minhash.bands(one.signature)}
    if found:  # in the order of the table: every page of it is then read and written once
        # A restored copy keeps the bands of a signature that it had: an edit that is taken back has them again.
        added = insert_or(connection, band).on_conflict_do_nothing()
        connection.execute(added, [{"band": number, "story_id": one} for number, one in sorted(found)])
    for one in sketches:
        if one.lines:
            _count_lines(connection, one.source, one.lines)


def thread(connection: Connection, threaded: Sequence[Threaded], counts: Mapping[str, Frequencies]) -> None:
    """Keep which events stories belong to, how the events' threads stand, and what terms were counted."""
    joined = [{"of": one.story, "event": one.thread.id, "why": one.why} for one in threaded if one.why is not None]
    moved = [{"of": one.story, "event": one.thread.id} for one in threaded if one.why is None]
    threads = {one.thread.id: _thread(one.thread) for one in threaded}  # as each stands after the last of its stories
    for statement, rows in ((_JOIN_WHY, joined), (_JOIN, moved), (_put(connection, event), list(threads.values()))):
        if rows:
            connection.execute(statement, rows)
    if left := [{"left": one.story} for one in threaded if one.thread.id != one.story]:
        connection.execute(_DROP_EMPTY, left)
    for pool, found in counts.items():
        connection.execute(_put(connection, frequency), {"pool": pool, "scheme": events.SCHEME, "counts": found.pack()})


def meet(connection: Connection, met: Sequence[Met]) -> None:
    """Let the stories of events belong to those that these are one with."""
    for one in met:
        moved = update(story).where(story.c.event_id == one.event)
        connection.execute(moved.where(story.c.id == one.event).values(event_why=one.why))
        connection.execute(moved.values(event_id=one.into))
        connection.execute(delete(event).where(event.c.id == one.event))


def forget_bands(connection: Connection, before: datetime, limit: int, after: int = 0) -> list[int]:
    """Delete what up to ``limit`` stories are found by that were seen before a moment: nothing like them is expected.

    Returns their ids in order. Those up to ``after`` are not looked at, so that whoever goes on where he left off
    does not read again what was forgotten long ago.
    """
    old = select(sketch.c.story_id).where(sketch.c.story_id > after, sketch.c.story_id < earliest(before))
    ids = list(connection.scalars(old.order_by(sketch.c.story_id).limit(limit)))
    _forget(connection, ids)
    return ids


def forget_events(connection: Connection, before: datetime, limit: int) -> int:
    """Delete the threads of up to ``limit`` events of which the last story was seen before a moment; say how many.

    Their stories go on to belong together; nothing joins them any more.
    """
    over = select(event.c.id).where(event.c.id < earliest(before), event.c.last < before).order_by(event.c.id)
    return connection.execute(delete(event).where(event.c.id.in_(over.limit(limit)))).rowcount


def _row(one: Sketched) -> dict[str, Any]:
    return {
        "story_id": one.story,
        "algo": minhash.ALGO,
        "signature": one.signature,
        "truncated": one.truncated,
        "scheme": events.SCHEME,
        "vector": None if one.vector is None else events.pack(one.vector),
    }


def _forget(connection: Connection, stories: Sequence[int]) -> None:
    for row in connection.execute(_DROP_SKETCHES, {"stories": stories}).all():
        if row.signature:
            _drop_bands(connection, row.story_id, row.signature)


def _drop_bands(connection: Connection, story_id: int, signed: bytes) -> None:
    connection.execute(delete(band).where(band.c.band.in_(minhash.bands(signed)), band.c.story_id == story_id))


def _count_lines(connection: Connection, source_id: str, keys: Iterable[int]) -> None:
    counted = connection.scalar(_COUNT, {"of": source_id})
    if counted is None:
        return
    rows = [{"source_id": source_id, "key": key, "stories": 1, "since": counted - 1} for key in keys]
    connection.execute(_count(connection.dialect.name), rows)
    if counted % boilerplate.BUCKET == 0:  # lossy counting, see boilerplate.is_kept
        rare = line.c.stories + line.c.since / boilerplate.BUCKET <= counted / boilerplate.BUCKET
        connection.execute(delete(line).where(line.c.source_id == source_id, rare))


@cache
def _count(dialect: str) -> Executable:
    statement = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(line)
    return statement.on_conflict_do_update(
        index_elements=[line.c.source_id, line.c.key], set_={"stories": line.c.stories + 1}
    )


def _thread(one: Thread) -> dict[str, Any]:
    return {
        "id": one.id,
        "pool": one.pool,
        "first": one.first,
        "last": one.last,
        "stories": one.stories,
        "total": events.pack(one.total),
        "scheme": events.SCHEME,
    }


def _put(connection: Connection, table: Table) -> Executable:
    """Return how to keep rows of a table in place of what was kept under their keys."""
    return _upsert(connection.dialect.name, table)


@cache
def _upsert(dialect: str, table: Table) -> Executable:
    statement = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(table)
    renewed = {one.name: statement.excluded[one.name] for one in table.c if not one.primary_key}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=renewed)
