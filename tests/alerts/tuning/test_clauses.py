"""An opinion is about the clauses that held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alerts.errors import Place
from alerts.rules.ruleset import compile_rules
from alerts.rules.spec import OPEN, OnlySpec, RuleSpec, Text
from alerts.story import Field, Match, Outlet, Severity, Span, Story
from alerts.tuning.clauses import Clause, clauses_of, clauses_of_match
from tests.fakes import NOON

if TYPE_CHECKING:
    from alerts.rules.ruleset import RuleSet

OUTLET = Outlet(id="wire", name="Wire", host="wire.example")


def text(value: str) -> Text:
    return Text(value, ((0, Place("rules.yaml", 1, 1)),))


def rules(when: str, only: OnlySpec = OPEN) -> RuleSet:
    spec = RuleSpec(id=text("r"), name="r", when=text(when), only=only)
    made, problems = compile_rules([], [spec])
    assert not [one for one in problems if one.level == "error"], problems
    return made


def story(title: str, body: str = "") -> Story:
    return Story(id=1, outlet=OUTLET, url=None, title=title, text=body, seen=NOON)


@pytest.mark.parametrize(
    ("when", "title", "held"),
    [
        ("quad", "The Quad met; quad bikes", [("quad", ("Quad", "quad"))]),
        ("quad OR malabar", "Malabar begins", [("malabar", ("Malabar",))]),
        ("(quad OR malabar) AND ship*", "Malabar: ships sail", [("malabar", ("Malabar",)), ("ship*", ("ships",))]),
        ("quad NOT bike", "The Quad met", [("quad", ("Quad",))]),
        ("nickel NEAR/3 export", "Nickel export ban", [("nickel NEAR/3 export", ("Nickel", "export"))]),
        ("title:(quad OR malabar)", "Malabar begins", [("title:malabar", ("Malabar",))]),
        ("title:quad AND source:wire", "The Quad met", [("title:quad", ("Quad",)), ("source:wire", ())]),
        ("quad AND bike", "The Quad met", []),
    ],
)
def test_clauses_that_hold_come_with_their_words(
    when: str, title: str, held: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert [(one.text, one.words) for one in clauses_of(rules(when), "r", story(title))] == held


def test_a_rule_that_is_gone_or_closed_to_the_story_holds_by_nothing() -> None:
    assert clauses_of(rules("quad"), "another", story("quad")) == ()
    assert clauses_of(rules("quad", only=OnlySpec(sources=("bbc",))), "r", story("quad")) == ()


def test_of_a_match_by_an_earlier_form_the_words_are_known() -> None:
    spans = (Span(Field.TITLE, 4, 8), Span(Field.TEXT, 0, 4), Span(Field.TEXT, 5, 9))
    match = Match(rule="r", name="r", severity=Severity.HIGH, spans=spans)
    assert clauses_of_match(match, story("The Quad", "Quad bike")) == (Clause(text="", words=("Quad", "bike")),)
    assert clauses_of_match(Match(rule="r", name="r", severity=Severity.HIGH), story("The Quad")) == ()
