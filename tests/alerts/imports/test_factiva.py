from __future__ import annotations

import pytest

from alerts.imports.translate import translate
from tests.alerts.imports.makers import carried, changed, reduced, refused


@pytest.mark.parametrize(
    ("query", "ours"),
    [
        ("rare earth and china", '"rare earth" AND china'),
        ("bill clinton or gore and george bush", '"bill clinton" OR (gore AND "george bush")'),
        ("a or b not c and d", "a OR (b AND NOT c AND d)"),
        ("wireless NOT cellular", "wireless AND NOT cellular"),
        ("world cup adj5 rugby", '"world cup" PRE/5 rugby'),
        ("president w/2 bush", "president PRE/2 bush"),
        ("carrefour near5 retail sales", 'carrefour NEAR/5 "retail sales"'),
        ("boeing 747/N30/british airways", '"boeing 747" NEAR/30 "british airways"'),
        ("vodafone same telecommunications", "vodafone PARA telecommunications"),
        ("atleast5 rare earth*", 'ATLEAST/5 "rare earth*"'),
        ("atleast3 (gallium or germanium) and japan", "ATLEAST/3 (gallium OR germanium) AND japan"),
        ("hd=new caledonia and nickel", 'title:"new caledonia" AND nickel'),
        ("hlp=(rare earth* or gallium) not by=smith", 'hlead:("rare earth*" OR gallium) AND NOT author:smith'),
        ("hd=japan near5 france", "title:(japan NEAR/5 france)"),
        ("engineer$3 and japan", r"/(?i)\bengineer\w{0,3}\b/ AND japan"),
        ("wom?n and lp=summit", "wom?n AND lead:summit"),
        ('"peas and carrots"', '"peas and carrots"'),
        ("la=fr and accord d'accès", 'lang:fr AND "accord d accès"'),
        ("rare (earth or metals)", "rare PRE/1 (earth OR metals)"),
        ("[gallium or germanium] and td=export ban", '(gallium OR germanium) AND body:"export ban"'),
        ("internet adj protocol", "internet PRE/1 protocol"),
        ("a and not b", "a AND NOT b"),
    ],
)
def test_what_factiva_can_say_is_carried(query: str, ours: str) -> None:
    assert carried("factiva", query) == ours


@pytest.mark.parametrize(
    ("query", "ours", "error"),
    [
        ("nickel and rst=tfl", "nickel", "1:12 the code rst= of Factiva's was left out"),
        ("nickel and ns=(e11 or c13) and mine", "nickel AND mine", "1:12 the code ns= of Factiva's was left out"),
        ("nickel and wc>500", "nickel", "1:12 the limit wc>500 was left out"),
        (
            "date from 20200101 to 20210101 and nickel",
            "nickel",
            "1:1 the limit date from 20200101 to 20210101 was left out",
        ),
        ("nickel/F300/", "nickel", "1:7 the limit to the first 300 words was left out"),
    ],
)
def test_codes_and_limits_are_left_out_and_named(query: str, ours: str, error: str) -> None:
    assert reduced("factiva", query) == (ours, error)


def test_the_first_words_become_title_and_lead() -> None:
    ours, warning = changed("factiva", "toyota/F50/ and recall")
    assert ours == "hlead:toyota AND recall"
    assert warning.startswith("1:7 the first 50 words were read as hlead:")


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("atleast10 (olympics and winter games)", "1:1 mentions can be counted of terms and OR groups only"),
        ("hd=(hlp=japan)", "1:1 a field inside a field"),
        ("nickel near5 rst=tfl", "1:8 one side of this proximity cannot be carried"),
        ('"nickel', "1:1 this quotation mark is never closed"),
    ],
)
def test_what_cannot_be_said_is_refused(query: str, error: str) -> None:
    assert error in refused("factiva", query)


@pytest.mark.parametrize(
    ("limit", "hint"),
    [
        ("wc>500", "{min_words: 501}"),
        ("wc>=500", "{min_words: 500}"),
        ("wc=500", "{min_words: 500} in the rule; it cannot ask for at most so many"),
        ("wc<500", "not for at most"),
        ("date from 1/1/2020 to 2/1/2020", "{max_age: 3d}"),
    ],
)
def test_the_hint_says_how_a_rule_asks_for_a_limit(limit: str, hint: str) -> None:
    (problem,) = translate("factiva", "saved.txt", f"nickel and {limit}").problems
    assert hint in (problem.hint or "")


@pytest.mark.parametrize(
    ("query", "errs"),
    [
        ("nickel and rst=j", "too much"),
        ("nickel or rst=j", "too much or too little"),
        ("nickel not (mine and rst=j)", "too much or too little"),
    ],
)
def test_a_query_with_alternatives_may_err_both_ways(query: str, errs: str) -> None:
    assert f"# On trial, as it may find {errs}. Add" in translate("factiva", "saved.txt", query).yaml()
