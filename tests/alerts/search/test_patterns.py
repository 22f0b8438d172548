"""What the index is asked finds every text in which the rules' patterns stand: else a replay would miss stories."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alerts.rules.fold import fold
from alerts.rules.ruleset import compile_rules
from alerts.rules.terms import fault_of_wildcard, has_wildcard, has_word, patterns_of, wild_forms
from alerts.search.patterns import asked, phrase_of, size_of
from alerts.search.query import AllOf, AnyOf, Phrase
from alerts.search.text import searchable
from tests.alerts.rules.specs import rule
from tests.alerts.search.test_text import TEXTS
from tests.fakes import story

TERMS = [
    "rare earth*",
    "co-operation",
    "F-35",
    "AT&T",
    "treaty",
    "稀土",
    "レアアース",
    "희토류",
    "รัสเซีย",
    "النفط",
    "円滑化協定",
    "土",
]


def stands(phrase: Phrase, indexed: str) -> bool:
    """Say whether FTS5 finds a phrase in an indexed text."""
    there, wanted = indexed.split(), phrase.tokens
    for start in range(len(there) - len(wanted) + 1):
        some = there[start : start + len(wanted)]
        last = some[-1].startswith(wanted[-1]) if phrase.prefix else some[-1] == wanted[-1]
        if last and tuple(some[:-1]) == wanted[:-1]:
            return True
    return False


def holds(tree: AllOf, indexed: str) -> bool:
    """Say the same of a tree, in one field."""
    parts = (part for part in tree.parts if isinstance(part, AnyOf))
    return all(any(isinstance(one, Phrase) and stands(one, indexed) for one in part.parts) for part in parts)


def patterns(term: str) -> tuple[str, ...]:
    if has_wildcard(term):
        return () if fault_of_wildcard(term) else tuple(anchor for anchor, _ in wild_forms(term))
    return patterns_of(term) if has_word(term) else ()


@given(TEXTS, st.sampled_from(TERMS) | TEXTS, TEXTS, st.booleans())
@example("x", "協定", "y", False)
@example("", "والعقوبات", "", True)
@example("新", "日本", "語", False)
def test_a_text_that_holds_a_pattern_is_found(before: str, term: str, after: str, apart: bool) -> None:
    blank = " " if apart else ""
    text = f"{before}{blank}{term.replace('*', 's')}{blank}{after}"
    folded, indexed = fold(text), searchable(text)
    for pattern in patterns(term):
        phrase = phrase_of(pattern)
        if phrase is not None and pattern in folded:
            assert stands(phrase, indexed), (pattern, phrase, indexed)


@pytest.mark.parametrize(
    ("pattern", "phrase"),
    [
        (" rare earth ", Phrase(("rare", "earth"))),
        (" sign", Phrase(("sign",), prefix=True)),
        (" 희토", Phrase(("희토",))),
        (" 土 ", Phrase(("土",), prefix=True)),
        (" 稀 土 ", Phrase(("稀土",))),
        ("earth", None),
        (" والعق", None),
        (" | ", None),
    ],
)
def test_a_pattern_is_asked_for_as_a_phrase_or_not_at_all(pattern: str, phrase: Phrase | None) -> None:
    assert phrase_of(pattern) == phrase


def test_of_each_group_one_must_be_there_and_a_group_that_cannot_be_asked_is_left_out() -> None:
    tree = asked([[" japan ", " tokyo "], ["earth", " france "]])
    assert tree == AllOf((AnyOf((Phrase(("japan",)), Phrase(("tokyo",)))),))
    assert size_of(tree) == 2
    assert asked([["earth"]]) is None
    assert asked([]) is None


@pytest.mark.parametrize(
    ("when", "title", "text"),
    [
        ("japan AND (rare earth OR gallium)", "Japan digs", "for rare-earths, it says"),
        ("(china, 中国) NEAR/5 control*", "中国 says", "that it controls 中国 controlled"),
        ("treat* NOT film", "Treaties", "are signed"),
        ('="U.S." AND tariffs', "tariffs", "of the U.S. rise"),
        ("title:(quad SENT japan)", "The Quad and Japan", ""),
        ("DISTINCT/2 (gallium, germanium, antimony)", "gallium", "and antimony"),
        (r"/\bRAA[- ]20\d\d\b/ OR raa", "RAA-2026", "raa"),
    ],
)
def test_a_story_that_a_rule_holds_for_is_found(when: str, title: str, text: str) -> None:
    rule_set, problems = compile_rules([], [rule(when)])
    assert not [one for one in problems if one.level == "error"]
    told = story(title, text)
    if tree := asked(rule_set.sought("rule")):
        assert rule_set.match(told)
        assert holds(tree, f"{searchable(title)} {searchable(text)}")


@pytest.mark.parametrize("when", ["(lang:en NOT japan)", "source:reuters", "tag:steel AND japan", r"/r.{3,9}s/"])
def test_a_rule_that_needs_no_word_asks_nothing(when: str) -> None:
    rule_set, _ = compile_rules([], [rule(when)])
    assert [one.id for one in rule_set.rules] == ["rule"]
    assert asked(rule_set.sought("rule")) is None
