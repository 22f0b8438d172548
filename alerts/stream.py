"""Conditions on the stream: what many stories that one rule holds for say together."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil, floor
from statistics import median
from typing import TYPE_CHECKING

from alerts.rules.fold import MARK, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from alerts.rules.spec import Rate, SpikeSpec, StreamSpec
    from alerts.story import Severity

FLOOR = 4  # stories; fewer are no spike, however rare the rule
DEVIATIONS = 3  # how many standard deviations a spike must stand out by
MAD_TO_SIGMA = 1.4826  # a normal distribution's standard deviation, by its median absolute deviation
ENOUGH = 8  # windows of history before a spike can be told from chance …
ENOUGH_TIME = timedelta(days=1)  # … which must cover day and night; less only where `against` is shorter
WEEKLY = 5  # windows at this hour of the week, from …
WEEKS = 2  # … at least so many weeks, before the baseline is theirs alone
LEARNING = timedelta(days=1)  # of news that a rule must have met before `first_seen` tells of what is new to it
AROUND = timedelta(hours=1)  # how far from this moment of the week a window may end to belong to its hour

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_SHOWN = 5  # terms or sources that a sentence names
_SHORTEST_PLURAL = 4  # letters

Stretch = tuple[datetime, datetime]  # a time during which Tocsin watched, from and until

HELD_BACK = "quiet: at_most"  # in the place of a condition: the summary of what a rule held back


class Condition(StrEnum):
    """The conditions that a rule can have on the stream, as written in config.yaml."""

    COUNT = "count"
    SPIKE = "spike"
    FIRST_TERM = "first_seen: term"
    FIRST_SOURCE = "first_seen: source"
    SILENCE = "silence"
    SOURCES = "independent_sources"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRule:
    """A rule with conditions on the stream, as far as they need it."""

    id: str
    name: str
    severity: Severity
    tags: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    shadow: bool = False
    spec: StreamSpec

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Those that the rule has; each alerts by itself."""
        spec = self.spec
        has = {
            Condition.COUNT: spec.count is not None,
            Condition.SPIKE: spec.spike is not None,
            Condition.FIRST_TERM: spec.first_seen == "term",
            Condition.FIRST_SOURCE: spec.first_seen == "source",
            Condition.SILENCE: spec.silence is not None,
            Condition.SOURCES: spec.independent_sources is not None,
        }
        return tuple(condition for condition, there in has.items() if there)

    def window(self, condition: Condition) -> timedelta | None:
        """Return how long the window is in which a condition counts stories; None when it counts none."""
        if self.spec.count and condition is Condition.COUNT:
            return self.spec.count.per
        if self.spec.spike and condition is Condition.SPIKE:
            return self.spec.spike.within
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamState:
    """What is kept of one condition between two looks at it."""

    rule: str
    condition: Condition
    since: datetime  # the rule's matches are known from here on
    armed: bool = False  # COUNT and SPIKE: it was false since the last alert
    told: datetime | None = None  # when the newest story was seen that the last alert told of
    taught: str | None = None  # FIRST_TERM and FIRST_SOURCE: the revision of the rules that read the past for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What a window usually holds."""

    median: float
    deviation: float  # median absolute deviation
    windows: int
    past: timedelta  # how far back the windows reach
    weekly: bool  # windows of this hour of the week; False: of all hours


def cross(
    state: StreamState, threshold: int, before: Mapping[int, datetime], after: Mapping[int, datetime]
) -> tuple[StreamState, frozenset[int]]:
    """Decide whether a window that now holds ``after``, and held ``before`` when looked at last, makes an alert.

    Both map groups of copies to when they were first seen. A window only empties between two looks, so
    ``before``, taken at this moment, is the least it held. An alert follows when the condition was false since
    the last one and is true by stories newer than those told of: a burst is told once however long it lasts,
    and no story twice. Returns the new state and the groups to tell of, none when there is no alert.
    """
    armed = state.armed or len(before) < threshold
    fresh = frozenset(group for group, first in after.items() if state.told is None or first > state.told)
    if armed and len(fresh) >= threshold:
        return replace(state, armed=False, told=max(after[group] for group in fresh)), fresh
    return replace(state, armed=armed), frozenset()


def baseline(
    spike: SpikeSpec, seen: Iterable[datetime], watched: Sequence[Stretch], since: datetime, now: datetime
) -> Baseline | None:
    """Return what a window of ``spike.within`` usually holds, from the past before the one that ends now.

    ``seen`` are the moments at which stories came. Only windows throughout which Tocsin watched, after
    ``since``, count. None while there are too few of them to tell.
    """
    end = now - spike.within
    start = max(end - spike.against, min((first for first, _ in watched), default=end), since)
    moments = sorted(seen)

    def held(ends: Iterable[datetime]) -> list[int]:
        return [
            bisect_right(moments, at) - bisect_right(moments, at - spike.within)
            for at in ends
            if at - spike.within >= start and _covers(watched, at - spike.within, at)
        ]

    counts = [held(week) for week in _same_hours(spike.within, start, now)]
    weekly = sum(map(len, counts)) >= WEEKLY and sum(map(bool, counts)) >= WEEKS
    sample = [count for week in counts for count in week] if weekly else held(_windows(spike.within, start, end))
    enough = WEEKLY if weekly else min(ENOUGH, spike.against // spike.within)
    if len(sample) < enough or end - start < min(ENOUGH_TIME, spike.against):
        return None
    middle = median(sample)
    deviation = median(abs(count - middle) for count in sample)
    return Baseline(median=middle, deviation=deviation, windows=len(sample), past=end - start, weekly=weekly)


def spike_threshold(spike: SpikeSpec, usual: Baseline) -> int:
    """Return how many stories a window must hold to stand out: by factor, by deviation, and at least a few."""
    by_deviation = floor(usual.median + DEVIATIONS * MAD_TO_SIGMA * usual.deviation) + 1
    return max(FLOOR, ceil(spike.times * usual.median), by_deviation)


def silent_for(last: datetime, watched: Sequence[Stretch], now: datetime) -> timedelta:
    """Return how long nothing came since ``last``, not counting times at which nobody watched."""
    return sum((max(min(until, now) - max(first, last), timedelta()) for first, until in watched), timedelta())


def learns(state: StreamState | None, now: datetime) -> bool:
    """Say whether `first_seen` has met too little yet to tell what is new; ``state`` is None before it begins."""
    return state is None or now - state.since < LEARNING


def term_key(words: str) -> str:
    """Return what makes two hits the same term: their folded words, the last of them in the English singular."""
    folded = " ".join(token for token in fold(words).split() if token != MARK)
    last = folded.rpartition(" ")[2]
    if len(last) < _SHORTEST_PLURAL or not last.isascii() or not last.isalpha():
        return folded
    bare = folded.removesuffix("s").removesuffix("e")  # the same rest for mine and mines, box and boxes …
    return f"{bare[:-1]}i" if bare.endswith("y") else bare  # … and for treaty and treaties


def _windows(length: timedelta, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield where the windows end that lie one after the other between two moments, the last at ``end``."""
    for number in range((end - start) // length):
        yield end - number * length


def _same_hours(length: timedelta, start: datetime, now: datetime) -> Iterator[list[datetime]]:
    """Yield, for each earlier week, where the windows end that lie at this hour of the week."""
    reach = AROUND // length
    for week in range(1, (now - start) // _WEEK + 1 if length <= _WEEK else 1):
        ends = [now - week * _WEEK + step * length for step in range(-reach, reach + 1)]
        yield [at for at in ends if at <= now - length]


def _covers(watched: Sequence[Stretch], start: datetime, end: datetime) -> bool:
    return any(first <= start and end <= until for first, until in watched)


# ---------------------------------------------------------------- what an alert says


def count_says(number: int, within: timedelta, threshold: int) -> str:
    """Say how many stories came, and how many make an alert."""
    return f"{_stories(number)} in {spoken(within)} ({threshold} make an alert)"


def spike_says(number: int, within: timedelta, usual: Baseline) -> str:
    """Say how many stories came, and how many do usually."""
    hours = "this hour of the week" if usual.weekly else "all hours"
    past = f"median of {usual.windows} windows in {spoken(usual.past)}, {hours}"
    return f"{_stories(number)} in {spoken(within)}, usually {usual.median:g} ({past})"


def first_seen_says(condition: Condition, names: Sequence[str]) -> str:
    """Say which terms or sources a rule met for the first time."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    found = "never matched before" if condition is Condition.FIRST_TERM else "first story from"
    return f"{found}: {', '.join(names[:_SHOWN])}{more}"


def silence_says(quiet: timedelta, last: datetime) -> str:
    """Say for how long no story came, and when the last one was seen."""
    return f"no story for {spoken(quiet)}; the last one was seen {last:%Y-%m-%d %H:%M} UTC"


def independent_says(names: Sequence[str], threshold: int) -> str:
    """Say which sources tell of an event independently of each other, first seen first, and how many make an alert."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{len(names)} independent sources: {', '.join(names[:_SHOWN])}{more} ({threshold} make an alert)"


def held_back_says(number: int, at_most: Rate | None) -> str:
    """Say how many stories were held back, and by what limit of their rule; None where it was none of its limits."""
    order = ", newest first" if number > 1 else ""
    if at_most is None:
        return f"{_stories(number)} that waited{order}"
    messages = "1 message" if at_most.count == 1 else f"{at_most.count} messages"
    return f"{_stories(number)} held back (at most {messages} in {spoken(at_most.per)}){order}"


def spoken(span: timedelta) -> str:
    """Say a duration in its two largest units, rounded down: ``14 d``, ``1 h 30 min``."""
    left, parts = max(span, timedelta()), []
    for unit, length in (("d", _DAY), ("h", timedelta(hours=1)), ("min", timedelta(minutes=1))):
        number, left = divmod(left, length)
        if number:
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2]) or f"{left // timedelta(seconds=1)} s"


def _stories(number: int) -> str:
    return f"{number} {'story' if number == 1 else 'stories'}"
