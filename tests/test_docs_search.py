"""The page about searching says what the parser does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alerts.search.lexer import KNOWN
from alerts.search.query import parse

PAGE = (Path(__file__).parent.parent / "docs/search.md").read_text()
WRITTEN = [
    written
    for line in PAGE.splitlines()
    if line.startswith("| `")
    for written in re.findall("`([^`]+)`", line.removeprefix("| ").partition(" | ")[0])
]


@pytest.mark.parametrize("written", WRITTEN)
def test_what_the_page_tells_people_to_write_is_understood(written: str) -> None:
    query = parse(written)
    assert query.words.parts or query.sources or query.languages


def test_every_field_is_described() -> None:
    assert {f"{field}:" for field in KNOWN} <= {written[: written.find(":") + 1] for written in WRITTEN}
