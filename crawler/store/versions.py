"""Stories as they now read, out of the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from alerts.story import DateNote, Story
from crawler.ids import earliest
from crawler.store.rows import outlet
from crawler.store.schema import source, story, story_version

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

_WORDS = ("url", "title", "text", "language", "authors", "tags", "section")
_NEWEST = (
    select(
        story,
        *(story_version.c[name] for name in _WORDS),
        *(column.label(f"source_{column.name}") for column in source.c if column.name != "id"),
    )
    .join(story_version, (story_version.c.story_id == story.c.id) & (story_version.c.version == story.c.version))
    .join(source, source.c.id == story.c.source_id)
)


def newest(connection: Connection, *conditions: ColumnElement[bool]) -> list[Story]:
    """Return the newest version of each story for which the conditions hold."""
    return [_story(row) for row in connection.execute(_NEWEST.where(*conditions))]


def before(connection: Connection, story_id: int | None, after: datetime, limit: int) -> list[Story]:
    """Return the newest stories, of those seen after a moment and older than one (None: than none), newest first."""
    query = _NEWEST.where(story.c.id >= earliest(after), story.c.seen > after).order_by(story.c.id.desc()).limit(limit)
    rows = connection.execute(query if story_id is None else query.where(story.c.id < story_id))
    return [_story(row) for row in rows]


def last(connection: Connection) -> int:
    """Return the greatest id of all stories; 0 when there is none."""
    return connection.scalar(select(func.max(story.c.id))) or 0


def _story(row: Row[Any]) -> Story:
    return Story(
        id=row.id,
        version=row.version,
        outlet=outlet(row, "source_"),
        url=row.url,
        title=row.title,
        text=row.text,
        language=row.language,
        authors=tuple(row.authors),
        tags=tuple(row.tags),
        section=row.section,
        published=row.published,
        date_note=None if row.date_note is None else DateNote(row.date_note),
        seen=row.seen,
    )
