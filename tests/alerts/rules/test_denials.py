from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules.denials import as_written, denied, is_denial
from alerts.rules.nodes import And, Node, Not, Or, Phrase, Scope, Scoped, negations_inward
from alerts.rules.printing import print_query
from alerts.rules.query import parse


@pytest.mark.parametrize(
    ("query", "written"),
    [
        ("japan NOT title:film", "japan AND NOT title:film"),
        ("japan NOT title:(film OR book)", "japan AND NOT title:(film, book)"),
        ("japan NOT (film AND book)", "japan AND NOT (film AND book)"),
        ("japan AND (france OR NOT film)", "japan AND (france OR NOT film)"),
        ("title:(japan AND NOT film)", "title:(japan AND NOT film)"),
        ("(japan, france) NOT lang:fr", "(japan, france) AND NOT lang:fr"),
    ],
)
def test_a_denial_is_one_not_again(query: str, written: str) -> None:
    assert print_query(as_written(negations_inward(parse(query)))) == written


def test_what_is_no_denial_is_denied_whole() -> None:
    japan = Phrase(text="japan")
    assert not is_denial(japan)
    assert denied(japan) == Not(part=japan)


def grown(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.one_of(
        several.map(lambda parts: And(parts=parts)),
        several.map(lambda parts: Or(parts=parts)),
        inner.map(lambda part: Not(part=part)),
        st.sampled_from("abc").map(lambda text: Scoped(field=Scope.TITLE, part=Not(part=Phrase(text=text)))),
    )


@given(st.recursive(st.sampled_from("abc").map(lambda text: Phrase(text=text)), grown, max_leaves=12))
def test_both_ways_round_mean_the_same(tree: Node) -> None:
    inward = negations_inward(tree)
    assert negations_inward(as_written(inward)) == inward
