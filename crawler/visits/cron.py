"""Cron strings: when a schedule that a person wrote as cron strikes next, in a time zone."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

UTC = ZoneInfo("UTC")
_NAMED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_FIELDS = ("minute", "hour", "day", "month", "day_of_week")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = re.compile("|".join(_MONTHS))  # APScheduler does not know ranges of a name and a number
_RANGE = re.compile(r"(?P<first>\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?")


def next_strike(text: str, zone: ZoneInfo, after: datetime) -> datetime | None:
    """Return the first moment after ``after``, in UTC, at which a cron string strikes; None when there is none.

    As cron does it, days of month and of week count together when both are given: either will do. A time of
    day that a clock change repeats strikes once, one that it skips strikes as much later as the clock was
    set; schedules that name no hour strike all through. Raises ValueError for what is no cron string.
    """
    triggers, every_hour = _triggers(text, zone)
    found = [strike for trigger in triggers if (strike := _strike(trigger, zone, after, every_hour=every_hour))]
    return min(found, default=None)


def _strike(trigger: CronTrigger, zone: ZoneInfo, after: datetime, *, every_hour: bool) -> datetime | None:
    moment = after
    while True:
        start = (moment.astimezone(UTC) + timedelta(microseconds=1)).astimezone(zone)
        strike = trigger.get_next_fire_time(None, start)
        if strike is None:
            return None
        moment = datetime.fromtimestamp(strike.timestamp(), UTC)
        if every_hour or not _is_repeated(moment, zone):
            return moment


def _is_repeated(moment: datetime, zone: ZoneInfo) -> bool:
    """Tell whether the clock showed this time of day before, on the same day."""
    local = moment.astimezone(zone)
    return bool(local.fold) and local.replace(fold=0).utcoffset() != local.utcoffset()


@lru_cache(maxsize=10_000)
def _triggers(text: str, zone: ZoneInfo) -> tuple[tuple[CronTrigger, ...], bool]:
    """Return the triggers of which the first to strike counts, and whether the schedule names no hour."""
    from apscheduler.triggers.cron import CronTrigger

    fields = _NAMED.get(text.strip().lower(), text).lower().split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"a cron string has five fields (minute hour day month weekday), this has {len(fields)}")
    named = dict(zip(_FIELDS, fields, strict=True))
    named["day_of_week"] = _weekdays(named["day_of_week"])
    named["month"] = _MONTH.sub(lambda found: str(_MONTHS.index(found[0]) + 1), named["month"])
    either = not (named["day"].startswith("*") or named["day_of_week"].startswith("*"))
    wanted = [named | {"day": "*"}, named | {"day_of_week": "*"}] if either else [named]
    return tuple(CronTrigger(**one, timezone=zone) for one in wanted), named["hour"].startswith("*")


def _weekdays(field: str) -> str:
    """Return a field of weekdays with names in place of numbers: cron counts from Sunday, APScheduler from Monday."""
    if "*" in field.split(","):
        return "*"
    chosen: set[int] = set()
    for part in field.split(","):
        chosen |= _weekday_range(part)
    return ",".join(_DAYS[day] for day in sorted(chosen))


def _weekday_range(part: str) -> set[int]:
    whole = _RANGE.fullmatch(part.replace("*", "0-6", 1))
    if whole is None:
        raise ValueError(f"{part!r} is no weekday: write 0-7 (0 and 7 are Sunday) or sun-sat")
    first = _weekday(whole["first"])
    last = _weekday(whole["last"]) if whole["last"] else (6 if whole["step"] else first)
    if last == 0 < first:
        last = 7  # fri-sun, 5-7
    if last < first:
        raise ValueError(f"{part!r} runs backwards")
    step = int(whole["step"] or 1)
    if step == 0:
        raise ValueError(f"{part!r} has a step of nothing")
    return {day % 7 for day in range(first, last + 1, step)}


def _weekday(name: str) -> int:
    if name in _DAYS:
        return _DAYS.index(name)
    if name.isascii() and name.isdigit() and int(name) <= len(_DAYS):
        return int(name)
    raise ValueError(f"{name!r} is no weekday: write 0-7 (0 and 7 are Sunday) or sun-sat")
