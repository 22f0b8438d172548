from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from alerts.errors import Level
from alerts.rules.embedded import Report, run_tests, story_of
from alerts.rules.ruleset import NOBODY, compile_rules
from alerts.rules.spec import EntitySpec, OnlySpec, RaiseSpec, TestCase, TestsSpec
from alerts.rules.watched import Watched
from alerts.story import Outlet, Severity
from tests.alerts.rules.specs import entity, rule, text


def case(body: str = "", line: int = 20, **changes: Any) -> TestCase:
    return TestCase(body=body, at=text(body, line, 9), **changes)


def report_of(
    when: str,
    match: tuple[TestCase | str, ...] = (),
    ignore: tuple[TestCase | str, ...] = (),
    entities: tuple[EntitySpec, ...] = (),
    watched: Watched = NOBODY,
    **changes: Any,
) -> Report:
    cases = [tuple(one if isinstance(one, TestCase) else case(one) for one in some) for some in (match, ignore)]
    spec = rule(when, "pact", tests=TestsSpec(match=cases[0], ignore=cases[1]), **changes)
    rules, problems = compile_rules(entities, [spec])
    assert not [problem for problem in problems if problem.level is Level.ERROR], problems
    return run_tests(rules, watched)


def problem_of(report: Report) -> tuple[str, str | None]:
    (problem,) = report.problems
    return problem.message, problem.hint


def test_a_rule_that_does_what_its_tests_say_passes() -> None:
    report = report_of("japan AND france", ("Japan and France agreed.",), ("Japan agreed.", "France agreed."))
    assert (report.passed, report.problems) == (3, ())
    assert [result.expected for result in report.results] == [True, False, False]
    assert report.results[0].highlights == ("Japan", "France")


def test_a_story_that_should_match_and_does_not_is_told_with_its_place() -> None:
    report = report_of("japan AND france", (case("Japan agreed.", line=31),))
    (problem,) = report.problems
    assert str(problem.place) == "config.yaml:31:9"
    assert problem.level is Level.ERROR
    assert problem.message == "the rule pact does not match this test"
    assert "tocsin explain pact" in (problem.hint or "")


def test_a_story_that_should_not_match_and_does_is_told_with_what_was_found() -> None:
    message, hint = problem_of(report_of("japan", ignore=("Japan agreed.",)))
    assert message == "the rule pact matches this test, and must not"
    assert hint == 'it finds "Japan"'


def test_a_match_without_any_word_has_no_words_to_tell() -> None:
    source = case("Anything at all.", source="nhk.or.jp")
    assert problem_of(report_of("source:nhk.or.jp", ignore=(source,)))[1] is None


def test_the_severity_is_compared_when_a_test_names_one() -> None:
    raises = (RaiseSpec(to=Severity.CRITICAL, when=text("title:japan")),)
    plain = case("Japan", severity=Severity.NOTICE)
    raised = case(title="Japan", severity=Severity.CRITICAL)
    assert report_of("japan", (plain, raised), raise_=raises).problems == ()
    message, _ = problem_of(report_of("japan", (case("Japan", severity=Severity.CRITICAL),), raise_=raises))
    assert message == "the rule pact matches this test with severity notice, not critical"


def test_the_highlights_are_compared_in_reading_order() -> None:
    fine = case("France, and JAPAN", title="Japan!", highlights=("Japan", "France", "JAPAN"))
    assert report_of("japan AND france", (fine,)).problems == ()
    wrong = case("France and Japan", highlights=("Japan",))
    assert problem_of(report_of("japan AND france", (wrong,)))[0] == (
        'the rule pact finds "France", "Japan" in this test, not "Japan"'
    )


def test_a_long_list_of_words_is_cut_short() -> None:
    _, hint = problem_of(report_of("japan", ignore=("Japan. " * 12,)))
    assert hint is not None
    assert hint.endswith('"Japan" and 4 more')


def test_a_test_may_be_written_in_any_form_of_unicode() -> None:
    report = report_of("noum\u00e9a", (case("Noume\u0301a", highlights=("Noume\u0301a",)),))
    assert report.problems == ()
    assert report.results[0].highlights == ("Noum\u00e9a",)


def test_a_rule_that_is_switched_off_is_tested_all_the_same() -> None:
    assert len(report_of("japan", ("France",), enabled=False).problems) == 1
    assert report_of("japan", ("Japan",), enabled=False).passed == 1


def test_a_story_passes_the_gates_of_which_its_test_says_nothing() -> None:
    only = OnlySpec(
        languages=("ja",),
        sources=("nhk.or.jp",),
        min_words=400,
        max_age=timedelta(hours=1),
        tier=1,
        countries=("jp",),
    )
    report = report_of("Japan", ("Japan",), ("Peru",), only=only)
    assert (report.passed, report.problems) == (2, ())


@pytest.mark.parametrize(
    ("wanted", "told", "passes"),
    [
        ("zh-tw", "zh-hant", True),
        ("zh-hant", "zh-hans", False),
        ("zh-hant", "zh", False),
        ("pt-br", "pt", True),
        ("nb", "no", True),
    ],
)
def test_the_story_of_a_test_has_a_language_that_stories_can_have(wanted: str, told: str, passes: bool) -> None:
    only = OnlySpec(languages=(wanted,))
    assert report_of("Japan", ("Japan",), only=only).problems == ()
    assert (report_of("Japan", (case("Japan", lang=told),), only=only).problems == ()) is passes
    assert story_of(case("Japan", lang="pt-BR"), OnlySpec(), NOBODY).language == "pt"


@pytest.mark.parametrize("said", [case("Japan", lang="en"), case("Japan", source="bbc.co.uk")])
def test_a_story_that_a_gate_keeps_out_is_told_so(said: TestCase) -> None:
    only = OnlySpec(languages=("ja",), sources=("nhk.or.jp",))
    message, hint = problem_of(report_of("Japan", (said,), only=only))
    assert message == "the rule pact does not match this test"
    assert hint is not None
    assert hint.startswith("its `only:` keeps it out")
    assert report_of("Japan", ignore=(said,), only=only).problems == ()


def test_the_story_of_a_test_has_the_source_that_it_names() -> None:
    outlet = story_of(case("Japan", source="www.Nikkei.com"), OnlySpec(), NOBODY).outlet
    assert (outlet.id, outlet.host, outlet.tier, outlet.country) == ("www.Nikkei.com", "nikkei.com", 4, None)


NIKKEI = Outlet(id="nikkei", name="Nikkei", host="nikkei.com", tier=2, country="jp")
NEWS = Watched(
    outlets=(NIKKEI, Outlet(id="bbc", name="BBC", host="bbc.co.uk", country="gb")), languages={"nikkei": "zh-TW"}
)


@pytest.mark.parametrize(
    "when", ["country:jp AND tin", "tier:2 AND tin", "source:nikkei.com AND tin", "lang:zh-hant AND tin"]
)
@pytest.mark.parametrize("name", ["nikkei", "Nikkei", "www.Nikkei.com"])
def test_a_source_that_a_test_names_is_as_it_is_configured(when: str, name: str) -> None:
    match, ignore = (case("tin", source=name),), (case("tin", source="bbc"), case("tin", source="ft.com"), "tin")
    assert report_of(when, match, ignore, watched=NEWS).problems == ()


@pytest.mark.parametrize(
    "only", [OnlySpec(countries=("fr",)), OnlySpec(tier=1), OnlySpec(languages=("ja",)), OnlySpec(sources=("bbc",))]
)
def test_a_source_that_a_test_names_passes_no_gate_that_it_would_not_pass(only: OnlySpec) -> None:
    assert report_of("tin", ignore=(case("tin", source="nikkei"),), only=only, watched=NEWS).problems == ()
    assert report_of("tin", (case("tin"),), only=only, watched=NEWS).problems == ()


def test_a_test_may_say_another_language_than_its_source() -> None:
    told = case("tin", source="nikkei", lang="en")
    assert report_of("lang:en AND tin", (told,), watched=NEWS).problems == ()


def test_the_source_of_a_gate_is_known_to_tests_that_name_none() -> None:
    only = OnlySpec(sources=("nikkei",))
    assert report_of("country:jp AND tier:2 AND lang:zh-hant AND tin", ("tin",), only=only, watched=NEWS).problems == ()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_test_is_cut_into_paragraphs_whatever_ends_its_lines(end: str) -> None:
    apart, beside = f"tin rose.{end}{end}Zinc fell.", f"tin rose.{end}Zinc fell."
    assert report_of("tin PARA zinc", (beside,), (apart,)).problems == ()


def clauses(report: Report) -> list[str]:
    return [clause.text for clause in report.undecided]


def test_a_clause_that_no_test_decides_is_named_with_its_place() -> None:
    report = report_of('japan AND (france OR italy)\nNOT title:"book review"', ("Japan, France",), ("Japan",))
    assert [(clause.text, str(clause.place)) for clause in report.undecided] == [
        ("japan", "config.yaml:11:11"),
        ("italy", "config.yaml:11:32"),
        ('title:(NOT "book review")', "config.yaml:12:21"),
    ]


def test_when_all_tests_agree_the_whole_query_is_undecided_and_its_parts_are_not_listed() -> None:
    assert clauses(report_of("japan AND france", ("Japan, France",))) == ["japan AND france"]


def test_a_rule_without_tests_has_no_clauses_to_name() -> None:
    assert report_of("japan AND france") == Report()


def test_a_field_is_looked_at_within_itself() -> None:
    tests = (case("France", title="Japan"),), (case("Japan, France"), case("Italy", title="Japan"))
    assert clauses(report_of("title:japan AND france", *tests)) == []


def test_facts_counts_and_proximity_are_clauses_too() -> None:
    when = "DISTINCT/2 (gallium, germanium) AND source:nikkei.com AND (mine NEAR/3 china)"
    match = case("gallium and germanium: a mine in China", source="nikkei.com")
    ignore = case("gallium", source="bbc.co.uk")
    assert clauses(report_of(when, (match,), (ignore,))) == []
    assert clauses(report_of(when, (match,), (case("gallium", source="nikkei.com"),))) == ["source:nikkei.com"]


def test_the_place_is_the_rules_own_also_where_a_name_was_met_in_another_rule_before() -> None:
    first = rule("$japan", "first", line=10)
    second = rule("france AND $japan", "second", line=30, tests=TestsSpec(match=(case("France, Japan"),)))
    third = rule(
        "(italy OR $japan)",
        "third",
        line=50,
        tests=TestsSpec(match=(case("Italy"),), ignore=(case("Spain"),)),
    )
    rules, _ = compile_rules([entity("japan", "Japan")], [first, second, third])
    assert [(clause.text, str(clause.place)) for clause in run_tests(rules, NOBODY).undecided] == [
        ("france AND $japan", "config.yaml:31:11"),
        ("$japan", "config.yaml:51:21"),
    ]


def test_a_long_clause_is_cut_short() -> None:
    (clause,) = report_of(" OR ".join(f"mineral{number}" for number in range(50)), ("mineral1",)).undecided
    assert len(clause.text) < 100
    assert clause.text.endswith("…")
