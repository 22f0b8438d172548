from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from alerts.errors import ConfigError
from crawler.config import load
from crawler.config.document import display_name

FOLDER = Path(__file__).parent / "mistakes"


def expected(path: Path) -> list[str]:
    """The lines ``# expect: LINE:COL: …`` at the end of a file; another file is named before its line."""
    marked = [
        line.removeprefix("# expect: ") for line in path.read_text().splitlines() if line.startswith("# expect: ")
    ]
    return [line if re.match(r"\S+\.(?:yaml|opml):", line) else f"{path.name}:{line}" for line in marked]


def found(path: Path) -> list[str]:
    try:
        problems = load(path, {}).warnings
    except ConfigError as error:
        problems = error.problems
    shown = display_name(FOLDER) + os.sep
    return [f"{problem.place}: {problem.level}: {problem.message}".replace(shown, "") for problem in problems]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_mistake_is_found_where_it_is_and_nothing_else_is(path: Path) -> None:
    assert expected(path)
    assert found(path) == expected(path)


FIVE = """\
timezone: Europe/Pariss
sources:
  - www.example.org/feed.xml
  - {url: "https://example.org/a.xml", every: 5}
rules:
  - id: japan
    wehn: Japan
    to: #news
"""


def test_five_mistakes_are_found_in_one_go(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(FIVE)
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    assert [(problem.place.line, problem.place.column, problem.hint) for problem in caught.value.problems] == [
        (1, 11, "did you mean `Europe/Paris`?"),
        (3, 5, "write https://www.example.org/feed.xml"),
        (4, 47, "write 5s, 5m, 5h or 5d"),
        (7, 5, "did you mean `when`?"),
        (8, 8, 'quote it: "#news"'),
    ]


def test_no_mistake_is_told_with_a_secret_in_it() -> None:
    everything = "\n".join(line for path in FOLDER.glob("*.yaml") for line in found(path))
    assert "hush" not in everything
    assert sum("hush" in path.read_text() for path in FOLDER.glob("*.yaml")) > 3
