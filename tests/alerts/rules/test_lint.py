from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from alerts.errors import Level
from alerts.rules.ruleset import compile_rules
from alerts.rules.spec import OnlySpec, RaiseSpec, Rate, StreamSpec
from alerts.rules.watched import Watched
from alerts.story import Outlet, Severity
from tests.alerts.rules.specs import alias, entity, problems_of, rule, saved_query, term_list, text


@pytest.mark.parametrize(
    ("when", "column", "message", "hint"),
    [
        ("japan AND AT&T", 21, '"AT&T" also finds "at&t" and "AT & T": its signs must stand there', 'write ="AT&T"'),
        ("japan AND the", 21, '"the" stands in nearly every story', None),
        ("japan AND 2026", 21, '"2026" is a bare number', None),
        ("min* AND japan", 11, '"min*" finds every word that begins so', None),
        ("japan AND treaty NOT japan", 11, "this can never hold: it asks for the same thing", None),
        ("lang:en AND lang:(fr, de) AND japan", 29, "this can never hold: a story has one lang", "lang:(a OR b)"),
        ("japan AND section:asia", 29, "section: is known only once", "`fulltext: always` reads"),
        ("(rare earth, gallium, Rare-Earth)", 33, '"Rare-Earth" finds the same as "rare earth"', None),
    ],
)
def test_what_is_seldom_meant_is_a_warning(when: str, column: int, message: str, hint: str | None) -> None:
    (problem,) = problems_of(when)
    assert (problem.level, problem.place.column) == (Level.WARNING, column)
    assert message in problem.message
    assert hint is None or hint in str(problem.hint)


@pytest.mark.parametrize(
    "when",
    [
        '="AT&T"',
        "U.S.",
        "sign*",
        "lang:zh AND lang:zh-hant AND japan",
        "lang:(nb, eng, ZH_Hant) AND japan",
        "lang:en AND japan",
        "source:the AND japan",
        "(japan, france)",
        "title:treaty NOT treaty",
        '"Procter & Gamble"',
    ],
)
def test_what_may_be_meant_is_none(when: str) -> None:
    assert problems_of(when) == ()


@pytest.mark.parametrize(
    ("when", "message", "hint"),
    [
        (".NET", '".NET" also finds "NET"', '=".NET"'),
        ("gallium^3", '"gallium^3" looks for the ^ as it is written', "write gallium,"),
        ("gallium~2", '"gallium~2" looks for the ~ as it is written', "write gallium,"),
        ("=gallium*", '="gallium*" looks for the * as it is written', "write gallium* for any ending"),
        ("gallium AND \u202enit", "an invisible sign (U+202E) turns the direction", "remove it"),
        (
            "DISTINCT/2 (tin, tins, zinc)",
            '"tins" counts as two members: "tin" and "tins" both find it',
            "leave one out",
        ),
    ],
)
def test_a_term_that_looks_other_than_it_is_is_a_warning(when: str, message: str, hint: str) -> None:
    (problem,) = problems_of(when)
    assert message in problem.message
    assert hint in str(problem.hint)


def test_a_number_needs_no_warning_and_one_with_a_comma_needs_quotation_marks() -> None:
    assert problems_of('"50%" AND tariff') == ()
    assert problems_of('"1,000 tonnes"') == ()
    (problem,) = problems_of("1,000 tonnes")
    assert problem.hint == 'put it in "…"'


@pytest.mark.parametrize(
    ("term", "message", "hint"),
    [
        ("=RAA", '"=RAA" is looked for with its =', 'write {text: "RAA", case: exact}'),
        ('="U.S. Steel"', "is looked for with its =", 'write {text: "U.S. Steel", case: exact}'),
        ("$bar", '"$bar" is looked for as it is written', "write $name OR $bar there"),
        ("title:foo", "is looked for as it is written", "write title:$name there"),
        ("(a, b)", '"(a, b)" is one term', "write each term for itself: [a, b]"),
        ("/raa-[0-9]/", "is no regular expression here", "write /raa-[0-9]/ in a query"),
        ("tin OR zinc", "is looked for as one phrase", "under queries:"),
        ("tin NEAR/5 zinc", "is looked for as one phrase", "under queries:"),
    ],
)
def test_syntax_in_an_alias_or_a_list_is_a_warning(term: str, message: str, hint: str) -> None:
    for names in ({"lists": (term_list("x", term),)}, {"entities": (entity("x", "peru", except_=(term,)),)}):
        (problem,) = problems_of("$x", **names)
        assert problem.level is Level.WARNING
        assert message in problem.message
        assert hint in str(problem.hint)


@pytest.mark.parametrize("term", ["C++", "$5bn", "11:30 club", "Yes or no", "AC/DC", "either/or", "OR"])
def test_what_only_looks_like_syntax_is_none(term: str) -> None:
    assert not [found for found in problems_of("$x", lists=(term_list("x", term),)) if "looked for" in found.message]


def test_unused_names_are_warnings_and_those_that_names_use_are_not() -> None:
    found = problems_of(
        "$used",
        entities=(
            entity("deep", alias("RAA", needs="$inner")),
            entity("idle", "Peru"),
            entity("packed", "x", pack="p"),
        ),
        lists=(term_list("inner", "troops"), term_list("spare", "tin")),
        queries=(saved_query("used", "$deep OR zinc"), saved_query("left", "$spare")),
    )
    assert {problem.message for problem in found} == {
        "no rule uses the entity idle",
        "no rule uses the list spare",
        "no rule uses the query left",
    }


def test_an_exception_or_a_need_answers_for_a_short_name() -> None:
    short = entity("short", alias("RAA", case="exact"), alias("REE", needs="mine"), "仏", except_=("仏教",))
    assert problems_of("$short", entities=(short,)) == ()


def test_two_aliases_that_say_the_same_are_a_warning() -> None:
    (problem,) = problems_of("$x", entities=(entity("x", "Nouvelle-Calédonie", "nouvelle caledonie"),))
    assert problem.message == '"nouvelle caledonie" finds the same as "Nouvelle-Calédonie"'


def test_a_raise_that_raises_nothing_is_a_warning() -> None:
    step = RaiseSpec(to=Severity.NOTICE, when=text("title:japan", 5))
    (problem,) = compile_rules([], [rule("japan", severity=Severity.HIGH, raise_=(step,))])[1]
    assert problem.message == "this raises nothing: the rule's severity is high already"


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("japan AND pact", "pact AND Japan", "this rule finds the same as the rule one"),
        ("japan", "japan AND pact", "this rule finds nothing that is not found by the rule one"),
        ("japan OR peru OR chile", "chile OR japan", "this rule finds nothing that is not found by the rule one"),
        ("(japan OR peru) AND pact", "japan AND pact AND troops", "this rule finds nothing that is not found by"),
    ],
)
def test_a_rule_inside_another_is_a_warning(first: str, second: str, message: str) -> None:
    (problem,) = compile_rules([], [rule(first, "one"), rule(second, "two", line=20)])[1]
    assert message in problem.message
    assert problem.place.line == 21


@pytest.mark.parametrize(
    "changes",
    [
        {"to": ("#other",)},
        {"severity": Severity.CRITICAL},
        {"severity": Severity.INFO},
        {"shadow": True},
        {"enabled": False},
        {"only": OnlySpec(languages=("en",))},
        {"stream": StreamSpec(count=Rate(count=5, per=timedelta(hours=1)))},
        {"raise_": (RaiseSpec(to=Severity.CRITICAL, when=text("troops")),)},
    ],
)
def test_a_rule_that_tells_others_or_otherwise_is_none(changes: dict[str, Any]) -> None:
    assert compile_rules([], [rule("japan", "one"), rule("japan AND pact", "two", **changes)])[1] == ()


def test_a_rule_behind_a_gate_covers_nothing() -> None:
    gated = rule("japan", "one", only=OnlySpec(languages=("en",)))
    assert compile_rules([], [gated, rule("japan AND pact", "two")])[1] == ()


def test_a_rule_inside_several_is_told_in_one_line() -> None:
    specs = [
        rule(when, f"r{number}", line=10 * number) for number, when in enumerate(("japan", "pact", "troops", "tin"))
    ]
    inner = rule("japan AND pact AND troops AND tin", "inner", line=90)
    (problem,) = compile_rules([], [*specs, inner])[1]
    assert problem.message == "this rule finds nothing that is not found by the rules r0, r1, r2 and 1 more"


def test_of_counted_rules_only_the_same_are_told() -> None:
    count = StreamSpec(count=Rate(count=5, per=timedelta(hours=1)))
    wide, narrow, same = (
        rule(when, when, stream=count, line=10 * number)
        for number, when in enumerate(("japan", "japan AND pact", "Japan"))
    )
    assert compile_rules([], [wide, narrow])[1] == ()
    assert [problem.message for problem in compile_rules([], [wide, same])[1]] == [
        "this rule finds the same as the rule japan"
    ]


def test_chinese_of_two_scripts_can_never_hold() -> None:
    (problem,) = problems_of("lang:zh AND lang:zh-hant AND lang:zh-hans AND japan")
    assert problem.message == "this can never hold: a story has one lang"


REUTERS = Outlet(id="reuters", name="Reuters", host="reuters.com", tier=2, country="gb")
KNOWN = Watched(outlets=(REUTERS,), languages={"reuters": "gsw"}, tags=("wires",))


@pytest.mark.parametrize(
    ("when", "message", "hint"),
    [
        ("source:reutres", "no source is called `reutres`, and none is at that host", "did you mean `reuters`?"),
        ("source:nosuch", "no source is called `nosuch`, and none is at that host", "name an id, or a host"),
        ("country:fr", "no source is of the country fr", "they are of gb"),
        ("tier:1", "no source is of tier 1 or better", "the best is of tier 2"),
        ("tag:Wires", "tag: looks in the categories that the feeds themselves give", "source:(a, b)"),
        ("lang:xx", 'the words of no story tell that it is in "xx"', "codes are such as en"),
        ("lang:pt-br", '"pt-br" is read as pt', "write pt"),
    ],
)
def test_what_no_source_has_is_a_warning_at_its_place(when: str, message: str, hint: str) -> None:
    for query in (f"japan AND {when}", f"japan NOT {when}"):
        (problem,) = compile_rules([], [rule(query)], watched=KNOWN)[1]
        assert problem.message.startswith(message)
        assert hint in str(problem.hint)
        assert problem.place.column == 11 + query.index(":") + 1


def test_what_a_source_has_is_none() -> None:
    query = "japan AND source:(reuters, www.Reuters.com, com) AND country:GB AND tier:(2, 3) AND lang:gsw AND tag:other"
    assert compile_rules([], [rule(query)], watched=KNOWN)[1] == ()


def test_a_list_of_sources_is_warned_of_where_it_stands() -> None:
    wires = term_list("wires", "reuters.com", "afp", line=3)
    (problem,) = compile_rules([], [rule("japan AND source:$wires")], lists=[wires], watched=KNOWN)[1]
    assert (problem.place.line, problem.message[:33]) == (4, "no source is called `afp`, and no")


def test_without_sources_only_languages_are_doubted() -> None:
    assert problems_of("japan AND source:nosuch AND country:fr AND tier:1") == ()


@pytest.mark.parametrize(
    ("value", "hint"), [("japanese", "write lang:ja"), ("klingon", "a language is a code such as")]
)
def test_a_name_of_a_language_is_an_error_that_knows_the_code(value: str, hint: str) -> None:
    (problem,) = problems_of(f"japan AND lang:{value}")
    assert problem.level is Level.ERROR
    assert str(problem.hint).startswith(hint)


def test_a_list_whose_terms_cannot_stand_in_a_field_is_an_error_at_the_term() -> None:
    best = term_list("best", "1", "wires", line=3)
    (problem,) = [one for one in problems_of("japan AND tier:$best", lists=(best,)) if one.level is Level.ERROR]
    assert (problem.place.line, problem.message) == (4, '"wires" cannot stand in tier:')
