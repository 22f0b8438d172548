from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules.alike import Alike
from alerts.rules.linking import Linker, Vocabulary
from alerts.rules.lint import MOST_RULES
from alerts.rules.matcher import Matcher
from alerts.rules.nodes import negations_inward
from alerts.rules.query import parse
from alerts.rules.ruleset import compile_rules
from alerts.rules.shapes import Shapes
from tests.alerts.rules.specs import rule, text
from tests.fakes import story

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from alerts.rules.parts import Part

WORDS = ("tin", "rare earth", "co-operation", "希土類", "редкие земли", "tin can")
FLAT = (
    '("{}", "{}") AND ("{}", "{}")',
    '"{}" AND "{}" AND ("{}", "{}")',
    '("{}", "{}") NEAR/2 "{}" NOT "{}"',
    '("{}", "{}") NOT NEAR/2 ("{}", "{}")',
    'NOT "{}" AND "{}"',
    '"{}" NEAR/3 "{}" NEAR/1 ("{}", "{}")',
)
OTHERS = ('"{}" OR "{}"', '"{}" AND NOT ("{}" AND "{}")', '"{}" SENT "{}"', 'title:"{}" AND "{}"', "$tin")


def linked(query: str) -> tuple[Alike | None, Part, Vocabulary]:
    """Return a query linked later, if it can be, and the same linked at once."""
    shapes, vocabulary = Shapes(), Vocabulary()
    shapes.read(text(query))
    flat = shapes.flat(text(query))
    alike = flat and Alike(text(query), flat[0], map(vocabulary.plain, flat[1]))
    return alike, Linker(vocabulary, {}, {}, {}, {}).part(negations_inward(parse(query))), vocabulary


@given(
    st.sampled_from(FLAT),
    st.lists(st.sampled_from(WORDS), min_size=4, max_size=4),
    st.lists(st.sampled_from([*WORDS, "and", "."]), max_size=15).map(" ".join),
)
def test_it_holds_by_the_same_words_where_the_query_itself_does(shape: str, words: list[str], body: str) -> None:
    alike, part, vocabulary = linked(query := shape.format(*words))
    assert alike is not None
    scan = Matcher([part], vocabulary).scan(story("", body))
    before, hits = alike.clauses(vocabulary.rarity), alike.hits(scan)
    assert (None if hits is None else sorted(hits)) == (None if (own := part.hits(scan)) is None else sorted(own))
    assert _sets(before) == _sets(alike.clauses(vocabulary.rarity)) == _sets(part.clauses(vocabulary.rarity))
    assert alike.part is alike.part
    assert alike.part.source == parse(query)


@pytest.mark.parametrize("shape", OTHERS)
def test_what_asks_for_more_than_quoted_words_is_linked_at_once(shape: str) -> None:
    shapes = Shapes()
    query = text(shape.format("tin", "lead", "zinc"))
    shapes.read(query)
    assert shapes.flat(query) is None


def test_a_phrase_that_is_too_long_is_left_to_the_reader_of_queries() -> None:
    shapes = Shapes()
    shapes.read(text('"tin" AND "lead"'))
    assert shapes.flat(text('"copper" AND "zinc"'))
    assert not shapes.flat(text(f'"copper" AND "{"x" * 201}"'))


def test_a_large_set_matches_and_complains_as_a_small_one() -> None:
    queries = [
        shape.format(*words)
        for words in (("lead", "pit", "song"), ("tin", "mine", "film"), ("gold", "mine", "tin"))
        for shape in ('("{}", "zinc") NEAR/3 "{}" NOT "{}"', '"{}" AND "{}"', '"{}" AND ("{}" OR "{}")')
    ]
    asked = [rule(query, f"r{number}", line=number) for number, query in enumerate(queries)]
    again = rule(queries[0], "r1", line=20)
    others = [rule('"tin" AND "nowhere"', f"more{number}", line=30) for number in range(MOST_RULES)]
    small, few = compile_rules([], [*asked, *others[:3], again])
    large, many = compile_rules([], [*asked, *others, again])
    assert [problem.message for problem in many] == ["there are two rules called r1"]
    assert many[0] in few
    assert [one.query for one in large.rules[: len(asked)]] == [one.query for one in small.rules[: len(asked)]]
    for told in (
        story("A tin mine and lead"),
        story("A gold mine"),
        story("A film of a tin mine"),
        story("Gold, tin mine"),
    ):
        assert large.match(told) == small.match(told)


def _sets(clauses: Sequence[Collection[int]]) -> list[frozenset[int]]:
    return [frozenset(group) for group in clauses]
