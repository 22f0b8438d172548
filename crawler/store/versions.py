"""Stories as they now read, out of the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.story import DateNote, Story
from crawler.store.deliveries import outlet
from crawler.store.schema import source, story, story_version

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

_WORDS = ("url", "title", "text", "language", "authors", "tags")
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
    return [
        Story(
            id=row.id,
            version=row.version,
            outlet=outlet(row, "source_"),
            url=row.url,
            title=row.title,
            text=row.text,
            language=row.language,
            authors=tuple(row.authors),
            tags=tuple(row.tags),
            published=row.published,
            date_note=None if row.date_note is None else DateNote(row.date_note),
            seen=row.seen,
        )
        for row in connection.execute(_NEWEST.where(*conditions))
    ]
