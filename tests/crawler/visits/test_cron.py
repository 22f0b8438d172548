from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config.every import every
from crawler.config.values import Unusable
from crawler.visits.cron import next_strike

PARIS = ZoneInfo("Europe/Paris")
MOMENTS = st.integers(0, 10 * 366 * 86_400).map(
    lambda seconds: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


def strikes(text: str, start: str, count: int, zone: ZoneInfo = PARIS) -> list[str]:
    found, moment = [], datetime.fromisoformat(start)
    for _ in range(count):
        strike = next_strike(text, zone, moment)
        assert strike is not None
        found.append(strike.astimezone(zone).strftime("%m-%d %H:%M %Z"))
        moment = strike
    return found


def test_it_strikes_in_its_zone_and_answers_in_utc() -> None:
    assert next_strike("0 7 * * *", PARIS, datetime(2026, 11, 2, 12, tzinfo=UTC)) == datetime(
        2026, 11, 3, 6, tzinfo=UTC
    )


def test_a_strike_at_this_moment_is_over() -> None:
    at = datetime(2026, 11, 3, 6, tzinfo=UTC)
    assert next_strike("0 7 * * *", PARIS, at) == at + timedelta(days=1)
    assert next_strike("0 7 * * *", PARIS, at - timedelta(microseconds=1)) == at


def test_an_hour_that_the_clock_repeats_strikes_once() -> None:
    assert strikes("30 2 * * *", "2026-10-24T00:00:00+00:00", 3) == [
        "10-24 02:30 CEST",
        "10-25 02:30 CEST",
        "10-26 02:30 CET",
    ]


def test_an_hour_that_the_clock_skips_strikes_later_that_day() -> None:
    assert strikes("30 2 * * *", "2026-03-28T12:00:00+00:00", 2) == ["03-29 03:30 CEST", "03-30 02:30 CEST"]


def test_what_names_no_hour_strikes_all_through_a_change() -> None:
    assert strikes("*/30 * * * *", "2026-10-24T23:45:00+00:00", 5) == [
        "10-25 02:00 CEST",
        "10-25 02:30 CEST",
        "10-25 02:00 CET",
        "10-25 02:30 CET",
        "10-25 03:00 CET",
    ]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("0 8 * * 1-5", ["23", "24", "25", "26", "27", "30"]),
        ("0 8 * * mon-fri", ["23", "24", "25", "26", "27", "30"]),
        ("0 8 * * 0", ["22", "29"]),
        ("0 8 * * 7", ["22", "29"]),
        ("0 8 * * 5-7", ["22", "27", "28", "29"]),
        ("0 8 * * SAT,sun", ["22", "28", "29"]),
        ("0 8 * * */3", ["22", "25", "28", "29"]),
        ("@weekly", ["22", "29"]),
        ("0 8 25 * *", ["25"]),
        ("0 8 25 * 6", ["25", "28"]),  # either will do
    ],
)
def test_days_are_counted_as_cron_counts_them(text: str, days: list[str]) -> None:
    found = strikes(text, "2026-11-21T23:00:00+00:00", len(days), ZoneInfo("UTC"))
    assert [strike[3:5] for strike in found] == days


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("* * * *", "five fields"),
        ("61 * * * *", "maximum value"),
        ("0 0 * * 8", "'8' is no weekday"),
        ("0 0 * * fr", "'fr' is no weekday"),
        ("0 0 * * 1/0", "a step of nothing"),
        ("0 0 * * 5-2", "runs backwards"),
        ("0 0 * * 1;2", "'1;2' is no weekday"),
        ("@sometimes", "five fields"),
        ("", "five fields"),
    ],
)
def test_what_is_no_cron_string_is_said_to_be_none(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        next_strike(text, PARIS, datetime(2026, 11, 2, tzinfo=UTC))


def test_a_date_that_never_comes_never_strikes() -> None:
    assert next_strike("0 0 30 2 *", PARIS, datetime(2026, 11, 2, tzinfo=UTC)) is None


def fields(least: int, most: int, *words: str) -> st.SearchStrategy[str]:
    value = st.integers(least, most).map(str) | (st.sampled_from(words) if words else st.nothing())
    span = st.just("*") | value | st.tuples(value, value).map("-".join)
    part = span | st.tuples(span, st.integers(1, 12).map(str)).map("/".join)
    return st.lists(part, min_size=1, max_size=3).map(",".join)


CRONS = st.tuples(
    fields(0, 59),
    fields(0, 23),
    fields(1, 31),
    fields(1, 12, "jan", "may", "dec"),
    fields(0, 7, "sun", "mon", "fri", "sat"),
).map(" ".join)


@given(CRONS, MOMENTS)
def test_what_the_configuration_takes_strikes_one_day(text: str, moment: datetime) -> None:
    try:
        pace = every(text)
    except Unusable:
        return
    assert pace.cron is not None
    strike = next_strike(pace.cron, PARIS, moment)
    assert strike is not None
    assert moment < strike < moment + timedelta(days=9 * 366)


@given(MOMENTS, st.sampled_from(["*/7 * * * *", "30 2 * * *", "0 0 * * 0", "15 1-3 * * *", "@hourly"]))
def test_strikes_go_forward_and_none_is_left_out(moment: datetime, text: str) -> None:
    strike = next_strike(text, PARIS, moment)
    assert strike is not None
    assert strike > moment
    between = moment + (strike - moment) / 2
    assert next_strike(text, PARIS, between) == strike
