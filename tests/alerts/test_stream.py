from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules.spec import Rate, SpikeSpec, StreamSpec
from alerts.story import Severity
from alerts.stream import (
    FLOOR,
    Baseline,
    Condition,
    StreamRule,
    StreamState,
    baseline,
    count_says,
    cross,
    first_seen_says,
    silence_says,
    silent_for,
    spike_says,
    spike_threshold,
    spoken,
    term_key,
)
from tests.fakes import NOON

if TYPE_CHECKING:
    from collections.abc import Sequence

MINUTE, HOUR, DAY, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(days=7)
SPIKE = SpikeSpec(times=4, within=HOUR, against=14 * DAY)
LONG_AGO = NOON - 400 * DAY


def state(**changes: Any) -> StreamState:
    values: dict[str, Any] = {"rule": "raa", "condition": Condition.COUNT, "since": LONG_AGO}
    return StreamState(**(values | changes))


def usual(
    seen: Sequence[datetime],
    spike: SpikeSpec = SPIKE,
    *,
    watched: Sequence[tuple[datetime, datetime]] = ((LONG_AGO, NOON),),
    since: datetime = LONG_AGO,
) -> Baseline | None:
    return baseline(spike, seen, watched, since, NOON)


# ---------------------------------------------------------------- which conditions a rule has


def test_a_rule_has_the_conditions_that_are_written_and_their_windows() -> None:
    spec = StreamSpec(count=Rate(count=5, per=HOUR), spike=SPIKE, first_seen="source", silence=3 * DAY)
    rule = StreamRule(id="a", name="A", severity=Severity.HIGH, spec=spec)
    assert rule.conditions == (Condition.COUNT, Condition.SPIKE, Condition.FIRST_SOURCE, Condition.SILENCE)
    assert [rule.window(one) for one in rule.conditions] == [HOUR, HOUR, None, None]


def test_a_condition_that_is_not_written_has_no_window() -> None:
    rule = StreamRule(id="a", name="A", severity=Severity.HIGH, spec=StreamSpec(first_seen="term"))
    assert rule.conditions == (Condition.FIRST_TERM,)
    assert (rule.window(Condition.COUNT), rule.window(Condition.SPIKE)) == (None, None)


# ---------------------------------------------------------------- when a window makes an alert


def test_a_window_that_fills_up_makes_an_alert_of_all_that_is_in_it() -> None:
    before = {1: NOON - HOUR, 2: NOON - MINUTE}
    after = before | {3: NOON}
    told, fresh = cross(state(), 3, before, after)
    assert fresh == {1, 2, 3}
    assert (told.armed, told.told) == (False, NOON)


def test_a_window_that_stays_full_makes_no_second_alert() -> None:
    full = {number: NOON + number * MINUTE for number in range(9)}
    again, fresh = cross(state(told=NOON), 3, full, full | {10: NOON + HOUR})
    assert (fresh, again) == (frozenset(), state(told=NOON))


def test_a_window_that_emptied_a_little_is_told_of_only_by_stories_that_nobody_was_told_of() -> None:
    old = {1: NOON - 2 * MINUTE, 2: NOON}
    armed, fresh = cross(state(told=NOON), 3, old, old | {3: NOON + MINUTE})
    assert (fresh, armed.armed, armed.told) == (frozenset(), True, NOON)
    new = {3: NOON + MINUTE, 4: NOON + 2 * MINUTE}
    told, fresh = cross(armed, 3, old | new, old | new | {5: NOON + 3 * MINUTE})
    assert fresh == {3, 4, 5}
    assert not told.armed


def test_a_condition_that_holds_when_it_is_first_looked_at_is_no_news() -> None:
    full = {1: NOON, 2: NOON}
    assert cross(state(), 2, full, full | {3: NOON})[1] == frozenset()


@given(
    gaps=st.lists(st.integers(0, 40), min_size=1, max_size=60),
    threshold=st.integers(2, 5),
    per=st.integers(10, 120).map(lambda minutes: minutes * MINUTE),
)
def test_alerts_are_those_of_a_reader_who_watches_every_minute(gaps: list[int], threshold: int, per: timedelta) -> None:
    """A story comes after each gap of minutes; the oracle looks at every minute of the time between."""
    times = [sum(gaps[: index + 1]) for index in range(len(gaps))]
    length = per // MINUTE
    found, kept = [], state()
    armed, told = False, -1
    expected = []
    minute = 0
    for index, at in enumerate(times):
        while minute < at or (index == 0 and minute == 0):
            minute += 1
            armed = armed or sum(minute - length < one <= minute for one in times[:index]) < threshold
            if minute >= at:
                break
        minute = max(minute, at)
        held = [number for number in range(index) if times[number] > at - length]
        fresh = {number for number in [*held, index] if times[number] > told}
        if armed and len(fresh) >= threshold:
            expected.append((index, fresh))
            armed, told = False, at
        before = {number: NOON + times[number] * MINUTE for number in held}
        kept, alert = cross(kept, threshold, before, before | {index: NOON + at * MINUTE})
        if alert:
            found.append((index, set(alert)))
    assert found == expected
    stories = [story for _, alert in found for story in alert]
    assert len(stories) == len(set(stories))


# ---------------------------------------------------------------- what is usual


def every(step: timedelta, back: timedelta) -> list[datetime]:
    return [NOON - number * step for number in range(1, back // step + 1)]


def test_without_history_nothing_can_be_usual() -> None:
    assert usual([], since=NOON) is None
    assert usual([], watched=()) is None


@pytest.mark.parametrize(("history", "enough"), [(24 * HOUR, False), (25 * HOUR, True)])
def test_a_day_before_the_window_is_the_least_that_a_baseline_needs(history: timedelta, *, enough: bool) -> None:
    found = usual(every(30 * MINUTE, 20 * DAY), since=NOON - history)
    assert (found is not None) is enough
    if found:
        assert (found.median, found.deviation, found.windows, found.weekly) == (2, 0, 24, False)


def test_a_short_past_that_is_asked_for_is_enough_when_it_is_whole() -> None:
    spike = SpikeSpec(times=2, within=6 * HOUR, against=12 * HOUR)
    assert usual(every(HOUR, DAY), spike) == Baseline(median=6, deviation=0, windows=2, past=12 * HOUR, weekly=False)
    assert usual(every(HOUR, DAY), spike, since=NOON - 13 * HOUR) is None


def test_the_baseline_grows_from_all_hours_to_this_hour_of_the_week() -> None:
    busy = [NOON - week * WEEK - minute * MINUTE for week in (1, 2) for minute in range(0, 50, 10)]  # 5 in an hour
    assert usual(busy, since=NOON - 10 * DAY) == Baseline(
        median=0, deviation=0, windows=239, past=10 * DAY - HOUR, weekly=False
    )
    weekly = usual([*busy, *(at + HOUR for at in busy), *(at - HOUR for at in busy)])
    assert weekly == Baseline(median=5, deviation=0, windows=5, past=14 * DAY, weekly=True)


def test_short_windows_share_their_hour_and_long_ones_stand_alone() -> None:
    quarter = usual([], SpikeSpec(times=2, within=15 * MINUTE, against=15 * DAY))
    assert quarter is not None
    assert (quarter.windows, quarter.weekly) == (2 * 9, True)
    six_hours = usual([], SpikeSpec(times=2, within=6 * HOUR, against=43 * DAY))
    assert six_hours is not None
    assert (six_hours.windows, six_hours.weekly) == (6, True)
    week = usual([], SpikeSpec(times=2, within=8 * DAY, against=80 * DAY))
    assert week is not None
    assert (week.windows, week.weekly) == (10, False)


def test_times_at_which_nobody_watched_are_no_quiet_times() -> None:
    seen = every(30 * MINUTE, 20 * HOUR) + [at - 2 * DAY for at in every(30 * MINUTE, 20 * HOUR)]
    watched = [(NOON - 2 * DAY - 20 * HOUR, NOON - 2 * DAY), (NOON - 20 * HOUR, NOON)]
    found = usual(seen, watched=watched)
    assert found is not None
    assert (found.median, found.windows) == (2, 39)


@given(
    minutes=st.lists(st.integers(0, 30 * 24 * 60), max_size=200),
    within=st.sampled_from([15, 60, 120, 1440]).map(lambda minutes: minutes * MINUTE),
    against=st.integers(3, 30).map(lambda days: days * DAY),
    since=st.integers(0, 40).map(lambda days: NOON - days * DAY),
)
def test_a_baseline_is_the_median_of_counted_windows(
    minutes: list[int], within: timedelta, against: timedelta, since: datetime
) -> None:
    seen = [NOON - number * MINUTE for number in minutes]
    found = usual(seen, SpikeSpec(times=2, within=within, against=against), since=since)
    start = max(NOON - within - against, since)

    def held(ends: Sequence[datetime]) -> list[int]:
        whole = [end for end in ends if end - within >= start and end <= NOON - within]
        return [sum(end - within < at <= end for at in seen) for end in whole]

    all_hours = held([NOON - number * within for number in range(1, 3000)])
    steps = [step for step in range(-9, 10) if abs(step) * within <= HOUR]
    by_week = [held([NOON - week * WEEK + step * within for step in steps]) for week in range(1, 9)]
    of_hour = [count for week in by_week for count in week]
    weekly = len(of_hour) >= 5 and sum(bool(week) for week in by_week) >= 2
    sample = of_hour if weekly else all_hours
    if (len(sample) < min(8, against // within) and not weekly) or NOON - within - start < DAY:
        assert found is None
    else:
        assert found is not None
        middle = median(sample)
        assert (found.median, found.windows, found.weekly) == (middle, len(sample), weekly)
        assert found.deviation == median(abs(count - middle) for count in sample)


@pytest.mark.parametrize(
    ("middle", "deviation", "threshold"),
    [
        (0, 0, FLOOR),  # a few stories are a spike where there are none
        (1, 0, 4),  # four times
        (2, 0, 8),
        (2.5, 0, 10),
        (10, 10, 55),  # a restless rule must stand out from its own restlessness
    ],
)
def test_a_spike_is_so_many_times_the_usual_beyond_chance_and_at_least_a_few(
    middle: float, deviation: float, threshold: int
) -> None:
    found = Baseline(median=middle, deviation=deviation, windows=24, past=DAY, weekly=False)
    assert spike_threshold(SPIKE, found) == threshold


# ---------------------------------------------------------------- silence, terms, words


def test_silence_is_counted_while_somebody_watched() -> None:
    watched = [(NOON - 10 * DAY, NOON - 5 * DAY), (NOON - 2 * DAY, NOON)]
    assert silent_for(NOON - 6 * DAY, watched, NOON) == 3 * DAY
    assert silent_for(NOON - DAY, watched, NOON) == DAY
    assert silent_for(NOON, watched, NOON) == timedelta(0)
    assert silent_for(NOON - DAY, [], NOON) == timedelta(0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("rare earth", "Rare-Earths"),
        ("rare earth", "rare\u2011 earth"),
        ("mine", "mines"),
        ("tax", "taxes"),
        ("treaty", "Treaties"),
        ("レアアース", "ﾚｱｱｰｽ"),
        ("Nouvelle-Calédonie", "nouvelle caledonie"),
    ],
)
def test_spellings_of_a_term_are_one_term(one: str, other: str) -> None:
    assert term_key(one) == term_key(other) != ""


def test_other_terms_are_other_terms() -> None:
    terms = [
        "gallium",
        "germanium",
        "rare earth",
        "earth",
        "希土",
        "希土類",
        "us",
        "u",
        "日仏",
        "AUKUS",
        "treaty",
        "treat",
    ]
    assert len({term_key(term) for term in terms}) == len(terms)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(0), "0 s"),
        (45 * timedelta(seconds=1), "45 s"),
        (90 * MINUTE, "1 h 30 min"),
        (HOUR, "1 h"),
        (14 * DAY, "14 d"),
        (3 * DAY + 5 * HOUR + 10 * MINUTE, "3 d 5 h"),
        (-HOUR, "0 s"),
    ],
)
def test_durations_are_said_in_two_units(span: timedelta, words: str) -> None:
    assert spoken(span) == words


def test_every_alert_says_its_number_and_what_it_is_compared_with() -> None:
    found = Baseline(median=1.5, deviation=0, windows=6, past=14 * DAY, weekly=True)
    assert count_says(5, HOUR, 4) == "5 stories in 1 h (4 make an alert)"
    assert spike_says(7, HOUR, found) == (
        "7 stories in 1 h, usually 1.5 (median of 6 windows in 14 d, this hour of the week)"
    )
    assert silence_says(3 * DAY, NOON) == "no story for 3 d; the last one was seen 2026-11-02 12:00 UTC"
    assert first_seen_says(Condition.FIRST_TERM, ["gallium", "稀土"]) == "never matched before: gallium, 稀土"
    assert first_seen_says(Condition.FIRST_SOURCE, ["NHK"]) == "first story from: NHK"
    assert first_seen_says(Condition.FIRST_TERM, list("abcdefg")) == "never matched before: a, b, c, d, e and 2 more"
