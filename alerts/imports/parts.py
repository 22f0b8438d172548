"""Puts the parts of a foreign query together as Tocsin's own tree, around what had to be left out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.imports.grammar import Infix
from alerts.rules.nodes import (
    And,
    AtLeast,
    Near,
    Node,
    Not,
    Or,
    Passage,
    Phrase,
    Regex,
    Scope,
    Scoped,
    Together,
    children,
    has_places,
)
from alerts.rules.terms import fault_of_wildcard

if TYPE_CHECKING:
    from collections.abc import Callable

    from alerts.imports.grammar import Part, Report

_OPERATOR = re.compile(
    r"(?i:(?:not)?(?:o?near|adj)/?\d+f?|(?:not)?(?:pre|within|around|w)/\w+|/(?:\d+|s|p|seg|sent|para|n\d+/?))"
    r"|NEAR|ONEAR|ADJ|PRE|ANDNOT|XOR|&&|\|\|"
)
_MOST_PAIRS = 1_000  # that a proximity between groups with AND may become
_LIMITED_ENDING = re.compile(r"\$(\d?)")


def both(left: Part, right: Part) -> Part:
    """Join two parts by AND."""
    return _joined(And, left, right)


def either(left: Part, right: Part) -> Part:
    """Join two parts by OR."""
    return _joined(Or, left, right)


def without(left: Part, right: Part) -> Part:
    """Join two parts by AND NOT."""
    return both(left, deny(right))


def deny(part: Part) -> Part:
    """Return what holds where a part does not."""
    if part is None:
        return None
    return part.part if isinstance(part, Not) else Not(part=part)


@dataclass(frozen=True, slots=True)
class Proximity:
    """How to join two parts that must stand close; AND is spread, since Tocsin's proximities take places only."""

    report: Report
    offset: int
    close: Callable[[Node, Node], Node]
    negated: bool = False

    def __call__(self, left: Part, right: Part) -> Part:
        """Join two parts; raises ConfigError when that cannot be said."""
        if left is None or right is None:
            raise self.report.fault(self.offset, "one side of this proximity cannot be carried")
        if _places(left) * _places(right) > _MOST_PAIRS:
            hint = "put the proximity between fewer terms"
            raise self.report.fault(self.offset, f"this proximity stands for more than {_MOST_PAIRS:,} others", hint)
        spread = self._spread(left, right)
        if spread is None:
            hint = "write the proximity between the terms"
            raise self.report.fault(self.offset, "this proximity has a NOT or a field on one side", hint)
        if holds(left, And) or holds(right, And):
            self.report.changed(self.offset, "each term of the AND must be so near, but not all at one place")
        return spread

    def _spread(self, left: Node, right: Node) -> Node | None:
        if has_places(left) and has_places(right):
            return self.close(left, right)
        if self.negated:
            return None
        if isinstance(left, And | Or) and not has_places(left):
            return _all(type(left), [self._spread(part, right) for part in left.parts])
        if isinstance(right, And | Or):
            return _all(type(right), [self._spread(left, part) for part in right.parts])
        return None


def near(report: Report, offset: int, distance: int, *, ordered: bool = False, negated: bool = False) -> Proximity:
    """Return how to join two parts by a proximity of so many words, neighbours being 1 apart."""

    def close(left: Node, right: Node) -> Node:
        return Near(left=left, right=right, distance=distance, ordered=ordered, negated=negated)

    return Proximity(report, offset, close, negated)


def together(report: Report, offset: int, passage: Passage, *, negated: bool = False) -> Proximity:
    """Return how to join two parts that must share a sentence or a paragraph."""

    def close(left: Node, right: Node) -> Node:
        return Together(left=left, right=right, passage=passage, negated=negated)

    return Proximity(report, offset, close, negated)


def scoped(report: Report, offset: int, scope: Scope) -> Callable[[Part], Part]:
    """Return how to hold a part to a field of the story."""

    def apply(part: Part) -> Part:
        if part is not None and holds(part, Scoped):
            raise report.fault(offset, "a field inside a field", "write them side by side")
        return None if part is None else Scoped(field=scope, part=part)

    return apply


def at_least(report: Report, offset: int, count: int) -> Callable[[Part], Part]:
    """Return how to ask for so many mentions of a part."""

    def apply(part: Part) -> Part:
        if part is not None and not has_places(part):
            raise report.fault(
                offset, "mentions can be counted of terms and OR groups only", "write one count for each term"
            )
        return None if part is None else AtLeast(count=count, part=part)

    return apply


def left_out(report: Report, offset: int, what: str, hint: str | None = None) -> Callable[[Part], Part]:
    """Report that a part cannot be carried, and return how to drop it."""
    report.lost(offset, f"{what} was left out", hint)
    return lambda _: None


def term(text: str, report: Report, offset: int) -> Part:
    """Return a word or phrase, in which ``*`` is any run of letters, ``?`` one letter and ``$3`` up to three."""
    text = " ".join(text.split())
    if "$" not in text and not fault_of_wildcard(text):
        return Phrase(text=text, offset=offset)
    if not text.isascii():
        report.lost(offset, f"the wildcard of {text} was left out with it", "write its forms as an OR group")
        return None
    return Regex(pattern=_expression(text), offset=offset)


def unknown_operator(word: str, report: Report, offset: int, level: float) -> Infix | None:
    """Return what stands for an operator of some other system, read as AND; None for what is a word."""
    if not _OPERATOR.fullmatch(word):
        return None
    report.lost(offset, f"the operator {word} is not one of this system's, and was read as AND", "say it by hand")
    return Infix(level=level, join=both, offset=offset)


def _expression(text: str) -> str:
    """Write a term with wildcards, which Tocsin's own cannot say, as a regular expression."""
    pieces = re.split(r"(\*+|\?|\$\d?| )", text)
    return r"(?i)\b" + "".join(map(_piece, pieces)) + r"\b"


def _piece(piece: str) -> str:
    if limited := _LIMITED_ENDING.fullmatch(piece):
        return rf"\w{{0,{limited[1] or 1}}}"
    if piece.startswith("*"):
        return r"\w*"
    return {"?": r"\w", " ": r"\s+"}.get(piece) or re.escape(piece).replace("/", r"\/")


def _places(tree: Node) -> int:
    """Count the parts that a proximity is spread over."""
    return 1 if has_places(tree) else sum(map(_places, children(tree))) or 1


def _joined(kind: type[And | Or], left: Part, right: Part) -> Part:
    if left is None or right is None:
        return right if left is None else left
    parts = [part for side in (left, right) for part in (side.parts if isinstance(side, kind) else (side,))]
    return kind(parts=tuple(parts))


def _all(kind: type[And | Or], parts: list[Node | None]) -> Node | None:
    sound = tuple(part for part in parts if part is not None)
    return kind(parts=sound) if len(sound) == len(parts) else None


def holds(tree: Node, kind: type) -> bool:
    """Say whether a tree has a node of a kind anywhere."""
    return isinstance(tree, kind) or any(holds(part, kind) for part in children(tree))
