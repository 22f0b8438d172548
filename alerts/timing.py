"""Time to alert: how long it took from publication until people were told, and where that time went."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime


class Stage(StrEnum):
    """A part of the way from publication to the message."""

    SEEN = "published_to_seen"
    MATCHED = "seen_to_matched"
    POSTED = "matched_to_posted"
    WHOLE = "published_to_posted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """The moments of one story on its way to one channel, by one rule; None is unknown."""

    source: str
    rule: str
    published: datetime | None
    seen: datetime
    matched: datetime | None  # when the message was queued
    posted: datetime | None  # when it was first accepted; None: not yet, or never

    def took(self, stage: Stage) -> timedelta | None:
        """Return how long a stage took; None where one of its ends is unknown.

        What ends before it begins took no time: an outlet's clock may be ahead of ours.
        """
        ends = {
            Stage.SEEN: (self.published, self.seen),
            Stage.MATCHED: (self.seen, self.matched),
            Stage.POSTED: (self.matched, self.posted),
            Stage.WHOLE: (self.published, self.posted),
        }
        start, end = ends[stage]
        return None if start is None or end is None else max(end - start, timedelta())


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """How long a stage took: the median, and what 95 of 100 did not exceed (nearest rank)."""

    p50: timedelta
    p95: timedelta
    count: int  # of walks of which both ends are known


Figures = dict[Stage, Figure]  # a stage that nothing is known of is absent


@dataclass(frozen=True, slots=True, kw_only=True)
class Promptness:
    """Time to alert in all, by source and by rule; those with the most messages come first."""

    overall: Mapping[Stage, Figure] = field(default_factory=dict)
    sources: Mapping[str, Mapping[Stage, Figure]] = field(default_factory=dict)
    rules: Mapping[str, Mapping[Stage, Figure]] = field(default_factory=dict)


def promptness(walks: Sequence[Walk]) -> Promptness:
    """Return what the walks took; a story that went to several channels counts with each of them."""
    return Promptness(
        overall=figures(walks),
        sources=_grouped(walks, lambda walk: walk.source),
        rules=_grouped(walks, lambda walk: walk.rule),
    )


def figures(walks: Iterable[Walk]) -> Figures:
    """Return a figure for each stage that at least one walk knows both ends of."""
    spans: dict[Stage, list[timedelta]] = defaultdict(list)
    for walk in walks:
        for stage in Stage:
            if (span := walk.took(stage)) is not None:
                spans[stage].append(span)
    return {stage: _figure(sorted(spans[stage])) for stage in Stage if spans[stage]}


def _grouped(walks: Sequence[Walk], by: Callable[[Walk], str]) -> dict[str, Figures]:
    groups: dict[str, list[Walk]] = defaultdict(list)
    for walk in walks:
        groups[by(walk)].append(walk)
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    return {name: figures(of) for name, of in ordered}


def _figure(ordered: Sequence[timedelta]) -> Figure:
    return Figure(p50=_rank(ordered, 50), p95=_rank(ordered, 95), count=len(ordered))


def _rank(ordered: Sequence[timedelta], percent: int) -> timedelta:
    """Return the smallest value that at least so many percent do not exceed: the nearest-rank method."""
    return ordered[max(-(-percent * len(ordered) // 100), 1) - 1]
