"""How late stories are seen when visits follow crawler.visits.rhythm, and by simpler rules at equal cost.

Streams of arrivals are drawn with nights, weekends and bursts, or read from a file (``python -m bench.rhythm FILE``,
each line a stream's name, a tab, and a time in ISO 8601). Every rule is scaled until it spends the same number of
visits over all streams, so that only how it shares them out is compared. Miniflux' and CommaFeed's rules are written
anew from what their documentation and source say.
"""

from __future__ import annotations

import math
import random
import statistics
import sys
import time
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from crawler.visits.rhythm import PACE, Rhythm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

STREAMS = 20
A_DAY = (0.5, 74)  # stories of the quietest stream and of the busiest
DAYS = 42  # that are counted
WARM_UP = 14  # days before, in which rules learn
BUDGETS = (24, 48, 96)  # visits to a stream and day, in the mean
START = datetime(2026, 6, 1, tzinfo=UTC)

_SHORTEST, _LONGEST = 2 / 60, 24.0  # hours: wide enough that every rule can reach every budget
_CLOSE = 0.01  # of the budget


class Rule(Protocol):
    """Decides, visit by visit, how long to wait; times in hours."""

    def wait(self, now: float, new: int) -> float:
        """Return how long to wait after a visit that found ``new`` stories."""


@dataclass(slots=True)
class Fixed:
    """The same wait for every stream."""

    scale: float

    def wait(self, now: float, new: int) -> float:
        """Return the scale."""
        del now, new
        return self.scale


class Recent:
    """Counts the stories of the last seven days."""

    def __init__(self) -> None:
        self._found: list[tuple[float, int]] = []

    def add(self, now: float, new: int) -> int:
        """Return how many there are by now."""
        self._found = [(at, count) for at, count in self._found if at > now - 7 * 24]
        if new:
            self._found.append((now, new))
        return sum(count for _, count in self._found)


class Miniflux:
    """Its entry_frequency scheduler: a week over the week's stories, within five minutes and a day."""

    def __init__(self, scale: float) -> None:
        self._scale = scale
        self._recent = Recent()

    def wait(self, now: float, new: int) -> float:
        """Return the week's mean gap, scaled."""
        weekly = self._recent.add(now, new)
        return min(max(self._scale * 7 * 24 / max(weekly, 1), 5 / 60), 24.0)


class CommaFeed:
    """Its interval by experience: half the mean gap between the last stories."""

    def __init__(self, scale: float) -> None:
        self._scale = scale
        self._recent: list[float] = []

    def wait(self, now: float, new: int) -> float:
        """Return half the mean gap of the last thirty stories, scaled."""
        self._recent = (self._recent + [now] * new)[-30:]
        if len(self._recent) < 2:
            return min(self._scale, _LONGEST)
        gap = (now - self._recent[0]) / len(self._recent)
        return min(max(self._scale * gap / 2, _SHORTEST), _LONGEST)


class Law:
    """The law of crawler.visits.rhythm; ``even`` leaves out what it learns about hours."""

    def __init__(self, scale: float, *, even: bool = False) -> None:
        self._weight = (PACE / scale) ** 2
        self._even = even
        self._rhythm = Rhythm()

    def wait(self, now: float, new: int) -> float:
        """Return what the law says, scaled."""
        moment = START + timedelta(hours=now)
        self._rhythm = self._rhythm.learn(new, moment)
        known = replace(self._rhythm, hours=(0.0,) * 24) if self._even else self._rhythm
        return min(max(known.wait(moment, self._weight) / timedelta(hours=1), _SHORTEST), _LONGEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a rule brought over all streams."""

    visits: float  # to a stream and day
    mean: float  # minutes from a story's arrival to the visit that finds it
    p95: float


RULES: Mapping[str, tuple[float, Callable[[float], Rule]]] = {  # a first guess of the scale, and the rule
    "fixed": (0.5, Fixed),
    "Miniflux": (0.3, Miniflux),
    "CommaFeed": (0.6, CommaFeed),
    "square root": (PACE, lambda scale: Law(scale, even=True)),
    "square root by hour": (PACE, Law),
}


def main(streams: Sequence[Sequence[float]] | None = None) -> None:
    """Compare the rules at each budget and print what they bring."""
    began = time.perf_counter()
    drawn = streams or draw(random.Random(20261124))
    stories = sum(len(stream) for stream in drawn)
    print(f"rhythm: {len(drawn)} streams, {stories} stories in {WARM_UP + DAYS} days, the first {WARM_UP} not counted")
    print(f"  {'rule':<22}" + "".join(f"{f'{budget} visits a day':>26}" for budget in BUDGETS))
    print(f"  {'':<22}" + f"{'mean':>10}{'p95':>7}{'ratio':>9}" * len(BUDGETS))
    fixed: dict[int, float] = {}
    for name, (guess, rule) in RULES.items():
        cells = []
        for budget in BUDGETS:
            outcome = at_budget(drawn, rule, guess, budget)
            fixed.setdefault(budget, outcome.mean)
            cells.append(f"{outcome.mean:>8.1f} m{outcome.p95:>5.0f} m{outcome.mean / fixed[budget]:>9.2f}")
        print(f"  {name:<22}" + "".join(cells))
    print(f"  {time.perf_counter() - began:.0f} s")


def draw(dice: random.Random) -> list[list[float]]:
    """Draw streams from busy to quiet by Zipf's law: an outlet's day, a quieter weekend, and now and then a burst."""
    low, high = A_DAY
    power = math.log(high / low) / math.log(STREAMS)
    return [_stream(high / rank**power / 24, dice, noon=dice.uniform(0, 24)) for rank in range(1, STREAMS + 1)]


def _stream(rate: float, dice: random.Random, noon: float) -> list[float]:
    """Draw one stream of ``rate`` stories an hour in the mean by thinning."""
    weekend, sharp = dice.uniform(0.3, 0.9), dice.uniform(0.6, 0.95)
    peak = rate * 2.2
    arrivals: list[float] = []
    now, end = 0.0, 24.0 * (WARM_UP + DAYS)
    while now < end:
        now += dice.expovariate(peak)
        level = 1 + sharp * math.cos((now - noon) / 24 * 2 * math.pi)
        level *= weekend if int(now / 24) % 7 >= 5 else 1.0
        if dice.random() * 2.2 < level:
            arrivals.append(now)
            if dice.random() < 0.02:  # something has happened: more within the next hours
                arrivals += [now + dice.expovariate(1.0) for _ in range(dice.randrange(2, 8))]
    return sorted(moment for moment in arrivals if moment < end)


def at_budget(
    streams: Sequence[Sequence[float]], rule: Callable[[float], Rule], guess: float, budget: float
) -> Outcome:
    """Return what a rule brings when it is scaled to spend ``budget`` visits a stream and day."""
    low, high, scale = 1e-4, 1e4, guess * 24 / budget
    outcome = run(streams, partial(rule, scale))
    for _ in range(25):
        if abs(outcome.visits / budget - 1) < _CLOSE:
            break
        low, high = (scale, high) if outcome.visits > budget else (low, scale)
        scale *= outcome.visits / budget
        if not low < scale < high:
            scale = math.sqrt(low * high)
        outcome = run(streams, partial(rule, scale))
    return outcome


def run(streams: Sequence[Sequence[float]], rule: Callable[[], Rule]) -> Outcome:
    """Visit every stream by a rule of its own, and measure."""
    visits, delays = 0, list[float]()
    for stream in streams:
        visited, late = _visit(stream, rule())
        visits += visited
        delays += late
    delays.sort()
    return Outcome(
        visits=visits / len(streams) / DAYS,
        mean=60 * statistics.fmean(delays),
        p95=60 * delays[int(0.95 * len(delays))],
    )


def _visit(stream: Sequence[float], rule: Rule) -> tuple[int, list[float]]:
    now, known, visits, delays = 0.0, 0, 0, list[float]()
    start, end = 24.0 * WARM_UP, 24.0 * (WARM_UP + DAYS)
    while now < end:
        there = bisect_right(stream, now)
        if now >= start:
            visits += 1
            delays += [now - moment for moment in stream[known:there] if moment >= start]
        wait = rule.wait(now, there - known)
        now, known = now + wait, there
    return visits, delays


def read(path: Path) -> list[list[float]]:
    """Return the streams of a file, in hours after the first arrival of all."""
    found: dict[str, list[datetime]] = defaultdict(list)
    for line in path.read_text("utf-8").splitlines():
        name, _, moment = line.partition("\t")
        found[name].append(datetime.fromisoformat(moment).astimezone(UTC))
    first = min(min(moments) for moments in found.values()).replace(hour=0, minute=0, second=0, microsecond=0)
    return [sorted((moment - first) / timedelta(hours=1) for moment in moments) for moments in found.values()]


if __name__ == "__main__":
    main(read(Path(sys.argv[1])) if len(sys.argv) > 1 else None)
