"""What rules found, read for those who tune them: counts, matches, kindred stories."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from alerts.policy import Reason
from crawler.ids import earliest
from crawler.store import calming
from crawler.store.calm import StoredCalm
from crawler.store.schema import story, verdict
from crawler.store.versions import newest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from alerts.story import Story
    from crawler.store.calm_plan import CalmPlan, ToldDigest
    from crawler.store.people import Transact

_UNTRUE = (Reason.EARLIER, Reason.UNDONE)  # the rule holds, but found nothing: it is new, or the page denies it
_AT_ONCE = 400  # stories in one question
MOST_KINDRED = 300  # stories of the same events that are read


class Trials:
    """What a report on trials is made of, read inside the transaction that writes it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def told(self, name: str) -> ToldDigest | None:
        """Return the last report of a name."""
        return StoredCalm(self._connection).digests().get(name)


class Tuning:
    """What is asked and written for those who tune rules; all methods raise StoreError."""

    def __init__(self, read: Transact, write: Transact) -> None:
        self._read = read
        self._write = write

    async def report(self, compose: Callable[[Trials], CalmPlan]) -> int:
        """Write what is made of the trials as they stand, in the same transaction, and say how many messages."""

        def take(connection: Connection) -> int:
            plan = compose(Trials(connection))
            calming.write(connection, plan)
            return len(plan.bulletins)

        return await self._write(take)

    async def told(self, name: str) -> ToldDigest | None:
        """Return the last report of a name."""
        return await self._read(lambda connection: Trials(connection).told(name))

    async def volumes(self, since: datetime) -> Mapping[str, int]:
        """Return how many stories each rule found since a moment, copies counted once."""
        return await self._read(partial(volumes, since=since))

    async def matched(self, rule: str, since: datetime, limit: int) -> Sequence[int]:
        """Return the newest stories that a rule found since a moment, newest first."""
        return await self._read(partial(matched, rule=rule, since=since, limit=limit))

    async def stories(self, ids: Sequence[int]) -> Sequence[Story]:
        """Return stories in their newest version, as far as they are still kept, in no order."""
        return await self._read(partial(stories, ids=ids))

    async def count(self, since: datetime) -> int:
        """Return how many stories were seen since a moment."""
        return await self._read(partial(count, since=since))

    async def kindred(self, ids: Sequence[int]) -> Sequence[Story]:
        """Return up to MOST_KINDRED other stories that are copies of these, or tell of the same events."""
        return await self._read(partial(kindred, ids=ids))


def volumes(connection: Connection, since: datetime) -> dict[str, int]:
    """Return how many groups of copies each rule found since a moment, on trial or not."""
    rows = connection.execute(
        select(verdict.c.rule, func.count(verdict.c.group_id.distinct()).label("number"))
        .where(verdict.c.story_id >= earliest(since), verdict.c.reason.not_in(_UNTRUE))
        .group_by(verdict.c.rule)
    )
    return {row.rule: row.number for row in rows}


def matched(connection: Connection, rule: str, since: datetime, limit: int) -> list[int]:
    """Return the newest stories that a rule found since a moment, newest first."""
    query = (
        select(verdict.c.story_id)
        .where(verdict.c.rule == rule, verdict.c.story_id >= earliest(since), verdict.c.reason.not_in(_UNTRUE))
        .distinct()
        .order_by(verdict.c.story_id.desc())
        .limit(limit)
    )
    return list(connection.scalars(query))


def stories(connection: Connection, ids: Sequence[int]) -> list[Story]:
    """Return stories in their newest version, as far as they are still kept."""
    return [one for some in _some(ids) for one in newest(connection, story.c.id.in_(some))]


def count(connection: Connection, since: datetime) -> int:
    """Return how many stories were seen since a moment."""
    return connection.scalar(select(func.count()).select_from(story).where(story.c.id >= earliest(since))) or 0


def kindred(connection: Connection, ids: Sequence[int]) -> list[Story]:
    """Return up to MOST_KINDRED other stories that are copies of these, or tell of the same events."""
    own = set(ids)
    found: dict[int, Story] = {}
    for some in _some(ids):
        rows = connection.execute(select(story.c.group_id, story.c.event_id).where(story.c.id.in_(some))).all()
        groups = {row.group_id for row in rows}
        events = {row.event_id for row in rows if row.event_id is not None}
        near = or_(story.c.group_id.in_(groups), story.c.event_id.in_(events))
        others = connection.scalars(select(story.c.id).where(near).order_by(story.c.id.desc()).limit(2 * MOST_KINDRED))
        left = [one for one in others if one not in own and one not in found][: MOST_KINDRED - len(found)]
        found |= {one.id: one for one in newest(connection, story.c.id.in_(left))}
        if len(found) >= MOST_KINDRED:
            break
    return list(found.values())


def _some(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
