"""Texts as the index has them: tokens between blanks, and where each stands.

A token is a word as ``alerts.rules.fold`` folds it. Where words are not parted by blanks (Chinese, Japanese, Thai,
Lao, Khmer, Burmese), or grow together as Korean ones do, the tokens are overlapping pairs of letters and then the
last letter alone: 重要鉱物 is 重要 要鉱 鉱物 物. So pairs that follow one another are any part of it of two or more
letters, and tokens that begin with a letter are that letter at any place.
"""

from __future__ import annotations

import re
from itertools import pairwise
from operator import add
from typing import TYPE_CHECKING, NamedTuple

from alerts.rules.fold import MARK, fold

if TYPE_CHECKING:
    from collections.abc import Iterator

# Folding parts these characters by blanks, so a blank between them says nothing.
_HAN_AND_KANA = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3038-\u303c\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9f\U0001aff0-\U0001b16f\U00020000-\U000323af"
)
_THAI_LAO_BURMESE_KHMER = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\ua9e0-\ua9ff\uaa60-\uaa7f"
_HANGUL = "\u1100-\u11ff\ua960-\ua97f\uac00-\ud7ff"
_RUN = f"[{_HAN_AND_KANA}]+(?: [{_HAN_AND_KANA}]+)*|[{_THAI_LAO_BURMESE_KHMER}{_HANGUL}]+"
_RUNS = re.compile(_RUN)
_PIECE = re.compile(rf"(?P<run>{_RUN})|[^ {re.escape(MARK)}]+")
# "And" and the article with what grows together with it: the prefixes of light10 (Larkey, Ballesteros and Connell,
# "Light Stemming for Arabic Information Retrieval", 2007), where three letters are left.
_ARABIC_PREFIX = re.compile("(?<![^ ])(?:وال|بال|كال|فال|لل|ال|و)(?=[\u0620-\u06ff]{3})")


class Token(NamedTuple):
    """A token of the index, and the slice of the folded text that it comes from."""

    text: str
    start: int
    end: int
    head: int  # where its first letter ends; of a word, where it ends
    is_last_of_run: bool = False


def is_run(char: str) -> bool:
    """Say whether a folded character is of a script of which the index has pairs of letters."""
    return _RUNS.fullmatch(char) is not None


def searchable(text: str) -> str:
    """Return what the index is to hold for a text: the texts of its ``tokens``, between single blanks.

    Nothing but letters, digits and marks on letters is left, so an index need only part it at blanks.
    """
    folded = fold(text)
    if not folded.isascii():
        folded = _ARABIC_PREFIX.sub("", _RUNS.sub(_pairs, folded))
    return " ".join(folded.replace(MARK, " ").split())


def tokens(folded: str) -> Iterator[Token]:
    """Yield the tokens of a folded text, in order."""
    for piece in _PIECE.finditer(folded):
        if piece["run"] is None:
            yield Token(_ARABIC_PREFIX.sub("", piece[0]), piece.start(), piece.end(), piece.end())
            continue
        places = [place for place in range(*piece.span()) if folded[place] != " "]
        for this, following in pairwise(places):
            yield Token(folded[this] + folded[following], this, following + 1, this + 1)
        last = places[-1]
        yield Token(folded[last], last, last + 1, last + 1, is_last_of_run=True)


def _pairs(run: re.Match[str]) -> str:
    letters = run[0].replace(" ", "")
    return " ".join([*map(add, letters, letters[1:]), letters[-1]])
