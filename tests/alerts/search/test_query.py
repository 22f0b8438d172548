from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import QueryError
from alerts.search.query import LONGEST, AllOf, AnyOf, Node, Phrase, Query, any_of, parse, phrase
from alerts.story import Field

PIECES = [
    "a",
    "bc*",
    '"a b"',
    "-",
    "NOT",
    "OR",
    "AND",
    "(",
    ")",
    "title:",
    "body:",
    "source:",
    "lang:",
    "ja",
    "稀土",
    " ",
    "*",
    '"',
]


def words(text: str, field: Field | None = None) -> Phrase:
    return Phrase(tuple(text.split()), field=field)


A, B, C = words("a"), words("b"), words("c")


@pytest.mark.parametrize(
    ("written", "tree"),
    [
        ("a", AllOf((A,))),
        ("a b", AllOf((A, B))),
        ("a AND b", AllOf((A, B))),
        ("a OR b", AllOf((AnyOf((A, B)),))),
        ("(a OR b) c", AllOf((AnyOf((A, B)), C))),
        ("(a b) OR c", AllOf((AnyOf((AllOf((A, B)), C)),))),
        ("a -b", AllOf((A,), (B,))),
        ("a NOT b -c", AllOf((A,), (B, C))),
        ("a -(b OR c)", AllOf((A,), (AnyOf((B, C)),))),
        ("-a", AllOf((), (A,))),
        ('"a b"', AllOf((words("a b"),))),
        ("“a b”", AllOf((words("a b"),))),
        ("a-b", AllOf((words("a b"),))),
        ("rare-earths", AllOf((words("rare earths"),))),
        ("AT&T", AllOf((words("at t"),))),
        ('"OR"', AllOf((words("or"),))),
        ("or", AllOf((words("or"),))),
        ("sign*", AllOf((Phrase(("sign",), prefix=True),))),
        ('"export lic"*', AllOf((Phrase(("export", "lic"), prefix=True),))),
        ('"export lic*"', AllOf((Phrase(("export", "lic"), prefix=True),))),
        ("米", AllOf((Phrase(("米",), prefix=True),))),
        ("EU米", AllOf((Phrase(("eu", "米"), prefix=True),))),
        ("米EU", AllOf((words("米 eu"),))),
        ("協定", AllOf((words("協定"),))),
        ("協定*", AllOf((words("協定"),))),
        ("重要鉱物", AllOf((words("重要 要鉱 鉱物"),))),
        ("title:a b", AllOf((words("a", Field.TITLE), B))),
        ("title:(a OR body)", AllOf((AnyOf((words("a", Field.TITLE), words("body", Field.TITLE))),))),
        ("-body:a", AllOf((), (words("a", Field.TEXT),))),
        ("intitle:a", AllOf((words("a", Field.TITLE),))),
        ("title：a", AllOf((words("a", Field.TITLE),))),
        ("12:30", AllOf((words("12 30"),))),
        ("Why?", AllOf((words("why"),))),
    ],
)
def test_what_people_write_becomes_a_tree(written: str, tree: Node) -> None:
    assert parse(written).words == tree


def test_sources_and_languages_narrow_the_whole_search() -> None:
    query = parse('source:nhk -source:"the-times.example" a lang:zh-TW -lang:jp')
    assert query.words == AllOf((A,))
    assert [(one.value, one.denied) for one in query.sources] == [("nhk", False), ("the-times.example", True)]
    assert [(one.value, one.denied) for one in query.languages] == [("zh-hant", False), ("ja", True)]


@pytest.mark.parametrize(
    ("written", "message", "caret", "way_out"),
    [
        ("", "nothing to search for", 0, "tungsten"),
        ("   ", "nothing to search for", 0, "tungsten"),
        ("a OR b c", "two ways", 5, "(a b) OR c"),
        ("a b OR c", "two ways", 0, "a (b OR c)"),
        ("(a", "never closed", 0, "missing )"),
        ("a)", "never opened", 1, "missing ("),
        ('稀土 "abc', "never closed", 3, "close the phrase"),
        ("a OR", "missing at the end after OR", 4, '"OR"'),
        ("OR a", "missing before OR", 0, '"OR"'),
        ("a NOT NOT b", "missing before NOT after NOT", 6, '"NOT"'),
        ("a ()", "missing before ) after (", 3, "write one"),
        ("a OR -b", "a side of OR needs a word that is wanted", 5, "tungsten OR"),
        ("a (-b)", "only what is not wanted", 3, "-(a OR b)"),
        ("a **", 'the * in "**" stands before', 2, ""),
        ("a *", '"*" has no letter', 2, "leave it out"),
        ("a & b", '"&" has no letter or digit', 2, "leave it out"),
        ("a*b", "stands before the end", 0, "sign*"),
        ("wom?n", "no letter here", 0, "sign*"),
        ("t*", "would find too much", 0, "2 letters"),
        ("title: a", "must follow title: at once", 0, "title:word"),
        ("titel:a", "titel: is nothing", 0, "title:?"),
        ("xyz:a", "xyz: is nothing", 0, "title:, body:, source:, lang:"),
        ("author:a", "author: is nothing", 0, ""),
        ("https://a.example/b", "an address is no word", 0, "source:example.org"),
        ("title:(a body:b)", "a field stands inside another", 9, "beside its own words"),
        ("a OR source:b", "no side of OR", 0, "(a OR b)"),
        ("(a source:b)", "source: narrows the whole search", 3, "outside"),
        ("source:(a)", "source: takes one name", 7, "source:nhk"),
        ("lang:a*", "lang: takes one name", 5, "lang:ja"),
        ("lang:Japanese", "is not a language", 5, "lang:ja"),
        ("lang:1", "is not a language", 5, "lang:en"),
        ("(" * 30 + "a" + ")" * 30, "too many parentheses", 20, "20"),
        ("a" * (LONGEST + 1), "too long", 60, "1,000"),
    ],
)
def test_what_cannot_be_understood_is_shown_with_a_caret_and_the_way_out(
    written: str, message: str, caret: int, way_out: str
) -> None:
    with pytest.raises(QueryError, match=re.escape(message)) as error:
        parse(written)
    said, *_, pointer, hint = str(error.value).splitlines()
    assert said
    assert pointer == " " * (4 + caret + (2 if written.startswith("稀土") else 0)) + "^"  # two columns wide, each
    assert hint.startswith("    hint: ")
    assert way_out in hint


def outcome(written: str) -> Query | str:
    try:
        return parse(written)
    except QueryError as error:
        return str(error)


@given(st.text(max_size=80) | st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_any_text_is_a_search_or_an_error_of_ours(written: str) -> None:
    understood = outcome(written)
    if isinstance(understood, str):
        assert len(understood.splitlines()) == 4
    else:
        words = understood.words
        assert words.parts or words.without or understood.sources or understood.languages


@given(st.text(max_size=30))
def test_a_phrase_in_quotes_is_what_the_program_itself_would_look_for(text: str) -> None:
    text = text.translate(dict.fromkeys(map(ord, '"*“”„‟«»＂＊')))
    found = phrase(text)
    if found is not None:
        assert tuple(parse(f'"{text}"').phrases()) == (found,)


def test_terms_without_a_letter_are_no_terms() -> None:
    assert any_of(["a", "—", "a", "b-c"]) == AnyOf((A, words("b c")))
    assert any_of(["—"]) is None
