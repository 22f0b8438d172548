"""Whether the page of a new or changed item is to be fetched, and why."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alerts.policy import is_backlog
from spiders.source import Fulltext

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.story import Story
    from spiders.entry import Entry
    from spiders.source import Source

SHORT = 120  # words; a feed that carries more than this carries the story

_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_LEADS_ON = re.compile(
    r"(?:\.\.\.|\u2026|"
    r"\b(?:(?:read|see) more|continue reading[\w ]{0,40}|read the (?:full|rest|whole)[\w ]{0,30}|"
    r"weiterlesen|mehr lesen|lire la suite|lire plus|leer más|seguir leyendo|leggi tutto|continua a leggere|leia mais|"
    r"lees verder|läs mer|les mer|læs mere|czytaj dalej|devam\u0131n\u0131 oku|baca selengkapnya|"
    r"читать далее|читать дальше|подробнее|читати далі)|"
    r"اقرأ المزيد|続きを読む|続きは|阅读全文|閱讀全文|查看全文|더 ?보기|전문 ?보기)[\s\W]*$",
    re.IGNORECASE,
)
_TAIL = 80  # characters
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
    if words < SHORT:
        return f"the source's own text has {words} words"
    return "the source's own text breaks off" if breaks_off(entry.text) else None


def unwanted(story: Story, source: Source | None, first_read: datetime | None) -> str:
    """Return why the page of a story was not to be fetched, as far as its source says so still.

    ``source`` is None when it is not configured any more, and ``first_read`` is when it was visited first.
    """
    if story.url is None:
        return "the source gives no address"
    if source is None:
        return "its source is not configured any more, and nobody wrote down why"
    if source.fulltext is Fulltext.NEVER:
        return "`fulltext` is never"
    if first_read and story.seen <= first_read and is_backlog(story.published, first_read, source.backlog):
        return "it was there before the first visit of its source, and of such nobody is told"
    words = words_of(story.text)
    if source.fulltext is Fulltext.AUTO and words >= SHORT and not breaks_off(story.text):
        return f"the source's own text has {words} words, which is enough"
    return "it was not wanted when the story came; by the configuration in force it would be"


def breaks_off(text: str) -> bool:
    """Tell whether a text ends as excerpts do: with an ellipsis, or words that lead on to the rest."""
    return _LEADS_ON.search(text[-_TAIL:]) is not None


def words_of(text: str) -> int:
    """Count the words of a text, two letters as one where no blanks part them."""
    unspaced = len(_UNSPACED.findall(text))
    return len(_UNSPACED.sub(" ", text).split()) + unspaced // _LETTERS_A_WORD
