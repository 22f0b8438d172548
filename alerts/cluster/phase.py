"""How far an event has come, judged by its own rhythm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

FEW = (2, 3)  # outlets, or stories of one: with fewer an event has no rhythm …
MOMENT = timedelta(minutes=1)  # … nor before this time has passed since its first story
FRESH = timedelta(hours=6)  # since the first story: up to then an event can be breaking
BURST = 3  # stories by …
BURST_OUTLETS = 2  # … so many independent outlets within …
BURST_TIME = timedelta(hours=1)  # … this time, newly come, make it so
DAY = timedelta(hours=24)  # since the first story: from then on an event that goes on is sustained
SURGE_TIME = timedelta(hours=3)  # in which an older event develops anew, with BURST stories and …
SURGE = 3  # … so many times its usual rate
PATIENCE = 1.5  # times its longest silence so far, within …
PATIENT = (timedelta(hours=3), timedelta(hours=36))  # … these limits: longer, and an event is fading
SPENT = 10  # times the time in which half of its stories came, of which there must be …
SPENT_LEAST = 5  # … so many; then …
TRICKLE = (timedelta(hours=6), 1)  # … with at most so many in this time it is fading as well


class Phase(StrEnum):
    """How far an event has come, in the order in which it goes through them."""

    BREAKING = "breaking"  # it is new, and several outlets tell of it at once
    DEVELOPING = "developing"  # stories go on to come on its first day, or more of them than usual later
    SUSTAINED = "sustained"  # they still come after a day
    FADING = "fading"  # they come no more, or hardly


@dataclass(frozen=True, slots=True)
class Arrival:
    """One story of an event."""

    at: datetime  # when it was seen
    outlet: str | None  # who tells it on their own account: an owner; None: it is a copy of another


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """What an event's arrivals come to at a moment."""

    stories: int
    outlets: int  # that are independent of each other
    age: timedelta  # since the first story
    silence: timedelta  # since the last
    longest: timedelta  # silence between two of its stories; 0 for a single one
    half_life: timedelta  # from the first story until more than half of them had come
    burst: int  # stories in the last BURST_TIME, by …
    burst_outlets: int  # … so many outlets
    surge: int  # stories in SURGE_TIME up to the last one
    trickle: int  # stories in the last hours that TRICKLE says

    @property
    def is_telling(self) -> bool:
        """Whether so much came, over so long a time, that it says something."""
        outlets, stories = FEW
        return (self.outlets >= outlets or self.stories >= stories) and self.age >= MOMENT

    @property
    def patience(self) -> timedelta:
        """How long a silence it may keep without fading: nights and weekends are in its own rhythm."""
        least, most = PATIENT
        return min(max(PATIENCE * self.longest, least), most)

    @property
    def usual(self) -> float:
        """Stories in SURGE_TIME that came before the surge, in the mean; 0 when there was no time before."""
        before = self.age - self.silence - SURGE_TIME
        return (self.stories - self.surge) * (SURGE_TIME / before) if before > timedelta(0) else 0.0

    @property
    def is_surging(self) -> bool:
        """Whether many more stories came of late than usual."""
        return self.silence < SURGE_TIME and self.surge >= max(BURST, SURGE * self.usual)

    @property
    def is_spent(self) -> bool:
        """Whether most of its stories came long ago, as its life goes, and hardly any come now."""
        long_ago = self.age >= max(SPENT * self.half_life, FRESH)
        return self.stories >= SPENT_LEAST and long_ago and self.trickle <= TRICKLE[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An event's phase, why it is that, and the numbers."""

    phase: Phase | None  # None: too little came for a rhythm, or it came just now
    reason: str  # for people: "7 stories from 5 outlets in 40 min; first 50 min ago"
    rhythm: Rhythm


def phase_of(arrivals: Iterable[Arrival], now: datetime) -> Standing:
    """Say in which phase an event is at a moment, by the stories that had come by then.

    As long as no story comes an event only goes on in the order of Phase. Raises ValueError when none had come.
    """
    rhythm = rhythm_of(arrivals, now)
    if fading := _fading(rhythm):
        return _standing(Phase.FADING, rhythm, fading)
    if not rhythm.is_telling:
        return _standing(None, rhythm, _lack(rhythm))
    if rhythm.age <= FRESH and rhythm.burst >= BURST and rhythm.burst_outlets >= BURST_OUTLETS:
        return _standing(Phase.BREAKING, rhythm, _count(rhythm.burst, rhythm.burst_outlets, BURST_TIME, rhythm.age))
    if rhythm.age < DAY:
        return _standing(Phase.DEVELOPING, rhythm, _count(rhythm.stories, rhythm.outlets, rhythm.age, rhythm.age))
    if rhythm.is_surging:
        recent = f"{_stories(rhythm.surge)} in {_span(SURGE_TIME)}, usually {rhythm.usual:.1f}"
        return _standing(Phase.DEVELOPING, rhythm, f"{recent}; first {_span(rhythm.age)} ago")
    return _standing(Phase.SUSTAINED, rhythm, _count(rhythm.stories, rhythm.outlets, rhythm.age, rhythm.age))


def rhythm_of(arrivals: Iterable[Arrival], now: datetime) -> Rhythm:
    """Return what the arrivals up to a moment come to, in whatever order; raises ValueError when there are none."""
    came = sorted((arrival for arrival in arrivals if arrival.at <= now), key=lambda arrival: arrival.at)
    if not came:
        raise ValueError(f"no story of the event had come by {now.isoformat()}")
    first, last = came[0].at, came[-1].at
    burst = _since(came, now - BURST_TIME)
    return Rhythm(
        stories=len(came),
        outlets=_outlets(came),
        age=now - first,
        silence=now - last,
        longest=max((later.at - earlier.at for earlier, later in pairwise(came)), default=timedelta(0)),
        half_life=came[len(came) // 2].at - first,
        burst=len(burst),
        burst_outlets=_outlets(burst),
        surge=len(_since(came, last - SURGE_TIME)),
        trickle=len(_since(came, now - TRICKLE[0])),
    )


def _fading(rhythm: Rhythm) -> str | None:
    """Return why an event is fading; None when it is not."""
    if rhythm.silence > rhythm.patience:
        patience = (
            f"its longest silence was {_span(rhythm.longest)}" if rhythm.stories > 1 else "there was but one story"
        )
        return f"no story for {_span(rhythm.silence)}; {patience}"
    if rhythm.is_spent:
        came = f"half of {_stories(rhythm.stories)} came within {_span(rhythm.half_life)}"
        return f"{came}, {rhythm.trickle} in the last {_span(TRICKLE[0])}; first {_span(rhythm.age)} ago"
    return None


def _lack(rhythm: Rhythm) -> str:
    """Say why an event has no phase yet."""
    came = "1 story" if rhythm.stories == 1 else f"{_stories(rhythm.stories)} from {_voices(rhythm.outlets)}"
    seen = "seen" if rhythm.stories == 1 else "first seen"
    if rhythm.age < MOMENT:
        return f"{came}, {seen} just now"
    return f"{came}, too few for a rhythm; {seen} {_span(rhythm.age)} ago"


def _since(came: Sequence[Arrival], start: datetime) -> list[Arrival]:
    return [arrival for arrival in came if arrival.at > start]


def _outlets(came: Iterable[Arrival]) -> int:
    return len({arrival.outlet for arrival in came if arrival.outlet is not None})


def _standing(phase: Phase | None, rhythm: Rhythm, reason: str) -> Standing:
    return Standing(phase=phase, reason=reason, rhythm=rhythm)


def _count(stories: int, outlets: int, within: timedelta, age: timedelta) -> str:
    return f"{_stories(stories)} from {_voices(outlets)} in {_span(min(within, age))}; first {_span(age)} ago"


def _voices(number: int) -> str:
    return "1 outlet" if number == 1 else f"{number} outlets"


def _stories(number: int) -> str:
    return "1 story" if number == 1 else f"{number} stories"


def _span(time: timedelta) -> str:
    """Write a time in the largest unit that makes two of it."""
    if time < timedelta(hours=2):
        return f"{time // timedelta(minutes=1)} min"
    return f"{time // timedelta(hours=1)} h" if time < timedelta(days=2) else f"{time // timedelta(days=1)} d"
