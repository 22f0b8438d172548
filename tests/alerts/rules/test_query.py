from __future__ import annotations

from collections import defaultdict
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import ConfigError, Level
from alerts.rules.nodes import (
    CONTENT,
    FACTS,
    LABELS,
    And,
    AtLeast,
    Distinct,
    Listed,
    Name,
    Near,
    Not,
    Or,
    Passage,
    Phrase,
    Regex,
    Scope,
    Scoped,
    Together,
    children,
    negations_inward,
    terms_of,
)
from alerts.rules.printing import print_query
from alerts.rules.query import MAX_LENGTH, parse, read_query
from tests.alerts.rules.specs import text

if TYPE_CHECKING:
    from collections.abc import Callable

    from alerts.errors import Problem
    from alerts.rules.nodes import Node, Term


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
        ("title:a", Scoped(field=Scope.TITLE, part=A)),
        ('title:"a" b', None),
        ("body:(a, b)", Scoped(field=Scope.BODY, part=Or(parts=(A, B)))),
        ("$japan NOT title:a", And(parts=(Name(name="japan"), Not(part=Scoped(field=Scope.TITLE, part=A))))),
        ("title:a AND body:b", And(parts=(Scoped(field=Scope.TITLE, part=A), Scoped(field=Scope.BODY, part=B)))),
        ('"NEAR/5"', phrase("NEAR/5")),
        ("AT&T", phrase("AT&T")),
        ("riot*", phrase("riot*")),
        ('"organi?ation charts"', phrase("organi?ation charts")),
        ('="C++"', Phrase(text="C++", exact=True)),
        ("=U.S. Navy", Phrase(text="U.S. Navy", exact=True)),
        ("=.NET", Phrase(text=".NET", exact=True)),
        ('="Yahoo!*"', Phrase(text="Yahoo!*", exact=True)),
        (r"/\bRAA[- ]20\d\d\b/", Regex(pattern=r"\bRAA[- ]20\d\d\b")),
        (r"url:/\/world\//", Scoped(field=Scope.URL, part=Regex(pattern=r"\/world\/"))),
        ("a NEAR/5 b", Near(left=A, right=B, distance=5)),
        ("a near5 b", Near(left=A, right=B, distance=5)),
        ("a W/5 b", Near(left=A, right=B, distance=5)),
        ("a w/5 b", Near(left=A, right=B, distance=5)),
        ("a NEAR/5f b", Near(left=A, right=B, distance=5, ordered=True)),
        ("a PRE/5 b", Near(left=A, right=B, distance=5, ordered=True)),
        ("a ONEAR/5 b", Near(left=A, right=B, distance=5, ordered=True)),
        ("a adj5 b", Near(left=A, right=B, distance=5, ordered=True)),
        ("a NOT NEAR/5 (b, c)", Near(left=A, right=Or(parts=(B, C)), distance=5, negated=True)),
        ("a NOT w/5 b", Near(left=A, right=B, distance=5, negated=True)),
        ("a NEAR/5 b PRE/2 c", Near(left=Near(left=A, right=B, distance=5), right=C, distance=2, ordered=True)),
        ("a NOT b NEAR/5 c", And(parts=(A, Not(part=Near(left=B, right=C, distance=5))))),
        ("a SENT b", Together(left=A, right=B, passage=Passage.SENTENCE)),
        ("a w/s b", Together(left=A, right=B, passage=Passage.SENTENCE)),
        ("a PARA b", Together(left=A, right=B, passage=Passage.PARAGRAPH)),
        ("a SAME b", Together(left=A, right=B, passage=Passage.PARAGRAPH)),
        ("a w/p b", Together(left=A, right=B, passage=Passage.PARAGRAPH)),
        ("a NOT SENT b", Together(left=A, right=B, passage=Passage.SENTENCE, negated=True)),
        ("ATLEAST/3 a", AtLeast(count=3, part=A)),
        ("atleast3 (a, b)", AtLeast(count=3, part=Or(parts=(A, B)))),
        ("DISTINCT/2 (a, b)", Distinct(count=2, part=Or(parts=(A, B)))),
        ("title:(a NEAR/5 b)", Scoped(field=Scope.TITLE, part=Near(left=A, right=B, distance=5))),
        ("title:NOT a", None),
        ("c AND title:NOT a", And(parts=(C, Scoped(field=Scope.TITLE, part=Not(part=A))))),
        ("Title:a", Scoped(field=Scope.TITLE, part=A)),
        ("hd=a", Scoped(field=Scope.TITLE, part=A)),
        ("HEADLINE(a)", Scoped(field=Scope.TITLE, part=A)),
        ("HLEAD(a)", Scoped(field=Scope.HLEAD, part=A)),
        ("intitle:a", Scoped(field=Scope.TITLE, part=A)),
        ("ingress:a", Scoped(field=Scope.LEAD, part=A)),
        ("hlp=a", Scoped(field=Scope.HLEAD, part=A)),
        ("by=a", Scoped(field=Scope.AUTHOR, part=A)),
        ("site:reuters.com", Scoped(field=Scope.SOURCE, part=phrase("reuters.com"))),
        ("lang:(ja, en)", Scoped(field=Scope.LANG, part=Or(parts=(phrase("ja"), phrase("en"))))),
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
        ("https://example.org", 1, 1, "an address is no term", "put them in"),
        ("sorce:x", 1, 1, 'unknown field "sorce:"', 'did you mean "source:"?'),
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


def test_every_mistake_in_the_words_is_told_at_once() -> None:
    found = errors_of("titel:a AND ri* OR lang: ja")
    assert [problem.place.column for problem in found] == [1, 13, 20]


@pytest.mark.parametrize("word", ["and", "or", "not", "And"])
def test_an_operator_in_lower_case_is_a_word_and_a_warning(word: str) -> None:
    reading = read_query(text(f"rare {word} earth"))
    assert reading.tree == phrase(f"rare {word} earth")
    (warning,) = reading.problems
    assert warning.level is Level.WARNING
    assert warning.place.column == 6


def test_many_warnings_hide_no_error() -> None:
    (problem,) = errors_of("x and " * 30 + "ri*")
    assert "too much" in problem.message


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
        "ATLEAST/2 " * 9_000 + "a",
        "/" + "(" * 490 + "/",
        "x NEAR/5 " * 9_000 + "y",
        "= " * 40_000,
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
        ["a", "rare earth", "AND", "not", "NEAR", "W/3", "near5", "w/s", "SENT", "日本", "C++", "x:y", "$name", "1,000"]
    ),
    st.sampled_from(["(a)", "/x/", "curb*", "organi?ation", "export curb*", "reuters.com", "=x", "hd=x", "U.S."]),
    st.text(alphabet="ab日 -&", min_size=1, max_size=8).map(lambda words: f"x{' '.join(words.split())}"),
)
LEAVES: st.SearchStrategy[Node] = st.one_of(
    st.builds(lambda words, exact: Phrase(text=words, exact=exact), PHRASES, st.booleans()),
    st.sampled_from(["japan", "rare_earths", "f-35"]).map(lambda name: Name(name=name)),
    st.sampled_from([r"RAA-\d+", r"a\/b", '["(,]x', "x y"]).map(lambda pattern: Regex(pattern=pattern)),
)


def several(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[tuple[Node, ...]]:
    return st.lists(parts, min_size=2, max_size=4).map(tuple)


PLACED = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        several(parts).map(lambda some: Or(parts=some)),
        st.builds(
            lambda left, right, distance, ordered, negated: Near(
                left=left, right=right, distance=distance, ordered=ordered, negated=negated
            ),
            parts, parts, st.integers(1, 1000), st.booleans(), st.booleans(),
        ),
        st.builds(
            lambda left, right, passage, negated: Together(left=left, right=right, passage=passage, negated=negated),
            parts, parts, st.sampled_from(Passage), st.booleans(),
        ),
    ),
    max_leaves=5,
)  # fmt: skip
COUNTED: st.SearchStrategy[Node] = st.one_of(
    st.builds(lambda part, count: AtLeast(count=count, part=part), PLACED, st.integers(1, 50)),
    several(PLACED).map(lambda some: Distinct(count=2, part=Or(parts=some))),
)


def combined(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.one_of(
        parts.map(lambda part: Not(part=part)),
        several(parts).map(lambda some: And(parts=some)),
        several(parts).map(lambda some: Or(parts=some)),
    )


PLAIN = st.recursive(st.one_of(LEAVES, PLACED, COUNTED), combined, max_leaves=8)
VALUES = several(PHRASES.map(phrase)).map(lambda some: Or(parts=some))
SCOPED: st.SearchStrategy[Node] = st.one_of(
    st.builds(lambda part, field: Scoped(field=field, part=part), PLAIN, st.sampled_from(sorted(CONTENT | LABELS))),
    st.builds(lambda part, field: Scoped(field=field, part=part), VALUES, st.sampled_from(sorted(FACTS))),
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
    assert all_negations_are_on_leaves(inward)


def truth(tree: Node, holds: Callable[[Term], bool]) -> bool:
    """Evaluate the boolean skeleton: a term holds or not, a proximity or a count when its first term does."""
    match tree:
        case Not(part=part):
            return not truth(part, holds)
        case And(parts=parts):
            return all(truth(part, holds) for part in parts)
        case Or(parts=parts):
            return any(truth(part, holds) for part in parts)
        case _:
            return holds(next(terms_of(tree)))


def all_negations_are_on_leaves(tree: Node) -> bool:
    match tree:
        case Not(part=part):
            return not isinstance(part, And | Or | Not | Scoped)
        case Scoped(part=part):
            return all_negations_are_on_leaves(part)
        case And(parts=parts) | Or(parts=parts):
            return all(map(all_negations_are_on_leaves, parts))
        case _:
            return True


def errors_of(query: str) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        parse(query)
    return caught.value.problems


@pytest.mark.parametrize("pattern", [r"\b", r"\bx?", "a*", "^", "(?m)$", r"\B", "(RAA)?", r"\bRAA|\b", r"\z", "a{0}"])
def test_a_regular_expression_that_nothing_can_satisfy_is_an_error(pattern: str) -> None:
    (problem,) = read_query(text(f"japan AND /{pattern}/")).problems
    assert problem.message == "the regular expression also matches the nothing between two signs"
    assert problem.hint == r"make it ask for one sign at least: /a+/ instead of /a*/, /\bRAA\b/ instead of /\b/"


@pytest.mark.parametrize("pattern", [r"\bRAA\b", "^a", "a+", "x$", ".", r"(?m)^\s", r"\w*x"])
def test_a_regular_expression_that_asks_for_a_sign_is_none(pattern: str) -> None:
    assert read_query(text(f"japan AND /{pattern}/")).problems == ()


@pytest.mark.parametrize(
    "query", ['("gallium", "rare earth",  "Côte d’Ivoire")', 'a NEAR/5 ("b", "c")', 'title("b","c")']
)
def test_a_list_of_phrases_means_what_it_means_word_by_word(query: str) -> None:
    listed, spelled = parse(query), parse(query.replace('("', '( "'))  # the blank keeps it from being read at once
    assert any(isinstance(tree, Listed) for tree in _all(listed))
    assert not any(isinstance(tree, Listed) for tree in _all(spelled))
    assert listed == spelled
    assert hash(listed) == hash(spelled)
    assert print_query(listed) == print_query(spelled)
    shifted = [term.offset + (term.offset > query.index('("')) for term in terms_of(listed)]
    assert shifted == [term.offset for term in terms_of(spelled)]


def _all(tree: Node) -> list[Node]:
    return [tree, *(below for part in children(tree) for below in _all(part))]
