"""A survey counts what the evaluator finds, and what lacks one clause, whatever stories say."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.errors import Place
from alerts.rules.ruleset import compile_rules
from alerts.rules.spec import RuleSpec, Text
from alerts.story import Outlet, Story
from alerts.tuning.survey import EXAMPLES, Survey
from tests.fakes import NOON

if TYPE_CHECKING:
    from alerts.rules.ruleset import RuleSet

OUTLET = Outlet(id="wire", name="Pacific Wire", host="wire.example")
WORDS = ("nickel", "cobalt", "export", "mine")
TEXTS = st.lists(st.sampled_from([*WORDS, "(Ni)", "nickle", "other"]), max_size=6).map(" ".join)


def text(value: str) -> Text:
    return Text(value, ((0, Place("rules.yaml", 1, 1)),))


def rules(when: str) -> RuleSet:
    made, _ = compile_rules([], [RuleSpec(id=text("r"), name="r", when=text(when))])
    return made


def story(number: int, title: str, body: str = "") -> Story:
    seen = NOON - timedelta(hours=number)
    return Story(id=1000 - number, outlet=OUTLET, url=None, title=title, text=body, seen=seen)


def surveyed(when: str, *stories: Story) -> Survey:
    made = rules(when)
    survey = Survey(made, made.rules[0], ["nickel"], NOON - timedelta(days=7))
    for one in stories:
        survey.add(one)
    return survey


@settings(max_examples=80)
@given(st.lists(st.sampled_from(WORDS), min_size=2, max_size=4, unique=True), st.lists(TEXTS, max_size=15))
def test_near_misses_are_those_that_lack_one_word(asked: list[str], texts: list[str]) -> None:
    stories = [story(number, one) for number, one in enumerate(texts)]
    found = surveyed(" AND ".join(asked), *stories).findings()
    lacking = [[word for word in asked if word not in one.title.split()] for one in stories]
    assert (found.read, found.matches) == (len(stories), sum(not missing for missing in lacking))
    expected = {word: sum(missing == [word] for missing in lacking) for word in asked}
    assert {one.clause: one.stories for one in found.near} == {word: count for word, count in expected.items() if count}
    assert all(len(one.examples) == min(one.stories, EXAMPLES) for one in found.near)


@given(st.text(max_size=120), st.text(max_size=400))
def test_whatever_a_story_says_it_is_taken_in(title: str, body: str) -> None:
    told = f"Nickel ({title}) export. {body}"
    survey = surveyed("nickel AND export NOT cobalt", story(1, title, body), story(2, "Nickel export", told))
    found = survey.findings()
    assert found.read == 2
    assert all(one.stories > 0 and one.examples for one in found.spellings)


def test_the_outlet_and_agencies_in_brackets_are_no_names() -> None:
    stories = (story(1, "Nickel (Reuters)"), story(2, "Nickel (Pacific Wire)"), story(3, "Nickel (Ni)"))
    found = surveyed("nickel", *stories).findings()
    assert [one.text for one in found.spellings] == ["Ni"]


def test_where_nothing_was_found_before_nothing_rises() -> None:
    assert surveyed("nickel", story(1, "Nickel in Perth"), story(2, "Nickel in Perth")).findings().rising == ()


def test_the_search_for_spellings_ends_when_its_time_is_over_and_says_so() -> None:
    made, ticks = rules("nickel"), iter(range(0, 10_000, 11))
    survey = Survey(made, made.rules[0], ["nickel"], NOON - timedelta(days=7), lambda: float(next(ticks)))
    for number in range(4):
        survey.add(story(number, f"Nickel news {number}"))
    found = survey.findings()
    assert (found.matches, found.looked, found.is_hurried) == (4, 2, True)
    assert not surveyed("nickel", story(1, "Nickel news")).findings().is_hurried
