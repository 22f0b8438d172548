from __future__ import annotations

import pytest

from alerts.rules.query import parse
from alerts.rules.rewrite import house_lines


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ("japan AND france", ["japan AND france"]),
        ("japan AND france AND (nickel OR cobalt)", ["japan", "AND france", "AND (nickel OR cobalt)"]),
        (
            "japan AND (gallium OR germanium OR antimony)",
            ["japan", "AND (", "  gallium", "  OR germanium", "  OR antimony", ")"],
        ),
        (
            "title:(gallium OR germanium OR antimony)",
            ["title:(", "  gallium", "  OR germanium", "  OR antimony", ")"],
        ),
        (
            "japan AND NOT (gallium OR germanium OR antimony)",
            ["japan", "AND NOT (", "  gallium", "  OR germanium", "  OR antimony", ")"],
        ),
        (
            "(gallium OR germanium) NEAR/5 (export OR quota)",
            ["(gallium OR germanium)", "NEAR/5 (export OR quota)"],
        ),
        (
            "gallium NEAR/5 (exports) SENT (ministry OR minister)",
            ["gallium NEAR/5 exports", "SENT (ministry OR minister)"],
        ),
        ("ATLEAST/3 (gallium OR germanium)", ["ATLEAST/3 (", "  gallium", "  OR germanium", ")"]),
        ('"a phrase that is longer than any line"', ['"a phrase that is longer than any line"']),
    ],
)
def test_a_long_query_is_broken_before_its_operators(query: str, lines: list[str]) -> None:
    written = house_lines(parse(query), 28)
    assert written == lines
    assert parse("\n".join(written)) == parse(query)


def test_a_short_one_can_be_broken_too() -> None:
    tree = parse("japan AND (nickel OR cobalt)")
    assert house_lines(tree, broken=True) == ["japan", "AND (nickel OR cobalt)"]
    assert house_lines(parse("japan NEAR/5 france"), broken=True) == ["japan NEAR/5 france"]
