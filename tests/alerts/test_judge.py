from __future__ import annotations

from datetime import timedelta

import pytest

from alerts.judge import Judge
from alerts.rules.ruleset import RuleSet, compile_rules
from alerts.rules.spec import QuietSpec, Rate, StreamSpec
from alerts.story import Severity
from alerts.stream import StreamRule
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


def test_rules_with_conditions_on_the_stream_are_told_apart_unless_they_are_switched_off() -> None:
    spec = StreamSpec(silence=timedelta(days=3))
    specs = [
        rule("japan", "one", stream=spec, to=("#a", "#a"), shadow=True, tags=("t",), severity=Severity.HIGH),
        rule("japan", "off", stream=spec, enabled=False),
        rule("japan", "plain"),
    ]
    judge = Judge(compile_rules([], specs)[0])
    assert judge.streams == {
        "one": StreamRule(
            id="one", name="One", severity=Severity.HIGH, tags=("t",), channels=("#a",), shadow=True, spec=spec
        )
    }
    assert [finding.match.rule for finding in judge(story("Japan"))] == ["one", "plain"]


def test_rules_that_keep_quiet_are_told_apart_unless_they_are_switched_off() -> None:
    spec = QuietSpec(at_most=Rate(count=3, per=timedelta(hours=1)))
    specs = [rule("japan", "one", quiet=spec), rule("japan", "off", quiet=spec, enabled=False), rule("peru", "loud")]
    assert Judge(compile_rules([], specs)[0]).quiet == {"one": spec}


@pytest.mark.parametrize(
    ("when", "may_be"),
    [
        ("japan", False),
        ("japan AND france", False),
        ('japan NEAR/3 "france"', False),
        ("japan AND NOT rugby", True),
        ("japan AND NOT (rugby OR cricket)", True),
        ("japan AND (france OR (peru AND NOT rugby))", True),
        ("japan AND NOT title:rugby", True),
        ("japan AND NOT source:bbc", False),
        ("japan AND NOT lang:fr", False),
        ("japan AND NOT tag:sport", False),
        ("japan AND NOT tag:(sport OR culture)", False),
        ("japan AND NOT author:smith", True),
        ("japan AND NOT section:sport", True),
    ],
)
def test_only_what_a_page_may_say_and_must_not_can_undo_a_rule(when: str, *, may_be: bool) -> None:
    rules, problems = compile_rules([], [rule(when, to=("#a",))])[:2]
    assert not [problem for problem in problems if problem.level == "error"]
    assert Judge(rules).may_be_undone("rule") is may_be


def test_what_a_rule_found_that_is_gone_cannot_be_undone() -> None:
    assert not Judge(RuleSet.empty()).may_be_undone("rule")
