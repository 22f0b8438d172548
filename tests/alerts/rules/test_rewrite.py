from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules.nodes import And, AtLeast, Name, Near, Node, Not, Or, Passage, Phrase, Regex, Scope, Scoped, Together
from alerts.rules.printing import print_query
from alerts.rules.query import parse
from alerts.rules.rewrite import house_lines


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ("japan AND france", ["japan AND france"]),
        ("japan AND france AND (nickel OR cobalt)", ["japan", "AND france", "AND (nickel OR cobalt)"]),
        (
            "japan AND (gallium OR germanium OR antimony)",
            ["japan", "AND (gallium OR germanium", "     OR antimony)"],
        ),
        ("title:(gallium, germanium, antimony)", ["title:(gallium, germanium,", "       antimony)"]),
        (
            "japan AND NOT (gallium, germanium, antimony)",
            ["japan", "AND NOT (gallium, germanium,", "         antimony)"],
        ),
        ("(gallium, germanium) NEAR/5 (export, quota)", ["(gallium, germanium)", "NEAR/5 (export, quota)"]),
        (
            "gallium NEAR/5 (exports) SENT (ministry OR minister)",
            ["gallium NEAR/5 exports", "SENT (ministry OR minister)"],
        ),
        ("ATLEAST/3 (gallium, germanium, antimony)", ["ATLEAST/3 (gallium, germanium,", "           antimony)"]),
        ("gallium OR germanium OR antimony OR tungsten", ["gallium OR germanium", "OR antimony OR tungsten"]),
        (
            "gallium OR (japan AND france) OR tungsten OR cobalt",
            ["gallium", "OR (japan AND france)", "OR tungsten OR cobalt"],
        ),
        (
            "(gallium, (japan AND france), (germanium AND (antimony, tungsten)))",
            ["(gallium,", " (japan AND france),", " (germanium", "  AND (antimony, tungsten)))"],
        ),
        ('"a phrase that is longer than any line"', ['"a phrase that is longer than any line"']),
        ("(日本国政府, 経済産業省, 防衛省)", ["(日本国政府, 経済産業省,", " 防衛省)"]),
    ],
)
def test_a_long_query_is_broken_before_its_operators_and_lists_fill_their_lines(query: str, lines: list[str]) -> None:
    written = house_lines(parse(query), 28)
    assert written == lines
    assert parse("\n".join(written)) == parse(query)


def test_a_short_one_can_be_broken_too() -> None:
    tree = parse("japan AND (nickel OR cobalt)")
    assert house_lines(tree, broken=True) == ["japan", "AND (nickel OR cobalt)"]
    assert house_lines(parse("japan NEAR/5 france"), broken=True) == ["japan NEAR/5 france"]


@pytest.mark.parametrize(
    "query", ["(japan, france)", "japan OR france", "title:(a, b) AND (c OR d)", '="U.S." OR =F-35']
)
def test_commas_stay_commas_and_or_stays_or(query: str) -> None:
    assert house_lines(parse(query)) == [query]


def test_fifty_levels_do_not_run_off_to_the_right() -> None:
    query = "(gallium OR (germanium AND " * 20 + "antimony" + "))" * 20
    lines = house_lines(parse(query))
    assert parse("\n".join(lines)) == parse(query)
    assert len(lines) == 40
    assert max(map(len, lines)) < 250


terms: st.SearchStrategy[Node] = st.one_of(
    st.sampled_from(["japan", "rare earth", "and", "F-35", "日本", "l'accord", "near5", "sign*", "U.S."]).map(
        lambda text: Phrase(text=text)
    ),
    st.sampled_from(["C++", "AT&T", "RAA", "U.S."]).map(lambda text: Phrase(text=text, exact=True)),
    st.just(Regex(pattern=r"RAA[-]\d+,{}")),
    st.just(Name(name="raa")),
)


def grown(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(inner, min_size=2, max_size=9).map(tuple)
    groups = st.builds(Or, parts=st.lists(terms, min_size=2, max_size=9).map(tuple), commas=st.booleans())
    return st.one_of(
        st.builds(Or, parts=several, commas=st.booleans()),
        st.builds(lambda parts, no: And(parts=(*parts, Not(part=no))), several, inner),
        st.builds(lambda left, right: Near(left=left, right=right, distance=5, ordered=True), groups, terms),
        st.builds(
            lambda left, right: Together(left=left, right=right, passage=Passage.SENTENCE, negated=True), terms, groups
        ),
        groups.map(lambda part: Scoped(field=Scope.TITLE, part=part)),
        groups.map(lambda part: AtLeast(count=3, part=part)),
    )


@given(st.recursive(terms, grown, max_leaves=30), st.integers(10, 120), st.booleans())
def test_the_house_form_means_the_same_and_stays(tree: Node, width: int, broken: bool) -> None:
    lines = house_lines(tree, width, broken=broken)
    again = parse("\n".join(lines))
    assert again == tree
    assert house_lines(again, width, broken=len(lines) > 1) == lines
    assert print_query(parse(print_query(tree))) == print_query(tree)
