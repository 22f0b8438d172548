from __future__ import annotations

from collections import defaultdict
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import ConfigError, Level
from alerts.rules.query import (
    MAX_LENGTH,
    And,
    Name,
    Not,
    Or,
    Phrase,
    Scoped,
    negations_inward,
    parse,
    print_query,
    read_query,
    terms_of,
)
from alerts.story import Field
from tests.alerts.rules.specs import text

if TYPE_CHECKING:
    from collections.abc import Callable

    from alerts.errors import Problem
    from alerts.rules.query import Node


def phrase(words: str) -> Phrase:
    return Phrase(text=words)


A, B, C = phrase("a"), phrase("b"), phrase("c")


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("a", A),
        ("rare earth", phrase("rare earth")),
        ('"rare  earth"', phrase("rare earth")),
        ("“rare earth”", phrase("rare earth")),
        ("«terres rares» OR „seltene Erden“", Or(parts=(phrase("terres rares"), phrase("seltene Erden")))),
        ("a AND b AND c", And(parts=(A, B, C))),
        ("(a, b OR c)", Or(parts=(A, B, C))),
        ("（a、b，c）", Or(parts=(A, B, C))),
        ("a NOT b", And(parts=(A, Not(part=B)))),
        ("a AND NOT b", And(parts=(A, Not(part=B)))),
        ("a\nNOT b\n", And(parts=(A, Not(part=B)))),
        ("NOT a AND b", And(parts=(Not(part=A), B))),
        ("(a OR b) AND c", And(parts=(Or(parts=(A, B)), C))),
        ("a OR (b AND c)", Or(parts=(A, And(parts=(B, C))))),
        ("((a))", A),
        ("title:a", Scoped(field=Field.TITLE, part=A)),
        ('title:"a" b', None),
        ("body:(a, b)", Scoped(field=Field.TEXT, part=Or(parts=(A, B)))),
        ("$japan NOT title:a", And(parts=(Name(name="japan"), Not(part=Scoped(field=Field.TITLE, part=A))))),
        ("title:a AND body:b", And(parts=(Scoped(field=Field.TITLE, part=A), Scoped(field=Field.TEXT, part=B)))),
        ('"NEAR/5"', phrase("NEAR/5")),
        ("AT&T", phrase("AT&T")),
    ],
)  # fmt: skip
def test_a_query_reads_as_an_analyst_means_it(query: str, tree: Node | None) -> None:
    if tree is None:
        with pytest.raises(ConfigError):
            parse(query)
    else:
        assert parse(query) == tree


@pytest.mark.parametrize(
    ("query", "line", "column", "message", "hint"),
    [
        ("a AND b OR c", 1, 1, "AND and OR are mixed", "LexisNexis"),
        ("(x AND y) OR (a OR b NOT c)", 1, 15, "AND and OR are mixed", "(a OR b) AND NOT c"),
        ("(a, b AND c)", 1, 2, "AND and OR are mixed", "a OR (b AND c)"),
        (f"{'x' * 90} AND {'y' * 90} OR z", 1, 1, "AND and OR are mixed", "(a OR b) AND c"),
        ("NOT a", 1, 1, "a query cannot consist only of NOT", None),
        ("NOT (a AND b)", 1, 1, "a query cannot consist only of NOT", None),
        ("a OR NOT b", 1, 1, "a side of OR cannot consist only of NOT", None),
        ("titel:a", 1, 1, 'unknown field "titel:"', 'did you mean "title:"?'),
        ("Title:a", 1, 1, 'unknown field "Title:"', 'did you mean "title:"?'),
        ("https://example.org", 1, 1, "an address is no term", "put them in"),
        ("sorce:x", 1, 1, 'unknown field "sorce:"', '"source:"? (not yet available)'),
        ("covid:19", 1, 1, 'unknown field "covid:"', "put it in"),
        ("title: a", 1, 1, 'must follow "title:" at once', "without a blank"),
        ("title:(a AND body:b)", 1, 14, "a field inside a field", None),
        ("a,b", 1, 2, "a comma means OR only inside parentheses", None),
        ("a\nAND", 2, 4, "a term is missing before the end", None),
        ("a AND OR b", 1, 7, 'a term is missing before "OR"', None),
        ("a (b)", 1, 3, "two terms stand side by side", None),
        ("$a $b", 1, 4, "two terms stand side by side", None),
        ("()", 1, 1, "these parentheses are empty", None),
        ("a AND (b", 1, 7, "never closed", None),
        ("a) AND b", 1, 2, "never opened", None),
        ('a AND "b', 1, 7, "quotation mark is never closed", None),
        ("", 1, 1, "the query is empty", None),
        ("a AND $", 1, 7, "a name must follow the $", None),
        ('"…"', 1, 1, "no letter or digit", None),
        ("a & b", 1, 3, "no letter or digit", "AND, OR or NOT"),
        ("japan -film", 1, 7, '"-" before a word is no operator', "NOT film"),
        ("japan +film", 1, 7, '"+" before a word is no operator', "AND film"),
        ("x" * 201, 1, 1, "too long", "200"),
        ("word " * 50, 1, 1, "too long", "200"),
        (f'"{"y" * 300}"', 1, 1, "too long", "200"),
    ],
)
def test_a_mistake_is_shown_where_it_is_with_the_way_out(
    query: str, line: int, column: int, message: str, hint: str | None
) -> None:
    (problem,) = errors_of(query)
    assert (problem.place.line, problem.place.column) == (line, column)
    assert message in problem.message
    assert hint is None or hint in str(problem.hint)
    assert problem.excerpt is not None


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("a NEAR/5 b", "NEAR/5"),
        ("a NEAR b", "NEAR"),
        ("a near/5 b", "near/5"),
        ("a NOT NEAR/5 (b, c)", "NEAR/5"),
        ("a W/3 b", "W/3"),
        ("a w/s b", "w/s"),
        ("a w/p b", "w/p"),
        ("a PRE/3 b", "PRE/3"),
        ("a ONEAR/3 b", "ONEAR/3"),
        ("a ADJ3 b", "ADJ3"),
        ("a SENT b", "SENT"),
        ("a PARA b", "PARA"),
        ("a SAME b", "SAME"),
        ("ATLEAST/3 a", "ATLEAST/3"),
        ("ATLEAST3 (a, b)", "ATLEAST3"),
        ("DISTINCT/2 (a, b)", "DISTINCT/2"),
        ("riot*", "wildcard"),
        ('"curb* exports"', "wildcard"),
        ("wom?n", "wildcard"),
        ('="C++"', "(=)"),
        ("=RAA", "(=)"),
        (r"/\bRAA[- ]20\d\d\b/", "regular expression"),
        ("source:reuters.com", '"source:"'),
        ("lang:ja", '"lang:"'),
        ("lead:a", '"lead:"'),
        ("hlead:(a)", '"hlead:"'),
    ],
)
def test_what_comes_later_is_named_and_never_read_as_a_word(query: str, what: str) -> None:
    (problem,) = errors_of(query)
    assert what in problem.message
    assert "not yet available" in problem.message


def test_every_mistake_in_the_words_is_told_at_once() -> None:
    found = errors_of("titel:a AND riot* OR lang:ja")
    assert [problem.place.column for problem in found] == [1, 13, 22]


@pytest.mark.parametrize("word", ["and", "or", "not", "And"])
def test_an_operator_in_lower_case_is_a_word_and_a_warning(word: str) -> None:
    reading = read_query(text(f"rare {word} earth"))
    assert reading.tree == phrase(f"rare {word} earth")
    (warning,) = reading.problems
    assert warning.level is Level.WARNING
    assert warning.place.column == 6


def test_many_warnings_hide_no_error() -> None:
    (problem,) = errors_of("x and " * 30 + "riot*")
    assert "wildcard" in problem.message


def test_an_operator_word_in_quotes_needs_no_warning() -> None:
    assert read_query(text('"trade and industry"')).problems == ()


def test_the_excerpt_has_a_caret_below_the_mistake() -> None:
    (problem,) = errors_of("$japan AND\n日本 AND titel:x")
    assert problem.excerpt == "日本 AND titel:x\n" + " " * 9 + "^"
    assert str(problem).startswith('query:2:8: error: unknown field "titel:"')


@pytest.mark.parametrize(
    "query",
    [
        "(" * 10_000 + "a" + ")" * 10_000,
        "(" * 10_000,
        "NOT " * 10_000 + "a",
        "title:" * 10_000 + "a",
        "a OR " * 200_000 + "b",
        "a " * 40_000,
        "/" * 90_000,
        '"' * 90_001,
        "x:" * 40_000,
    ],
)
def test_hostile_queries_end_in_errors(query: str) -> None:
    assert 0 < len(errors_of(query)) <= 20


def test_a_long_list_of_terms_is_fine() -> None:
    query = " OR ".join(f'"term {number}"' for number in range(6000))
    assert len(query) < MAX_LENGTH
    assert len(list(terms_of(parse(query)))) == 6000


def test_terms_know_where_they_stand() -> None:
    assert [term.offset for term in terms_of(parse('rare earth AND ($a, title:"b")'))] == [0, 16, 26]


PHRASES = st.one_of(
    st.sampled_from(
        ["a", "rare earth", "AND", "not", "NEAR", "W/3", "日本", "C++", "x:y", "$name", "1,000", "(a)", "/x/"]
    ),
    st.text(alphabet="ab日 -&", min_size=1, max_size=8).map(lambda words: f"x{' '.join(words.split())}"),
)
LEAVES: st.SearchStrategy[Node] = st.one_of(
    PHRASES.map(phrase), st.sampled_from(["japan", "rare_earths", "f-35"]).map(lambda name: Name(name=name))
)


def combined(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(parts, min_size=2, max_size=4).map(tuple)
    return st.one_of(
        parts.map(lambda part: Not(part=part)),
        several.map(lambda some: And(parts=some)),
        several.map(lambda some: Or(parts=some)),
    )


PLAIN = st.recursive(LEAVES, combined, max_leaves=12)
SCOPED: st.SearchStrategy[Node] = st.builds(
    lambda part, field: Scoped(field=field, part=part), PLAIN, st.sampled_from(Field)
)
TREES = st.recursive(st.one_of(PLAIN, SCOPED), combined, max_leaves=6)


@given(TREES)
def test_a_printed_query_reads_as_the_same_tree(tree: Node) -> None:
    guarded = And(parts=(A, tree))  # so that NOT is never alone
    assert parse(print_query(guarded)) == guarded


@given(PLAIN)
def test_moving_negations_inward_changes_no_truth(tree: Node) -> None:
    terms = list(dict.fromkeys(terms_of(tree)))[:8]
    inward = negations_inward(tree)
    for values in product([False, True], repeat=len(terms)):
        known = defaultdict(bool, zip(terms, values, strict=True))
        assert truth(inward, known.__getitem__) == truth(tree, known.__getitem__)
    assert all_negations_are_on_terms(inward)


def truth(tree: Node, holds: Callable[[Phrase | Name], bool]) -> bool:
    match tree:
        case Phrase() | Name():
            return holds(tree)
        case Scoped(part=part):
            return truth(part, holds)
        case Not(part=part):
            return not truth(part, holds)
        case And(parts=parts):
            return all(truth(part, holds) for part in parts)
        case Or(parts=parts):
            return any(truth(part, holds) for part in parts)


def all_negations_are_on_terms(tree: Node) -> bool:
    match tree:
        case Phrase() | Name():
            return True
        case Not(part=part):
            return isinstance(part, Phrase | Name)
        case Scoped(part=part):
            return all_negations_are_on_terms(part)
        case And(parts=parts) | Or(parts=parts):
            return all(map(all_negations_are_on_terms, parts))


def errors_of(query: str) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        parse(query)
    return caught.value.problems
