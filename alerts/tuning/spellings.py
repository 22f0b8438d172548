"""Names that a rule does not know yet: what stands in brackets beside a known one, and what is nearly spelled so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alerts.rules.fold import is_one_by_one
from alerts.tuning.names import LONGEST, is_name, name_before

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

_CLOSE, _FAR = 6, 8  # letters of a name from which one may differ, and from which two may
_CLOSE_KATAKANA = 4
_OPEN, _CLOSED = "[(\uff08]", "[)\uff09]"  # of both widths
_QUOTE = '["\u201c\u201d\u300c\u300d\u300e\u300f]?'
_AFTER = re.compile(rf"\s{{0,2}}{_OPEN}\s*{_QUOTE}([^()\uff08\uff09\n]{{2,{LONGEST}}}?){_QUOTE}\s*{_CLOSED}")
_BEFORE = re.compile(rf"{_OPEN}\s*{_QUOTE}$")
_BRACKET = 4  # characters in which it must be opened before a name
_KATAKANA = re.compile(r"[ァ-ヺー]+")
_ENDINGS = frozenset({"s", "es", "e", "n", "en", "x"})


def beside(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[str]:
    """Yield what stands in brackets behind the words at ``spans`` of a text, or before brackets that hold them.

    "Reciprocal Access Agreement (RAA)" tells each name by the other, in any script.
    """
    for start, end in spans:
        if (found := _AFTER.match(text, end)) and is_name(found[1]):
            yield found[1].strip()
        opened = _BEFORE.search(text, max(0, start - _BRACKET), start)
        if opened and (name := name_before(text[: opened.start()])):
            yield name


def variants(words: Collection[str], tokens: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield pairs of a known name and what a text has that is nearly spelled so, both folded.

    Nearly is one letter more, less, other or exchanged with its neighbour (the optimal string alignment distance, see
    L. Boytsov, Indexing methods for approximate dictionary searching, JEA 16, 2011) in a name of 6 letters, two of 8,
    and one in four of Katakana; the first letter is the same, and so is the number of words.
    """
    by_shape: dict[tuple[int, str], list[str]] = {}
    for one in words:
        if _allowed(one):
            by_shape.setdefault((one.count(" "), one[0]), []).append(one)
    for blanks in sorted({blanks for blanks, _ in by_shape}):
        for number in range(len(tokens) - blanks):
            near = by_shape.get((blanks, tokens[number][0]))
            if near is None:
                continue
            there = " ".join(tokens[number : number + blanks + 1])
            yield from ((one, there) for one in near if _is_near(one, there))


def distance(one: str, other: str, most: int) -> int:
    """Return how many letters have to be put in, left out, changed or exchanged with their neighbour.

    ``most + 1`` stands for every larger number.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        oldest, before = before, row
        row = [number]
        for place, there in enumerate(other, 1):
            best = min(before[place] + 1, row[place - 1] + 1, before[place - 1] + (letter != there))
            if number > 1 and place > 1 and letter == other[place - 2] and there == one[number - 2]:
                best = min(best, oldest[place - 2] + 1)
            row.append(best)
        if min(row) > most and min(before) > most:  # an exchange looks two rows back
            return most + 1
    return min(row[-1], most + 1)


def _allowed(name: str) -> int:
    """Return how many letters a spelling may differ by."""
    letters = len(name) - name.count(" ")
    if any(map(is_one_by_one, name.split(" "))):
        return 0
    if _KATAKANA.fullmatch(name):
        return int(letters >= _CLOSE_KATAKANA)
    return (letters >= _CLOSE) + (letters >= _FAR)


def _is_near(known: str, other: str) -> bool:
    most = _allowed(known)
    if known == other or {other.removeprefix(known), known.removeprefix(other)} & _ENDINGS:
        return False  # a plural is no other spelling
    total = 0
    for one, there in zip(known.split(" "), other.split(" "), strict=True):
        apart = distance(one, there, most)
        if apart and len(one) < _CLOSE and not _KATAKANA.fullmatch(one):
            return False  # "rare earth" and "rare heart"
        total += apart
    return total <= most
