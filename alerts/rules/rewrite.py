"""Queries in the house form, over several lines where they are long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.rules.nodes import And, AtLeast, Distinct, Near, Not, Or, Scoped, Together
from alerts.rules.printing import operator, print_query

if TYPE_CHECKING:
    from alerts.rules.nodes import Node

WIDTH = 100  # characters of a line, where a query allows it
_INDENT = 2


def house_lines(tree: Node, width: int = WIDTH, *, broken: bool = False) -> list[str]:
    """Write a query in the house form, broken before AND and OR where a line would be longer than ``width``.

    With ``broken``, the outermost AND or OR is broken in any case.
    """
    whole = print_query(tree)
    if len(whole) <= width and not (broken and isinstance(tree, And | Or)):
        return [whole]
    match tree:
        case And(parts=parts) | Or(parts=parts):
            sign = "AND" if isinstance(tree, And) else "OR"
            first, *others = [_factor(part, width - len(sign) - 1) for part in parts]
            return [*first, *(line for lines in others for line in _led(f"{sign} ", lines))]
        case Not(part=part):
            return _led("NOT ", _factor(part, width - 4))
        case Near(left=left, right=right) | Together(left=left, right=right):
            chained = isinstance(left, Near | Together)
            before = house_lines(left, width) if chained else _operand(left, width)
            sign = operator(tree)
            return [*before, *_led(f"{sign} ", _operand(right, width - len(sign) - 1))]
        case Scoped(part=part) | AtLeast(part=part) | Distinct(part=part):
            sign = operator(tree)
            return _led(sign, _operand(part, width - len(sign)))
        case _:
            return [whole]


def _factor(part: Node, width: int) -> list[str]:
    return _bracketed(part, width) if isinstance(part, And | Or) else house_lines(part, width)


def _operand(part: Node, width: int) -> list[str]:
    composed = isinstance(part, And | Or | Not | Near | Together | Scoped | AtLeast | Distinct)
    return _bracketed(part, width) if composed else house_lines(part, width)


def _bracketed(part: Node, width: int) -> list[str]:
    whole = f"({print_query(part)})"
    if len(whole) <= width:
        return [whole]
    return ["(", *(" " * _INDENT + line for line in house_lines(part, width - _INDENT)), ")"]


def _led(sign: str, lines: list[str]) -> list[str]:
    return [sign + lines[0], *lines[1:]]
