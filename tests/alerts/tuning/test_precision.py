from __future__ import annotations

from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.tuning.precision import NO_OPINIONS, Precision, precision_of, wilson

COUNTS = st.integers(0, 500).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials)))


@pytest.mark.parametrize(  # checked with statsmodels' proportion_confint(method="wilson")
    ("successes", "trials", "low", "high"),
    [
        (7, 9, 0.4526, 0.9368),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (1, 2, 0.0945, 0.9055),
        (50, 100, 0.4038, 0.5962),
    ],
)
def test_known_intervals(successes: int, trials: int, low: float, high: float) -> None:
    found = wilson(successes, trials)
    assert (round(found[0], 4), round(found[1], 4)) == (low, high)


@given(COUNTS)
def test_the_share_lies_in_its_interval_which_is_symmetric_and_within_bounds(counts: tuple[int, int]) -> None:
    successes, trials = counts
    low, high = wilson(successes, trials)
    assert 0 <= low <= high <= 1
    if trials:
        assert low - 1e-12 <= successes / trials <= high + 1e-12
    mirrored = wilson(trials - successes, trials)
    assert isclose(mirrored[0], 1 - high, abs_tol=1e-9)
    assert isclose(mirrored[1], 1 - low, abs_tol=1e-9)


@given(st.integers(0, 200), st.integers(1, 200), st.integers(2, 20))
def test_more_of_the_same_makes_it_narrower(relevant: int, not_relevant: int, times: int) -> None:
    few = wilson(relevant, relevant + not_relevant)
    many = wilson(times * relevant, times * (relevant + not_relevant))
    assert many[1] - many[0] < few[1] - few[0]


def test_without_a_trial_nothing_is_known() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert NO_OPINIONS.share is None
    assert NO_OPINIONS.says == "no opinions yet"


@pytest.mark.parametrize(("successes", "trials"), [(2, 1), (-1, 3)])
def test_what_is_no_share_is_refused(successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(successes, trials)


def test_each_story_counts_once_as_most_people_called_it() -> None:
    found = precision_of([(3, 0), (0, 1), (2, 1), (1, 1), (0, 0)])
    assert found == Precision(relevant=2, not_relevant=1, disputed=1)
    assert Precision(disputed=2).says == "2 disputed"
    assert found.says == "2 of 3 relevant, 67 % (21 to 94 %); 1 disputed"
