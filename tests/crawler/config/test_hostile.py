"""Files that were written to hurt: each ends in a few clear errors, soon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alerts.errors import Level, Place, Problem
from crawler.config.findings import MOST, Findings, TooMany
from crawler.config.loader import read

if TYPE_CHECKING:
    from pathlib import Path

HEAD = 'sources: [https://example.org/feed.xml]\ndefaults: {to: ["#news"]}\n'


def rule(query: str) -> str:
    return f"{HEAD}rules:\n  - id: x\n    when: |\n      {query}\n"


def circle(count: int, line: str) -> str:
    return "".join(line.format(number, (number + 1) % count) for number in range(count))


def doubled(count: int, first: str, line: str) -> str:
    return first + "".join(line.format(number + 1, number) for number in range(count))


def errors_of(path: Path) -> list[Problem]:
    attempt = read(path, {})
    assert attempt.config is None
    return [problem for problem in attempt.problems if problem.level is Level.ERROR]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (rule("(" * 10_000 + "a" + ")" * 10_000), "levels of parentheses"),
        (rule(" OR ".join(f"word{number}" for number in range(80_000))), "too long"),
        (rule("((a" * 200_000), "too long"),
        (rule("titel:a OR " * 8_000 + "b"), 'unknown field "titel:"'),
        (rule("a" * 99_000), "too long"),
        (rule("/(a{1000}){1000}/"), "cannot be used"),
        (rule("/((((abc{1,20}){1,20}){1,20}){1,20})/"), "cannot be used"),
        (rule("/" + "(" * 60 + "(a{1,9}b)" + "){1,9}" * 60 + "/"), "cannot be used"),
        (rule(r"/abc" + r"[\p{L}\p{N}]{1,500}" * 20 + "/"), "cannot be used"),
        (HEAD + "queries:\n" + circle(1_000, "  q{}: $q{}\n") + "rules: [{id: x, when: $q0}]", "form a circle"),
        (
            HEAD
            + "entities:\n"
            + circle(1_000, "  e{0}: {{aliases: [{{text: n{0}, needs: $e{1}}}]}}\n")
            + "rules: [{id: x, when: $e0}]",
            "form a circle",
        ),
        (
            HEAD + "queries:\n" + doubled(45, "  q0: z\n", "  q{0}: ($q{1}, $q{1})\n") + "rules: [{id: x, when: $q45}]",
            "with its names written out",
        ),
        (doubled(60, "x0: &x0 [a]\n", "x{0}: &x{0} [*x{1}, *x{1}]\n") + "rules: *x60", "nested deeper"),
        (doubled(30, "x0: &x0 [a]\n", "x{0}: &x{0} [*x{1}, *x{1}]\n") + "rules: *x30", "stand for more than"),
        (doubled(60, "x0: &x0 {k: v}\n", "x{0}: &x{0} {{<<: [*x{1}, *x{1}]}}\n") + "rules: [*x60]", "nested deeper"),
        ("rules: &r [*r]", "nested deeper"),
        ("a: " + "[" * 100_000 + "]" * 100_000, "not YAML"),
        ("- " * 100_000, "not YAML"),
        ("".join(" " * depth + "a:\n" for depth in range(2_000)), "not YAML"),
        ("rules: " + "a" * 5_000_000, "must be a mapping"),
        (HEAD + "rules: [{id: x, when: '" + "a " * 2_500_000 + "'}]", "too long"),
        (HEAD + 'rules: [{id: x, when: "\\ud800"}]', "not YAML"),
        (HEAD + "rules: [{id: x, when: a\0b}]", "U+0000"),
        (HEAD + 'rules: [{id: x, when: "a\\0b"}]', "U+0000"),
        ('sources: ["${' + "A" * 100_000 + '}"]', "needs the environment variable AAA"),
    ],
    ids=range(25),
)
def test_it_ends_in_a_clear_error(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(content, "utf-8")
    errors = errors_of(path)
    assert any(message in error.message for error in errors)
    assert len(errors) <= 40
    assert all(len(str(error)) < 1_000 for error in errors)


def test_half_a_character_is_no_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(HEAD.encode() + b"rules: [{id: x, when: \xed\xa0\x80}]")
    (error,) = errors_of(path)
    assert "not UTF-8" in error.message


@pytest.mark.parametrize("query", ["/(a+)+$/ OR japan", r"/(a|a)*(b|b)*(\w+\s?)+xyz/"])
def test_an_expression_that_would_never_end_elsewhere_does_here(tmp_path: Path, query: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(rule(query) + "    tests: {ignore: ['" + "a" * 50_000 + "b']}\n", "utf-8")
    config = read(path, {}).config
    assert config is not None


@pytest.mark.parametrize(
    "content",
    [
        HEAD + "rules: [" + "{x: y}," * 100_000 + "]",
        HEAD + "lists:\n" + "  a: [b]\n" * 50_000,
        "".join(f"key{number}: 1\n" for number in range(50_000)),
        HEAD + "lists: {l: [" + "'*'," * 50_000 + "]}",
    ],
    ids=range(4),
)
def test_reading_stops_where_nothing_but_mistakes_comes(tmp_path: Path, content: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(content, "utf-8")
    errors = errors_of(path)
    assert len(errors) == MOST + 1
    assert any("more than 1,000 mistakes" in error.message for error in errors)


def test_thousands_of_unknown_names_are_not_all_guessed_at(tmp_path: Path) -> None:
    lists = "".join(f"  listname{number}: [word{number}]\n" for number in range(900))
    rules = "".join(f"  - {{id: r{number}, when: $listnam{number}x}}\n" for number in range(900))
    path = tmp_path / "config.yaml"
    path.write_text(f"{HEAD}lists:\n{lists}rules:\n{rules}", "utf-8")
    hints = [error.hint or "" for error in errors_of(path)]
    assert sum("did you mean" in hint for hint in hints) == 20
    assert len(hints) == 900


def test_warnings_never_end_the_reading() -> None:
    findings = Findings()
    problems = [Problem(place_of(number), "odd", None, Level.WARNING) for number in range(MOST + 5)]
    findings.add(problems)
    assert len(findings.all) == MOST + 5
    with pytest.raises(TooMany):
        findings.add([Problem(place_of(number), "wrong") for number in range(MOST + 1)])


def place_of(line: int) -> Place:
    return Place("config.yaml", line + 1, 1)
