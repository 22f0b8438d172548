from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from alerts.errors import Place
from crawler.config.document import _note_syntax_error, read_document
from crawler.config.findings import Findings

if TYPE_CHECKING:
    from pathlib import Path


def problems_of(tmp_path: Path, content: str) -> list[str]:
    path = tmp_path / "config.yaml"
    path.write_text(content, "utf-8")
    findings = Findings()
    read_document(path, findings)
    return [f"{problem.place.line}:{problem.place.column}: {problem.message}" for problem in findings.all]


def test_an_error_that_has_no_place_stands_at_the_beginning() -> None:
    findings = Findings()
    _note_syntax_error(yaml.YAMLError("something odd"), "config.yaml", (), findings)
    (problem,) = findings.all
    assert problem.place == Place("config.yaml", 1, 1)
    assert "something odd" in problem.message


@pytest.mark.parametrize("opener", ["[", "{a: ", "- "])
def test_endless_nesting_is_refused(tmp_path: Path, opener: str) -> None:
    assert problems_of(tmp_path, opener * 100_000)


@pytest.mark.parametrize("opener", ["[", "{a: "])
def test_deep_nesting_is_refused(tmp_path: Path, opener: str) -> None:
    closer = {"[": "]", "{a: ": "}"}[opener]
    (problem,) = problems_of(tmp_path, opener * 60 + closer * 60)
    assert "deeper than 50" in problem


def test_a_long_honest_file_is_not_taken_for_a_bomb(tmp_path: Path) -> None:
    assert not problems_of(tmp_path, "a: [" + "x, " * 120_000 + "x]")


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("to: [#japan]", "1:6"),
        ('to: ["#news", #japan]\nx: y', "1:15"),
        ("to: ['#news', #japan]\nx: y", "1:15"),
        ('# a list, #once\nto: ["#news", #japan\n  "x"\n', "2:15"),
    ],
)
def test_a_comment_that_breaks_a_list_is_what_is_told(tmp_path: Path, content: str, place: str) -> None:
    (problem,) = problems_of(tmp_path, content)
    assert problem.startswith(f"{place}: `#japan")


def test_a_comment_that_is_no_entry_is_not_blamed(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, '# see desk, #japan\nto: ["a, #b", "c"\n')
    assert problem.startswith("2:5: this is not YAML: the `[` that opens here")
