"""Whether what an outlet added to a story corrects or withdraws what it had said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alerts.story import Field, Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alerts.story import Story

# What outlets put before such a sentence, as their own guidelines ask: the word stands first, and something parts it
# from what follows, or it begins a formula.
_WORDS = (
    "correction|corrections|corrected|clarification|clarified|retraction|retracted|withdrawn|erratum",
    "editor['\u2019]s note",
    "rectificatif|rectification|correctif|mise au point|précision|note de la rédaction",
    "berichtigung|korrektur|richtigstellung|klarstellung|anmerkung der redaktion|hinweis der redaktion",
    "corrección|fe de errores|rectificación|aclaración|nota de la redacción",
    "correção|retificação|errata|nota da redação",
    "correzione|rettifica|precisazione",
    "correctie|rectificatie|rättelse|rettelse|oikaisu|sprostowanie|düzeltme|koreksi|ralat",
    "исправление|опровержение|уточнение|виправлення|уточнення",
    "تصحيح|تصويب|اصلاحیه",
    "訂正|お詫びと訂正|訂正とお詫び|更正|勘误|勘誤|정정|정정보도|바로잡습니다",
)
_ENGLISH = (
    r"(?:this|an earlier version of this|a previous version of this) (?:article|story|report|piece) (?:\w+ ){0,4}?"
    r"(?:amended|corrected|retracted|withdrawn|misstated|misspelled|incorrectly|wrongly|mistakenly|erroneously)\b"
)
_FORMULAS = (
    _ENGLISH,
    r"we (?:have )?(?:corrected|retracted|withdrawn) ",
    r"\(corrects ",
    r"(?:dans une première version|une version précédente) de cet article",
    r"in einer (?:früheren|vorherigen) (?:version|fassung) (?:dieses|des) (?:artikels|textes|beitrags)",
    r"(?:una|en una) versión anterior de este (?:artículo|texto)",
)
_OPENING = re.compile(
    rf"^[\W_]*(?:(?:{'|'.join(_WORDS)})\s*(?:\([^)]*\)\s*)?[:\uff1a\]\u3011)\uff09,\u3001\u3002.\u2014\u2013-]"
    rf"|(?:{'|'.join(_FORMULAS)}))",
    re.IGNORECASE,
)


def correction_in(story: Story, added: Iterable[Span], headline_before: str | None = None) -> Span | None:
    """Return what says that a story was wrong: its new headline, or the first such sentence of those added, else None.

    Only what says so itself: that a sentence is gone, or reads otherwise, may be no more than an edit.
    """
    if headline_before is not None and _corrects(story.title) and not _corrects(headline_before):
        return Span(Field.TITLE, 0, len(story.title))
    return next((span for span in added if span.field is Field.TEXT and _corrects(span.of(story))), None)


def _corrects(words: str) -> bool:
    return _OPENING.match(words) is not None
