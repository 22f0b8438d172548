"""What was left out of a story's page when it was last read: its words, packed, in a table of their own."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from crawler.store.schema import left_out
from spiders.cuts import Cut, Why

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

_LEVEL = 6  # of zlib: higher ones gain nothing on texts so short


def keep(connection: Connection, story_id: int, at: datetime, cuts: Sequence[Cut]) -> None:
    """Keep what was left out of a page in place of what was before."""
    forget(connection, [story_id])
    if cuts:
        connection.execute(insert(left_out), {"story_id": story_id, "at": at, "passages": packed(cuts)})


def kept(connection: Connection, story_id: int) -> tuple[Cut, ...]:
    """Return what was left out of a story's page, as far as it is kept, in the order in which it was taken out."""
    found = connection.scalar(select(left_out.c.passages).where(left_out.c.story_id == story_id))
    return () if found is None else unpacked(found)


def forget(connection: Connection, stories: Collection[int]) -> None:
    """Remove what was left out of some stories' pages."""
    connection.execute(delete(left_out).where(left_out.c.story_id.in_(stories)))


def packed(cuts: Sequence[Cut]) -> bytes:
    """Write what was left out, small."""
    rows = [[one.why, one.text, one.letters, one.number] for one in cuts]
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode("utf-8", "replace"), _LEVEL)


def unpacked(passages: bytes) -> tuple[Cut, ...]:
    """Read what ``packed`` wrote; what a later release wrote by a sign that is not known here is passed over."""
    rows = json.loads(zlib.decompress(passages))
    return tuple(
        Cut(why=Why(why), text=text, letters=letters, number=number)
        for why, text, letters, number in rows
        if why in Why.__members__.values()
    )
