from __future__ import annotations

from pathlib import Path

import pytest

from alerts.errors import ConfigError
from alerts.packs import Pack, names
from crawler.config.packs import specs_of
from tests.crawler.config.makers import base, loaded
from tests.fakes import story


def pack(name: str = "lands", **changes: object) -> Pack:
    entities = {
        "japan": {
            "label": "Japan",
            "type": "country",
            "aliases": {
                "en": [
                    "Japan",
                    {"text": "JPN", "case": "exact", "needs": "Tokyo", "within": "12", "lang_only": "true"},
                ],
                "ja": "日本",
            },
            "except": ["Japan Airlines"],
            "tests": {"match": ["Japan"], "ignore": ["France"]},
        },
        "quad": {"aliases": ["the Quad"]},
    }
    values: dict[str, object] = {"title": "Lands", "about": "", "entities": entities, "lists": {"sign": ["sign*"]}}
    return Pack(name=name, path=Path(f"{name}.yaml"), **(values | changes))  # type: ignore[arg-type]  # a maker's freedom


def test_what_a_pack_holds_becomes_what_a_user_would_have_written() -> None:
    specs = specs_of([pack()], ())
    japan, quad = specs.entities
    assert (japan.id.value, japan.label, japan.type, japan.pack) == ("japan", "Japan", "country", "lands")
    plain, special = japan.aliases["en"]
    assert special.needs is not None
    assert (special.text.value, special.case, special.needs.value) == ("JPN", "exact", "Tokyo")
    assert (special.within, special.lang_only) == (12, True)
    assert (plain.case, plain.forms, plain.needs, plain.within, plain.lang_only) == (
        "any",
        "plural",
        None,
        "story",
        False,
    )
    assert [alias.text.value for alias in japan.aliases["ja"]] == ["日本"]
    assert [text.value for text in japan.except_] == ["Japan Airlines"]
    assert (quad.label, [alias.text.value for alias in quad.aliases[""]]) == ("quad", ["the Quad"])
    assert [(one.id.value, [term.text.value for term in one.terms]) for one in specs.lists] == [("sign", ["sign*"])]


def test_the_users_own_name_takes_the_place_of_a_packs_and_so_does_an_earlier_packs() -> None:
    assert [spec.id.value for spec in specs_of([pack()], {"japan", "sign"}).entities] == ["quad"]
    assert specs_of([pack()], {"sign"}).lists == ()
    twice = specs_of([pack("first"), pack("second")], ())
    assert {spec.pack for spec in twice.entities} == {spec.pack for spec in twice.lists} == {"first"}


def test_a_pack_is_switched_on_by_its_name(tmp_path: Path) -> None:
    config = base() | {"use": ["countries"], "rules": [{"id": "france", "when": "$france", "to": "#news"}]}
    del config["entities"]
    rules = loaded(tmp_path, config).rules
    assert [match.rule for match in rules.match(story(title="La France et le Japon"))] == ["france"]


def test_an_entity_of_the_users_own_is_used_instead_of_the_packs(tmp_path: Path) -> None:
    config = base() | {"use": ["countries"], "entities": {"japan": {"aliases": ["Nippon"]}}}
    rules = loaded(tmp_path, config).rules
    assert not rules.match(story(title="Japan opens talks"))
    assert rules.match(story(title="Nippon opens talks"))


@pytest.mark.parametrize("name", names())
def test_a_pack_that_is_switched_on_brings_no_complaint(tmp_path: Path, name: str) -> None:
    assert loaded(tmp_path, base() | {"use": [name]}).warnings == ()


def test_an_unknown_pack_is_refused_with_the_nearest_or_with_all(tmp_path: Path) -> None:
    for name, hint in (("contries", "did you mean `countries`?"), ("x", f"there are {', '.join(names())}")):
        with pytest.raises(ConfigError) as caught:
            loaded(tmp_path, base() | {"use": [name]})
        assert [problem.hint for problem in caught.value.problems] == [hint]
