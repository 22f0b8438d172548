from __future__ import annotations

from alerts.judge import Judge
from alerts.rules.ruleset import RuleSet, compile_rules
from tests.alerts.rules.specs import rule
from tests.fakes import story


def test_a_finding_tells_each_channel_of_its_rule_once() -> None:
    specs = [rule("japan", "one", to=("#a", "#b", "#a")), rule("france", "two", to=("#c",)), rule("peru", "three")]
    judge = Judge(compile_rules([], specs)[0])
    findings = judge(story("Japan and France"))
    assert [(finding.match.rule, finding.channels) for finding in findings] == [("one", ("#a", "#b")), ("two", ("#c",))]


def test_the_same_story_is_judged_the_same() -> None:
    judge = Judge(compile_rules([], [rule("japan", to=("#a",))])[0])
    assert judge(story("Japan")) == judge(story("Japan"))


def test_without_rules_nothing_is_found() -> None:
    assert Judge(RuleSet.empty())(story()) == ()
