from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from alerts.story import Severity
from crawler.config.rules import RuleDefaults, read_entity, read_rule
from tests.crawler.config.makers import item

if TYPE_CHECKING:
    from crawler.config.nodes import Item


def only(text: str) -> tuple[Item, Item]:
    ((key, value),) = item(text).pairs()
    return key, value


def test_an_entity_keeps_its_aliases_by_language_with_their_places() -> None:
    key, value = only("japan:\n  aliases:\n    en: [Japan, 'Nippon']\n    ja: 日本\n    no: [Japan]\n  type: country\n")
    entity = read_entity(key, value)
    assert entity is not None
    assert (entity.id.value, entity.label, entity.type, entity.note) == ("japan", "japan", "country", None)
    assert {language: [text.value for text in texts] for language, texts in entity.aliases.items()} == {
        "en": ["Japan", "Nippon"],
        "ja": ["日本"],
        "no": ["Japan"],
    }
    assert str(entity.aliases["en"][1].at()) == "test.yaml:3:18"
    assert str(entity.aliases["ja"][0].at(1)) == "test.yaml:4:10"


def test_aliases_may_be_a_plain_list_or_one_text() -> None:
    for given in ("[Quad, the Quad]", "Quad"):
        entity = read_entity(*only(f"quad: {{aliases: {given}, label: The Quad}}"))
        assert entity is not None
        assert entity.label == "The Quad"
        assert entity.aliases[""][0].value == "Quad"


def test_a_bad_alias_leaves_the_good_ones() -> None:
    key, value = only("raa: {aliases: [RAA, {text: x}, ''], label: ''}")
    entity = read_entity(key, value)
    assert entity is not None
    assert [text.value for text in entity.aliases[""]] == ["RAA"]
    assert len(value.context.findings.all) == 3


def test_a_rule_takes_from_the_defaults_what_it_does_not_say() -> None:
    defaults = RuleDefaults(to=("#news",), severity=Severity.HIGH, to_given=True)
    draft = read_rule(item("{id: japan, when: Japan}"), defaults)
    assert draft.spec is not None
    assert (draft.spec.name, draft.spec.to, draft.spec.severity) == ("japan", ("#news",), Severity.HIGH)
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


def test_an_entity_whose_aliases_were_all_refused_keeps_its_id_as_one() -> None:
    for aliases in ("{en: [{text: Japan}]}", "[{text: Japan}]", "{text: Japan}", "{en: {text: Japan}}"):
        key, value = only(f"japan: {{aliases: {aliases}}}")
        entity = read_entity(key, value)
        assert entity is not None
        assert value.context.findings.fatal
        assert [text.value for texts in entity.aliases.values() for text in texts]


def test_an_entity_without_aliases_is_left_to_the_compiler() -> None:
    for given in ("{}", "", "{aliases: []}", "{aliases: {}}", "{aliases: {en: }}", "{aliases: }"):
        key, value = only(f"japan: {given}")
        entity = read_entity(key, value)
        assert entity is not None
        assert not entity.aliases
        assert not value.context.findings.all


def test_an_entity_without_a_name_is_refused() -> None:
    key, value = only("~: {aliases: [Japan]}")
    assert read_entity(key, value) is None
    assert key.text() is None
    assert value.context.findings.fatal
