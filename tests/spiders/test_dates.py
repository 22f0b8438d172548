from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.story import DateNote
from spiders.dates import when

FETCHED = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
EVENING = datetime(2026, 11, 24, 20, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "hours_east"),
    [
        ("Tue, 24 Nov 2026 20:59:00 GMT", 0),
        ("24 Nov 26 20:59 UT", 0),
        ("Tue, 24 Nov 2026 20:59:00 +0900 (JST)", 9),
        ("Tue, 24 Nov 2026 20:59:00 JST", 9),
        ("Tue, 24 Nov 2026 20:59:00 KST", 9),
        ("Tue, 24 Nov 2026 20:59:00 GMT+9", 9),
        ("Tue, 24 Nov 2026 20:59:00 EST", -5),
        ("Tue Nov 24 20:59:00 UTC 2026", 0),
        ("Tuesday, November 24, 2026 8:59 pm PST", -8),
        ("24-Nov-2026 20:59:00 Z", 0),
        ("2026-11-24T20:59:00Z", 0),
        ("2026-11-24T20:59:00.123+05:30", 5.5),
        ("2026-11-24T20:59:00-0330", -3.5),
        ("2026-11-24 20:59 UTC", 0),
        ("20261124T205900Z", 0),
        ("2026/11/24 20:59 JST", 9),
        ("24.11.2026 20:59 CET", 1),
        ("24/11/2026 20:59 +0100", 1),
        ("11/24/2026 20:59 GMT", 0),
        ("2026\u5e7411\u670824\u65e5(\u706b) 20:59 JST", 9),
        ("mar., 24 novembre 2026 20:59 +0100", 1),
        ("24 de noviembre de 2026 20:59 CET", 1),
        ("24. listopadu 2026 20:59 CET", 1),
        ("\u0412\u0442, 24 \u043d\u043e\u044f\u0431\u0440\u044f 2026 20:59:00 +0300", 3),
        ("1795553940", 0),
        ("1795553940000", 0),
    ],
)
def test_a_date_with_a_zone_is_read_exactly(raw: str, hours_east: float) -> None:
    assert when(raw, fetched=FETCHED) == (EVENING - timedelta(hours=hours_east), None)


@pytest.mark.parametrize(
    "raw",
    [
        "2026-11-24T20:59:00",
        "2026\u5e7411\u670824\u65e5 20:59",
        "2026\ub144 11\uc6d4 24\uc77c 20:59",
        "202611242059",
        "Tue, 24 Nov 2026 20:59:00",
        "Tue Nov 24 20:59:00 2026",
        "Tue, 24 Nov 2026 20:59:00 CST",
        "Tue, 24 Nov 2026 20:59:00 IST",
        "Tue, 24 Nov 2026 20:59:00 Foo",
    ],
)
def test_a_date_without_a_certain_zone_is_unknown_unless_the_source_has_one(raw: str) -> None:
    assert when(raw, fetched=FETCHED) == (None, DateNote.ZONELESS)
    assumed = when(raw, fetched=FETCHED, zone=ZoneInfo("Asia/Tokyo"))
    assert assumed == (EVENING - timedelta(hours=9), DateNote.ASSUMED_ZONE)


@pytest.mark.parametrize(
    ("name", "country", "hours_east"),
    [("CST", "cn", 8), ("CST", "us", -6), ("IST", "in", 5.5), ("IST", "ie", 1), ("BST", "gb", 1), ("BST", "bd", 6)],
)
def test_the_country_settles_an_ambiguous_zone(name: str, country: str, hours_east: float) -> None:
    found = when(f"24 Nov 2026 20:59 {name}", fetched=FETCHED, country=country)
    assert found == (EVENING - timedelta(hours=hours_east), None)


def test_the_source_s_own_zone_settles_an_ambiguous_name() -> None:
    found = when("24 Nov 2026 20:59 CST", fetched=FETCHED, zone=ZoneInfo("Asia/Shanghai"))
    assert found == (EVENING - timedelta(hours=8), None)


def test_american_zone_names_are_doubted_where_they_mean_something_else() -> None:
    assert when("24 Nov 2026 20:59 EST", fetched=FETCHED, country="au") == (None, DateNote.ZONELESS)


@pytest.mark.parametrize(
    ("raw", "note"),
    [
        (None, DateNote.MISSING),
        ("  ", DateNote.MISSING),
        ("yesterday", DateNote.UNREADABLE),
        ("1/2/2026", DateNote.UNREADABLE),  # a month and a day, or a day and a month?
        ("32 Nov 2026 10:00 GMT", DateNote.UNREADABLE),
        ("24 Nov 2026 25:00 GMT", DateNote.UNREADABLE),
        ("24 Foo 2026 10:00 GMT", DateNote.UNREADABLE),
        ("24 Nov 2026 10:00 +9900", DateNote.UNREADABLE),
        ("Thu, 01 Jan 1970 00:00:00 +0000", DateNote.UNREADABLE),
        ("0001-01-01T00:00:00Z", DateNote.UNREADABLE),
        ("9999-12-31T23:59:59-12:00", DateNote.UNREADABLE),
        ("2026-11-25T13:00:01Z", DateNote.FUTURE),
    ],
)
def test_what_is_no_certain_date_is_none_with_the_reason(raw: str | None, note: DateNote) -> None:
    assert when(raw, fetched=FETCHED) == (None, note)


def test_a_clock_that_is_a_little_fast_is_forgiven() -> None:
    assert when("2026-11-25T13:00:00Z", fetched=FETCHED) == (FETCHED + timedelta(hours=1), None)


def test_a_leap_second_is_no_reason_to_lose_a_date() -> None:
    assert when("2016-12-31T23:59:60Z", fetched=FETCHED) == (datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC), None)


@given(st.datetimes(min_value=datetime(1990, 1, 2), max_value=datetime(2026, 11, 24)), st.integers(-12, 14))  # noqa: DTZ001 -- Hypothesis asks for naive bounds
def test_every_moment_survives_rfc_822_and_iso_8601(naive: datetime, hours: int) -> None:
    moment = naive.replace(microsecond=0, tzinfo=UTC)
    shown = moment + timedelta(hours=hours)
    sign = "-" if hours < 0 else "+"
    for raw in (
        f"{shown:%a, %d %b %Y %H:%M:%S} {sign}{abs(hours):02}00",
        f"{shown:%Y-%m-%dT%H:%M:%S}{sign}{abs(hours):02}:00",
    ):
        assert when(raw, fetched=FETCHED) == (moment, None)


@given(st.text(max_size=60))
def test_no_text_is_too_odd_and_none_means_now(raw: str) -> None:
    moment, note = when(raw, fetched=FETCHED)
    assert (moment is None) == (note is not None) or note is DateNote.ASSUMED_ZONE
    assert moment is None or moment != FETCHED
