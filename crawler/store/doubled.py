"""Makes one of stories that two stores took in by the same key, so that nobody is told of them twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, insert, select, update

from alerts.outbox import State
from alerts.policy import Reason
from crawler.store import regroup
from crawler.store.kin import Merging
from crawler.store.quiet import HELD_BACK
from crawler.store.schema import delivery_log, outbox, page, story, stream_alert, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

WHY = "the same entry, taken in by the store that a copy replaced"

_kept = verdict.alias("kept")


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """One entry of a source that two stores know as two stories."""

    kept: int  # the story that goes on; it may be gone, after which only its key was kept
    other: int


def settle(connection: Connection, twins: Iterable[Twin], at: datetime) -> int:
    """Let what was decided of the one story hold for the other, and return how many messages were withdrawn.

    What only the other's rules found is told still.
    """
    withdrawn = 0
    for one in twins:
        groups = {
            row.id: row.group_id
            for row in connection.execute(
                select(story.c.id, story.c.group_id).where(story.c.id.in_((one.kept, one.other)))
            )
        }
        if one.other not in groups:
            continue
        withdrawn += _silence(connection, one, at, gone=one.kept not in groups)
        connection.execute(update(page).where(page.c.story_id == one.other).values(next_due=None))
        into = groups.get(one.kept)
        if into is not None and into != groups[one.other]:
            regroup.merge(connection, [Merging(group=groups[one.other], into=into, why="", at=at)])
        connection.execute(update(story).where(story.c.id == one.other).values(group_why=WHY))
    return withdrawn


def _silence(connection: Connection, one: Twin, at: datetime, *, gone: bool) -> int:
    """Take back what of the other story is not told yet, though it was decided for the one that is kept."""
    same = and_(_kept.c.story_id == one.kept, _kept.c.rule == verdict.c.rule, _kept.c.channel == verdict.c.channel)
    decided = [verdict.c.story_id == one.other, *(() if gone else (select(_kept.c.rule).where(same).exists(),))]
    connection.execute(update(verdict).where(*decided, HELD_BACK).values(reason=Reason.COPY))
    together = select(stream_alert.c.delivery).where(stream_alert.c.delivery == outbox.c.key).exists()
    pending = (
        select(verdict.c.delivery)
        .join(outbox, outbox.c.key == verdict.c.delivery)
        .where(*decided, outbox.c.state == State.PENDING, ~together)
    )
    keys = connection.scalars(pending.distinct()).all()
    connection.execute(
        update(verdict).where(*decided, verdict.c.delivery.in_(keys)).values(delivery=None, reason=Reason.COPY)
    )
    empty = [key for key in keys if not connection.scalar(select(func.count()).where(verdict.c.delivery == key))]
    values = {"state": State.WITHDRAWN, "reason": Reason.COPY, "not_before": None, "changed": at}
    connection.execute(update(outbox).where(outbox.c.key.in_(empty)).values(values))
    for key in empty:
        line = {"key": key, "at": at, "state": State.WITHDRAWN, "reason": Reason.COPY, "detail": WHY}
        connection.execute(insert(delivery_log), line)
    return len(empty)
