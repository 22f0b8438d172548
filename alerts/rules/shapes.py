"""Queries that differ in nothing but their quoted words: the first one is parsed, and the others are like it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from alerts.rules.nodes import And, Listed, Near, Not, Or, Phrase
from alerts.rules.query import MAX_LENGTH, Reading, read_query
from alerts.rules.terms import LONGEST, PLAIN_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from alerts.rules.nodes import Node
    from alerts.rules.spec import Text

    Build = Callable[[Iterator[Phrase | Listed]], Node]

_MOST_SHAPES = 1_000  # remembered: programs that write many queries write them in few
_QUOTED = f'"{PLAIN_WORDS}"'
_PART = re.compile(rf"((?<=\(){_QUOTED}(?:,\s*{_QUOTED})*(?=\))|{_QUOTED})")  # a list, or a phrase


class Shape(NamedTuple):
    """What queries have in common that differ in nothing but their quoted words."""

    build: Build
    needed: tuple[int, ...]  # which of its quoted pieces must each be found; only where it is flat
    is_flat: bool  # whether such pieces decide, and no more than whether and where each was found

    def tree(self, query: str) -> Node:
        """Return the tree of a query of this shape."""
        return self.build(iter(_leaves(_PART.split(query))))

    @staticmethod
    def texts(query: str) -> list[list[str]]:
        """Return the phrases in each quoted piece of a query."""
        return [piece.split('"')[1::2] for piece in _PART.split(query)[1::2]]


class Shapes:
    """Reads queries, and remembers what the trees looked like of those in which only plain quoted words stand.

    What stands between such words decides where they begin and end, and all the rest of the tree. So two queries
    with the same text between them have trees of one shape, once it was seen that the first one reads so.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], Shape | None] = {}

    def read(self, query: Text) -> Reading:
        """Return the same as ``read_query``."""
        value = query.value
        pieces = _PART.split(value)
        if len(pieces) == 1 or len(value) > MAX_LENGTH:
            return read_query(query)
        between = tuple(pieces[::2])
        shape = self._known.get(between)
        if shape is None:
            reading = read_query(query)
            if between not in self._known and len(self._known) < _MOST_SHAPES:
                self._known[between] = _shape_of(reading, pieces)
            return reading
        if max(map(len, pieces[1::2])) > LONGEST:  # then a phrase of it may be too long
            return read_query(query)
        return Reading(shape.build(iter(_leaves(pieces))))

    def flat(self, query: Text) -> tuple[Shape, list[list[str]]] | None:
        """Return the shape of a query, if that is known and flat, and the phrases in each of its quoted pieces."""
        pieces = _PART.split(query.value)
        shape = self._known.get(tuple(pieces[::2]))
        quoted = pieces[1::2]
        if shape is None or not shape.is_flat or len(query.value) > MAX_LENGTH or max(map(len, quoted)) > LONGEST:
            return None
        return shape, [piece.split('"')[1::2] for piece in quoted]


def _leaves(pieces: Sequence[str]) -> list[Phrase | Listed]:
    """Return the nodes of the quoted words, every second one of the pieces."""
    leaves: list[Phrase | Listed] = []
    offset = 0
    for between, part in zip(pieces[::2], pieces[1::2], strict=False):  # something stands behind the last one
        offset += len(between)
        if '",' in part:
            leaves.append(Listed(part, offset))
        else:
            leaves.append(Phrase(text=part[1:-1], offset=offset))
        offset += len(part)
    return leaves


def _shape_of(reading: Reading, pieces: Sequence[str]) -> Shape | None:
    """Return the shape of a query that was read; None where there is more to it than these pieces."""
    if reading.tree is None or reading.problems:
        return None
    found: list[Node] = []
    build = _build(reading.tree, found)
    same = all(map(_is_same, found, expected := _leaves(pieces))) and len(found) == len(expected)
    if not same:
        return None
    needed = _needed(reading.tree)
    return Shape(build, tuple(number for number, is_needed in enumerate(needed or ()) if is_needed), bool(needed))


def _needed(tree: Node) -> list[bool] | None:
    """Say of each leaf whether it must be found wherever a flat tree holds; None when it is not flat."""
    match tree:
        case Listed() | Phrase():
            return [True]
        case Not(part=Listed() | Phrase()):
            return [False]
        case And(parts=parts):
            return _joined(map(_needed, parts))
        case Near(left=left, right=right, negated=negated):
            beside = _needed(right)
            return _joined([_needed(left), [False] * len(beside) if beside and negated else beside])
        case _:
            return None


def _joined(sides: Iterable[list[bool] | None]) -> list[bool] | None:
    joined: list[bool] = []
    for side in sides:
        if side is None:
            return None
        joined += side
    return joined


def _build(tree: Node, leaves: list[Node]) -> Build:
    """Return what makes such a tree of other leaves, and append its own ones."""
    match tree:
        case And(parts=parts):
            some = [_build(part, leaves) for part in parts]
            return lambda others: And(parts=tuple([build(others) for build in some]))
        case Or(parts=parts, commas=commas) if not isinstance(tree, Listed):
            some = [_build(part, leaves) for part in parts]
            return lambda others: Or(parts=tuple([build(others) for build in some]), commas=commas)
        case Not(part=part):
            denied = _build(part, leaves)
            return lambda others: Not(part=denied(others))
        case Near(left=left, right=right, distance=distance, ordered=ordered, negated=negated):
            first, second = _build(left, leaves), _build(right, leaves)
            return lambda others: Near(
                left=first(others), right=second(others), distance=distance, ordered=ordered, negated=negated
            )
        case _:  # of all other kinds none is a leaf that was expected
            leaves.append(tree)
            return next


def _is_same(leaf: Node, expected: Phrase | Listed) -> bool:
    return type(leaf) is type(expected) and leaf == expected and leaf.offset == expected.offset
