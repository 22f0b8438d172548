from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules.revision import revision_of
from alerts.rules.spec import OnlySpec, QuietSpec, RaiseSpec, Specs, StreamSpec
from alerts.story import Severity
from tests.alerts.rules.specs import alias, entity, rule, saved_query, term_list, text

if TYPE_CHECKING:
    from typing import Any

TEXTS = st.lists(st.text("a1, []\0", max_size=3), min_size=3, max_size=3)
ALL = Specs(
    entities=(entity("japan", alias("Japan"), alias("Tokyo"), except_=("Tokyo Joe",), fr=("Japon",)),),
    lists=(term_list("metals", "tin", "lead"), term_list("others", "gold")),
    queries=(saved_query("talks", "talks OR summit"),),
    rules=(rule("$japan AND $metals"), rule("$talks", "second")),
)


def of_rule(**changes: Any) -> str:
    return revision_of(Specs(rules=(replace(rule("tin"), **changes),)))


@pytest.mark.parametrize(
    "changes",
    [
        {"only": OnlySpec(tier=1)},
        {"quiet": QuietSpec(same_story=None, at_most=None), "shadow": True},
        {"raise_": (RaiseSpec(to=Severity.HIGH, when=text("tin")),)},
        {"severity": Severity.HIGH},
        {"stream": StreamSpec(first_seen="term")},
        {"owner": "kim"},
        {"tags": ("metals",)},
        {"note": "said"},
    ],
)
def test_it_names_each_property_of_a_rule(changes: dict[str, Any]) -> None:
    assert of_rule(**changes) != of_rule()


def test_what_says_the_same_is_the_same() -> None:
    assert of_rule(only=OnlySpec(), quiet=QuietSpec(), tags=()) == of_rule()


@pytest.mark.parametrize(
    "other",
    [
        replace(ALL, entities=(entity("japan", "Japan", except_=("Tokyo Joe",), fr=("Tokyo", "Japon")),)),
        replace(ALL, entities=(entity("japan", "Japan", "Tokyo", fr=("Japon",)),)),
        replace(ALL, lists=(term_list("metals", "tin"), term_list("others", "lead", "gold"))),
        replace(ALL, lists=(term_list("metals", "tin", alias("lead", case="exact")), term_list("others", "gold"))),
        replace(ALL, lists=(term_list("metals", "tin", alias("lead", needs="mine")), term_list("others", "gold"))),
        replace(ALL, queries=(saved_query("talks", "talks"),)),
        replace(ALL, rules=ALL.rules[::-1]),
        replace(ALL, rules=ALL.rules[:1]),
    ],
)
def test_it_names_what_belongs_to_what(other: Specs) -> None:
    assert revision_of(other) != revision_of(ALL)


@given(TEXTS, TEXTS)
def test_no_two_rules_are_written_alike(one: list[str], other: list[str]) -> None:
    revisions = [revision_of(Specs(rules=(rule(when, name, note=note),))) for name, when, note in (one, other)]
    assert (revisions[0] == revisions[1]) == (one == other)
