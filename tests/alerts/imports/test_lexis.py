from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.imports.lexis import singular
from alerts.rules.terms import patterns_of
from tests.alerts.imports.makers import carried, changed, reduced, refused


@pytest.mark.parametrize(
    ("query", "ours"),
    [
        (
            "bankrupt! w/25 discharg! and student or college or education! w/5 loan",
            "bankrupt* NEAR/25 discharg* AND (student OR college OR education*) NEAR/5 loan",
        ),
        ("cat and dog or bird", "cat AND (dog OR bird)"),
        ("rare earth and china and not film", '"rare earth" AND china AND NOT film'),
        ("nickel and not mine and gold", "nickel AND NOT (mine AND gold)"),
        ("japan pre/3 accord", "japan PRE/3 accord"),
        ("japan onear/3 accord", "japan PRE/3 accord"),
        ("japan near/5 france", "japan NEAR/5 france"),
        ("japan /5 france", "japan NEAR/5 france"),
        ("japan w/s france", "japan SENT france"),
        ("japan w/sent france", "japan SENT france"),
        ("japan /p france or paris", "japan PARA (france OR paris)"),
        ("quad not w/5 bike or rider!", "quad NOT NEAR/5 (bike OR rider*)"),
        ("quad not/5 bike", "quad NOT NEAR/5 bike"),
        ("HEADLINE(rare earth!) and BODY(export!)", 'title:"rare earth*" AND body:export*'),
        ("HLEAD(new caledonia or nouméa)", 'hlead:("new caledonia" OR nouméa)'),
        ("ATLEAST5(rare earth!)", 'ATLEAST/5 "rare earth*"'),
        ("allcaps(raa) w/p japan", "=RAA PARA japan"),
        ("LANGUAGE(French) and accord", "lang:fr AND accord"),
        ("int???et and japan", '"int???et" AND japan'),
        ("li*orice and japan", r"/(?i)\bli\w*orice\b/ AND japan"),
        ("child* and byline(smith)", "child* AND author:smith"),
        ("school w/25 liab! w/3 club", "school NEAR/25 (liab* NEAR/3 club)"),
        ('"third party benefi!"', '"third party benefi*"'),
        ('sanctions and "export controls"', 'sanction AND "export control"'),
        ("policies w/5 taxes or leases or boycotts", "policy NEAR/5 (tax OR lease OR boycott)"),
        ("HEADLINE(tariffs) and not quotas", "title:tariff AND NOT quota"),
        ("ATLEAST3(sanctions)", "ATLEAST/3 sanction"),
        ("PLURAL(sanctions) and tariffs", "sanctions AND tariff"),
        ("news and crisis and process and virus and series", "news AND crisis AND process AND virus AND series"),
        ('"united states" and Williams and BYLINE(jones)', '"united states" AND Williams AND author:jones'),
    ],
)
def test_what_lexis_can_say_is_carried(query: str, ours: str) -> None:
    assert carried("lexis", query) == ours


@pytest.mark.parametrize(
    ("query", "ours", "error"),
    [
        (
            "nickel and PUBLICATION(Financial Times)",
            "nickel",
            "1:12 the segment PUBLICATION() was left out",
        ),
        ("nickel and date aft 1/1/2020", "nickel", "1:12 the limit date aft 1/1/2020 was left out"),
        ("nickel and length(>500)", "nickel", "1:12 the limit length(>500) was left out"),
        ("nickel and language(klingon)", "nickel", "1:12 the language was left out"),
    ],
)
def test_segments_and_limits_are_left_out_and_named(query: str, ours: str, error: str) -> None:
    assert reduced("lexis", query) == (ours, error)


@pytest.mark.parametrize(
    ("query", "ours"),
    [
        ("caps(apple) and iphone", "apple AND iphone"),
        ("japan /seg france", "japan AND france"),
        ("plural(export) and japan", "export AND japan"),
        ("education! w/5 (loan and scholarship)", "education* NEAR/5 loan AND education* NEAR/5 scholarship"),
    ],
)
def test_what_is_carried_with_a_change_is_warned_of(query: str, ours: str) -> None:
    assert changed("lexis", query)[0] == ours


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("rare (earth or metal)", "1:6 two parts stand side by side"),
        ("nickel w/5 (mine and not gold)", "1:8 this proximity has a NOT or a field on one side"),
        ("nickel and and mine", "1:12 a term is missing before this"),
    ],
)
def test_what_cannot_be_said_is_refused(query: str, error: str) -> None:
    assert refused("lexis", query) == [error]


@given(st.from_regex(r"[a-z]{1,12}", fullmatch=True))
def test_a_term_in_the_singular_finds_what_its_plural_found(word: str) -> None:
    if form := singular(word):
        assert set(patterns_of(word)[:1]) <= set(patterns_of(form))
