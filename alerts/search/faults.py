"""What is wrong with a search, as people are told."""

from __future__ import annotations

from alerts.errors import Place, QueryError
from alerts.rules.spec import Text

_PLACE = Place("search", 1, 1)


def fault(written: str, offset: int, message: str, hint: str) -> QueryError:
    """Return an error about the character at an offset: its line with a caret below it, and the way out."""
    problem = Text(written, ((0, _PLACE),)).problem(offset, message, hint)
    lines = [message, *(f"    {line}" for line in (problem.excerpt or "").splitlines()), f"    hint: {hint}"]
    return QueryError("\n".join("".join(char if char.isprintable() else " " for char in line) for line in lines))
