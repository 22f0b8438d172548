from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.routing.facts import Facts, covers, missed
from alerts.routing.spec import MatchSpec
from alerts.story import Match, Severity
from tests.alerts.routing.makers import facts
from tests.fakes import outlet, story


@pytest.mark.parametrize(
    ("asked", "lacking"),
    [
        ({"severity": Severity.CRITICAL}, "severity: high is below critical"),
        ({"tags": ("minerals", "trade")}, "tags: treaties, not minerals or trade"),
        ({"rules": ("eu",)}, "rules: raa, not eu"),
        ({"sources": ("nhk.or.jp",)}, "sources: reuters, not nhk.or.jp"),
        ({"countries": ("fr",)}, "countries: jp, not fr"),
        ({"languages": ("en",)}, "languages: ja, not en"),
        ({"owner": ("ben",)}, "owner: anna, not ben"),
    ],
)
def test_what_is_asked_for_in_vain_is_named(asked: dict[str, Any], lacking: str) -> None:
    assert list(missed(MatchSpec(**asked), facts())) == [lacking]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"severity": Severity.HIGH},
        {"severity": Severity.INFO},
        {"tags": ("minerals", "treaties")},
        {"rules": ("raa",)},
        {"sources": ("reuters",)},
        {"sources": ("Reuters.example",)},
        {"tier": 1},
        {"countries": ("jp", "fr")},
        {"languages": ("ja",)},
        {"owner": ("anna",)},
    ],
)
def test_what_is_there_is_taken(asked: dict[str, Any]) -> None:
    assert not list(missed(MatchSpec(**asked), facts()))


def test_what_is_unknown_is_nothing_that_is_asked_for() -> None:
    unknown = facts(outlet=outlet(tier=4), tags=frozenset(), owner=None, language=None)
    asked = MatchSpec(tags=("a",), tier=3, countries=("jp",), languages=("ja",), owner=("anna",))
    assert list(missed(asked, unknown)) == [
        "tags: none, not a",
        "tier: 4, not 3 or better",
        "countries: unknown, not jp",
        "languages: unknown, not ja",
        "owner: nobody, not anna",
    ]


def test_subdomains_and_scripts_are_included() -> None:
    wide = MatchSpec(sources=("reuters.example",), languages=("zh",))
    assert not list(missed(wide, facts(outlet=outlet(id="uk", host="uk.reuters.example"), language="zh-hant")))


def test_facts_come_from_a_match_its_story_and_what_the_user_says_of_them() -> None:
    match = Match(rule="raa", name="RAA", severity=Severity.HIGH, tags=("treaties",))
    found = Facts.of(match, story("Talks", "Open.", tags=("feed's",)), source_tags=("wire",), owner="anna")
    assert found.tags == {"treaties", "wire"}
    assert (found.title, found.text, found.owner, found.language) == ("Talks", "Open.", "anna", "en")


def some(*words: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(words), max_size=2, unique=True).map(tuple)


SPECS = st.builds(
    MatchSpec,
    severity=st.none() | st.sampled_from(Severity),
    tags=some("a", "b"),
    rules=some("raa", "eu"),
    sources=some("one.example", "uk.one.example", "nhk"),
    tier=st.none() | st.integers(1, 4),
    countries=some("jp", "fr"),
    languages=some("zh", "zh-hant", "ja"),
    owner=some("anna", "ben"),
)
FACTS = st.builds(
    Facts,
    rule=st.sampled_from(["raa", "eu"]),
    severity=st.sampled_from(Severity),
    outlet=st.builds(
        outlet,
        id=st.sampled_from(["nhk", "x"]),
        host=st.sampled_from(["one.example", "uk.one.example", "nhk.example"]),
        tier=st.integers(1, 4),
        country=st.sampled_from(["jp", "fr", None]),
    ),
    tags=st.frozensets(st.sampled_from(["a", "b", "c"])),
    owner=st.sampled_from(["anna", "ben", None]),
    language=st.sampled_from(["zh", "zh-hant", "zh-hans", "ja", None]),
)


@given(SPECS, SPECS, FACTS)
def test_what_covers_another_takes_all_that_it_takes(wide: MatchSpec, narrow: MatchSpec, one: Facts) -> None:
    if covers(wide, narrow) and not list(missed(narrow, one)):
        assert not list(missed(wide, one))


@given(SPECS)
def test_everything_covers_itself_and_nothing_asked_covers_everything(spec: MatchSpec) -> None:
    assert covers(spec, spec)
    assert covers(MatchSpec(), spec)
    assert covers(MatchSpec(severity=Severity.INFO, tier=4), spec)


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ({"severity": Severity.CRITICAL}, {"severity": Severity.HIGH}),
        ({"severity": Severity.NOTICE}, {}),
        ({"tier": 1}, {"tier": 2}),
        ({"tags": ("a",)}, {"tags": ("a", "b")}),
        ({"tags": ("a",)}, {"rules": ("raa",)}),
        ({"sources": ("uk.one.example",)}, {"sources": ("one.example",)}),
        ({"sources": ("nhk",)}, {"sources": ("x.nhk",)}),
        ({"languages": ("zh-hant",)}, {"languages": ("zh",)}),
    ],
)
def test_what_takes_only_some_does_not_cover(wide: dict[str, Any], narrow: dict[str, Any]) -> None:
    assert not covers(MatchSpec(**wide), MatchSpec(**narrow))
