"""A story with all its versions, as the database has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from crawler.store import opening
from crawler.store.schema import likeness, page, story_version

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from crawler.store.worker import Worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One version of a story."""

    version: int
    at: datetime  # when it was taken in
    url: str | None
    title: str
    text: str
    language: str | None
    authors: tuple[str, ...]
    section: str | None
    rules: str  # the revision of the rules that judged it


class History:
    """Looks stories up in a store beside a daemon or without one, and changes nothing."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    @classmethod
    def open(cls, url: str) -> History:
        """Open a store by its SQLAlchemy URL; raises StoreError, which says what to do."""
        return cls(opening.to_read(url))

    def close(self) -> None:
        """Let go of the store."""
        self._worker.close()

    def editions(self, story: int) -> Sequence[Edition]:
        """Return the versions of a story, oldest first; of none that is known, none."""
        return self._worker.run_now(lambda connection: editions_of(connection, story))

    def at_address(self, urls: Sequence[str], key: bytes | None) -> Sequence[int]:
        """Return the stories at an address, newest first: by its key, else by what versions and pages have.

        ``urls`` are the spellings that are looked for, ``key`` is what all spellings share.
        """
        return self._worker.run_now(lambda connection: stories_at(connection, urls, key))


def editions_of(connection: Connection, story: int) -> list[Edition]:
    """Return the versions of a story, oldest first."""
    rows = connection.execute(
        select(story_version).where(story_version.c.story_id == story).order_by(story_version.c.version)
    )
    return [
        Edition(
            version=row.version,
            at=row.at,
            url=row.url,
            title=row.title,
            text=row.text,
            language=row.language,
            authors=tuple(row.authors),
            section=row.section,
            rules=row.rules,
        )
        for row in rows
    ]


def stories_at(connection: Connection, urls: Sequence[str], key: bytes | None) -> list[int]:
    """Return the stories at an address, newest first: by its key, else by what versions and pages have."""
    if key is not None:
        found = connection.scalars(select(likeness.c.story_id).where(likeness.c.key == key))
        if stories := sorted(set(found), reverse=True):
            return stories
    versions = connection.scalars(select(story_version.c.story_id).where(story_version.c.url.in_(urls)))
    pages = connection.scalars(select(page.c.story_id).where(page.c.url.in_(urls)))
    return sorted({*versions, *pages}, reverse=True)
