from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.visits.rhythm import PRIOR, Rhythm

MIDNIGHT = datetime(2026, 11, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

visits = st.lists(
    st.tuples(st.integers(0, 500), st.timedeltas(timedelta(0), timedelta(days=40))), min_size=1, max_size=40
)


def learnt(*steps: tuple[int, timedelta], start: datetime = MIDNIGHT) -> tuple[Rhythm, datetime]:
    """A rhythm that began to be watched at ``start`` and then saw so many new stories, so long after one another."""
    rhythm, now = Rhythm().learn(0, start), start
    for new, after in steps:
        now += after
        rhythm = rhythm.learn(new, now)
    return rhythm, now


def test_what_was_there_at_the_first_visit_did_not_arrive() -> None:
    rhythm = Rhythm().learn(300, MIDNIGHT)
    assert (rhythm.rate, rhythm.learnt, rhythm.at) == (PRIOR, 0, MIDNIGHT)


def test_the_rate_becomes_that_of_the_source() -> None:
    rhythm, _ = learnt(*[(3, HOUR)] * 24 * 10)
    assert rhythm.rate == pytest.approx(3, rel=0.1)


def test_a_busy_source_is_known_within_hours() -> None:
    rhythm, _ = learnt(*[(10, HOUR)] * 6)
    assert rhythm.rate > 4


def test_the_last_days_count_most() -> None:
    rhythm, _ = learnt(*[(10, HOUR)] * 24 * 20, *[(0, HOUR)] * 24 * 3)
    assert rhythm.rate == pytest.approx(5, rel=0.1)


def test_how_often_one_looks_does_not_change_the_rate() -> None:
    often, _ = learnt(*[(1, HOUR / 2), (1, HOUR / 2)] * 24 * 5)
    seldom, _ = learnt(*[(6, 3 * HOUR)] * 8 * 5)
    assert often.rate == pytest.approx(seldom.rate, rel=0.02)


def test_the_hours_of_the_day_grow_in() -> None:
    day = [(4 if 8 <= hour < 16 else 0, HOUR) for hour in range(24)]
    one, _ = learnt(*day)
    many, now = learnt(*day * 14)
    noon, night = now + 12 * HOUR, now + 2 * HOUR
    assert many.rate_at(noon) > 2.5 * many.rate
    assert many.rate_at(night) < 0.25 * many.rate
    assert one.rate_at(noon) / one.rate < many.rate_at(noon) / many.rate


def test_the_rate_changes_smoothly_from_hour_to_hour() -> None:
    rhythm, now = learnt(*[(24 if hour == 9 else 0, HOUR) for hour in range(24)] * 10)
    rates = [rhythm.rate_at(now + minute * MINUTE) for minute in range(24 * 60)]
    assert max(abs(a - b) for a, b in pairwise(rates)) < 0.02 * max(rates)


def test_stories_of_an_hour_are_laid_where_they_came() -> None:
    rhythm, _ = learnt((4, 2 * HOUR), start=MIDNIGHT + HOUR / 2)
    assert [round(value, 3) for value in rhythm.hours[:4]] == [1, 2, 1, 0]


def test_what_came_while_nobody_looked_for_days_says_nothing_about_hours() -> None:
    rhythm, _ = learnt((100, 3 * DAY))
    assert sum(rhythm.hours) == 0
    assert rhythm.rate > PRIOR


@pytest.mark.parametrize(("rate", "minutes"), [(1, 15), (10, 4.7), (1 / 24, 73)])
def test_the_wait_goes_with_the_square_root_of_the_rate(rate: float, minutes: float) -> None:
    rhythm = Rhythm(found=rate * 1e9, watched=1e9)
    assert rhythm.wait(MIDNIGHT, 1.0) / MINUTE == pytest.approx(minutes, rel=0.02)
    assert rhythm.wait(MIDNIGHT, 4.0) == pytest.approx(rhythm.wait(MIDNIGHT, 1.0) / 2, rel=1e-6)


@given(visits, st.floats(0.01, 100), st.floats(0.01, 100))
def test_more_weight_never_waits_longer(steps: list[tuple[int, timedelta]], one: float, other: float) -> None:
    rhythm, now = learnt(*steps)
    assert rhythm.wait(now, max(one, other)) <= rhythm.wait(now, min(one, other))


@given(visits, st.integers(0, 500), st.timedeltas(MINUTE, DAY))
def test_more_news_never_makes_the_rate_smaller(steps: list[tuple[int, timedelta]], new: int, after: timedelta) -> None:
    rhythm, now = learnt(*steps)
    assert rhythm.learn(new + 1, now + after).rate > rhythm.learn(new, now + after).rate


@given(visits)
def test_what_is_stored_is_what_comes_back(steps: list[tuple[int, timedelta]]) -> None:
    rhythm, now = learnt(*steps)
    again = Rhythm.decode(rhythm.encode())
    assert again.rate_at(now) == pytest.approx(rhythm.rate_at(now), rel=1e-3)
    assert again.learnt == rhythm.learnt
    assert Rhythm.decode(again.encode()) == again
    assert len(rhythm.encode()) < 600


def test_nothing_stored_is_nothing_learnt() -> None:
    assert Rhythm.decode(None) == Rhythm()


def test_a_clock_that_went_back_does_no_harm() -> None:
    rhythm, now = learnt((2, HOUR))
    assert rhythm.learn(1, now - DAY).at == now


def test_silence_is_ten_usual_gaps_and_a_day() -> None:
    hourly, now = learnt(*[(1, HOUR)] * 100)
    assert not hourly.is_silent(now + 24 * HOUR)
    assert hourly.is_silent(now + 24 * HOUR + MINUTE)
    daily, now = learnt(*[(1, DAY)] * 100)
    assert not daily.is_silent(now + 10 * DAY)
    assert daily.is_silent(now + 10 * DAY + HOUR)


def test_silence_does_not_become_usual_by_going_on() -> None:
    rhythm, now = learnt(*[(1, DAY)] * 100, *[(0, DAY)] * 11)
    assert rhythm.is_silent(now)


def test_a_weekend_is_no_silence_once_there_was_one() -> None:
    week = [(1, HOUR)] * 100 + [(0, HOUR)] * 68
    rhythm, now = learnt(*week, *week[:100])
    assert not rhythm.is_silent(now + 68 * HOUR)
    assert rhythm.is_silent(now + 110 * HOUR)


def test_a_source_of_which_little_is_known_is_not_called_silent() -> None:
    rhythm, now = learnt(*[(1, HOUR)] * 4)
    assert not rhythm.is_silent(now + 300 * DAY)
    assert not Rhythm().is_silent(now)
