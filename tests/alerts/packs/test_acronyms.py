"""Acronyms with more than one meaning count in the company that each language gives them."""

from __future__ import annotations

from functools import cache

import pytest

from alerts.packs import load
from alerts.rules.ruleset import RuleSet, compile_rules
from alerts.rules.spec import RuleSpec
from crawler.config.packs import specs_of
from tests.alerts.rules.specs import text
from tests.fakes import story

JAPAN = {
    "en": "Japan said so.",
    "fr": "Le Japon l'a dit.",
    "de": "Das sagte die japanische Regierung.",
    "es": "Lo dijo Japón.",
    "it": "Lo ha detto il Giappone.",
    "pt": "O Japão disse isso.",
    "ru": "Об этом сообщила Япония.",
    "ja": "日本の政府が述べた。",
    "zh-Hans": "日本政府表示。",
    "ko": "일본 정부가 밝혔다.",
}
CHINA = {
    "en": "China said so.",
    "fr": "Selon l'armée chinoise, en Chine.",
    "de": "Das teilte die chinesische Regierung mit.",
    "es": "Lo dijo Pekín.",
    "ru": "Об этом сообщил Китай.",
    "ja": "中国の政府が述べた。",
    "zh-Hant": "中國政府表示。",
    "ko": "중국 정부가 밝혔다.",
}
MANILA = {
    "en": "The Philippines said so.",
    "fr": "Les Philippines l'ont dit.",
    "de": "Das teilten die Philippinen mit.",
    "es": "Lo dijo Filipinas.",
    "ru": "Об этом сообщили Филиппины.",
    "ja": "フィリピン政府が述べた。",
    "zh-Hans": "菲律宾政府表示。",
    "ko": "필리핀 정부가 밝혔다.",
}
INDIA = {
    "en": "India said so.",
    "fr": "L'Inde l'a dit.",
    "de": "Das teilte die indische Regierung in Neu-Delhi mit, wo indienweit gefeiert wird.",
    "es": "Lo dijo la India.",
    "ru": "Об этом сообщила Индия.",
    "ja": "インド政府が述べた。",
    "zh-Hans": "印度政府表示。",
    "ko": "인도 정부가 밝혔다.",
}
TREATY = {
    "en": "The nuclear treaty.",
    "fr": "Le traité.",
    "de": "Der Vertrag.",
    "es": "El tratado.",
    "ru": "Этот договор.",
    "ja": "核の条約。",
    "zh-Hans": "核条约。",
    "ko": "핵 조약.",
}
MINERALS = {
    "en": "Critical minerals.",
    "fr": "Les minerais.",
    "de": "Die Rohstoffe.",
    "es": "Los minerales.",
    "ru": "Это минералы.",
    "ja": "重要鉱物。",
    "zh-Hans": "关键矿产。",
    "ko": "핵심 광물.",
}
PACIFIC = {
    "en": "The Pacific.",
    "fr": "Le Pacifique.",
    "de": "Der Pazifik.",
    "es": "El Pacífico.",
    "ru": "Тихоокеанский регион.",
    "ja": "太平洋。",
    "zh-Hans": "太平洋。",
    "ko": "태평양.",
}
EXPORTS = {
    "en": "Export licences.",
    "fr": "Les exportations de puces.",
    "de": "Das Handelsministerium.",
    "es": "El Departamento de Comercio.",
    "ru": "Министерство торговли.",
    "ja": "商務省。",
    "zh-Hans": "商务部。",
    "ko": "상무부.",
}
FRANCE = {
    "en": "France said so.",
    "fr": "L'armement, selon Paris.",
    "de": "Das teilte Frankreich mit.",
    "es": "Lo dijo Francia.",
    "ru": "Об этом сообщила Франция.",
    "ja": "フランス政府が述べた。",
    "zh-Hans": "法国政府表示。",
    "ko": "프랑스 정부가 밝혔다.",
}
ACRONYMS = [
    ("treaties", "raa", "RAA", JAPAN),
    ("treaties", "raa", "RAA", MANILA),
    ("treaties", "acsa", "ACSA", JAPAN),
    ("treaties", "quad", "Quad", JAPAN),
    ("treaties", "quad", "QUAD", INDIA),
    ("treaties", "pacific_islands_forum", "PIF", PACIFIC),
    ("treaties", "minerals_security_partnership", "MSP", MINERALS),
    ("treaties", "npt", "NPT", TREATY),
    ("treaties", "us_philippines_mdt", "EDCA", MANILA),
    ("treaties", "sco", "SCO", CHINA),
    ("organisations", "mofa_japan", "MOFA", JAPAN),
    ("organisations", "boj", "BOJ", JAPAN),
    ("organisations", "pla", "PLA", CHINA),
    ("organisations", "ccp", "CCP", CHINA),
    ("organisations", "ccp", "CPC", CHINA),
    ("organisations", "bis", "BIS", EXPORTS),
    ("organisations", "dga", "DGA", FRANCE),
    ("organisations", "mea_india", "MEA", INDIA),
    ("organisations", "philippine_coast_guard", "PCG", MANILA),
]


@cache
def rules_of(name: str) -> RuleSet:
    pack = load(name)
    specs = specs_of([pack], ())
    rules = [RuleSpec(id=text(entity), name=entity, when=text(f"${entity}")) for entity in pack.entities]
    return compile_rules(specs.entities, rules, specs.lists)[0]


def found(pack: str, words: str) -> set[str]:
    return {match.rule for match in rules_of(pack).match(story(title="", text=words))}


@pytest.mark.parametrize(("pack", "entity", "acronym", "company"), ACRONYMS)
def test_an_acronym_counts_in_every_language_and_not_alone(
    pack: str, entity: str, acronym: str, company: dict[str, str]
) -> None:
    assert len(company) >= 8
    assert {
        language for language, words in company.items() if entity not in found(pack, f"{acronym}: {words}")
    } == set()
    assert entity not in found(pack, f"{acronym}: nothing of the kind.")


def test_a_plan_in_capitals_is_no_navy() -> None:
    assert "pla" not in found("organisations", "CHINA UNVEILS PLAN TO HELP FARMERS")
    assert "pla" in found("organisations", "The PLAN sent a Chinese destroyer.")
    assert "pla" in found("organisations", "中国のPLANは空母を派遣した。")


def test_a_city_in_capitals_is_no_exercise() -> None:
    assert "milan_exercise" not in found("exercises", "MILAN: the minister left for India on Monday.")
    assert "milan_exercise" in found("exercises", "Indien lud zum Manöver MILAN ein, das indienweit gezeigt wird.")
