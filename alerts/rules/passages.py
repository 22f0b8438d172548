"""Where the paragraphs, the sentences and the lead of a text end, in every script."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from alerts.rules.fold import MARK, ends_no_clause, fold, is_one_by_one

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAD_WORDS = 60

_PARAGRAPH = re.compile(r"\n\n\s*")
_CLOSING = r"[\"'\u2019\u201d\u00bb)\]\u300d\u300f\u3011\uff09]*"
_SENTENCE = re.compile(
    rf"""  [.!?\u2026]+ {_CLOSING} \s+                    # Latin, Cyrillic, Greek, Hangul: a blank follows
        | [。\uff01\uff1f｡]+ {_CLOSING} \s*                     # Chinese and Japanese need none
        | \uff0e+ (?![0-9\uff10-\uff19A-Za-z\uff21-\uff3a\uff41-\uff5a]) {_CLOSING} \s*
        | [\u0964\u0965\u061f\u06d4\u0589\u1362\u1367\u1368\u17d4\u17d5\u104b]+ {_CLOSING} \s*   # danda and its like
    """,
    re.VERBOSE,
)
_ABBREVIATION = re.compile(
    r"\b(?:No|Nos|Inc|Ltd|Co|Corp|vs|etc|cf|ca|approx|Art|Fig|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|bzw|usw|Nr)\Z"
)
_LONGEST_ABBREVIATION = 7


def paragraph_ends(text: str) -> list[int]:
    """Return the offset after each paragraph of a text and the blank lines that follow it."""
    ends = [found.end() for found in _PARAGRAPH.finditer(text)]
    return ends if ends and ends[-1] == len(text) else [*ends, len(text)]


def sentence_ends(text: str) -> list[int]:
    """Return the offset after each sentence and the blanks that follow it; a paragraph ends one, too.

    A full stop ends none after an initial, a title or a common abbreviation, and no sign does where a small
    letter follows. Thai, Lao, Khmer and Burmese have no sign that is always written: a blank may stand
    inside a sentence, so only paragraphs and the signs above end theirs.
    """
    ends = {found.end() for found in _SENTENCE.finditer(text) if _is_end(text, found)}
    return sorted(ends.union(paragraph_ends(text)))


def folded_ends(text: str, ends: Sequence[int]) -> list[int]:
    """Return where the pieces that end at ``ends`` do so in the folded text: at the blank that they share."""
    total, start = 0, 0
    folded: list[int] = []
    for end in ends:
        total += len(fold(text[start:end])) - 1
        folded.append(total)
        start = end
    return folded


def lead_end(folded: str, paragraph_end: int) -> int:
    """Return where the lead of a folded text ends: with its first paragraph, or sooner after LEAD_WORDS words.

    Two Han or Hiragana characters count as one word.
    """
    place, words = 0, 0.0
    for token in folded[:paragraph_end].split():
        if token != MARK:
            words += 1 / 2 if is_one_by_one(token) else 1
            if words > LEAD_WORDS:
                return place
        place += len(token) + 1
    return paragraph_end


def _is_end(text: str, found: re.Match[str]) -> bool:
    after = text[found.end() : found.end() + 1]
    if after.islower() or (after and (unicodedata.combining(after) or after in "ﾞﾟ")):
        return False
    if not found[0].startswith(".") or found[0].startswith(".."):
        return True
    before = text[max(0, found.start() - _LONGEST_ABBREVIATION) : found.start()]
    return not ends_no_clause(text, found.start()) and not _ABBREVIATION.search(before)
