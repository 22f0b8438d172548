"""The terms of a story by which events are told apart: stems of its words, and its numbers with what stands by them."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from alerts.rules.fold import MARK, fold, is_hangul, is_one_by_one, is_unspaced
from alerts.search.text import searchable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

WORDS = 400  # of a text that are read: what is new stands first
TITLE = 3  # times that a word of the title counts
BLANK = " "  # stands in the term of a number and its neighbour, and in no other

_STEM = 6  # letters: endings are cut off, in the manner of every language (McNamee and Mayfield 2004)
_HANGUL, _UNSPACED = 2, 3  # letters in a term of a script where the words are not apart
_LONGEST = 12  # characters that one of WORDS takes at most, on average
_ARABIC = "\u0620", "\u06ff"


def terms(title: str, text: str) -> Counter[str]:
    """Count the terms of a story's title and first WORDS words, those of the title TITLE times.

    A term is a folded word cut to six letters; two neighbouring Han or Hiragana characters or Hangul syllables;
    three letters of a script without blanks between words, such as Thai. A number makes a term with either neighbour
    as well: *12* says little, *june 12* and *12 dead* tell one event from the next of its kind.
    """
    read = fold(text[: WORDS * _LONGEST]).split()
    counted = Counter(_terms(read)[:WORDS])
    counted.update(_numbered(read[:WORDS]))
    heading = fold(title).split()
    for term in (*_terms(heading), *_numbered(heading)):
        counted[term] += TITLE
    return counted


def _numbered(tokens: Iterable[str]) -> Iterator[str]:
    """Yield every number with the token before it, and with the one after it."""
    # Across marks too: 12. Juni; June 12, 2008.
    for one, other in pairwise([token for token in tokens if token != MARK]):
        if one[0].isdigit() or other[0].isdigit():
            yield f"{one[:_STEM]}{BLANK}{other[:_STEM]}"


def _terms(tokens: Iterable[str]) -> list[str]:
    found: list[str] = []
    run: list[str] = []
    for token in tokens:
        if token != MARK and is_one_by_one(token):
            run.append(token)
            continue
        found += _grams(run, 2)
        run = []
        if token != MARK:
            found += _stems(token)
    return [*found, *_grams(run, 2)]


def _stems(token: str) -> Iterator[str]:
    if token.isascii():
        yield token[:_STEM]
    elif is_hangul(token[0]):
        yield from _grams(token, _HANGUL)
    elif is_unspaced(token[0]):
        yield from _grams(token, _UNSPACED)
    elif _ARABIC[0] <= token[0] <= _ARABIC[1]:
        yield searchable(token)[:_STEM]  # without the article, as the index has it
    else:
        yield token[:_STEM]


def _grams(letters: Sequence[str], size: int) -> Iterator[str]:
    """Yield every run of ``size`` neighbours; fewer letters than that are one run."""
    if letters:
        for start in range(max(len(letters) - size + 1, 1)):
            yield "".join(letters[start : start + size])
