"""The words of a story as the matcher takes them: what can be asked for in a query, and found again."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from alerts.rules.fold import MARK, fold, is_one_by_one

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from alerts.story import Story

MOST_TEXT = 20_000  # characters of a text that are looked at: what a story is about, it says early
_LATIN_LETTERS = 3  # of a word by itself; shorter ones tell little
_WORD = re.compile(r"[^\W\d_]")
# Words that are everywhere in the languages most sources write in: no query should ask for them by themselves.
_EVERYWHERE = """
a an and are as at be been but by for from had has have he her his in into is it its more not of on or over said says
she that the their there they this to was were which who will with would after also about than new you we our
der die das und in den von zu mit sich des auf fur ist im dem nicht ein eine als auch es an werden aus er hat dass sie
nach bei wird sind einer um am le la les de du un une et est en que qui dans pour sur au aux par plus ne pas il elle se
ce son sa ses avec el los las y del una por con para su al lo como o e di che per non si da sono nel
не что это как для
"""
COMMON = frozenset(_EVERYWHERE.split())


def terms_of(story: Story, known: Collection[str] = ()) -> frozenset[str]:
    """Return the folded words of a story and its pairs of neighbours that could stand in a query.

    Han, Hiragana and Thai come as the matcher has them, a character a word, so of those only neighbours are terms.
    What consists of words in ``known`` alone is left out, and so is what begins or ends with a common word.
    """
    terms: set[str] = set()
    for clause in _clauses(story):
        tokens = clause.split()
        terms.update(token for token in tokens if _stands_alone(token))
        terms.update(f"{left} {right}" for left, right in pairwise(tokens) if _pairs(left, right))
    return frozenset(terms - _told(terms, known))


def spelled(term: str) -> str:
    """Return a folded term as people write it: without blanks between characters that need none."""
    parts = term.split(" ")
    written = parts[0]
    for before, after in pairwise(parts):
        written += after if is_one_by_one(before) and is_one_by_one(after) else f" {after}"
    return written


def _clauses(story: Story) -> Iterator[str]:
    for text in (story.title, story.text[:MOST_TEXT]):
        yield from fold(text).split(MARK)


def _stands_alone(token: str) -> bool:
    return len(token) >= _LATIN_LETTERS and token not in COMMON and _WORD.search(token) is not None


def _pairs(left: str, right: str) -> bool:
    """Say whether two neighbours make a term: no common word at either edge, and not two numbers."""
    if left in COMMON or right in COMMON:
        return False
    return bool(_WORD.search(left) and _WORD.search(right)) and (
        is_one_by_one(left) == is_one_by_one(right) or min(len(left), len(right)) > 1
    )


def _told(terms: set[str], known: Collection[str]) -> set[str]:
    """Return those terms that say nothing but what is known already."""
    words = {part for one in known for part in fold(one).split()}
    return {term for term in terms if words.issuperset(term.split(" "))}
