"""The way of stories to people, as the database has it: when they were published, seen, matched and posted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from alerts.outbox import State
from alerts.timing import Walk
from crawler.ids import earliest
from crawler.store.schema import delivery_log, outbox, source, story, verdict

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

_MOST = 50_000  # walks that are read; the newest are


def walks(connection: Connection, since: datetime) -> list[Walk]:
    """Return the ways of the stories seen since a moment, newest first.

    Those that a source's first visit found do not count: when they came is not known. Nor does what told nobody.
    """
    posted = (
        select(func.min(delivery_log.c.at))
        .where(delivery_log.c.key == outbox.c.key, delivery_log.c.state == State.SENT)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(
            story.c.source_id,
            verdict.c.rule,
            story.c.published,
            story.c.seen,
            outbox.c.queued.label("matched"),
            posted.label("posted"),
        )
        .join(verdict, verdict.c.story_id == story.c.id)
        .join(outbox, outbox.c.key == verdict.c.delivery)
        .join(source, source.c.id == story.c.source_id)
        .where(story.c.id >= earliest(since), story.c.seen >= since, story.c.seen > source.c.first_read)
        .order_by(story.c.id.desc())
        .limit(_MOST)
    )
    return [
        Walk(
            source=row.source_id,
            rule=row.rule,
            published=row.published,
            seen=row.seen,
            matched=row.matched,
            posted=row.posted,
        )
        for row in rows
    ]
