"""What looks like a name: capitalised words, and runs of Katakana."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alerts.rules.fold import fold, is_one_by_one
from alerts.tuning.wording import COMMON

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LONGEST = 60  # characters of a name
MOST_WORDS = 8
_MOST_IN_TEXT = 6  # words of a capitalised sequence
_FEW = 4  # words of a line from which too many capitals say nothing …
_MANY = 0.6  # … namely more than this share of them
_ELIDED = re.compile("[dlDL]['\u2019](?=\\w)")
_JOINING = frozenset({"of", "for", "de", "du", "des", "la", "le", "les", "von", "van", "del", "di", "da"})
_ARTICLES = frozenset({"the", "a", "an", "der", "die", "das", "el", "los", "las"})
_SENTENCE_END = re.compile("[.!?:\n\u3002\uff01\uff1f\uff1a]+")
_KATAKANA = re.compile("[ァ-ヺー]{3,}")
_UNSPACED = re.compile("[\u30a0-\u30ff\u3400-\u9fff\uac00-\ud7af々]{2,20}$")
_EDGES = ".,;:!?()[]\"'\u201c\u201d\u2018\u2019\u00ab\u00bb"


def folded_name(text: str) -> str:
    """Return a name as the matcher has it: words between single blanks, without clause marks."""
    return " ".join(part for part in fold(text).split() if any(map(str.isalnum, part)))


def is_name(text: str) -> bool:
    """Say whether something may be a name: few words, with letters, and not all of them common."""
    folded = folded_name(text).split()
    letters = "".join(folded)
    if len(letters) < 2 or not any(map(str.isalpha, letters)):  # noqa: PLR2004  one letter names nobody
        return False
    few = sum(0.5 if is_one_by_one(word) else 1 for word in folded) <= MOST_WORDS
    return few and not all(word in COMMON for word in folded)


def names_in(text: str) -> Iterator[str]:
    """Yield the capitalised sequences of a text, up to six words, and runs of Katakana; not what begins a sentence."""
    for line in _SENTENCE_END.split(text):
        yield from (found[0] for found in _KATAKANA.finditer(line))
        yield from _sequences(line.split())


def is_headline(line: str) -> bool:
    """Say whether most words of a line are capitalised, as in English headlines: there capitals say nothing."""
    words = line.split()
    return len(words) >= _FEW and sum(map(_is_capitalised, words)) > _MANY * len(words)


def name_before(text: str) -> str | None:
    """Return the name that a text ends with: capitalised words, or a run of a script without blanks."""
    line = text[-2 * LONGEST :].rstrip()
    if found := _UNSPACED.search(line):
        return found[0]
    words = line.split()[-MOST_WORDS:]
    first = len(words)
    while first and (_is_capitalised(words[first - 1]) or (first < len(words) and words[first - 1] in _JOINING)):
        first -= 1
    while first < len(words) and words[first].lower() in _JOINING | _ARTICLES:
        first += 1
    name = " ".join(words[first:]).strip(_EDGES)
    return name if is_name(name) else None


def _sequences(words: Sequence[str]) -> Iterator[str]:
    start = 1  # the first word has its capital from the sentence
    while start < len(words):
        if not _is_capitalised(words[start]):
            start += 1
            continue
        end = start + 1
        while end < len(words) and end - start < _MOST_IN_TEXT and words[end - 1][-1] not in ",;)":
            joins = words[end] in _JOINING and end + 1 < len(words) and _is_capitalised(words[end + 1])
            if not joins and not _is_capitalised(words[end]):
                break
            end += 1 + joins
        yield " ".join(words[start:end]).strip(_EDGES)
        start = end


def _is_capitalised(word: str) -> bool:
    return _ELIDED.sub("", word).lstrip(_EDGES)[:1].isupper()
