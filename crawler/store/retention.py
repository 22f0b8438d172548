"""Takes from the database what is old, a little at a time, and never what is pending or what identity needs."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import Column, Table, and_, delete, exists, func, or_, select, update

from alerts.outbox import FINAL, State
from alerts.stream import Condition
from crawler.ids import earliest
from crawler.store import leftovers
from crawler.store.fulltext import story_search
from crawler.store.quiet import WAITS
from crawler.store.schema import (
    audit,
    delivery_log,
    host,
    metadata,
    outbox,
    page,
    poll_log,
    report,
    seen,
    silence,
    storm,
    story,
    story_version,
    stream_alert,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

VISITS = 20  # of each source that stay in the log, however old they are
_PASSED = 20  # times as many stories without words are passed as are emptied
_KEY = 16  # bytes
_ONCE = (Condition.FIRST_TERM, Condition.FIRST_SOURCE)  # told once and never again, however long ago that was
_LOOKED_AFTER = or_(outbox.c.edit_due.is_not(None), outbox.c.audit_due.is_not(None))
_OPEN = or_(outbox.c.state.not_in(FINAL), and_(outbox.c.state == State.SENT, _LOOKED_AFTER))

_younger = poll_log.alias("younger")
_answer = outbox.alias("answer")


def forget_stories(connection: Connection, before: datetime, after: int, limit: int) -> tuple[int | None, int]:
    """Remove up to ``limit`` stories seen before a moment, their ids above ``after``, with all that hangs on them.

    Returns the last id that was looked at, None when there was none, and how many were removed. That they were seen
    is kept, so that a source which lists one still is not taken to have news.
    """
    groups = _old(connection, before, after, limit)
    kept = _needed(connection, _whole(connection, groups), before)
    ids = _spared(connection, [one for one, group in groups.items() if group not in kept], groups)
    if ids:
        _remove(connection, ids)
    return max(groups, default=None), len(ids)


def forget_bodies(connection: Connection, before: datetime, after: int, limit: int) -> tuple[int | None, int]:
    """Remove the words of up to ``limit`` stories, as ``forget_stories`` does; title, link and verdicts stay.

    Those that have none any more are passed, many at a time.
    """
    passed = list(_old(connection, before, after, _PASSED * limit))
    if not passed:
        return None, 0
    worded = story_version.c.text != ""
    full = exists().where(story_version.c.story_id == story.c.id, worded)
    rows = connection.execute(
        select(story.c.id, story.c.group_id)
        .where(story.c.id > after, story.c.id <= passed[-1], story.c.seen < before, full)
        .order_by(story.c.id)
        .limit(limit)
    )
    groups = {row.id: row.group_id for row in rows}
    kept = _pending(connection, _whole(connection, groups))
    ids = [one for one, group in groups.items() if group not in kept]
    if ids:
        connection.execute(update(story_version).where(story_version.c.story_id.in_(ids), worded).values(text=""))
        indexed = and_(story_search.c.story_id.in_(ids), story_search.c.text != "")
        connection.execute(update(story_search).where(indexed).values(text=""))
        cut = and_(page.c.story_id.in_(ids), page.c.reading != "")  # it quotes what was left out
        connection.execute(update(page).where(cut).values(reading=""))
        leftovers.forget(connection, ids)
    return max(groups) if len(groups) == limit else passed[-1], len(ids)


def forget_seen(connection: Connection, before: datetime, after: int, limit: int) -> tuple[int | None, int]:
    """Remove those of ``limit`` identity keys that were noted before a moment, and of which the story is gone.

    Their ids are the keys, read as numbers.
    """
    query = select(seen.c.key).where(seen.c.key > after.to_bytes(_KEY)).order_by(seen.c.key).limit(limit)
    keys = connection.scalars(query).all()
    if not keys:
        return None, 0
    gone = ~exists().where(story.c.id == seen.c.story_id)
    old = and_(seen.c.key.in_(keys), seen.c.first_seen < before, gone)
    return int.from_bytes(keys[-1]), connection.execute(delete(seen).where(old)).rowcount


def forget_messages(connection: Connection, before: datetime, limit: int) -> int:
    """Remove up to ``limit`` messages that tell of no story, were done with before a moment, and are not needed."""
    answered = or_(*(exists().where(one == outbox.c.key) for one in (_answer.c.parent, _answer.c.folded_into)))
    spoken_of = exists().where(verdict.c.delivery == outbox.c.key)
    counted = exists().where(stream_alert.c.delivery == outbox.c.key)
    kept = or_(outbox.c.key.in_(select(report.c.key)), outbox.c.key.in_(select(storm.c.key)))
    old = and_(outbox.c.story_id.is_(None), outbox.c.changed < before, ~_OPEN)
    query = select(outbox.c.key).where(old, ~kept, ~answered, ~spoken_of, ~counted).limit(limit)
    keys = connection.scalars(query).all()
    if keys:
        _cut(connection, outbox, keys)
        connection.execute(delete(outbox).where(outbox.c.key.in_(keys)))
    return len(keys)


def forget_ended(connection: Connection, before: datetime, limit: int) -> int:
    """Remove up to ``limit`` each of what was over before a moment: deeds of people, silences, and holds of hosts."""
    number = 0
    for key, moment in ((audit.c.id, audit.c.at), (silence.c.id, silence.c.end), (host.c.name, host.c.held_until)):
        keys = connection.scalars(select(key).where(moment < before).limit(limit)).all()
        if keys:
            number += connection.execute(delete(key.table).where(key.in_(keys))).rowcount
    return number


def forget_visits(connection: Connection, before: datetime, after: int, limit: int) -> tuple[int | None, int]:
    """Remove up to ``limit`` lines of the log of visits, as ``forget_stories`` does; each source keeps its last."""
    ids = _lines(connection, poll_log, before, after, limit)
    newer = select(_younger.c.id).where(_younger.c.source_id == poll_log.c.source_id, _younger.c.id > poll_log.c.id)
    spare = and_(poll_log.c.id.in_(ids), newer.order_by(_younger.c.id).offset(VISITS - 1).limit(1).exists())
    return max(ids, default=None), connection.execute(delete(poll_log).where(spare)).rowcount if ids else 0


def forget_attempts(connection: Connection, before: datetime, after: int, limit: int) -> tuple[int | None, int]:
    """Remove up to ``limit`` lines of the log of deliveries, as ``forget_stories`` does; open messages keep theirs."""
    ids = _lines(connection, delivery_log, before, after, limit)
    done = exists().where(outbox.c.key == delivery_log.c.key, ~_OPEN)
    spare = and_(delivery_log.c.id.in_(ids), done)
    return max(ids, default=None), connection.execute(delete(delivery_log).where(spare)).rowcount if ids else 0


def _lines(connection: Connection, log: Table, before: datetime, after: int, limit: int) -> Sequence[int]:
    window = select(log.c.id, log.c.at).where(log.c.id > after).order_by(log.c.id).limit(limit).subquery()
    return connection.scalars(select(window.c.id).where(window.c.at < before)).all()


# ---------------------------------------------------------------- what is needed


def _old(connection: Connection, before: datetime, after: int, limit: int) -> dict[int, int]:
    """Return stories seen before a moment, in order, with their groups."""
    old = and_(story.c.id > after, story.c.id < earliest(before), story.c.seen < before)
    rows = connection.execute(select(story.c.id, story.c.group_id).where(old).order_by(story.c.id).limit(limit))
    return {row.id: row.group_id for row in rows}


def _whole(connection: Connection, groups: dict[int, int]) -> dict[int, int]:
    """Return all stories of the groups of some: a group goes whole or not at all."""
    rows = connection.execute(select(story.c.id, story.c.group_id).where(story.c.group_id.in_(set(groups.values()))))
    return {row.id: row.group_id for row in rows}


def _pending(connection: Connection, groups: dict[int, int]) -> set[int]:
    """Return the groups of which something is still to be told, changed or looked at."""
    all_, ids = set(groups.values()), list(groups)
    in_group = outbox.c.group_id.in_(all_) | outbox.c.story_id.in_(ids)
    found = set(connection.scalars(select(outbox.c.group_id).where(in_group, _OPEN)))
    told_of = select(outbox.c.story_id).where(in_group, _OPEN, outbox.c.story_id.is_not(None))
    visited = select(page.c.story_id).where(page.c.story_id.in_(ids), page.c.next_due.is_not(None))
    waiting = select(verdict.c.story_id).where(verdict.c.group_id.in_(all_), WAITS)
    for query in (told_of, visited, waiting):
        found |= _groups(groups, connection.scalars(query).all())
    held = select(verdict.c.group_id).where(verdict.c.group_id.in_(all_), WAITS)
    return found | set(connection.scalars(held))


def _needed(connection: Connection, groups: dict[int, int], before: datetime) -> set[int]:
    """Return the groups that are pending, or by which younger stories and messages are known for what they are."""
    all_, ids = set(groups.values()), list(groups)
    young = select(story.c.group_id).where(story.c.group_id.in_(all_), story.c.seen >= before)
    found = _pending(connection, groups) | set(connection.scalars(young))
    answered = [
        select(outbox.c.story_id)
        .join(_answer, refers == outbox.c.key)
        .where(outbox.c.story_id.in_(ids), _answer.c.queued >= before)
        for refers in (_answer.c.parent, _answer.c.folded_into)
    ]
    once = select(stream_alert.c.story_id).where(stream_alert.c.story_id.in_(ids), stream_alert.c.condition.in_(_ONCE))
    rules = select(verdict.c.rule).where(verdict.c.story_id.in_(ids)).distinct()
    last = select(func.max(verdict.c.story_id)).where(verdict.c.rule.in_(rules)).group_by(verdict.c.rule)
    for query in (*answered, once, last):
        found |= _groups(groups, connection.scalars(query).all())
    return found


def _spared(connection: Connection, ids: Sequence[int], groups: dict[int, int]) -> Sequence[int]:
    """Return those of some stories of whose messages no other story lives: without its message, it would be told anew.

    Each that stays may have been told by another's message, so they are asked until nothing changes.
    """
    while ids:
        of_others = (
            select(outbox.c.story_id)
            .join(verdict, verdict.c.delivery == outbox.c.key)
            .where(outbox.c.story_id.in_(ids), verdict.c.story_id.not_in(ids))
        )
        kept = _groups(groups, connection.scalars(of_others).all())
        if not kept:
            break
        ids = [one for one in ids if groups[one] not in kept]
    return ids


def _groups(groups: dict[int, int], stories: Collection[int | None]) -> set[int]:
    return {groups[one] for one in stories if one in groups}


# ---------------------------------------------------------------- what hangs on it


def _remove(connection: Connection, ids: Sequence[int]) -> None:
    keys = connection.scalars(select(outbox.c.key).where(outbox.c.story_id.in_(ids))).all()
    connection.execute(delete(verdict).where(verdict.c.story_id.in_(ids)))
    _cut(connection, outbox, keys)
    _cut(connection, story, ids)
    connection.execute(delete(story).where(story.c.id.in_(ids)))


def _cut(connection: Connection, parent: Table, keys: Sequence[int] | Sequence[str]) -> None:
    """Remove the rows of every table that refer to these rows of another."""
    for column in _children(parent):
        connection.execute(delete(column.table).where(_is_any(column, keys)))


def _is_any(column: Column[object], keys: Sequence[int] | Sequence[str]) -> ColumnElement[bool]:
    return column.in_(keys)


@cache
def _children(parent: Table) -> tuple[Column[object], ...]:
    """Return the columns that refer to a table, those of the rows that others refer to last."""
    return tuple(
        column
        for table in reversed(metadata.sorted_tables)
        for column in table.c
        if any(key.column.table is parent for key in column.foreign_keys)
        and not (parent is outbox and table is verdict)
    )
