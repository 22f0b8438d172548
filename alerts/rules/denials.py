"""Queries with their NOTs as far outside as users write them, the other way round from how they are evaluated."""

from __future__ import annotations

from alerts.rules.nodes import And, Node, Not, Or, Scoped


def is_denial(tree: Node) -> bool:
    """Say whether a tree only says what must not be."""
    match tree:
        case Not():
            return True
        case Scoped(part=part):
            return is_denial(part)
        case And(parts=parts) | Or(parts=parts):
            return all(map(is_denial, parts))
        case _:
            return False


def denied(tree: Node) -> Node:
    """Return what a denial says must not be."""
    match tree:
        case Not(part=part):
            return part
        case Scoped(field=field, part=part):
            return Scoped(field=field, part=denied(part))
        case And(parts=parts):
            return Or(parts=tuple(map(denied, parts)), commas=True)
        case Or(parts=parts):
            return And(parts=tuple(map(denied, parts)))
        case _:
            return Not(part=tree)


def as_written(tree: Node) -> Node:
    """Return an equal tree in which each denial is one NOT."""
    if is_denial(tree):
        return Not(part=as_written(denied(tree)))
    match tree:
        case Scoped(field=field, part=part):
            return Scoped(field=field, part=as_written(part))
        case And(parts=parts):
            return And(parts=tuple(map(as_written, parts)))
        case Or(parts=parts, commas=commas):
            return Or(parts=tuple(map(as_written, parts)), commas=commas)
        case _:
            return tree
