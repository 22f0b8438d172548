"""The house form of a query: a tree, written so that reading it gives the same tree."""

from __future__ import annotations

import re

from alerts.rules.lexer import OPERATORS, is_operator
from alerts.rules.nodes import (
    And,
    AtLeast,
    Distinct,
    Name,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Regex,
    Scoped,
    Together,
)

_TERMS = (Phrase, Regex, Name)
_PLAIN = re.compile(r"\w(?:[\w.-]*\w)?(?:\*|(?:\?\w+)+)?")


def print_query(tree: Node) -> str:  # noqa: PLR0911  a kind of node, a line
    """Write a tree in one line."""
    match tree:
        case Phrase():
            return _phrase(tree)
        case Regex(pattern=pattern):
            return f"/{pattern}/"
        case Name(name=name):
            return f"${name}"
        case And(parts=parts):
            return " AND ".join(map(_factor, parts))
        case Or(parts=parts):
            return bracketed(tree) if tree.commas else " OR ".join(map(_factor, parts))
        case Not(part=part):
            return f"NOT {_factor(part)}"
        case Near() | Together():
            left = print_query(tree.left) if isinstance(tree.left, Near | Together) else _operand(tree.left)
            return f"{left} {operator(tree)} {_operand(tree.right)}"
        case Scoped() | AtLeast() | Distinct():
            return f"{operator(tree)}{_operand(tree.part)}"


def operator(tree: Near | Together | Scoped | AtLeast | Distinct) -> str:
    """Write the sign of a node without its parts."""
    match tree:
        case Near(distance=distance, ordered=ordered):
            sign = f"{'PRE' if ordered else 'NEAR'}/{distance}"
            return f"NOT {sign}" if tree.negated else sign
        case Together(passage=passage):
            return f"NOT {passage}" if tree.negated else str(passage)
        case Scoped(field=field):
            return f"{field}:"
        case AtLeast(count=count):
            return f"ATLEAST/{count} "
        case Distinct(count=count):
            return f"DISTINCT/{count} "


def _phrase(phrase: Phrase) -> str:
    text, sign = phrase.text, "=" * phrase.exact
    plain = _PLAIN.fullmatch(text) and not is_operator(text) and text.upper() not in OPERATORS
    return f"{sign}{text}" if plain else f'{sign}"{text}"'


def bracketed(tree: Node) -> str:
    """Write a tree in parentheses; what was a list with commas stays one."""
    if isinstance(tree, Or) and tree.commas:
        return f"({', '.join(map(_factor, tree.parts))})"
    return f"({print_query(tree)})"


def _factor(part: Node) -> str:
    """Write a part of AND, OR or NOT."""
    return bracketed(part) if isinstance(part, And | Or) else print_query(part)


def _operand(part: Node) -> str:
    """Write a part of NEAR, SENT, ATLEAST or a field."""
    return print_query(part) if isinstance(part, _TERMS) else bracketed(part)
