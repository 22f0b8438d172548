from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.cluster.phase import PATIENT, Arrival, Phase, phase_of, rhythm_of

START = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
ORDER = [None, *Phase]

hours = st.floats(0, 240)
arrivals = st.lists(st.tuples(hours, st.sampled_from(["a", "b", "c", None])), min_size=1, max_size=30)


def at(hour: float) -> datetime:
    return START + timedelta(hours=hour)


def came(*hours: float, outlets: str = "abcdefgh") -> list[Arrival]:
    return [Arrival(at(hour), outlets[number % len(outlets)]) for number, hour in enumerate(hours)]


def phase(*hours: float, now: float) -> Phase | None:
    return phase_of(came(*hours), at(now)).phase


def test_several_outlets_at_once_on_a_new_event_break_it() -> None:
    standing = phase_of(came(0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, outlets="abcde"), at(50 / 60))
    assert standing.phase is Phase.BREAKING
    assert standing.reason == "7 stories from 5 outlets in 50 min; first 50 min ago"


def test_what_one_outlet_or_its_copies_tell_breaks_nothing() -> None:
    assert phase_of(came(0, 0.1, 0.2, outlets="a"), at(0.5)).phase is Phase.DEVELOPING
    copies = [Arrival(at(0), "a"), Arrival(at(0.1), None), Arrival(at(0.2), None)]
    standing = phase_of(copies, at(0.5))
    assert (standing.phase, standing.rhythm.outlets) == (Phase.DEVELOPING, 1)


def test_a_burst_that_is_over_an_hour_later_leaves_an_event_developing() -> None:
    assert phase(0, 0.1, 0.2, now=1.05) is Phase.DEVELOPING
    assert phase(0, 0.1, 0.2, 6.5, 6.6, 6.7, now=6.8) is Phase.DEVELOPING  # it is no longer new


def test_a_single_story_has_no_phase_until_silence_says_enough() -> None:
    standing = phase_of(came(0), at(1))
    assert (standing.phase, standing.reason) == (None, "1 story, too few for a rhythm; seen 60 min ago")
    later = phase_of(came(0), at(4))
    assert (later.phase, later.reason) == (Phase.FADING, "no story for 4 h; there was but one story")


def test_two_stories_of_one_outlet_have_no_phase() -> None:
    standing = phase_of(came(0, 0.5, outlets="a"), at(1))
    assert (standing.phase, standing.reason) == (
        None,
        "2 stories from 1 outlet, too few for a rhythm; first seen 60 min ago",
    )
    assert phase_of(came(0, 0.5, outlets="ab"), at(1)).phase is Phase.DEVELOPING


def test_what_came_within_the_minute_has_no_phase_yet() -> None:
    burst = came(0, 0.001, 0.002, outlets="abc")
    standing = phase_of(burst, at(0.01))
    assert (standing.phase, standing.reason) == (None, "3 stories from 3 outlets, first seen just now")
    assert phase_of(burst, at(1 / 60)).phase is Phase.BREAKING


def test_stories_that_go_on_for_more_than_a_day_are_sustained() -> None:
    steady = [4.0 * number for number in range(12)]
    assert phase(*steady, now=23) is Phase.DEVELOPING
    standing = phase_of(came(*steady), at(45))
    assert standing.phase is Phase.SUSTAINED
    assert standing.reason == "12 stories from 8 outlets in 45 h; first 45 h ago"


def test_an_old_event_develops_anew_when_far_more_comes_than_usual() -> None:
    steady = [6.0 * number for number in range(9)]
    assert phase(*steady, now=49) is Phase.SUSTAINED
    standing = phase_of(came(*steady, 49, 49.5, 50, 50.2), at(50.5))
    assert standing.phase is Phase.DEVELOPING
    assert standing.reason == "5 stories in 3 h, usually 0.5; first 2 d ago"
    assert phase(*steady, 49, 49.5, 50, 50.2, now=54) is Phase.SUSTAINED


def test_nights_belong_to_the_rhythm_of_an_event() -> None:
    days = [24.0 * day + hour for day in range(3) for hour in (0, 3, 6, 9, 12)]
    assert phase(*days, now=48 + 12 + 11) is Phase.SUSTAINED  # it has been silent for twelve hours before
    assert phase(*days, now=48 + 12 + 19) is Phase.FADING
    assert phase(0, 1, 2, 3, now=12) is Phase.FADING


def test_a_trickle_after_a_burst_fades_although_silence_is_short() -> None:
    burst = [0.05 * number for number in range(20)]
    standing = phase_of(came(*burst, 7, 13), at(14))
    assert standing.phase is Phase.FADING


def test_stories_yet_to_come_are_not_known() -> None:
    assert phase(0, 5, 5.1, 5.2, now=0.5) is None
    with pytest.raises(ValueError, match="no story of the event had come by 2026-11-02T06:00:00"):
        phase(1, now=0)


@given(arrivals, hours)
def test_any_event_fades_when_no_story_comes(found: list[tuple[float, str | None]], wait: float) -> None:
    stories = [Arrival(at(hour), outlet) for hour, outlet in found]
    last = max(arrival.at for arrival in stories)
    assert phase_of(stories, last + PATIENT[1] + timedelta(hours=wait, seconds=1)).phase is Phase.FADING


@given(arrivals, st.lists(hours, min_size=2, max_size=8))
def test_without_a_new_story_an_event_only_goes_on(found: list[tuple[float, str | None]], waits: list[float]) -> None:
    stories = [Arrival(at(hour), outlet) for hour, outlet in found]
    last = max(arrival.at for arrival in stories)
    passed = [ORDER.index(phase_of(stories, last + timedelta(hours=wait)).phase) for wait in sorted(waits)]
    assert passed == sorted(passed)


@given(st.lists(st.floats(0, 0.9), min_size=3, max_size=30), arrivals)
def test_a_burst_on_a_fresh_event_breaks_it(burst: list[float], later: list[tuple[float, str | None]]) -> None:
    stories = came(*burst) + [Arrival(at(1 + hour), outlet) for hour, outlet in later]
    assert phase_of(stories, at(0.95)).phase is Phase.BREAKING


@given(arrivals, hours)
def test_the_order_of_arrivals_makes_no_difference(found: list[tuple[float, str | None]], now: float) -> None:
    stories = [Arrival(at(hour), outlet) for hour, outlet in found]
    moment = max(arrival.at for arrival in stories) + timedelta(hours=now)
    assert phase_of(stories, moment) == phase_of(stories[::-1], moment)


@given(arrivals)
def test_another_outlet_never_counts_less(found: list[tuple[float, str | None]]) -> None:
    stories = [Arrival(at(hour), outlet) for hour, outlet in found]
    now = at(240)
    before, after = rhythm_of(stories, now), rhythm_of([*stories, Arrival(now, "new")], now)
    assert (after.stories, after.outlets) == (before.stories + 1, before.outlets + 1)
    assert after.silence == timedelta(0)
