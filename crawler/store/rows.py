"""Rows of the database as the nouns they stand for, where several modules need them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alerts.story import DateNote, Field, Headline, Match, Severity, Span, Trend
from alerts.stream import HELD_BACK
from crawler.store.kin import StoryState
from spiders.source import Source
from spiders.urls import site_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Row

    from alerts.story import Outlet


def outlet(row: Row[Any], prefix: str = "") -> Outlet:
    """Return the outlet that a row of ``source`` describes."""
    get = row._mapping.__getitem__  # noqa: SLF001 -- SQLAlchemy's public name for a row as a mapping
    return Source(
        id=get(f"{prefix}id"),
        url=get(f"{prefix}url"),
        name=get(f"{prefix}name"),
        tier=get(f"{prefix}tier"),
        country=get(f"{prefix}country"),
        type=get(f"{prefix}type"),
    ).outlet


def owner(url: str | None, home: str, source_id: str) -> str:
    """Return who is behind a story: the registrable domain of its address, else of its source's, else the source."""
    return site_of(url or home) or source_id


def match(row: Row[Any]) -> Match:
    """Return the match that a row of ``verdict`` or ``stream_alert`` describes."""
    return Match(
        rule=row.rule,
        name=row.name,
        severity=Severity(row.severity),
        tags=tuple(row.tags),
        spans=tuple(Span(Field(field), start, end) for field, start, end in row.spans),
    )


def spans(of: Match) -> list[tuple[str, int, int]]:
    """Return a match's spans as they are kept."""
    return [(span.field, span.start, span.end) for span in of.spans]


def words(kept: Iterable[tuple[str, int, int]], title: str, text: str) -> tuple[str, ...]:
    """Return the words that kept spans lie on."""
    return tuple((title if field == Field.TITLE else text)[start:end] for field, start, end in kept)


def trend(row: Row[Any]) -> Trend:
    """Return what a row of ``stream_alert`` tells."""
    more = int(row.number) - 1 - len(row.top) if row.condition == HELD_BACK else 0
    return Trend(
        condition=row.condition,
        says=row.says,
        number=row.number,
        usual=row.usual,
        top=tuple(Headline(title=title, url=url, outlet=outlet) for title, url, outlet in row.top),
        more=more,
    )


def state(row: Row[Any]) -> StoryState:
    """Return where the story of a row of ``story`` stands."""
    return StoryState(
        id=row.id,
        source=row.source_id,
        group=row.group_id,
        version=row.version,
        published=row.published,
        date_note=None if row.date_note is None else DateNote(row.date_note),
        seen=row.seen,
    )
