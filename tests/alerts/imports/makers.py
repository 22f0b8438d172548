"""What the tests of the importers share: one query translated, and a small oracle of what a query means."""

from __future__ import annotations

from alerts.errors import Level
from alerts.imports.translate import translate
from alerts.rules.nodes import And, AtLeast, Near, Node, Not, Or, Phrase
from alerts.rules.printing import print_query
from alerts.rules.query import parse


def carried(dialect: str, query: str) -> str:
    """Translate one query without any loss or change, and return it in our words."""
    found = translate(dialect, "saved.txt", query)
    assert found.problems == ()
    return _only(found.rules[0].when, len(found.rules))


def changed(dialect: str, query: str) -> tuple[str, str]:
    """Translate one query that is carried with one change, and return it and the warning."""
    found = translate(dialect, "saved.txt", query)
    (problem,) = found.problems
    assert problem.level is Level.WARNING
    return _only(
        found.rules[0].when, len(found.rules)
    ), f"{problem.place.line}:{problem.place.column} {problem.message}"


def reduced(dialect: str, query: str) -> tuple[str, str]:
    """Translate one query of which one part is left out, and return it and the error."""
    found = translate(dialect, "saved.txt", query)
    (problem,) = found.problems
    assert problem.level is Level.ERROR
    return _only(
        found.rules[0].when, len(found.rules)
    ), f"{problem.place.line}:{problem.place.column} {problem.message}"


def refused(dialect: str, query: str) -> list[str]:
    """Translate one query that cannot be carried at all, and return the errors."""
    found = translate(dialect, "saved.txt", query)
    assert found.rules == ()
    return [f"{one.place.line}:{one.place.column} {one.message}" for one in found.problems]


def _only(tree: Node, rules: int) -> str:
    assert rules == 1
    printed = print_query(tree)
    assert print_query(parse(printed)) == printed
    return printed


def holds(tree: Node, words: list[str]) -> bool:
    """Say whether a query of single words holds for a text of them, one clause long."""
    match tree:
        case And(parts=parts):
            return all(holds(part, words) for part in parts)
        case Or(parts=parts):
            return any(holds(part, words) for part in parts)
        case Not(part=part):
            return not holds(part, words)
        case AtLeast(count=count, part=part):
            return len(places(part, words)) >= count
        case _:
            return bool(places(tree, words))


def places(tree: Node, words: list[str]) -> list[int]:
    """Return where a word, an OR group of words or a proximity of them stands."""
    match tree:
        case Phrase(text=text):
            return [place for place, word in enumerate(words) if word == text]
        case Or(parts=parts):
            return sorted({place for part in parts for place in places(part, words)})
        case Near(left=left, right=right, distance=distance, ordered=ordered):
            pairs = [
                (one, other)
                for one in places(left, words)
                for other in places(right, words)
                if 0 < (other - one if ordered else abs(other - one)) <= distance
            ]
            return sorted({place for pair in pairs for place in pair})
        case _:
            raise AssertionError(tree)
