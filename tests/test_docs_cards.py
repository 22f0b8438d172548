"""The page on cards says what the program does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alerts import samples
from alerts.card import BRIEF_LIMIT, SNIPPET_LIMIT, card_for
from alerts.errors import ConfigError
from alerts.template import FILTERS, LINES_LIMIT, RANGE_LIMIT, VARIABLES, WORDING_LIMIT, Wording
from crawler.config import load
from tests.crawler.config.makers import base, write
from tests.fakes import NOON

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE = (Path(__file__).parent.parent / "docs" / "cards.md").read_text("utf-8")
BLOCKS: Mapping[str, str] = dict(re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))


def test_the_page_lists_every_variable_and_filter_and_no_other() -> None:
    assert dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE)) == VARIABLES
    (listed,) = re.findall(r"the filters (.*?)\. What is nothing", PAGE, re.DOTALL)
    assert tuple(re.findall(r"`(\w+)`", listed)) == FILTERS


def test_the_example_is_a_template() -> None:
    alert = samples.full_alert("#news", NOON)
    assert Wording(BLOCKS["jinja"]).say(card_for(alert), alert.story).splitlines() == [
        f"PACIFIC WIRE (JP): {alert.story.title}",
        "About Reciprocal Access Agreement, RAA, rare earths",
        alert.story.url,
    ]


def test_a_mistake_is_told_as_the_page_shows_it(tmp_path: Path) -> None:
    write(tmp_path, "{{ titel }}", "wordings/brief.txt")
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, base() | {"cards": {"template": "wordings/brief.txt"}}), {})
    assert f"{caught.value}\n".replace(f"{tmp_path}/", "") == BLOCKS["text"]


def test_numbers_are_those_of_the_program() -> None:
    words = " ".join(PAGE.split())
    assert f"up to {SNIPPET_LIMIT} characters" in words
    assert f"up to {BRIEF_LIMIT} characters" in words
    assert f"after {LINES_LIMIT} lines or {WORDING_LIMIT:,} characters" in words
    assert f"A loop runs over {RANGE_LIMIT} numbers at most" in words
