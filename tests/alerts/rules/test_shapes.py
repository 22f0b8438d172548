from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import Place
from alerts.rules.nodes import Node, Phrase, terms_of
from alerts.rules.query import read_query
from alerts.rules.shapes import Shapes
from alerts.rules.spec import Text

WORDS = st.sampled_from(
    ["tin", "rare earth", "co-operation", "l'accord", "希土類", "サマリウム", "редкие земли", "NOT", "x" * 201]
)
SHAPES = (
    '"{}"',
    '("{}")',
    '("{}", "{}")',
    '("{}",\n "{}") NEAR/10 ("{}")',
    '("{}", "{}") AND ("{}" OR "{}") NOT "{}"',
    '"{}" NOT NEAR/5 ("{}", "{}")',
    '("{}", "{}") SENT "{}"',
    'NOT "{}"',
    'DISTINCT/2 ("{}", "{}")',
    'ATLEAST/2 ("{}", "{}")',
    'title:("{}", "{}") AND "{}"',
    'lang:("{}", "{}") AND "{}"',
    '="{}" OR "{}"',
    'japan AND ("{}", "{}")',
    '$japan AND ("{}", "{}")',
    '"a “{}” AND ("{}")',
    '"{}" "{}"',
    '"{}", "{}"',
    '("{}" AND "{}" OR "{}")',
    '/a("{}")/ AND "{}"',
    'http://example.org/"{}" AND "{}"',
    '("{}", "{}"',
    '"{}"*',
    '“{}” AND “{}” AND "{}"',
)


@given(st.lists(st.tuples(st.sampled_from(SHAPES), st.lists(WORDS, min_size=5, max_size=5)), min_size=2, max_size=12))
def test_a_query_reads_the_same_whatever_was_read_before(written: list[tuple[str, list[str]]]) -> None:
    shapes = Shapes()
    for shape, words in written:
        query = _text(shape.format(*words))
        expected = read_query(query)
        found = shapes.read(query)
        assert found == expected
        assert _offsets(found.tree) == _offsets(expected.tree)


@given(st.lists(st.text('"(), tNEAR/5=$:', max_size=12), min_size=2, max_size=6))
def test_what_stands_between_words_is_read_the_same(written: list[str]) -> None:
    shapes = Shapes()
    for between in written:
        for word in ("tin", "rare earth"):
            query = _text(f'("{word}") {between} ("{word}", "lead")')
            expected = read_query(query)
            found = shapes.read(query)
            assert found == expected
            assert _offsets(found.tree) == _offsets(expected.tree)


@pytest.mark.parametrize("shape", ['("{}", "{}") NEAR/10 "{}"', '"{}" AND "{}" NOT "{}"'])
def test_a_place_is_that_of_the_query_itself(shape: str) -> None:
    shapes = Shapes()
    shapes.read(_text(shape.format("tin", "lead", "copper")))
    longer = shape.format("rare earth", "gallium arsenide", "antimony")
    tree = shapes.read(_text(longer)).tree
    assert tree is not None
    phrases = [term for term in terms_of(tree) if isinstance(term, Phrase)]
    assert [longer[phrase.offset :].startswith(f'"{phrase.text}"') for phrase in phrases] == [True] * 3


def _text(query: str) -> Text:
    return Text(query, ((0, Place("config.yaml", 1, 1)),))


def _offsets(tree: Node | None) -> list[int]:
    return [term.offset for term in terms_of(tree)] if tree else []
