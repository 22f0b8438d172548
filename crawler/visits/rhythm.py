"""Rhythm: how often a source publishes, learnt from its visits, and how long to wait for the next."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PRIOR = 1 / 6  # stories an hour, before anything is known
PRIOR_HOURS = 6  # of watching that count as much as the prior
RATE_HALF_LIFE = timedelta(days=3)
PROFILE_HALF_LIFE = timedelta(days=14)
WEIGHTS = {1: 4.0, 2: 2.0, 3: 1.0, 4: 0.5}  # by tier: four times the weight is half the wait
PACE = 0.25  # hours between visits to a source of weight 1 that publishes one story an hour
QUIETEST = 0.15  # of the mean rate: no hour is taken to be quieter, so that it can still be learnt from

_HOURS = 24
_GROWN = 36  # stories at which the profile counts as much as the mean
_SLOWEST = 1e-6  # stories an hour: below that, a wait is as good as endless
_LONGEST = timedelta(days=365)
_SPREAD_LIMIT = timedelta(hours=24)  # arrivals over a longer gap say nothing about hours
_LONGEST_HALF_LIFE = timedelta(days=60)
_ENOUGH = 5  # stories before silence can be told from a slow beginning
_HOUR = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """What was learnt of one source up to a moment."""

    found: float = 0.0  # stories; older ones fade
    watched: float = 0.0  # hours in which they were found; older ones fade alike
    hours: tuple[float, ...] = (0.0,) * _HOURS  # stories by hour of the day, UTC; older ones fade
    at: datetime | None = None  # up to when; None: nothing was read yet
    last_new: datetime | None = None  # when a story was last seen that was not there before
    learnt: int = 0  # stories learnt from, ever
    gap: timedelta | None = None  # usual time between two stories; does not grow in silence
    longest: timedelta = timedelta(0)  # silence of late

    def begin(self, at: datetime) -> Rhythm:
        """Return it as watched from this moment on: what is there already says nothing about when it came."""
        return replace(self, at=at, last_new=at)

    def learn(self, new: int, at: datetime) -> Rhythm:
        """Return what is known after a visit that found ``new`` stories since the one before."""
        if self.at is None:
            return self.begin(at)
        span = max(at - self.at, timedelta(milliseconds=1))
        fade = _fade(span, RATE_HALF_LIFE)
        fresh = (1 - fade) * (RATE_HALF_LIFE / _HOUR) / math.log(2)  # hours, faded within the span itself
        learnt = replace(
            self,
            at=max(at, self.at),
            found=fade * self.found + fresh * new / (span / _HOUR),
            watched=fade * self.watched + fresh,
            hours=_spread(self.hours, new, self.at, span),
        )
        return _arrived(learnt, new, at) if new else learnt

    @property
    def rate(self) -> float:
        """The stories an hour, the last days counting most: a moving average that begins at the prior."""
        return (self.found + PRIOR * PRIOR_HOURS) / (self.watched + PRIOR_HOURS)

    def profile(self) -> tuple[float, ...]:
        """Return how busy each UTC hour is against the mean, smoothed; all 1 before anything is learnt."""
        total = sum(self.hours)
        if total <= 0:
            return (1.0,) * _HOURS
        smooth = (
            (self.hours[hour - 1] + 2 * self.hours[hour] + self.hours[(hour + 1) % _HOURS]) / 4
            for hour in range(_HOURS)
        )
        return tuple(_HOURS * value / total for value in smooth)

    def rate_at(self, moment: datetime) -> float:
        """Return the stories an hour to be expected at a moment: the profile grows in as stories are learnt."""
        total = sum(self.hours)
        trust = total / (total + _GROWN)
        return self.rate * max(QUIETEST, 1 - trust + trust * _between(self.profile(), _hour_of(moment)))

    def wait(self, now: datetime, weight: float) -> timedelta:
        """Return how long to wait for the next visit, without any bounds.

        Of all ways to share out a number of visits, the mean delay is least when the gap between visits goes with
        1/sqrt(weight * rate) (Sia and Cho, "Efficient Monitoring Algorithm for Fast News Alerts").
        """
        return min(timedelta(hours=PACE / math.sqrt(max(weight * self.rate_at(now), _SLOWEST))), _LONGEST)

    def is_silent(self, now: datetime) -> bool:
        """Tell whether nothing came for ten times the usual gap, for a day, and for clearly longer than of late.

        Only after a visit that was answered can that be known. The last condition is for weekends and holidays.
        """
        if self.last_new is None or self.gap is None or self.learnt < _ENOUGH:
            return False
        return now - self.last_new > max(10 * self.gap, 1.5 * self.longest, timedelta(hours=24))

    def encode(self) -> str:
        """Return it as compact JSON, to be stored."""
        return json.dumps(
            {
                "found": _brief(self.found),
                "watched": _brief(self.watched),
                "hours": [_brief(value) for value in self.hours],
                "at": _to_ms(self.at),
                "last_new": _to_ms(self.last_new),
                "learnt": self.learnt,
                "gap": None if self.gap is None else round(self.gap.total_seconds(), 3),
                "longest": round(self.longest.total_seconds(), 3),
            },
            separators=(",", ":"),
        )

    @classmethod
    def decode(cls, text: str | None) -> Rhythm:
        """Return what was stored; what was never stored begins anew."""
        if text is None:
            return cls()
        facts = json.loads(text)
        return cls(
            found=facts["found"],
            watched=facts["watched"],
            hours=tuple(facts["hours"]),
            at=_from_ms(facts["at"]),
            last_new=_from_ms(facts["last_new"]),
            learnt=facts["learnt"],
            gap=None if facts["gap"] is None else timedelta(seconds=facts["gap"]),
            longest=timedelta(seconds=facts["longest"]),
        )


def _arrived(rhythm: Rhythm, new: int, at: datetime) -> Rhythm:
    silence = max(at - (rhythm.last_new or at), timedelta(0))
    each = silence / new
    keep = 0.9**new
    return replace(
        rhythm,
        last_new=at,
        learnt=rhythm.learnt + new,
        gap=each if rhythm.gap is None else rhythm.gap * keep + each * (1 - keep),
        longest=max(silence, rhythm.longest * _fade(silence, _LONGEST_HALF_LIFE)),
    )


def _between(profile: Sequence[float], hour: float) -> float:
    """Return the value of a profile at a time of day; a bin's own value is that of its middle."""
    left = math.floor(hour - 0.5)
    share = hour - 0.5 - left
    return profile[left % _HOURS] * (1 - share) + profile[(left + 1) % _HOURS] * share


def _spread(hours: Sequence[float], new: int, start: datetime, span: timedelta) -> tuple[float, ...]:
    """Return the fading counts with ``new`` stories laid evenly over the time in which they came."""
    fade = _fade(span, PROFILE_HALF_LIFE)
    counts = [value * fade for value in hours]
    if new and span <= _SPREAD_LIMIT:
        for hour, share in _shares(start, span):
            counts[hour] += new * share
    return tuple(counts)


def _shares(start: datetime, span: timedelta) -> Iterator[tuple[int, float]]:
    """Yield each hour of the day that a span touches, and the share of the span in it."""
    begin = _hour_of(start)
    end = begin + span / _HOUR
    while begin < end:
        stop = min(math.floor(begin) + 1, end)
        yield math.floor(begin) % _HOURS, (stop - begin) / (span / _HOUR)
        begin = stop


def _fade(span: timedelta, half_life: timedelta) -> float:
    return float(0.5 ** (span / half_life))


def _hour_of(moment: datetime) -> float:
    moment = moment.astimezone(UTC)
    return moment.hour + moment.minute / 60 + moment.second / 3600


def _brief(value: float) -> float:
    return float(f"{value:.5g}")


def _to_ms(moment: datetime | None) -> int | None:
    return None if moment is None else round((moment - _EPOCH) / timedelta(milliseconds=1))


def _from_ms(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + timedelta(milliseconds=value)
