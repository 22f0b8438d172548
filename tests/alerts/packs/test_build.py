from __future__ import annotations

from typing import Any

import pytest
import yaml

from alerts.packs import build, load
from alerts.packs.derive import add_tests, except_longer_names, shared_names
from alerts.packs.writing import written

EIGHT = {"en", "fr", "ja", "zh-Hans", "zh-Hant", "ko", "de", "es", "ru"}


def entity(*names: str, needs: str | None = None, **changes: Any) -> dict[str, Any]:
    guard = {"needs": needs, "within": "story"} if needs else {}
    return {
        "label": names[0],
        "type": "country",
        "note": "",
        "aliases": {"en": [{"text": name, **guard} for name in names]},
        "except": [],
        "tests": {"match": [], "ignore": []},
        **changes,
    }


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    return build.texts()


@pytest.mark.parametrize("name", ["countries.yaml", "capitals.yaml"])
def test_the_committed_packs_are_what_the_builder_makes(generated: dict[str, str], name: str) -> None:
    committed = load(name.removesuffix(".yaml")).path.read_text(encoding="utf-8")
    assert committed == generated[name], "run `python -m alerts.packs.build` and commit the result"


def test_every_country_of_iso_3166_is_known_in_its_languages() -> None:
    countries = load("countries").entities
    assert len(build.country_codes()) == 249 + 1  # ISO 3166-1 has 249 entries; Kosovo is not among them
    assert {facts["note"] for facts in countries.values()} == {f"ISO 3166-1: {code}" for code in build.country_codes()}
    for name, facts in countries.items():
        assert facts["aliases"].keys() >= EIGHT, name


def test_norway_is_not_lost_to_yaml() -> None:
    aliases = load("countries").entities["norway"]["aliases"]
    assert "Norwegian*" in aliases["en"]
    assert yaml.safe_load(load("countries").path.read_text(encoding="utf-8"))["entities"]["norway"]


@pytest.mark.parametrize("plain", [True, False])
def test_any_yaml_reader_finds_texts_in_a_written_pack(plain: bool) -> None:
    odd = {"label": "NO", "type": "on", "note": "1.5", "except": ["yes", "a: b", "#x"]}
    facts = {**entity("no", "0777", "2026-11-24", "St. Lucia"), **odd, "tests": {"match": ["null"], "ignore": ["~"]}}
    text = written("countries", {"x": facts})
    found = (yaml.safe_load(text) if plain else yaml.load(text, Loader=yaml.CSafeLoader))["entities"]["x"]
    assert found["label"] == "NO"
    assert found["aliases"]["en"] == ["no", "0777", "2026-11-24", "St. Lucia"]
    assert found["except"] == ["yes", "a: b", "#x"]
    assert found["tests"] == {"match": ["null"], "ignore": ["~"]}


@pytest.mark.parametrize(
    ("name", "language", "expected"),
    [
        (
            "St. Kitts & Nevis",
            "en",
            ["St. Kitts and Nevis", "Saint Kitts and Nevis", "St. Kitts & Nevis", "Saint Kitts & Nevis"],
        ),
        ("Myanmar (Birmanie)", "fr", ["Myanmar"]),
        ("刚果（金）", "zh-Hans", ["刚果"]),
        ("Аландские о-ва", "ru", ["Аландские острова"]),
        ("ลาว", "th", []),
        ("", "id", []),
    ],
)
def test_a_name_is_spelled_as_texts_have_it(name: str, language: str, expected: list[str]) -> None:
    assert build.spellings(name, language) == expected


def test_a_name_inside_the_name_of_another_country_does_not_count() -> None:
    countries = {"guinea": entity("Guinea"), "papua": entity("Papua New Guinea"), "russia": entity("俄罗斯")}
    countries["belarus"] = entity("白俄罗斯")
    except_longer_names(countries)
    assert countries["guinea"]["except"] == ["Papua New Guinea"]
    assert countries["russia"]["except"] == ["白俄罗斯"]
    assert countries["papua"]["except"] == countries["belarus"]["except"] == []


def test_the_capital_of_a_country_may_hold_its_name() -> None:
    capital = entity("Mexico City", type="capital", note="the capital of Mexico")
    countries = {"mexico": entity("Mexico"), "mexico_city": capital}
    except_longer_names(countries)
    assert countries["mexico"]["except"] == []


def test_a_name_of_two_countries_is_refused_unless_one_asks_for_context() -> None:
    assert shared_names({"a": entity("Congo"), "b": entity("Congo")}) == ["congo: a, b"]
    assert shared_names({"a": entity("Congo"), "b": entity("Congo", needs="Kinshasa")}) == []


def test_a_headline_word_for_two_countries_may_belong_to_both() -> None:
    assert shared_names({"a": entity("米中"), "b": entity("米中")}) == []


def test_a_guarded_name_is_tested_with_its_context_and_without() -> None:
    jordan = entity("Jordan", needs="Amman OR Israel*")
    add_tests({"jordan": jordan})
    assert "Officials from Jordan met on Monday. (Amman)" in jordan["tests"]["match"]
    assert jordan["tests"]["ignore"] == ["Officials from Jordan met on Monday."]
