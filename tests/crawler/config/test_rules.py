from __future__ import annotations

from datetime import timedelta

import yaml

from alerts.rules.spec import OnlySpec, Rate, RuleSpec, SpikeSpec, StreamSpec
from alerts.story import Severity
from crawler.config.rules import RuleDefaults, read_rule
from tests.crawler.config.makers import item


def test_a_rule_takes_from_the_defaults_what_it_does_not_say() -> None:
    defaults = RuleDefaults(to=("#news",), severity=Severity.HIGH, to_given=True)
    draft = read_rule(item("{id: japan, when: Japan}"), defaults)
    assert draft.spec is not None
    assert (draft.spec.name, draft.spec.to, draft.spec.severity) == ("japan", (), Severity.HIGH)  # routes come first
    assert (draft.spec.enabled, draft.spec.owner, draft.spec.note, draft.spec.tags) == (True, None, None, ())
    assert draft.routed


def test_a_rule_says_everything_itself() -> None:
    text = """\
id: japan
name: Japan!
when: |
  Japan
  AND France
severity: info
to: "#japan"
tags: asia
owner: anna
enabled: false
note: a remark
"""
    draft = read_rule(item(text), RuleDefaults(to=("#news",)))
    assert draft.spec is not None
    assert (draft.spec.name, draft.spec.severity, draft.spec.to) == ("Japan!", Severity.INFO, ("#japan",))
    assert (draft.spec.tags, draft.spec.owner, draft.spec.enabled, draft.spec.note) == (
        ("asia",),
        "anna",
        False,
        "a remark",
    )
    assert str(draft.spec.id.at()) == "test.yaml:1:5"
    assert str(draft.spec.when.at(draft.spec.when.value.index("France"))) == "test.yaml:5:7"


def test_a_rule_with_an_unusable_channel_is_not_also_told_that_it_has_none() -> None:
    assert read_rule(item("{id: a, when: Japan, to: news}"), RuleDefaults()).routed
    assert not read_rule(item("{id: a, when: Japan}"), RuleDefaults()).routed


def test_a_comment_after_a_quoted_query_or_below_it_is_none_of_its_tail() -> None:
    for when in ('"Japan" # note', "Japan # note", "|\n  Japan\n  # note"):
        root = item(f"id: a\nto: '#news'\nwhen: {when}\n")
        assert isinstance(root.node, yaml.MappingNode)
        read_rule(root, RuleDefaults())
        assert len(root.context.findings.all) == (when == "Japan # note")


def rule(text: str) -> RuleSpec:
    root = item("{id: japan, when: Japan, to: '#news', " + text + "}")
    spec = read_rule(root, RuleDefaults()).spec
    assert spec is not None
    assert root.context.findings.all == ()
    return spec


def test_a_rule_that_says_no_more_has_no_gates_conditions_or_tests() -> None:
    spec = rule("")
    assert (spec.only, spec.raise_, spec.stream) == (OnlySpec(), (), None)
    assert (spec.shadow, spec.tests.match, spec.tests.ignore) == (False, (), ())


def test_the_gates_of_a_rule_are_read() -> None:
    spec = rule(
        "only: {languages: [EN, zh-Hant], sources: [nhk.or.jp], min_words: 40, max_age: 3d, tier: 2, countries: JP}"
    )
    assert spec.only == OnlySpec(
        languages=("en", "zh-hant"),
        sources=("nhk.or.jp",),
        min_words=40,
        max_age=timedelta(days=3),
        tier=2,
        countries=("jp",),
    )


def test_a_rule_may_raise_its_severity_and_be_on_trial() -> None:
    spec = rule("raise: [{to: critical, if: 'title:Tokyo'}], shadow: true")
    (step,) = spec.raise_
    assert (step.to, step.when.value) == (Severity.CRITICAL, "title:Tokyo")
    assert spec.shadow


def test_the_conditions_on_the_stream_are_read() -> None:
    spec = rule("count: {n: 5, within: 1h}, spike: {times: 2.5, within: 1h, against: 14d}, first_seen: source")
    hour = timedelta(hours=1)
    assert spec.stream == StreamSpec(
        count=Rate(count=5, per=hour),
        spike=SpikeSpec(times=2.5, within=hour, against=timedelta(days=14)),
        first_seen="source",
    )
    assert rule("silence: 3d").stream == StreamSpec(silence=timedelta(days=3))


def test_a_test_is_a_text_or_says_more_of_its_story_and_of_what_is_expected() -> None:
    text = """\
id: japan
when: Japan
to: "#news"
tests:
  match:
    - Japan opens talks.
    - {title: Japan, source: nhk.or.jp, lang: JA, severity: high, highlights: [Japan, Japan]}
  ignore: France
"""
    spec = read_rule(item(text), RuleDefaults()).spec
    assert spec is not None
    plain, full = spec.tests.match
    assert (plain.title, plain.body, plain.highlights) == ("", "Japan opens talks.", None)
    assert str(plain.at.at()) == "test.yaml:6:7"
    assert (full.title, full.source, full.lang, full.severity) == ("Japan", "nhk.or.jp", "ja", Severity.HIGH)
    assert full.highlights == ("Japan", "Japan")
    assert str(full.at.at()) == "test.yaml:7:7"
    assert [case.body for case in spec.tests.ignore] == ["France"]


def test_a_test_may_expect_that_nothing_is_highlighted() -> None:
    spec = rule("tests: {match: [{body: Japan, highlights: []}]}")
    assert spec.tests.match[0].highlights == ()
