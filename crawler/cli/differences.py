"""What changed from one text to the next, word by word, for people."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_TOKENS = re.compile(rf"\s+|[{_UNSPACED}]|[^\W{_UNSPACED}]+|[^\w\s]")
_MOST = 3_000  # words of a paragraph that are compared; of longer ones the whole is shown as exchanged
_ALIKE = 0.4  # share of two paragraphs' words from which one is taken for the other's new form


class Kind(Enum):
    """What became of some words."""

    KEPT = auto()
    ADDED = auto()
    REMOVED = auto()


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that share a fate."""

    kind: Kind
    text: str


def paragraphs(old: str, new: str) -> Iterator[tuple[Piece, ...]]:
    """Yield the paragraphs of two texts in reading order, each in pieces; one that stayed is one piece.

    Paragraphs are compared first, and then the words of those that were exchanged (Ratcliff and Obershelp, by
    difflib), so that a paragraph that moved down costs nothing.
    """
    before, after = _parts(old), _parts(new)
    for tag, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from ((Piece(Kind.KEPT, text),) for text in before[a:b])
        else:
            yield from _exchanged(before[a:b], after[c:d])


def unified(old: str, new: str, *, old_name: str, new_name: str) -> list[str]:
    """Return the difference of two texts in the unified form of diff, a paragraph being a line."""
    return list(difflib.unified_diff(_parts(old), _parts(new), old_name, new_name, n=1, lineterm=""))


def _parts(text: str) -> list[str]:
    return [part for part in text.split("\n\n") if part.strip()]


def _exchanged(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[Piece, ...]]:
    """Pair paragraphs that resemble each other, in their order; the others were removed or added."""
    left = list(before)
    for text in after:
        likeness = [_likeness(one, text) for one in left]
        best = max(range(len(left)), key=likeness.__getitem__, default=None)
        if best is None or likeness[best] < _ALIKE:
            yield (Piece(Kind.ADDED, text),)
            continue
        yield from ((Piece(Kind.REMOVED, one),) for one in left[:best])
        yield tuple(_words(left[best], text))
        del left[: best + 1]
    yield from ((Piece(Kind.REMOVED, one),) for one in left)


def _likeness(one: str, other: str) -> float:
    """Return the share of the words that two paragraphs have in common, without regard to their order."""
    mine, theirs = (set(filter(str.strip, _TOKENS.findall(text))) for text in (one, other))
    return 2 * len(mine & theirs) / max(len(mine) + len(theirs), 1)


def _words(old: str, new: str) -> Iterator[Piece]:
    before, after = _TOKENS.findall(old), _TOKENS.findall(new)
    if max(len(before), len(after)) > _MOST:
        yield Piece(Kind.REMOVED, old)
        yield Piece(Kind.ADDED, new)
        return
    for tag, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Piece(Kind.KEPT, "".join(before[a:b]))
            continue
        if gone := "".join(before[a:b]):
            yield Piece(Kind.REMOVED, gone)
        if come := "".join(after[c:d]):
            yield Piece(Kind.ADDED, come)
