from __future__ import annotations

from alerts.errors import Level
from tests.alerts.rules.specs import text


def test_a_character_knows_its_line_and_column() -> None:
    value = text("one\ntwo", line=12, column=11)
    assert str(value.at(2)) == "config.yaml:12:13"
    assert str(value.at(5)) == "config.yaml:13:12"


def test_a_problem_shows_its_line_alone() -> None:
    problem = text("one\ntwo three\nfour").problem(8, "wrong", "right", Level.WARNING)
    assert problem.excerpt == "two three\n    ^"
    assert (problem.message, problem.hint, problem.level) == ("wrong", "right", Level.WARNING)


def test_a_long_line_is_shown_around_the_problem() -> None:
    problem = text("a " * 5000 + "X" + " b" * 5000).problem(10_000, "wrong")
    line, caret = str(problem.excerpt).split("\n")
    assert line[caret.index("^")] == "X"
    assert len(line) <= 100


def test_wide_characters_push_the_caret_two_columns() -> None:
    assert text("日本 x").problem(3, "wrong").excerpt == "日本 x\n     ^"
