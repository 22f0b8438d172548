"""Local dates and times as moments, where clocks skip an hour or show it twice."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from math import ceil, floor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, tzinfo


def moment(day: date, at: time, zone: tzinfo, *, last: bool = False) -> datetime:
    """Return the moment, in UTC, at which the clocks of a zone show a time.

    Of a time that they show twice, the first, or with ``last`` the second. For one that they skip (PEP 495 calls
    it a gap), the moment at which they are set forward.
    """
    naive = datetime.combine(day, at)
    first, second = (naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    before, after = _offset(first), _offset(second)
    if before < after:
        return _jump((naive - after).replace(tzinfo=UTC), (naive - before).replace(tzinfo=UTC), zone)
    return (naive - (after if last else before)).replace(tzinfo=UTC)


def exists(day: date, zone: tzinfo) -> bool:
    """Say whether a date was in a zone's calendar: Samoa had no 30 December 2011."""
    return moment(day, time(), zone).astimezone(zone).date() == day


def _offset(at: datetime) -> timedelta:
    return at.utcoffset() or timedelta()


def _jump(low: datetime, high: datetime, zone: tzinfo) -> datetime:
    """Return the moment, after ``low`` and not after ``high``, from which the clocks show another offset."""
    old = _offset(low.astimezone(zone))
    before, after = floor(low.timestamp()), ceil(high.timestamp())
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(datetime.fromtimestamp(middle, zone)) == old:
            before = middle
        else:
            after = middle
    return datetime.fromtimestamp(after, UTC)
