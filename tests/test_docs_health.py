"""docs/health.md says of limits what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from alerts.health import AFRESH, AGAIN, FEWEST, NETWORK, PATIENCE, PAUSE, SNOOZE, Limits
from alerts.health_cards import NAMED
from alerts.sight import PAST
from crawler.config.sections import source_silent
from crawler.config.values import duration

PAGE = (Path(__file__).parent.parent / "docs" / "health.md").read_text("utf-8")
WORDS = " ".join(PAGE.split())


def test_the_example_shows_the_defaults() -> None:
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    health = yaml.safe_load(block)["health"]
    assert duration(health["source_failing"]) == Limits().failing
    assert source_silent(health["source_silent"]) == Limits()


def test_the_page_names_the_numbers_of_the_program() -> None:
    hours = {name: span.total_seconds() / 3600 for name, span in (("again", AGAIN), ("pause", PAUSE), ("day", AFRESH))}
    assert hours == {"again": 1, "pause": 1, "day": 24}
    assert (SNOOZE.total_seconds(), FEWEST, NAMED) == (86_400, 3, 12)
    for said in ("for five minutes", "three at least", "the first twelve", f"last {PAST.days} days", "**Snooze 24 h**"):
        assert said in WORDS
    assert PATIENCE.total_seconds() == 300


def test_the_failures_that_may_be_the_networks_are_some_of_those_that_are() -> None:
    (named,) = re.findall(r"^- Failures such as (.*) may be", PAGE, re.MULTILINE)
    assert set(re.findall(r"`([a-z-]+)`", named)) < NETWORK
