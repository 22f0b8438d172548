"""Where the paragraphs, the sentences and the lead of a text end, in every script."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from alerts.rules.abbreviations import ABBREVIATIONS, BEFORE_NUMBERS, BEFORE_ORDINALS, BEGINNINGS, MONTHS
from alerts.rules.fold import MARK, ends_no_clause, fold, is_one_by_one

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAD_WORDS = 60

_PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
_MARKS = r"\"'\u2019\u201d\u00bb)\]\u300d\u300f\u3011\uff09\u300b\u3009"
_CLOSING = rf"(?:[{_MARKS}]|\[\d+\])*"  # and the number of a footnote
_GUILLEMET = r"(?:[ \u00a0\u202f\u2009]\u00bb(?=[\s.,;:]|\Z))?"  # in French a blank stands before it
_WIDE = "。\uff01\uff1f｡\uff0e\u0964\u0965\u061f\u06d4\u0589\u1362\u1367\u1368\u17d4\u17d5\u104b"  # need no blank
# Each way begins with a set of signs, so that the search leaps from sign to sign.
_SENTENCE = re.compile(
    rf"""  [.!?\u2026]+ {_CLOSING} {_GUILLEMET} \s+        # Latin, Cyrillic, Greek, Hangul: a blank follows
        | [!?] (?<=[^\W\d_][^\W\d_].) (?=[A-Z\u00c0-\u00d6\u00d8-\u00de\u0410-\u042f])    # or is forgotten
        | [.] (?<=[\uac00-\ud7a3].) (?=[\uac00-\ud7a3])
        | [。\uff01\uff1f｡]+ (?P<quoted> {_CLOSING} ) \s*                  # Chinese and Japanese
        | [\uff0e]+ (?![0-9\uff10-\uff19A-Za-z\uff21-\uff3a\uff41-\uff5a]) {_CLOSING} \s*
        | [\u0964\u0965\u061f\u06d4\u0589\u1362\u1367\u1368\u17d4\u17d5\u104b]+ {_CLOSING} \s*   # danda and its like
    """,
    re.VERBOSE,
)
# What goes on behind a quotation: と, は and their like, and commas.
_PARTICLE = re.compile("[とはがのをにでもへやかなだって、\uff0c,]")
_WORD_BEFORE = re.compile(r"[^\W_]+\Z")
_ORDINAL = re.compile(r"(?:\A|(?<=[\s(]))(?:([^\W\d_]+) )?\d{1,2}\Z")
_WORD_AFTER = re.compile(r"[^\W_]+")
_DAY_OR_MONTH = re.compile(r"\d{1,2}\.")
_DAY_AND_MONTH = re.compile(r"(?<!\d)\d{1,2}\.\s?\d{1,2}\Z")
_LOOK_BACK = 24  # characters: an abbreviation, or an article and a number


def paragraph_ends(text: str) -> list[int]:
    """Return the offset after each paragraph of a text and the blank lines that follow it."""
    ends = [found.end() for found in _PARAGRAPH.finditer(text)]
    return ends if ends and ends[-1] == len(text) else [*ends, len(text)]


def sentence_ends(text: str) -> list[int]:
    """Return the offset after each sentence and the blanks that follow it; a paragraph ends one, too.

    A full stop ends none after an initial, a title, a common abbreviation or a German ordinal, and no sign with
    a blank does where a word in small letters follows. Thai, Lao, Khmer and Burmese have no sign that is always
    written: a blank may stand inside a sentence, so only paragraphs and the signs above end theirs.
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
    end = found.end()
    after = text[end : end + 1]
    if after and (unicodedata.combining(after) or after in "ﾞﾟ"):
        return False
    if found[0][0] in _WIDE:
        return not (found["quoted"] and _PARTICLE.match(after))
    if after.islower() and _begins_small(text, end):
        return False
    if not found[0].startswith(".") or found[0].startswith(".."):
        return True
    return not _belongs_to_a_word(text, found.start(), end)


def _begins_small(text: str, start: int) -> bool:
    """Say whether the word at ``start`` is in small letters throughout; iPhone and eBay begin sentences."""
    word = _WORD_AFTER.match(text, start)
    return word is None or not any(map(str.isupper, word[0][1:3]))


def _belongs_to_a_word(text: str, stop: int, end: int) -> bool:
    """Say whether a full stop is that of an initial, a title, an abbreviation or an ordinal."""
    follower = _WORD_AFTER.match(text, end)
    next_word = follower[0] if follower else ""
    before = text[max(0, stop - _LOOK_BACK) : stop]
    word = found[0] if (found := _WORD_BEFORE.search(before)) else ""
    is_number = word.isdecimal() and next_word.isdecimal()
    if is_number and (_DAY_OR_MONTH.match(text, end) or _DAY_AND_MONTH.search(before)):
        return True
    if word.isdecimal() and (ordinal := _ORDINAL.search(before)):
        return next_word in MONTHS or (ordinal[1] in BEFORE_ORDINALS and next_word not in BEGINNINGS)
    if word in BEFORE_NUMBERS and next_word[:1].isdecimal():
        return True
    if len(word) > 1 and ends_no_clause(text, stop):  # a title
        return True
    is_initial = text[end + 1 : end + 2] == "."  # as in "J. A. Smith"
    if next_word in BEGINNINGS and not is_initial:
        return False
    return word in ABBREVIATIONS or ends_no_clause(text, stop)
