"""Whether the page of a new or changed item is to be fetched, and why."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from spiders.source import Fulltext

if TYPE_CHECKING:
    from spiders.entry import Entry
    from spiders.source import Source

SHORT = 120  # words; a feed that carries more than this carries the story

_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_LETTERS_A_WORD = 2  # of scripts that put no blanks between words


def wants_page(entry: Entry, source: Source, *, backlog: bool) -> str | None:
    """Return why the page of an item is to be fetched, or None when it is not.

    The backlog of a first visit is not: nobody is told of it, and it would be hundreds of requests at once.
    """
    if backlog or entry.url is None or source.fulltext is Fulltext.NEVER:
        return None
    if source.fulltext is Fulltext.ALWAYS:
        return "fulltext: always"
    if entry.needs_page:
        return "the source gives an address and no words"
    words = words_of(entry.text)
    return f"the source's own text has {words} words" if words < SHORT else None


def words_of(text: str) -> int:
    """Count the words of a text, two letters as one where no blanks part them."""
    unspaced = len(_UNSPACED.findall(text))
    return len(_UNSPACED.sub(" ", text).split()) + unspaced // _LETTERS_A_WORD
