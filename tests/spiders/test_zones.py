from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from spiders.zones import zone_of

WINTER = datetime(2026, 11, 24, 20, 59)  # noqa: DTZ001 -- the clock's time, whose zone is asked for
SUMMER = datetime(2026, 7, 24, 20, 59)  # noqa: DTZ001 -- the same


def hours(
    name: str | None, naive: datetime = WINTER, country: str | None = None, zone: str | None = None
) -> float | None:
    found = zone_of(name, naive, country, ZoneInfo(zone) if zone else None)
    offset = found.utcoffset(naive) if found else None
    return None if offset is None else offset / timedelta(hours=1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Z", 0),
        ("+0530", 5.5),
        ("-03:30", -3.5),
        ("+9", 9),
        ("GMT+9", 9),
        ("UTC -3", -3),
        ("jst", 9),
        ("NPT", 5.75),
        ("+0900 JST", 9),
        ("Asia/Tokyo", 9),
        ("+0900 GMT", None),
        ("+0900 XYZ", 9),
        ("CST", None),
        ("XYZ", None),
        ("Mars/Base", None),
        ("ET", None),
        (None, None),
        ("", None),
    ],
)
def test_a_zone_is_an_offset_or_unknown(name: str | None, expected: float | None) -> None:
    assert hours(name) == expected


@pytest.mark.parametrize("name", ["+1500", "-9900", "+0907"])
def test_an_offset_of_no_place_is_an_error(name: str) -> None:
    with pytest.raises(ValueError, match=":"):
        zone_of(name, WINTER, None, None)


def test_the_country_settles_names_of_several_zones() -> None:
    assert [hours("CST", country=country) for country in ("us", "cn", "jp")] == [-6, 8, None]
    assert [hours("EST", country=country) for country in (None, "us", "au")] == [-5, -5, None]


def test_eastern_time_is_that_of_the_season() -> None:
    assert [hours("ET", naive, "us") for naive in (WINTER, SUMMER)] == [-5, -4]


def test_the_source_s_own_abbreviation_means_its_zone() -> None:
    assert hours("CST", zone="Asia/Shanghai") == 8
    assert hours("IST", zone="Asia/Kolkata") == 5.5
