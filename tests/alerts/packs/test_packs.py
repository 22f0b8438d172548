from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from alerts.packs import UnknownPackError, load, names, read_texts
from alerts.packs.derive import fold_key
from alerts.rules.ruleset import compile_rules
from alerts.rules.terms import patterns_of, tokens_of
from crawler.config.packs import specs_of
from tests.alerts.rules.specs import rule
from tests.fakes import story

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LANGUAGES = {"en", "fr", "de", "es", "ru", "ja", "zh-Hans", "zh-Hant", "ko", "it", "pt", "id", "th"}
ENTITY_KEYS = {"label", "type", "note", "aliases", "except", "tests"}
ALIAS_KEYS = {"text", "case", "forms", "needs", "within", "boundary", "lang_only"}
RARE_EARTHS = (
    *("scandium", "yttrium", "lanthanum", "cerium", "praseodymium", "neodymium", "promethium", "samarium", "europium"),
    *("gadolinium", "terbium", "dysprosium", "holmium", "erbium", "thulium", "ytterbium", "lutetium"),
)


def aliases_of(entity: Any) -> Iterator[dict[str, str]]:
    for aliases in entity["aliases"].values():
        for alias in aliases:
            yield {"text": alias} if isinstance(alias, str) else alias


def every_entity() -> Iterator[tuple[str, str, Any]]:
    for pack in map(load, names()):
        for name, entity in pack.entities.items():
            yield pack.name, name, entity


def test_the_packs_of_the_manual_are_there() -> None:
    assert names() == (
        *("capitals", "countries", "critical-minerals", "exercises", "export-controls"),
        *("leaders", "organisations", "sanctions", "treaties"),
    )


def test_an_unknown_pack_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(UnknownPackError, match='no pack called "treatys"; did you mean "treaties"'):
        load("treatys")


def test_no_word_of_a_pack_is_taken_for_anything_but_text(tmp_path: Path) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text("NO: [no, on, 0777, 2026-11-24, ~, 1.5]", encoding="utf-8")
    assert read_texts(file) == {"NO": ["no", "on", "0777", "2026-11-24", "~", "1.5"]}


@pytest.mark.parametrize("name", names())
def test_a_pack_has_the_shape_of_a_configuration(name: str) -> None:
    pack = load(name)
    assert pack.title
    assert pack.about
    assert pack.entities
    for entity in pack.entities.values():
        assert entity.keys() <= ENTITY_KEYS
        assert {"label", "type", "aliases", "tests"} <= entity.keys()
        assert entity["aliases"].keys() <= LANGUAGES
        assert entity["tests"]["match"]
        texts = [*entity["tests"]["match"], *entity["tests"].get("ignore", ()), *entity.get("except", ())]
        assert all(texts)
        for alias in aliases_of(entity):
            assert alias.keys() <= ALIAS_KEYS
            assert all(alias.values())
            assert ("within" in alias) is ("needs" in alias)
    for terms in pack.lists.values():
        assert all(isinstance(term, str) for term in terms)


def test_no_name_stands_for_two_things() -> None:
    owners: dict[str, list[str]] = defaultdict(list)
    for pack in map(load, names()):
        for name in (*pack.entities, *pack.lists):
            owners[name].append(pack.name)
    assert {name: packs for name, packs in owners.items() if len(packs) > 1} == {}


def test_an_alias_belongs_to_one_pack_unless_it_names_a_country_as_well() -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for pack, name, entity in every_entity():
        for alias in aliases_of(entity):
            if "needs" not in alias:
                owners[fold_key(alias["text"])].add(f"{pack}: {name}")
    for text, found in owners.items():
        packs = {owner.partition(":")[0] for owner in found}
        assert len(packs) == 1 or "countries" in packs, (text, found)


def test_no_loose_twin_undoes_an_exact_alias() -> None:
    for pack, name, entity in every_entity():
        exact = {fold_key(alias["text"]) for alias in aliases_of(entity) if alias.get("case") == "exact"}
        loose = {
            fold_key(alias["text"])
            for alias in aliases_of(entity)
            if alias.get("case") != "exact" and "needs" not in alias
        }
        assert exact & loose == set(), (pack, name)


def test_a_short_name_in_capitals_is_guarded() -> None:
    for pack, name, entity in every_entity():
        for alias in aliases_of(entity):
            text = alias["text"]
            if len(text) <= 4 and text.isascii() and text.isalpha() and text.isupper():
                assert "needs" in alias or alias.get("case") == "exact", (pack, name, text)


def test_no_single_han_character_stands_without_context() -> None:
    for pack, name, entity in every_entity():
        for alias in aliases_of(entity):
            if len(alias["text"]) == 1 and not alias["text"].isascii():
                assert "needs" in alias or alias["text"] == "괌", (pack, name, alias)


def test_every_exception_holds_a_name_that_it_keeps_from_counting() -> None:
    for pack, name, entity in every_entity():
        patterns: list[str] = []
        for alias in aliases_of(entity):
            text = alias["text"]
            patterns += [f" {fold_key(text)[:-1]}"] if text.endswith("*") else patterns_of(text)
        for text in entity.get("except", ()):
            folded = f" {' '.join(tokens_of(text))} "
            assert any(pattern in folded for pattern in patterns), (pack, name, text)


@pytest.mark.parametrize("element", RARE_EARTHS)
def test_each_of_the_seventeen_rare_earths_is_known_in_nine_languages(element: str) -> None:
    entity = load("critical-minerals").entities[element]
    assert len(entity["aliases"]) == 9


def test_the_list_of_rare_earths_names_all_of_them() -> None:
    terms = {term.casefold() for term in load("critical-minerals").lists["rare_earth_elements"]}
    assert set(RARE_EARTHS) <= terms


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("UN condemns the strike", "en", True),
        ("UN verurteilt den Angriff", "de", True),
        ("UN ACCORD HISTORIQUE EST SIGNÉ", "fr", False),
        ("UN ACUERDO HISTÓRICO", "es", False),
    ],
)
def test_the_united_nations_are_no_french_article_in_capitals(text: str, language: str, found: bool) -> None:
    rules, _ = compile_rules(specs_of([load("treaties")], ()).entities, [rule("$un", "un")])
    assert bool(rules.match(replace(story(text=text), language=language))) is found
