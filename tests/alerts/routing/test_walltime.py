from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.routing.walltime import exists, moment
from tests.alerts.routing.zones import TIMES, ZONES, moments


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        ("Europe/Paris", date(2026, 3, 29), time(2, 30), "2026-03-29T01:00"),  # skipped: the change itself
        ("Europe/Paris", date(2026, 10, 25), time(2, 30), "2026-10-25T00:30"),  # shown twice: the first time
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 10), "2026-10-03T15:30"),  # half an hour is skipped
        ("Africa/Cairo", date(2026, 4, 24), time(0, 30), "2026-04-23T22:00"),  # midnight is skipped
        ("America/Nuuk", date(2025, 3, 29), time(23, 30), "2025-03-30T01:00"),  # the last hour of the day is
        ("Pacific/Apia", date(2011, 12, 30), time(9), "2011-12-30T10:00"),  # the whole day is
        ("Asia/Tokyo", date(2026, 3, 29), time(2, 30), "2026-03-28T17:30"),
    ],
)
def test_a_time_that_clocks_skip_or_show_twice_is_one_moment(zone: str, day: date, at: time, expected: str) -> None:
    assert moment(day, at, ZoneInfo(zone)) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_the_second_showing_can_be_asked_for() -> None:
    paris, day = ZoneInfo("Europe/Paris"), date(2026, 10, 25)
    assert moment(day, time(2, 30), paris, last=True) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@given(st.data(), ZONES)
def test_what_the_clocks_show_leads_back_to_the_moment(data: st.DataObject, zone: ZoneInfo) -> None:
    at = data.draw(moments(zone))
    local = at.astimezone(zone)
    shown = {moment(local.date(), local.time(), zone, last=last) for last in (False, True)}
    assert at in shown


@given(st.data(), ZONES, TIMES, TIMES)
def test_later_times_are_never_earlier_moments(data: st.DataObject, zone: ZoneInfo, one: time, other: time) -> None:
    day = data.draw(moments(zone)).astimezone(zone).date()
    early, late = sorted((one, other))
    assert moment(day, early, zone) <= moment(day, late, zone)


def test_a_date_may_be_missing() -> None:
    apia = ZoneInfo("Pacific/Apia")
    assert [exists(date(2011, 12, day), apia) for day in (29, 30, 31)] == [True, False, True]
    assert exists(date(2026, 4, 24), ZoneInfo("Africa/Cairo"))  # though it has no midnight
