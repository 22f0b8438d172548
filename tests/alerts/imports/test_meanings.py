"""A query means the same in Tocsin as in the system it was written for, by a small oracle."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.imports.translate import translate
from alerts.rules.nodes import And, Near, Node, Not, Or, Phrase
from alerts.rules.printing import print_query
from alerts.rules.query import parse
from tests.alerts.imports.makers import holds

WORDS = ("alfa", "bravo", "delta", "golf")


@dataclass(frozen=True)
class Style:
    """How a system writes a tree, by its own account: the higher the level, the tighter an operator binds."""

    levels: dict[type, int]
    near: str
    between: int = 0  # what its NEAR counts less than ours
    is_and: str = " AND "
    is_or: str = " OR "
    is_not: str = "NOT "


STYLES = {
    "factiva": Style({Or: 1, And: 2, Not: 3, Near: 4, Phrase: 9}, "near", is_and=" and ", is_or=" or ", is_not="not "),
    "lexis": Style({And: 2, Near: 3, Or: 4, Phrase: 9}, "w/", is_and=" and ", is_or=" or "),
    "meltwater": Style({Or: 1, And: 2, Not: 3, Near: 4, Phrase: 9}, "NEAR/", 1),
    "google-alerts": Style({And: 1, Or: 2, Not: 3, Phrase: 9}, "", is_and=" ", is_not="-"),
}

words = st.sampled_from(WORDS).map(lambda word: Phrase(text=word))
groups = st.one_of(words, st.lists(words, min_size=2, max_size=3).map(lambda parts: Or(parts=tuple(parts))))
nears = st.builds(
    lambda left, right, distance: Near(left=left, right=right, distance=distance), groups, groups, st.integers(2, 4)
)


def trees(*, with_not: bool, with_near: bool) -> st.SearchStrategy[Node]:
    leaves: st.SearchStrategy[Node] = st.one_of(words, nears) if with_near else words
    if with_not:
        leaves = st.one_of(leaves, words.map(lambda word: Not(part=word)))
    return st.recursive(
        leaves,
        lambda inner: st.builds(
            lambda kind, parts: kind(parts=tuple(parts)),
            st.sampled_from([And, Or]),
            st.lists(inner, min_size=2, max_size=3),
        ),
        max_leaves=8,
    )


def write(tree: Node, style: Style, above: int = 0) -> str:
    """Write a tree with no more brackets than its system needs."""
    level = style.levels[type(tree)]
    match tree:
        case Phrase(text=text):
            written = text
        case Not(part=part):
            written = style.is_not + write(part, style, level)
        case Near(left=left, right=right, distance=distance):
            operator = f" {style.near}{distance - style.between} "
            written = write(left, style, level) + operator + write(right, style, level)
        case And(parts=parts) | Or(parts=parts):
            sign = style.is_and if isinstance(tree, And) else style.is_or
            written = sign.join(write(part, style, level) for part in parts)
        case _:
            raise AssertionError(tree)
    return f"({written})" if level <= above else written


@pytest.mark.parametrize("dialect", STYLES)
@given(data=st.data())
def test_a_translation_holds_for_the_same_texts(dialect: str, data: st.DataObject) -> None:
    style = STYLES[dialect]
    tree = data.draw(trees(with_not=Not in style.levels, with_near=Near in style.levels))
    text = data.draw(st.lists(st.sampled_from([*WORDS, "kilo"]), max_size=9))
    found = translate(dialect, "saved.txt", write(tree, style))
    if not found.rules:  # it would match every story
        assert holds(tree, [])
        return
    assert found.problems == ()
    assert holds(parse(print_query(found.rules[0].when)), text) == holds(tree, text)


@given(st.lists(st.tuples(st.sampled_from(["w/2", "w/4", "w/9"]), st.sampled_from(WORDS)), min_size=1, max_size=4))
def test_lexis_ties_the_shortest_distance_first(chain: list[tuple[str, str]]) -> None:
    query = "kilo" + "".join(f" {operator} {word}" for operator, word in chain)
    tree = translate("lexis", "saved.txt", query).rules[0].when
    assert isinstance(tree, Near)
    assert tree.distance == max(int(operator[2:]) for operator, _ in chain)


@pytest.mark.parametrize("dialect", [*STYLES, "miniflux"])
@given(
    st.lists(
        st.sampled_from(
            [*'()"*?$^=:/!-', " ", "\n", "AND", "or", "not", "near5", "w/3", "title:", "HEADLINE(", "rare", "日本", "é"]
        ),
        max_size=25,
    )
)
def test_no_query_is_lost_without_a_word(dialect: str, pieces: list[str]) -> None:
    content = "".join(pieces)
    found = translate(dialect, "saved.txt", content)
    assert found.rules or found.problems
    for rule in found.rules:
        parse(print_query(rule.when))


@pytest.mark.parametrize(
    ("dialect", "query"),
    [
        ("meltwater", "(" * 9_000 + "a" + ")" * 9_000),
        ("meltwater", "NOT " * 9_000 + "a"),
        ("meltwater", "a" + " NEAR b" * 9_000),
        ("factiva", "a" + " same b" * 9_000),
        ("factiva", "hd=" * 9_000 + "a"),
        ("lexis", "HEADLINE(" * 5_000 + "a" + ")" * 5_000),
        ("google-alerts", "-" * 9_000 + "a"),
        ("factiva", "a or " * 30_000 + "b"),
        ("miniflux", "EntryTitle=" + "(a+)+" * 5_000),
        ("lexis", "a " * 60_000),
    ],
)
def test_a_hostile_query_is_refused(dialect: str, query: str) -> None:
    found = translate(dialect, "saved.txt", query)
    assert found.rules == ()
    assert found.problems


def test_a_long_list_is_carried() -> None:
    query = " or ".join(f"mineral{number}" for number in range(2_000))
    (rule,) = translate("factiva", "saved.txt", query).rules
    assert isinstance(rule.when, Or)
    assert len(rule.when.parts) == 2_000
