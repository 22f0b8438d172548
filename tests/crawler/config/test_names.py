from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crawler.config.names import read_entity, read_list, read_saved_query
from tests.crawler.config.makers import item

if TYPE_CHECKING:
    from alerts.rules.spec import AliasSpec
    from crawler.config.nodes import Item


def only(text: str) -> tuple[Item, Item]:
    ((key, value),) = item(text).pairs()
    return key, value


def test_an_entity_keeps_its_aliases_by_language_with_their_places() -> None:
    key, value = only("japan:\n  aliases:\n    en: [Japan, 'Nippon']\n    ja: 日本\n    no: [Japan]\n  type: country\n")
    entity = read_entity(key, value)
    assert entity is not None
    assert (entity.id.value, entity.label, entity.type, entity.note) == ("japan", "japan", "country", None)
    assert {language: [alias.text.value for alias in aliases] for language, aliases in entity.aliases.items()} == {
        "en": ["Japan", "Nippon"],
        "ja": ["日本"],
        "no": ["Japan"],
    }
    assert str(entity.aliases["en"][1].text.at()) == "test.yaml:3:18"
    assert str(entity.aliases["ja"][0].text.at(1)) == "test.yaml:4:10"


def test_aliases_may_be_a_plain_list_or_one_text() -> None:
    for given in ("[Quad, the Quad]", "Quad"):
        entity = read_entity(*only(f"quad: {{aliases: {given}, label: The Quad}}"))
        assert entity is not None
        assert entity.label == "The Quad"
        assert entity.aliases[""][0].text.value == "Quad"


def test_a_bad_alias_leaves_the_good_ones() -> None:
    key, value = only("raa: {aliases: [RAA, {tekst: x}, ''], label: ''}")
    entity = read_entity(key, value)
    assert entity is not None
    assert [alias.text.value for alias in entity.aliases[""]] == ["RAA"]
    assert len(value.context.findings.all) == 3


def test_an_entity_whose_aliases_were_all_refused_keeps_its_id_as_one() -> None:
    for aliases in ("{en: [{case: any}]}", "[{case: any}]", "{text: Japan}", "{en: {case: any}}"):
        key, value = only(f"japan: {{aliases: {aliases}}}")
        entity = read_entity(key, value)
        assert entity is not None
        assert value.context.findings.fatal
        assert [alias.text.value for aliases in entity.aliases.values() for alias in aliases]


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


def alias(text: str) -> AliasSpec:
    key, value = only("raa: {aliases: {en: [" + text + "]}}")
    entity = read_entity(key, value)
    assert entity is not None
    assert value.context.findings.all == ()
    return entity.aliases["en"][0]


def test_an_alias_with_keys_says_how_it_is_searched_for() -> None:
    spec = alias("{text: RAA, case: exact, forms: exact, needs: Japan OR 自衛隊, within: paragraph, boundary: word}")
    assert spec.needs is not None
    assert (spec.text.value, spec.case, spec.forms, spec.boundary) == ("RAA", "exact", "exact", "word")
    assert (spec.needs.value, spec.within, spec.lang_only) == ("Japan OR 自衛隊", "paragraph", False)
    assert alias("{text: Gift, lang_only: true}").lang_only


def test_a_plain_alias_is_searched_for_as_the_documentation_says() -> None:
    spec, plain = alias("{text: RAA}"), alias("RAA")
    for one in (spec, plain):
        assert (one.case, one.forms, one.needs, one.within, one.boundary) == ("any", "plural", None, "story", "auto")


@pytest.mark.parametrize("within", ["12", "12 words", "'12'"])
def test_a_distance_may_be_given_in_words(within: str) -> None:
    assert alias("{text: RAA, needs: Japan, within: " + within + "}").within == 12


def test_an_alias_with_keys_may_stand_alone_below_its_language() -> None:
    entity = read_entity(*only("raa: {aliases: {en: {text: RAA, case: exact}}}"))
    assert entity is not None
    assert entity.aliases["en"][0].case == "exact"


def test_an_entity_has_exceptions_with_their_places() -> None:
    entity = read_entity(*only("france:\n  aliases: France\n  except: [Tour de France, French fries]\n"))
    assert entity is not None
    assert [text.value for text in entity.except_] == ["Tour de France", "French fries"]
    assert str(entity.except_[1].at()) == "test.yaml:3:28"


def test_a_list_has_plain_terms_and_terms_with_keys() -> None:
    spec = read_list(*only("signing: [sign*, {text: ACT, case: exact}]"))
    assert spec is not None
    assert [(term.text.value, term.case) for term in spec.terms] == [("sign*", "any"), ("ACT", "exact")]


def test_a_saved_query_keeps_its_places() -> None:
    spec = read_saved_query(*only("deal: |\n  Japan\n  AND France\n"))
    assert spec is not None
    assert str(spec.when.at(spec.when.value.index("France"))) == "test.yaml:3:7"


@pytest.mark.parametrize("read", [read_list, read_saved_query])
def test_what_has_no_usable_name_is_refused(read: object) -> None:
    key, value = only("'my words': sign")
    assert callable(read)
    assert read(key, value) is None
    assert value.context.findings.fatal
