"""Quiet hours: whether a channel is to be left alone now, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alerts.routing.walltime import moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alerts.routing.spec import QuietHours
    from alerts.story import Severity

_DAY = timedelta(days=1)
_FAR = 8 * _DAY  # windows that touch are followed for so long: a week of them never ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Hush:
    """A channel is to be left alone."""

    window: str  # the name of the quiet hours that hold now
    until: datetime  # the earliest moment at which no quiet hours hold, or more than a week ahead
    says: str


def is_quiet(windows: Sequence[QuietHours], channel: str, severity: Severity, now: datetime) -> Hush | None:
    """Return the quiet hours that keep a message of this severity from a channel now; None when it may pass.

    A window lasts from the first moment at which the clocks show its start to the last at which they show its
    end, so an hour that they repeat is quiet throughout, and a time that they skip is the moment of the change.
    """
    holding = [one for one in windows if _holds_for(one, channel, severity)]
    found = _around(holding, now)
    if found is None:
        return None
    window, until = found
    while until - now < _FAR and (further := _around(holding, until)):
        until = further[1]
    local = until.astimezone(window.zone)
    day = "" if local.date() - now.astimezone(window.zone).date() <= _DAY else f"{local:%Y-%m-%d} "
    return Hush(
        window=window.name,
        until=until,
        says=f"quiet hours `{window.name}` of {channel} until {day}{local:%H:%M} ({window.zone})",
    )


def spans(window: QuietHours, around: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield from when to when, in UTC, a window lasts on the days around a moment."""
    today = around.astimezone(window.zone).date()
    for day in (today - _DAY, today, today + _DAY):
        if day.weekday() not in window.days:
            continue
        last = day if window.end > window.start else day + _DAY
        start = moment(day, window.start, window.zone)
        end = moment(last, window.end, window.zone, last=True)
        if start < end:
            yield start, end


def _holds_for(window: QuietHours, channel: str, severity: Severity) -> bool:
    concerned = not window.channels or channel in window.channels
    return concerned and (window.but is None or severity < window.but)


def _around(windows: Sequence[QuietHours], now: datetime) -> tuple[QuietHours, datetime] | None:
    """Return the window around a moment that ends last, and its end."""
    ends = [(window, end) for window in windows for start, end in spans(window, now) if start <= now < end]
    return max(ends, key=lambda found: found[1], default=None)
