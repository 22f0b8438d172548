from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from alerts.rules.explain import Explanation, explain
from alerts.rules.printing import print_query
from alerts.rules.ruleset import compile_rules
from alerts.rules.spec import OnlySpec, RaiseSpec
from alerts.story import Severity
from tests.alerts.rules.specs import alias, entity, rule, text
from tests.alerts.rules.test_oracle import ENTITIES as ORACLE_ENTITIES
from tests.alerts.rules.test_oracle import LISTS, PARAGRAPHS, QUERIES, written
from tests.fakes import NOON, outlet, story

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.rules.nodes import Node
    from tests.alerts.rules.test_oracle import Paragraphs

ENTITIES = (
    entity("japan", "Japan"),
    entity("france", "France", except_=("Tour de France",)),
    entity("raa", alias("RAA", case="exact", needs="troops", within="sentence")),
    entity("raas", alias("RAA", case="exact", needs="troops", within="story")),
    entity("raaw", alias("RAA", case="exact", needs="troops", within=3)),
    entity("bread", fr=(alias("pain", lang_only=True),)),
)


def explained(when: str, body: str, title: str = "", **changes: Any) -> Explanation:
    return explain(compile_rules(ENTITIES, [rule(when)])[0], "rule", story(title, body, **changes)).query


def reasons(tree: Explanation) -> Iterator[str]:
    if tree.reason:
        yield tree.reason
    for part in tree.parts:
        yield from reasons(part)


@pytest.mark.parametrize(
    ("when", "title", "body", "reason"),
    [
        ("japan NEAR/2 france", "", "Japan one two three France", "NEAR/2 failed: closest 4 words"),
        (
            "japan PRE/2 france",
            "",
            "France and Japan",
            "PRE/2 failed: never in this order; the other way round, closest 2 words",
        ),
        ("japan PRE/2 france", "", "Japan one two France", "PRE/2 failed: closest 3 words"),
        ("japan NEAR/2 france", "Japan", "France", "NEAR/2 failed: never both in title or in text"),
        ("japan PRE/2 france", "Japan", "France", "PRE/2 failed: never both in title or in text"),
        ("japan NEAR/2 $japan", "", "Japan", "NEAR/2 failed: both are the same words"),
        (
            "japan NOT NEAR/2 film",
            "",
            "Japan film",
            "NOT NEAR/2 failed: every mention of the left side has one of the right within 2 words",
        ),
        (
            "japan NOT SENT film",
            "",
            "Japan film",
            "NOT SENT failed: every mention of the left side has one of the right in its sentence",
        ),
        (
            "japan SENT france",
            "",
            "Japan. France.",
            "SENT failed: both are there, in no sentence together; the nearest are neighbouring sentences",
        ),
        (
            "japan PARA france",
            "",
            "Japan\n\nFilm\n\nFrance",
            "PARA failed: both are there, in no paragraph together; the nearest are 2 paragraphs apart",
        ),
        (
            "japan SENT france",
            "Japan",
            "France",
            "SENT failed: both are there, one in the title, the other in the text",
        ),
        ("ATLEAST/3 japan", "", "Japan, Japan", "ATLEAST/3 failed: found 2"),
        ("DISTINCT/2 (tin, zinc)", "", "tin, tin", "DISTINCT/2 failed: found 1"),
        ("title:japan", "", "Japan", "found only in the text: “Japan”"),
        ("body:japan", "Japan", "", "found only in the title: “Japan”"),
        ("hlead:japan", "", "Film.\n\nJapan", "found only further down in the text: “Japan”"),
        ("=RAA", "", "the raa", "written otherwise: “raa”"),
        ("rare earth AND x", "", "rare; earth", "punctuation stands between its words"),
        ("rare earth AND x", "", "rare new earth", "its words are there, but not side by side"),
        ("rare earth AND x", "", "earth", "of its words there is only “earth”"),
        ("$france", "", "Tour de France", "every mention lies inside an exception: “Tour de France”"),
        ("$raa", "", "The RAA met.", "“RAA” needs troops in its sentence"),
        ("$raa", "", "The RAA met. Troops left.", "“RAA” needs troops in its sentence; elsewhere there is “Troops”"),
        ("$raas", "", "The RAA met.", "“RAA” needs troops anywhere in the story"),
        ("$raaw", "", "The RAA met.", "“RAA” needs troops within 3 words"),
        ("$bread", "", "pain", "“pain” counts in fr only, and the story is in en"),
        ("source:bbc.co.uk", "", "x", "the story comes from reuters (reuters.example)"),
        ("lang:(ja, ko)", "", "x", "the story is in en"),
        ("country:jp", "", "x", "the outlet's country is unknown"),
        ("japan NOT film", "", "Japan film", "“film” must not be there"),
        ("japan NOT title:(film, book)", "Film", "Japan, a book", "“Film” must not be there"),
        ("japan NOT lang:fr", "", "Japan", None),
    ],
)
def test_a_miss_says_how_near_it_was(when: str, title: str, body: str, reason: str | None) -> None:
    tree = explained(when, body, title)
    assert tree.holds is (reason is None)
    assert not reason or reason in list(reasons(tree))


def test_what_must_not_be_there_is_told_as_it_was_written() -> None:
    tree = explained("japan NOT (title:film OR (book AND review) OR lang:fr)", "Japan: a book review", language="fr")
    assert list(tree.lines()) == [
        "✗ japan AND NOT (title:film, (book AND review), lang:fr)",
        "  ✓ japan: “Japan”",
        "  ✗ NOT (title:film, (book AND review), lang:fr): “book”, “review” must not be there",
        "    ✗ title:film",
        "    ✓ book AND review: “book”, “review”",
        "      ✓ book: “book”",
        "      ✓ review: “review”",
        "    ✓ lang:fr",
    ]
    assert "that must not be so" in list(reasons(explained("japan NOT lang:fr", "Japan", language="fr")))


def test_each_part_shows_its_truth_and_its_words() -> None:
    tree = explained("$japan AND (pact OR deal) NOT title:film", "The pact of Japan")
    assert list(tree.lines()) == [
        "✓ $japan AND (pact OR deal) AND NOT title:film: “pact”, “Japan”",
        "  ✓ $japan: “Japan”",
        "  ✓ pact OR deal: “pact”",
        "    ✓ pact: “pact”",
        "    ✗ deal",
        "  ✓ NOT title:film",
    ]


def test_a_verdict_tells_gates_and_severity_too() -> None:
    spec = rule(
        "japan",
        only=OnlySpec(max_age=timedelta(hours=1)),
        raise_=(RaiseSpec(to=Severity.HIGH, when=text("title:japan")),),
    )
    rules = compile_rules([], [spec])[0]
    late = story("Japan", published=NOON - timedelta(hours=2), outlet=outlet())
    verdict = explain(rules, "rule", late)
    assert verdict.query.holds
    assert not verdict.holds
    assert verdict.gates == ("max_age: published 2:00:00 before it was seen, longer ago than 1:00:00",)
    assert verdict.severity is Severity.HIGH
    assert [(to, tree.holds) for to, tree in verdict.raises] == [(Severity.HIGH, True)]
    with pytest.raises(KeyError):
        explain(rules, "other", late)


def test_what_is_not_known_is_said_to_be() -> None:
    tree = explained("lang:fr AND tier:1", "x", language=None, outlet=outlet(tier=4))
    assert list(reasons(tree)) == ["the story's language is unknown", "the outlet's tier is 4"]


def test_every_closed_gate_is_named_with_what_is_asked() -> None:
    only = OnlySpec(languages=("fr",), sources=("bbc",), countries=("jp", "kr"), tier=1, min_words=9)
    rules = compile_rules([], [rule("japan", only=only)])[0]
    told = story("Japan", "Japan", outlet=outlet(country="us", tier=4))
    assert explain(rules, "rule", told).gates == (
        "languages: the story is in en, not in fr",
        "sources: the story comes from reuters (reuters.example), not from bbc",
        "countries: the outlet's country is us, not jp or kr",
        "tier: the outlet's tier is 4, not 1 or better",
        "min_words: the text has 1, fewer than 9",
    )


@given(tree=QUERIES, text=PARAGRAPHS)
def test_an_explanation_says_what_matching_does(tree: Node, text: Paragraphs) -> None:
    rules, _ = compile_rules(ORACLE_ENTITIES, [rule(print_query(tree))], LISTS)
    told = story("Then", "\n\n".join(map(written, text)))
    for compiled in rules.rules:
        verdict = explain(rules, compiled.id, told)
        assert verdict.holds is bool(rules.match(told))
        assert list(verdict.query.lines())


def test_an_alias_of_many_languages_is_shown_once() -> None:
    exact = (alias("China", case="exact"),)
    china = entity("china", en=exact, de=exact, es=exact)
    rules, _ = compile_rules([china], [rule("$china", "one")])
    found = explain(rules, "one", story(text="China and china."))
    assert [part.text for part in found.query.parts] == ["=China"]
