from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.routing.hours import Hush, is_quiet
from alerts.routing.spec import QuietHours
from alerts.story import Severity
from tests.alerts.routing.zones import TIMES, ZONES, moments

PARIS = ZoneInfo("Europe/Paris")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def window(start: str = "22:00", end: str = "07:00", **changes: Any) -> QuietHours:
    values: dict[str, Any] = {"name": "night", "zone": PARIS}
    return QuietHours(start=time.fromisoformat(start), end=time.fromisoformat(end), **(values | changes))


def at_paris(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS, fold=fold).astimezone(UTC)


def quiet(windows: list[QuietHours], now: datetime, severity: Severity = Severity.NOTICE) -> Hush | None:
    return is_quiet(windows, "#news", severity, now)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-02T21:59", None),
        ("2026-11-02T22:00", "2026-11-03T07:00"),
        ("2026-11-03T06:59", "2026-11-03T07:00"),
        ("2026-11-03T07:00", None),
    ],
)
def test_a_night_begins_with_its_first_minute_and_ends_before_its_last(now: str, until: str | None) -> None:
    found = quiet([window()], at_paris(now))
    assert (found.until if found else None) == (at_paris(until) if until else None)


def test_it_says_which_hours_and_until_when() -> None:
    found = quiet([window()], at_paris("2026-11-02T23:00"))
    assert found
    assert (found.window, found.says) == ("night", "quiet hours `night` of #news until 07:00 (Europe/Paris)")


def test_a_window_counts_for_its_channels_and_below_its_severity() -> None:
    now = at_paris("2026-11-02T23:00")
    assert not quiet([window(channels=("#other",))], now)
    assert quiet([window(channels=("#news",))], now)
    assert not quiet([window(but=Severity.HIGH)], now, Severity.CRITICAL)
    assert not quiet([window(but=Severity.HIGH)], now, Severity.HIGH)
    assert quiet([window(but=Severity.HIGH)], now, Severity.NOTICE)
    assert quiet([window()], now, Severity.CRITICAL)


def test_the_day_that_counts_is_the_one_on_which_the_window_begins() -> None:
    weeknights = window(days=frozenset(range(5)))
    assert quiet([weeknights], at_paris("2026-11-07T06:00"))  # Saturday morning belongs to Friday night
    assert not quiet([weeknights], at_paris("2026-11-07T23:00"))
    assert not quiet([weeknights], at_paris("2026-11-09T06:00"))  # Monday morning to Sunday night


def test_windows_that_touch_are_one_stretch() -> None:
    windows = [window("22:00", "02:00"), window("02:00", "05:00", name="late"), window("06:00", "07:00")]
    found = quiet(windows, at_paris("2026-11-02T23:00"))
    assert found
    assert found.until == at_paris("2026-11-03T05:00")


def test_of_windows_that_overlap_the_one_that_ends_last_is_named() -> None:
    windows = [window("20:00", "23:30"), window(name="long"), window("21:00", "01:00", name="late")]
    found = quiet(windows, at_paris("2026-11-02T23:00"))
    assert found
    assert (found.window, found.until) == ("long", at_paris("2026-11-03T07:00"))


def test_a_channel_that_is_never_told_is_asked_about_again_some_day() -> None:
    always = window("00:00", "00:00")
    now = at_paris("2026-11-02T23:00")
    found = quiet([always], now)
    assert found
    assert 8 * DAY <= found.until - now < 10 * DAY
    assert "2026-11-1" in found.says


@pytest.mark.parametrize(
    ("now", "fold", "expected"),
    [
        ("2026-10-25T01:59", 0, True),
        ("2026-10-25T02:15", 0, True),
        ("2026-10-25T02:45", 0, True),  # the clocks have shown 02:30, and will do so again
        ("2026-10-25T02:15", 1, True),
        ("2026-10-25T02:30", 1, False),
    ],
)
def test_an_end_that_clocks_show_twice_is_the_second(now: str, fold: int, expected: bool) -> None:
    assert bool(quiet([window("22:00", "02:30")], at_paris(now, fold))) is expected


def test_a_start_that_clocks_skip_is_the_moment_of_the_change() -> None:
    late = window("02:30", "07:00")
    change = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert not quiet([late], change - MINUTE)
    assert quiet([late], change)


def test_hours_of_a_date_that_was_left_out_are_none() -> None:
    office = window("09:00", "17:00", zone=ZoneInfo("Pacific/Apia"))
    change = datetime(2011, 12, 30, 10, 0, tzinfo=UTC)
    assert not quiet([office], change)
    assert quiet([office], change + timedelta(hours=9))


def by_the_clock(one: QuietHours, now: datetime) -> bool:
    """What a clock and a calendar on the wall say."""
    local = now.astimezone(one.zone)
    shown, today = local.time(), local.date()
    yesterday = today - DAY
    if one.start < one.end:
        return today.weekday() in one.days and one.start <= shown < one.end
    tonight = today.weekday() in one.days and shown >= one.start
    return tonight or (yesterday.weekday() in one.days and shown < one.end)


WINDOWS = st.builds(
    lambda start, end, days: (start, end, days),
    TIMES,
    TIMES,
    st.sets(st.integers(0, 6), min_size=1).map(frozenset),
)


@given(st.data(), ZONES, WINDOWS)
def test_it_is_quiet_when_the_clock_on_the_wall_says_so(data: st.DataObject, zone: ZoneInfo, drawn: Any) -> None:
    start, end, days = drawn
    one = QuietHours(name="x", start=start, end=end, days=days, zone=zone)
    now = data.draw(moments(zone))
    local = now.astimezone(zone)
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    found = quiet([one], now)
    if by_the_clock(one, now):
        assert found
    elif found:
        assert twice  # only while the clocks show a time again may it be quiet longer than they say


@given(st.data(), ZONES, st.lists(WINDOWS, min_size=1, max_size=3))
def test_until_is_when_it_is_over_and_not_before(data: st.DataObject, zone: ZoneInfo, drawn: Any) -> None:
    windows = [QuietHours(name="x", start=one[0], end=one[1], days=one[2], zone=zone) for one in drawn]
    now = data.draw(moments(zone))
    found = quiet(windows, now)
    if found is None:
        return
    assert found.until > now
    if found.until - now < 8 * DAY:
        assert quiet(windows, found.until) is None
    part = data.draw(st.integers(0, 99))
    within = quiet(windows, now + (found.until - now) // 100 * part)
    assert within
    assert within.until >= found.until
