"""Whatever was judged, what a proposal says it would have done is what the evaluator finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.errors import Place
from alerts.rules.ruleset import compile_rules
from alerts.rules.spec import RuleSpec, Text
from alerts.story import Outlet, Story
from alerts.tuning.advice import FEWEST, Advisor, Judged
from tests.fakes import NOON

if TYPE_CHECKING:
    from alerts.rules.ruleset import RuleSet

OUTLET = Outlet(id="wire", name="Wire", host="wire.example")
WORDS = ("quad", "bike", "race", "leaders", "tokyo", "china", "日本", "稀土", "c++", "l'accord")
TITLES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join)
LABELS = st.sampled_from([True, False, None])


def text(value: str) -> Text:
    return Text(value, ((0, Place("rules.yaml", 1, 1)),))


def rules(when: str) -> RuleSet:
    made, _ = compile_rules([], [RuleSpec(id=text("r"), name="r", when=text(when))])
    return made


def story(number: int, title: str) -> Story:
    return Story(id=number, outlet=OUTLET, url=None, title=title, text="", seen=NOON)


@settings(max_examples=60)
@given(st.lists(st.tuples(TITLES, LABELS), max_size=25))
def test_a_proposal_keeps_its_word(told: list[tuple[str, bool | None]]) -> None:
    stories = [story(number, f"quad {title}") for number, (title, _) in enumerate(told, 1)]
    labelled = list(zip(stories, (label for _, label in told), strict=True))
    judged = [Judged(story=one, relevant=label) for one, label in labelled if label is not None]
    advisor = Advisor(rules("quad OR malabar"), "r", judged, [one for one, label in labelled if label is None])
    for one in stories:
        advisor.consider(one)
    assert advisor.counted == len(stories)
    wrong = sum(not one.relevant for one in judged)
    assert bool(advisor.proposals()) <= (wrong >= FEWEST)
    for proposal in advisor.proposals():
        edited = rules(f"(quad OR malabar) {proposal.clause}")
        left = {one.id for one in stories if edited.match(one)}
        assert proposal.toll.spared == len(left)
        assert proposal.toll.killed == len(stories) - len(left)
        assert proposal.toll.spared_relevant == sum(one.relevant and one.story.id in left for one in judged)
        assert proposal.toll.killed_not_relevant == sum(not one.relevant and one.story.id not in left for one in judged)
        assert proposal.toll.gain > 0
