"""What each piece of the rule language means, by example."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from alerts.errors import Level
from alerts.rules.ruleset import compile_rules
from alerts.rules.spec import OnlySpec, RaiseSpec
from alerts.story import Severity
from tests.alerts.rules.specs import alias, entity, problems_of, rule, rules, saved_query, term_list, text
from tests.fakes import NOON, outlet, story

if TYPE_CHECKING:
    from alerts.rules.spec import AliasSpec

JAPAN = entity("japan", "Japan", "日本")
FRANCE = entity("france", "France", except_=("Tour de France", "仏教"), ja=("仏",))


def words(when: str, body: str, title: str = "", **names: Any) -> list[str] | None:
    """Return the words that a rule holds by, None when it does not hold."""
    changes = names.pop("changes", {})
    found = rules(when, **names).match(told := story(title, body, **changes))
    return [span.of(told) for span in found[0].spans] if found else None


@pytest.mark.parametrize(
    ("when", "body", "found"),
    [
        ("riot*", "Rioters and riots, no patriot", ["Rioters", "riots"]),
        ("редкоземельн*", "редкоземельных металлов", ["редкоземельных"]),
        ("export curb*", "Export curbs; export curbing", ["Export curbs", "export curbing"]),
        ('"restrict* exports"', "restricting exports", ["restricting exports"]),
        ("co-operat*", "cooperating and co-operates", ["cooperating", "co-operates"]),
        ("organi?ation", "organisations? organization organiation", ["organisations", "organization"]),
        ("semiconductor", "semi-conductors, semiconductors", ["semi-conductors", "semiconductors"]),
        ("semiconduct*", "semi-conducting", ["semi-conducting"]),
        ("cooperation", "Co-operation; coöperation", ["Co-operation", "coöperation"]),
        ("reelection", "re-election", ["re-election"]),
        ("resign", "to re-sign a player", None),
        ("deport", "the club de port", None),
        ("=cooperation", "co-operation", None),
        ("レアアース", "レア・アースと", ["レア・アース"]),
        ("サプライチェーン", "サプライ・チェーン", ["サプライ・チェーン"]),
        ("サプライ・チェーン", "サプライチェーン", ["サプライチェーン"]),
        ("Johnson Johnson", "Johnson & Johnson", None),
        ('"Johnson & Johnson"', "Johnson & Johnson", ["Johnson & Johnson"]),
        ("R&D", "R & D; r d", ["R & D"]),
        ("gallium ban", "gallium〉 ban, gallium → ban, gallium 😀 ban, gallium = ban", None),
        ("gallium ban", "“gallium” ban, gallium–ban, gallium/ban", ["gallium” ban", "gallium–ban", "gallium/ban"]),
        ("plan B now", "a plan B. Now", None),
        ("vitamin C deficiency", "vitamin C. Deficiency", None),
        ("J. Smith", "said J. Smith", ["J. Smith"]),
        ("uranium enrichment", "uranium\n \nenrichment", None),
        ("العربية", "العربيّة", ["العربيّة"]),
        ("ایران", "ايران", ["ايران"]),
        ("=ایران", "ايران ایران", ["ایران"]),
        ('="C++"', "in C++, not C or c++", ["C++"]),
        ('="Élysée"', "Elysée Élysée E\u0301lyse\u0301e", ["Élysée", "E\u0301lyse\u0301e"]),
        ("=RAA", "raa RAA RAAs ＲＡＡ", ["RAA", "ＲＡＡ"]),
        ('="U.S."', "the US, tell us: the U.S. said", ["U.S."]),
        ("U.S.", "u.s. and u s and US", ["u.s."]),
        ("AT&T", "at t, At&t, AT & T", ["At&t", "AT & T"]),
        ('"l\'accord"', "l’accord", ["l’accord"]),
        ("George W. Bush", "George W Bush", ["George W Bush"]),
        (r"/\bRAA[- ]20\d\d\b/", "See RAA-2027, raa-2027", ["RAA-2027"]),
        (r"/(?i)raa-\d+/", "See raa-2027", ["raa-2027"]),
        (r"/日本+/", "在日本国", ["日本"]),
        (r"/\$\d+ ?bn/", "It cost $5bn.", ["$5bn"]),
        (r"/[€£]/ NEAR/2 million", "a £ million, million", ["£", "million"]),
        ("/J.pan/ PRE/3 france", "Japan and France", ["Japan", "France"]),
    ],
)  # fmt: skip
def test_a_term_means_what_it_says(when: str, body: str, found: list[str] | None) -> None:
    assert words(when, body) == found
    assert words(when, "x", body) == found


@pytest.mark.parametrize(
    ("spec", "body", "found"),
    [
        (alias("RAA", case="exact"), "RAA RAAs raa", ["RAA", "RAAs"]),
        (alias("RAA", case="exact", forms="exact"), "RAA RAAs raa", ["RAA"]),
        (alias("mine", forms="exact"), "mine mines", ["mine"]),
        (alias("erden", boundary="none"), "Seltenerdenmagnete", ["erden"]),
        (alias("仏", boundary="word"), "仏教 日仏 仏、英", ["仏"]),
        (alias("รัสเซีย", boundary="word"), "ปรัสเซีย รัสเซีย", ["รัสเซีย"]),
        (alias("희토류", boundary="word"), "희토류를 희토류", ["희토류"]),
        (alias("F-35"), "F35 F 35 F-35s", ["F35", "F 35", "F-35s"]),
        (alias("RAA", needs="troops", within="sentence"), "The RAA met. Troops left. RAA troops", ["RAA"]),
        (alias("RAA", needs="troops", within="paragraph"), "The RAA met. Troops left.\n\nRAA", ["RAA"]),
        (alias("RAA", needs="troops", within="story"), "RAA\n\nRAA troops", ["RAA", "RAA"]),
        (alias("RAA", needs="troops", within=2), "RAA and troops RAA", ["RAA", "RAA"]),
        (alias("RAA", needs="troops", within=2), "RAA one two troops", None),
        (alias("RAA", needs="NOT airline", within="sentence"), "An RAA airline. The RAA", ["RAA"]),
    ],
)
def test_an_alias_counts_as_its_keys_say(spec: AliasSpec, body: str, found: list[str] | None) -> None:
    assert words("$thing", body, entities=(entity("thing", spec),)) == found
    assert words("$thing", body, lists=(term_list("thing", spec),)) == found


@pytest.mark.parametrize(
    ("language", "name", "body", "found"),
    [
        ("en", "negotiate", "negotiating negotiated neglect", ["negotiating", "negotiated"]),
        ("fr", "négocier", "on négociait, négocié; le négoce", ["négociait", "négocié"]),
        ("de", "Haus", "die Häuser", ["Häuser"]),
        ("ru", "российский", "российская делегация", ["российская"]),
        ("en", "export control", "exporting controlled exports control", ["exporting controlled", "exports control"]),
    ],
)
def test_a_stemmed_alias_is_found_in_its_forms(language: str, name: str, body: str, found: list[str]) -> None:
    names: dict[str, Any] = {language: (alias(name, forms="stem"),)}
    assert words("$thing", body, entities=(entity("thing", **names),)) == found


def test_an_alias_of_one_language_only_is_not_found_in_others() -> None:
    pain = entity("bread", fr=(alias("pain", lang_only=True),))
    assert words("$bread", "pain", entities=(pain,), changes={"language": "fr-ca"}) == ["pain"]
    assert words("$bread", "pain", entities=(pain,), changes={"language": "en"}) is None
    assert words("$bread", "pain", entities=(pain,), changes={"language": None}) is None


def test_what_lies_inside_an_exception_does_not_count_and_the_rest_does() -> None:
    assert words("$france", "The Tour de France", entities=(FRANCE,)) is None
    assert words("$france", "仏教 in France", entities=(FRANCE,)) == ["France"]
    russia = entity("russia", "รัสเซีย", except_=("ปรัสเซีย",))
    assert words("$russia", "ปรัสเซียและรัสเซีย", entities=(russia,)) == ["รัสเซีย"]


@pytest.mark.parametrize(
    ("when", "title", "body", "found"),
    [
        ("japan NEAR/3 france", "", "Japan, one two France", ["Japan", "France"]),
        ("japan NEAR/3 france", "", "Japan one two three France", None),
        ("japan NEAR/3 france", "Japan", "France", None),
        ("japan NEAR/1 france", "", "France. Japan", ["France", "Japan"]),
        ("japan PRE/3 france", "", "France Japan", None),
        ("japan NEAR/3 japan", "", "Japan alone", None),
        ("japan NEAR/5 bank of japan", "", "the Bank of Japan", None),
        ("japan NOT NEAR/5 bank of japan", "", "the Bank of Japan", None),
        ("japan NOT NEAR/2 film", "", "Japan film. Then, much later, Japan", ["Japan"]),
        ("日本 NEAR/4 仏国", "", "日本と英と仏国", ["日本", "仏国"]),
        ("日本 NEAR/3 仏国", "", "日本と英と仏国", None),
        ("japan SENT france", "", "Japan met. France won.", None),
        ("japan SENT france", "", "Japan met Mr. Smith of the U.S. France won.", ["Japan", "France"]),
        ("日本 SENT フランス", "", "日本は勝った。フランスは負けた。", None),
        ("日本 SENT フランス", "", "日本は「はい」とフランスに言った。", ["日本", "フランス"]),
        ("japan SENT france", "", "Japan! asked France", ["Japan", "France"]),
        ("japan PARA france", "", "Japan met. France won.", ["Japan", "France"]),
        ("japan PARA france", "", "Japan met.\n\nFrance won.", None),
        ("japan NOT SENT film", "", "Japan film. Japan won.", ["Japan"]),
        ("ATLEAST/2 japan", "Japan", "Japan", ["Japan", "Japan"]),
        ("ATLEAST/2 japan", "", "Japan won.\n\nJapan won.", None),
        ("ATLEAST/2 japan", "", "Japan won.\n\nJapan lost.", ["Japan", "Japan"]),
        ("ATLEAST/2 (japan, bank of japan)", "", "the Bank of Japan", None),
        ("DISTINCT/2 (tin, zinc)", "", "tin tin", None),
        ("DISTINCT/2 (tin, zinc)", "", "tin, zinc", ["tin", "zinc"]),
        ("lead:japan", "Japan", "France\n\nJapan", None),
        ("lead:japan", "", f"{'word ' * 59}Japan", ["Japan"]),
        ("lead:japan", "", f"{'word ' * 60}Japan", None),
        ("lead:日本", "", f"{'字' * 118}日本", ["日本"]),
        ("lead:日本", "", f"{'字' * 120}日本", None),
        ("hlead:japan", "Japan", "", ["Japan"]),
        ("title:(japan NEAR/2 france)", "Japan, France", "", ["Japan", "France"]),
    ],
)  # fmt: skip
def test_proximity_passages_counts_and_fields(when: str, title: str, body: str, found: list[str] | None) -> None:
    assert words(when, body, title) == found


ABOUT: dict[str, Any] = {
    "outlet": outlet(id="asia-desk", host="asia.nikkei.com", tier=2, country="jp"),
    "language": "zh-hant",
    "authors": ("Ann Lee", "Émile Roux"),
    "tags": ("critical minerals", "trade"),
    "section": "World/Asia",
    "url": "https://asia.nikkei.com/politics/2026/rare-earths",
}


@pytest.mark.parametrize(
    ("clause", "holds"),
    [
        ("source:nikkei.com", True),
        ("source:www.nikkei.com", True),
        ("source:asia-desk", True),
        ("source:(reuters.com, asia.nikkei.com)", True),
        ("source:kei.com", False),
        ("source:/nikkei/", True),
        ("source:$wires", True),
        ("lang:zh", True),
        ("lang:ZH_Hant", True),
        ("lang:zh-hans", False),
        ("lang:(en, ja)", False),
        ("country:JP", True),
        ("country:fr", False),
        ("tier:1", False),
        ("tier:2", True),
        ("tier:3", True),
        ("author:lee", True),
        ("author:emile roux", True),
        ("author:lee emile", False),
        ("tag:critical minerals", True),
        ("tag:minerals trade", False),
        ("section:asia", True),
        ("url:politics", True),
        ("url:/\\/politics\\/\\d+/", True),
        ("author:japan", False),
        ("title:lee", False),
        ("lee", False),
        ("NOT author:lee", False),
    ],
)
def test_what_is_known_of_a_story_can_be_asked(clause: str, holds: bool) -> None:
    wires = term_list("wires", "reuters.com", "nikkei.com")
    assert words(f"{clause} AND japan", "Japan", lists=(wires,), changes=ABOUT) == (["Japan"] if holds else None)


def test_a_rule_may_ask_for_facts_alone() -> None:
    assert words("source:nikkei.com", "Peru", changes=ABOUT) == []
    assert words("source:nikkei.com", "Peru") is None


@pytest.mark.parametrize(
    ("only", "passes"),
    [
        (OnlySpec(languages=("zh",)), True),
        (OnlySpec(languages=("zh-hant",)), True),
        (OnlySpec(languages=("zh-hans",)), False),
        (OnlySpec(languages=("en", "ja")), False),
        (OnlySpec(sources=("nikkei.com",)), True),
        (OnlySpec(sources=("reuters.com",)), False),
        (OnlySpec(countries=("JP",)), True),
        (OnlySpec(countries=("fr",)), False),
        (OnlySpec(tier=2), True),
        (OnlySpec(tier=1), False),
        (OnlySpec(min_words=3), True),
        (OnlySpec(min_words=4), False),
        (OnlySpec(max_age=timedelta(hours=2)), True),
        (OnlySpec(max_age=timedelta(minutes=30)), False),
    ],
)
def test_a_gate_lets_pass_what_it_names(only: OnlySpec, passes: bool) -> None:
    told = story("Japan", "One, two: three", published=NOON - timedelta(hours=1), **ABOUT)
    ruleset = compile_rules([], [rule("japan", only=only)])[0]
    assert bool(ruleset.match(told)) is bool(ruleset.holding(told)) is passes


def test_a_story_of_unknown_date_is_not_called_old() -> None:
    ruleset = compile_rules([], [rule("japan", only=OnlySpec(max_age=timedelta(hours=1)))])[0]
    assert ruleset.match(story("Japan", published=None))


def test_a_match_is_raised_to_the_highest_severity_that_holds() -> None:
    steps = (
        RaiseSpec(to=Severity.CRITICAL, when=text("title:pact")),
        RaiseSpec(to=Severity.HIGH, when=text("ATLEAST/2 japan")),
    )
    ruleset = compile_rules([], [rule("japan", raise_=steps, shadow=True)])[0]
    severities = [
        ruleset.match(story(title, "Japan", language="en"))[0].severity for title in ("Peru", "Japan", "Pact of Japan")
    ]
    assert severities == [Severity.NOTICE, Severity.HIGH, Severity.CRITICAL]
    assert ruleset.match(story("Japan"))[0].shadow


def test_a_saved_query_means_its_words_and_may_stand_beside_near() -> None:
    names: dict[str, Any] = {
        "entities": (JAPAN, FRANCE),
        "queries": (saved_query("both", "$japan SENT $france"), saved_query("deep", "$both NEAR/9 pact")),
    }
    assert words("$both NOT film", "日本 and France.", **names) == ["日本", "France"]
    assert words("$deep", "Japan, France: the pact", **names) == ["Japan", "France", "pact"]
    assert words("DISTINCT/2 ($france, $both)", "Japan and France", **names) == ["Japan", "France"]


@pytest.mark.parametrize(
    ("queries", "when", "message"),
    [
        ({"a": "$b AND x", "b": "$c", "c": "$a"}, "$a", "the names form a circle: $a → $b → $c → $a"),
        ({"a": "$a OR x"}, "$a", "the names form a circle: $a → $a"),
        ({"a": "x AND y"}, "$a NEAR/5 z", "$a stands at no place of a text"),
        ({"a": "title:x"}, "title:$a", "$a holds a field, and stands in title:"),
        ({"a": "reuters.com"}, "source:$a", "$a cannot stand in source: it is no list"),
        ({"a": "x"}, "DISTINCT/2 $a", "DISTINCT/2 can never hold: there are fewer members"),
        ({}, "lang:english_", '"english_" cannot stand in lang:'),
        ({}, "tier:high", '"high" cannot stand in tier:'),
        ({}, "country:japan", '"japan" cannot stand in country:'),
        ({"a": "$bb OR x", "b": "x"}, "$a", "no entity, list or query is called $bb"),
        ({"a": "x AND"}, "$a", "a term is missing before the end"),
    ],
)
def test_a_name_that_cannot_stand_there_is_an_error(queries: dict[str, str], when: str, message: str) -> None:
    saved = tuple(saved_query(name, query, line) for line, (name, query) in enumerate(queries.items(), start=1))
    errors = [problem.message for problem in problems_of(when, queries=saved) if problem.level is Level.ERROR]
    assert message in errors


def test_a_circle_through_the_needs_of_an_alias_is_an_error() -> None:
    one, two = entity("one", alias("ONE", needs="$two")), entity("two", alias("TWO", needs="$one"))
    assert any("circle: $one → $two → $one" in problem.message for problem in problems_of("$one", entities=(one, two)))


def test_names_that_grow_without_bound_end_in_an_error_at_once() -> None:
    saved = [saved_query("n0", "x OR y")]
    saved += [saved_query(f"n{number}", f"$n{number - 1} OR $n{number - 1}") for number in range(1, 60)]
    began = time.perf_counter()
    found = problems_of("$n59", queries=tuple(saved))
    assert any("written out" in problem.message for problem in found)
    assert time.perf_counter() - began < 1


def test_a_long_chain_of_names_ends_in_an_error_and_not_in_a_fall() -> None:
    saved = [saved_query("n0", "x"), *(saved_query(f"n{number}", f"$n{number - 1} OR x") for number in range(1, 2_000))]
    found = problems_of("$n1999", queries=tuple(saved))
    assert any("deep" in problem.message for problem in found)


def test_a_group_that_is_written_twice_is_one_member() -> None:
    twice = "DISTINCT/2 (france, (gallium OR nickel), (gallium OR nickel))"
    assert words(twice, "Gallium is scarce.", "") is None
    assert words(twice, "Gallium is scarce in France.", "") is not None
