"""The timeline of a report: one row of bars for each channel, as numbers for an SVG."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.replay.volume import Volume

WIDTH, HEIGHT = 720.0, 56.0  # of the drawing of a channel, in its own units
_TOP = 4.0  # above the highest bar
_GAP = 0.2  # of the room of a day
_LABELS = 6  # days that are named below, at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One day of one channel."""

    x: float
    y: float
    width: float
    height: float
    says: str
    was: float | None = None  # where the mark stands for what other rules would have told; None: nothing is compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One channel."""

    channel: str
    total: int
    peak: int
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Messages by day, all channels at one scale."""

    lines: Sequence[Line]
    labels: Sequence[tuple[float, str]]  # where a day is named, in per cent of the width, and how
    peak: int  # messages of the highest bar
    width: float = WIDTH
    height: float = HEIGHT


def chart_of(volume: Volume, before: Volume | None = None) -> Chart:
    """Lay out the timeline of a replay, the busiest channel first; ``before`` is what it is compared with."""
    compared = before.by_day if before else {}
    every = [*volume.by_day.values(), *compared.values()]
    peak = max((count for days in every for count in days), default=0)
    room = WIDTH / max(1, len(volume.days))
    channels = [*volume.channels, *(channel for channel in compared if channel not in volume.by_day)]
    none = [0] * len(volume.days)
    lines = []
    for channel in channels:
        counts = volume.by_day.get(channel, none)
        bars = [
            _bar(place, count, was, volume, peak=peak, room=room)
            for place, (count, was) in enumerate(zip(counts, compared.get(channel, none), strict=True))
            if count or was
        ]
        if before is None:
            bars = [replace(bar, was=None) for bar in bars]
        lines.append(Line(channel=channel, total=sum(counts), peak=max(counts), bars=bars))
    step = max(1, -(-len(volume.days) // _LABELS))
    labels = [
        (round(100 * (number + 0.5) / len(volume.days), 2), f"{day.day} {day:%b}")
        for number, day in enumerate(volume.days)
        if not number % step
    ]
    return Chart(lines=lines, labels=labels, peak=peak)


def _bar(place: int, count: int, was: int, volume: Volume, *, peak: int, room: float) -> Bar:
    height = (HEIGHT - _TOP) * count / peak
    return Bar(
        x=round(place * room + room * _GAP / 2, 2),
        y=round(HEIGHT - height, 2),
        width=round(room * (1 - _GAP), 2),
        height=round(height, 2),
        says=f"{volume.days[place]:%Y-%m-%d}: {count:,}{f', before {was:,}' if was != count else ''}",
        was=round(HEIGHT - (HEIGHT - _TOP) * was / peak, 2),
    )
