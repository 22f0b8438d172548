from __future__ import annotations

import pytest

from crawler.nearest import nearest


@pytest.mark.parametrize(
    ("wanted", "rules", "said"),
    [
        ("mineral", ["minerals", "raa"], "did you mean minerals? `list` shows all 2"),
        ("RAA", ["raa", "raa-2", "x"], "did you mean raa or raa-2? `list` shows all 3"),
        ("xyz", [f"rule-{n}" for n in range(90)], "`list` shows all 90"),
        ("xyz", ["raa"], "`list` shows the one there is"),
        ("xyz", [], "the configuration has none"),
    ],
)
def test_the_nearest_rules_are_named_and_where_to_see_all(wanted: str, rules: list[str], said: str) -> None:
    assert nearest(wanted, rules, "list") == said
