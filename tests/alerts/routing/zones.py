"""Zones whose clocks do odd things, and moments near the times at which they do them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

# An hour at night; half an hour; at midnight, twice; back at midnight; with summer as the standard; two hours;
# at the end of the day; a date that was left out; and zones that never change.
ODD = {
    "Europe/Paris": (2026, 2027),
    "America/New_York": (2026, 2027),
    "Australia/Lord_Howe": (2026, 2027),
    "Africa/Cairo": (2024, 2026),
    "America/Sao_Paulo": (2016, 2019),
    "Africa/Casablanca": (2024, 2026),
    "Antarctica/Troll": (2024, 2026),
    "America/Nuuk": (2023, 2026),
    "Pacific/Apia": (2011, 2012),
    "Asia/Tokyo": (2026, 2027),
    "UTC": (2026, 2027),
}


def changes(name: str) -> list[datetime]:
    """The moments, in UTC, at which a zone's offset changes in its years."""
    zone = ZoneInfo(name)
    first, last = ODD[name]
    found = []
    at, step = datetime(first, 1, 1, tzinfo=UTC), timedelta(minutes=15)
    while at.year <= last:
        day = at + timedelta(days=1)
        if at.astimezone(zone).utcoffset() != day.astimezone(zone).utcoffset():
            while at < day:
                if at.astimezone(zone).utcoffset() != (at + step).astimezone(zone).utcoffset():
                    found.append(at + step)
                at += step
        at = day
    return found


CHANGES = {name: changes(name) for name in ODD}
ZONES = st.sampled_from(sorted(ODD)).map(ZoneInfo)
TIMES = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 45, 59]))


@st.composite
def moments(draw: st.DrawFn, zone: ZoneInfo) -> datetime:
    """A moment, mostly within two days of a change of the clocks."""
    near = CHANGES[zone.key]
    first, last = ODD[zone.key]
    base = draw(st.sampled_from(near)) if near else datetime(first, 6, 1, tzinfo=UTC)
    if draw(st.integers(0, 9)):
        return base + timedelta(minutes=draw(st.integers(-2 * 1440, 2 * 1440)))
    return datetime(first, 1, 1, tzinfo=UTC) + timedelta(minutes=draw(st.integers(0, (last - first + 1) * 525_600)))
