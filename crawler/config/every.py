"""``every:`` as a person writes it: auto, a duration, or a cron string."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.config import values

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """When a source is visited; with neither of the two, Tocsin decides."""

    interval: timedelta | None = None
    cron: str | None = None  # five fields, in lower case


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    least: int
    most: int
    words: Sequence[str] = ()  # names of the numbers, from `least` on


_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = tuple(name.lower() for name in calendar.month_abbr[1:])
_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("weekday", 0, 7, _WEEKDAYS),
)
_NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * sun",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_LONGEST = 200  # characters
_LEAP_YEAR = 2024
_HINT = "write five fields: minute, hour, day, month, weekday, such as `*/10 6-22 * * mon-fri`"


def every(value: str) -> Every:
    """Read ``auto``, a duration of at least one second, or a cron string of five fields."""
    word = value.strip()
    if word == "auto":
        return Every()
    if word.startswith("@"):
        if (known := _NICKNAMES.get(word.lower())) is None:
            raise values.Unusable("is not understood", f"write {', '.join(_NICKNAMES)}, or five fields")
        return Every(cron=known)
    if len(word.split()) >= len(_FIELDS) - 1:
        return Every(cron=_cron(word))
    return Every(interval=values.duration_between(values.SECOND)(word))


def _cron(value: str) -> str:
    fields = value.lower().split()
    if len(fields) == len(_FIELDS) + 1:
        hint = "leave the seconds out; write a duration such as 30s for less than a minute"
        raise values.Unusable("has six fields, and a cron string has five", hint)
    if len(fields) != len(_FIELDS) or len(value) > _LONGEST:
        raise values.Unusable("is neither a duration nor a cron string", _HINT)
    numbers = [_numbers(text, field) for text, field in zip(fields, _FIELDS, strict=True)]
    days, months, any_weekday = numbers[2], numbers[3], fields[4].startswith("*")
    if any_weekday and not any(min(days) <= calendar.monthrange(_LEAP_YEAR, month)[1] for month in months):
        raise values.Unusable("names a day that never comes")
    return " ".join(fields)


def _numbers(text: str, field: _Field) -> set[int]:
    """Return the numbers that one field of a cron string stands for."""
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        width = _number(step, _Field("step", 1, field.most)) if slash else 1
        first, dash, last = span.partition("-")
        if span == "*":
            low, high = field.least, field.most
        else:
            low = _number(first, field)
            high = _number(last, field) if dash else low
        if low > high and dash and field.words is _WEEKDAYS and high == 0:
            high = field.most  # fri-sun: Sunday is 0 and 7
        if low > high:
            raise values.Unusable(f"runs backwards at the {field.name}: {part}", "write two ranges: 22-23,0-6")
        if slash and not dash and span != "*":
            raise values.Unusable(f"has a step without a range: {part}", f"write {span}-{field.most}/{step}")
        if slash and width > high - low:
            raise values.Unusable(f"has a step that is wider than its range: {part}", f"write {low}")
        found |= set(range(low, high + 1, width))
    return found


def _number(word: str, field: _Field) -> int:
    if word in field.words:
        return field.least + field.words.index(word)
    if not re.fullmatch(r"[0-9]{1,4}", word) or not field.least <= int(word) <= field.most:
        names = f", or a name such as {field.words[0]}" if field.words else ""
        hint = f"{field.least} to {field.most}{names}"
        raise values.Unusable(f"has no {field.name} that can be used: {word or 'nothing'}", hint)
    return int(word)
