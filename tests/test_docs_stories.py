"""The page about copies and events says what the program does."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from alerts.cluster import boilerplate, copies, events, minhash, phase
from alerts.cluster.phase import Phase
from crawler.upkeep.housekeeping import KEPT

PAGE = (Path(__file__).parent.parent / "docs/stories.md").read_text("utf-8")
SHARES = (
    copies.CONTAINED,
    copies.ALIKE,
    copies.ALIKE_IN_ONE_OUTLET,
    copies.WHOLLY_CONTAINED,
    copies.PARTLY_CONTAINED,
)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("share", SHARES)
def test_every_threshold_of_the_copy_rule_is_named(share: float) -> None:
    assert f"**{share:.2f}**".replace("0.", ".") in PAGE


@pytest.mark.parametrize(
    "words",
    [
        f"**{copies.TITLES_ALIKE}** of 100",
        f"{minhash.ENOUGH_TOKENS} words or more",
        f"One of {copies.SUMMARY_TOKENS} words",
        f"within {copies.WINDOW // HOUR} hours",
        f"in **{boilerplate.COMMON}** stories",
        f"**{events.LIKE}** or more in common",
        f"older than {events.WINDOW // HOUR} hours",
        f"An event takes stories in for {events.LIFE.days} days",
        f"findable so for {KEPT.days} days",
        f"in the first {phase.FRESH // HOUR} hours: {phase.BURST} stories",
        f"{phase.BURST_OUTLETS} independent outlets or more",
    ],
)
def test_every_number_is_the_program_s(words: str) -> None:
    assert words in " ".join(PAGE.split())


@pytest.mark.parametrize("one", Phase)
def test_every_phase_is_described(one: Phase) -> None:
    assert f"| `{one}` |" in PAGE
