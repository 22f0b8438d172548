"""Names that a rule does not know yet: what stands in brackets beside a known one, and what is nearly spelled so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.rules.fold import is_one_by_one
from alerts.tuning.names import LONGEST, is_name, name_before

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_CLOSE, _FAR = 6, 8  # letters of a name from which one may differ, and from which two may
_MOST = 2  # letters that any may differ by
_CLOSE_KATAKANA = 4
_MOST_KEPT = 10_000  # words of texts with the same first letter of which the near names are kept
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


class Spellings:
    """Known names, and what texts have that is nearly spelled so; names and tokens are folded."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names: set[str] = set()
        self._by_shape: dict[tuple[int, str], dict[int, list[_Known]]] = {}  # blanks and first letter; then length
        self._cache: dict[tuple[int, str], dict[str, tuple[str, ...]]] = {}  # by shape: known names by what is there
        self.add(names)

    def add(self, names: Iterable[str]) -> None:
        """Take in more names."""
        for one in {*names} - self._names:
            self._names.add(one)
            if most := _allowed(one):
                shape = one.count(" "), one[0]
                known = _Known(name=one, most=most, letters=_letters(one))
                self._by_shape.setdefault(shape, {}).setdefault(len(one), []).append(known)
                self._cache.pop(shape, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def variants(self, tokens: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield pairs of a known name and what a text has that is nearly spelled so.

        Nearly is one letter more, less, other or exchanged with its neighbour (the optimal string alignment distance,
        see L. Boytsov, Indexing methods for approximate dictionary searching, JEA 16, 2011) in a name of 6 letters, two
        of 8, and one in four of Katakana; the first letter is the same, and so is the number of words.
        """
        for blanks in sorted({blanks for blanks, _ in self._by_shape}):
            for number in range(len(tokens) - blanks):
                shape = blanks, tokens[number][0]
                if shape in self._by_shape:
                    there = " ".join(tokens[number : number + blanks + 1])
                    yield from ((one, there) for one in self._near(shape, there))

    def _near(self, shape: tuple[int, str], there: str) -> tuple[str, ...]:
        cache = self._cache.setdefault(shape, {})
        if (found := cache.get(there)) is None:
            if len(cache) >= _MOST_KEPT:
                cache.clear()
            by_length, letters = self._by_shape[shape], _letters(there)
            lengths = range(len(there) - _MOST, len(there) + _MOST + 1)
            likely = (one for length in lengths for one in by_length.get(length, ()) if one.may_be(letters))
            found = cache[there] = tuple(one.name for one in likely if _is_near(one.name, there))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A name that may be spelled otherwise."""

    name: str
    most: int  # letters by which it may differ
    letters: int  # a bit for each of them

    def may_be(self, letters: int) -> bool:
        """Say whether a word with these letters may be near: each change adds a letter at most, and takes one away."""
        return (self.letters ^ letters).bit_count() <= 2 * self.most


def _letters(word: str) -> int:
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 63)
    return bits


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
