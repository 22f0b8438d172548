"""Spans of time as people write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta


_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def spoken(span: timedelta) -> str:
    """Return a span as people write it: ``90s``, ``15m``, ``2h``."""
    seconds = round(span.total_seconds())
    for unit, size in (("d", _DAY), ("h", _HOUR), ("m", _MINUTE)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s" if seconds < 2 * _MINUTE else f"{seconds // 60}m{seconds % 60:02}s"


def roughly(span: timedelta) -> str:
    """Return a span to about one part in ten: ``48s``, ``3m``, ``1h20m``, ``14h``, ``12d``."""
    seconds = max(round(span.total_seconds()), 0)
    if seconds < 2 * _MINUTE:
        return f"{seconds}s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE}m"
    if seconds < 10 * _HOUR:
        hours, minutes = divmod(seconds // _MINUTE, 60)
        return f"{hours}h{minutes:02}m" if minutes else f"{hours}h"
    return f"{seconds // _HOUR}h" if seconds < 2 * _DAY else f"{round(seconds / _DAY)}d"
