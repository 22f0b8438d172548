"""Queries in the house form, over several lines where they are long."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from alerts.rules.nodes import And, AtLeast, Distinct, Name, Near, Not, Or, Phrase, Regex, Scoped, Together
from alerts.rules.printing import bracketed, operator, print_query

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alerts.rules.nodes import Node

WIDTH = 100  # columns of a line, where a query allows it
_NARROWEST = 24  # a deeply nested part gets at least these, and the line becomes longer than WIDTH


def house_lines(tree: Node, width: int = WIDTH, *, broken: bool = False) -> list[str]:
    """Write a query in the house form, in lines of at most ``width`` columns where its terms allow it.

    A long query is broken before AND and OR, each part below the one before; lists with commas and terms joined
    by OR fill their lines. With ``broken``, the outermost AND or OR is broken in any case.
    """
    width = max(width, _NARROWEST)
    whole = print_query(tree)
    if _columns(whole) <= width and not (broken and isinstance(tree, And | Or)):
        return [whole]
    match tree:
        case And(parts=parts):
            first, *others = [_factor(part, width - 4) for part in parts]
            return [*first, *(line for lines in others for line in _led("AND ", lines))]
        case Or(parts=parts):
            return _bracketed(tree, width) if tree.commas else _alternatives(parts, width)
        case Near(left=left, right=right) | Together(left=left, right=right):
            chained = isinstance(left, Near | Together)
            before = house_lines(left, width) if chained else _operand(left, width)
            sign = operator(tree)
            return [*before, *_led(f"{sign} ", _operand(right, width - len(sign) - 1))]
        case Scoped(part=part) | AtLeast(part=part) | Distinct(part=part):
            sign = operator(tree)
            return _led(sign, _operand(part, width - len(sign)))
        case _:
            return _led("NOT ", _factor(tree.part, width - 4)) if isinstance(tree, Not) else [whole]


def _alternatives(parts: tuple[Node, ...], width: int) -> list[str]:
    """Write the parts of OR: neighbouring terms fill lines, anything else has its own."""
    first, *others = [_factor(part, width - 3) for part in parts]
    written = [first, *(_led("OR ", lines) for lines in others)]
    return _filled(zip(written, map(_is_simple, parts), strict=True), width)


def _listed(parts: tuple[Node, ...], width: int) -> list[str]:
    """Write the parts of a list with commas, filling lines."""
    written = [_factor(part, width - 1) for part in parts]
    commas = [[*lines[:-1], f"{lines[-1]},"] for lines in written[:-1]]
    return _filled([(lines, len(lines) == 1) for lines in (*commas, written[-1])], width)


def _filled(items: Iterable[tuple[list[str], bool]], width: int) -> list[str]:
    """Put items in lines; those that may share a line do so while there is room."""
    lines: list[str] = []
    shares = False
    for item, may_share in items:
        if shares and may_share and _columns(lines[-1]) + 1 + _columns(item[0]) <= width:
            lines[-1] += f" {item[0]}"
        else:
            lines += item
        shares = may_share
    return lines


def _is_simple(part: Node) -> bool:
    match part:
        case Phrase() | Regex() | Name():
            return True
        case Not(part=inner) | Scoped(part=inner):
            return _is_simple(inner)
        case _:
            return False


def _factor(part: Node, width: int) -> list[str]:
    return _bracketed(part, width) if isinstance(part, And | Or) else house_lines(part, width)


def _operand(part: Node, width: int) -> list[str]:
    return house_lines(part, width) if isinstance(part, Phrase | Regex | Name) else _bracketed(part, width)


def _bracketed(part: Node, width: int) -> list[str]:
    """Write a part in parentheses; its lines stand below one another."""
    whole = bracketed(part)
    if _columns(whole) <= width:
        return [whole]
    inside = max(width - 2, _NARROWEST)
    lines = _listed(part.parts, inside) if isinstance(part, Or) and part.commas else house_lines(part, inside)
    lines = _led("(", lines)
    return [*lines[:-1], f"{lines[-1]})"]


def _led(sign: str, lines: list[str]) -> list[str]:
    return [sign + lines[0], *(" " * len(sign) + line for line in lines[1:])]


def _columns(text: str) -> int:
    """Count the columns of a terminal that a text takes: two for a full-width character."""
    return len(text) if text.isascii() else sum(unicodedata.east_asian_width(char) in "WF" for char in text) + len(text)
