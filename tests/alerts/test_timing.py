from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alerts.timing import Stage, Walk, figures, promptness
from tests.fakes import NOON

SECOND = timedelta(seconds=1)


def walk(**changes: Any) -> Walk:
    values: dict[str, Any] = {
        "source": "nhk",
        "rule": "talks",
        "published": NOON,
        "seen": NOON + 60 * SECOND,
        "matched": NOON + 61 * SECOND,
        "posted": NOON + 65 * SECOND,
    }
    return Walk(**(values | changes))


def test_each_stage_takes_from_one_moment_to_the_next() -> None:
    assert {stage: walk().took(stage) for stage in Stage} == {
        Stage.SEEN: 60 * SECOND,
        Stage.MATCHED: SECOND,
        Stage.POSTED: 4 * SECOND,
        Stage.WHOLE: 65 * SECOND,
    }


def test_what_is_unknown_stays_unknown_and_is_not_counted() -> None:
    undated, waiting = walk(published=None), walk(posted=None)
    assert undated.took(Stage.SEEN) is None
    found = figures([undated, waiting])
    assert found[Stage.SEEN].count == 1
    assert found[Stage.POSTED].count == 1
    assert Stage.WHOLE not in found, "neither has both ends"
    assert figures([]) == {}


def test_an_outlet_whose_clock_is_ahead_is_not_early() -> None:
    assert walk(published=NOON + timedelta(hours=1)).took(Stage.SEEN) == timedelta()


def test_the_busiest_come_first() -> None:
    walks = [walk(source="nhk"), walk(source="bbc", rule="b"), walk(source="bbc")]
    found = promptness(walks)
    assert list(found.sources) == ["bbc", "nhk"]
    assert list(found.rules) == ["talks", "b"]
    assert found.overall[Stage.WHOLE].count == 3


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=60))
def test_figures_are_spans_that_occurred_and_cover_their_share(seconds: list[int]) -> None:
    (figure,) = [
        one
        for stage, one in figures([walk(posted=NOON + second * SECOND) for second in seconds]).items()
        if stage is Stage.WHOLE
    ]
    for span, percent in ((figure.p50, 50), (figure.p95, 95)):
        assert span / SECOND in seconds
        assert 100 * sum(second * SECOND <= span for second in seconds) >= percent * len(seconds)
        assert 100 * sum(second * SECOND < span for second in seconds) < percent * len(seconds)
