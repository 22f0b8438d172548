"""Who was told then, and who would be told today: what is the same, gained, lost or changed; pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crawler.store.captured import Told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """An alert that is there both times, and does not say the same."""

    before: Told
    after: Told
    what: tuple[str, ...]  # words, severity, title


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """An alert of then that would not be made today."""

    told: Told
    why: str  # "" where the code or the rules of today are the reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What a run through a capture found."""

    same: int
    gained: Sequence[Told] = ()
    lost: Sequence[Lost] = ()
    changed: Sequence[Changed] = ()
    aside: Counter[str] = field(default_factory=Counter)  # what is no difference of code or rules, by why

    @property
    def is_same(self) -> bool:
        """Whether today's code and rules tell exactly what was told then."""
        return not (self.gained or self.lost or self.changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What can be known of alerts at the edges of a capture."""

    known: Callable[[Told], bool]  # of one of today: its story came before what was captured
    captured: Callable[[Told], bool]  # of one of then: what it was made from was captured
    has_past: bool  # there are stories from before


def compare(then: Iterable[Told], today: Iterable[Told], bounds: Bounds) -> Comparison:
    """Compare alerts by story, rule and channel."""
    before, after = _sorted(then), _sorted(today)
    pairs, lost, gained = list[tuple[Told, Told]](), list[Told](), list[Told]()
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key, []), after.get(key, [])
        pairs += zip(old, new, strict=False)
        lost += old[len(new) :]
        gained += new[len(old) :]
    aside: Counter[str] = Counter()
    _set_aside(gained, bounds.known, "known before what is captured begins, so told once more", aside)
    for some in (lost, gained):
        counts = "its rule counts stories, some from before what is captured begins"
        _set_aside(some, lambda one: bounds.has_past and one.condition != "", counts, aside)
    _set_aside_twins(lost, gained, aside)
    return Comparison(
        same=sum(not differing(*pair) for pair in pairs),
        gained=tuple(gained),
        lost=tuple(Lost(told=one, why="" if bounds.captured(one) else _UNCAPTURED) for one in lost),
        changed=tuple(Changed(before=one, after=two, what=what) for one, two in pairs if (what := differing(one, two))),
        aside=aside,
    )


_UNCAPTURED = "what it was made from is not in the capture"


def _set_aside(alerts: list[Told], which: Callable[[Told], bool], why: str, aside: Counter[str]) -> None:
    out = [one for one in alerts if which(one)]
    alerts[:] = [one for one in alerts if not which(one)]
    if out:
        aside[why] += len(out)


def _set_aside_twins(lost: list[Told], gained: list[Told], aside: Counter[str]) -> None:
    """Take out what was lost as one outlet's story and gained as another's, where both say the same.

    Which of two outlets is told depends on whose answer was taken in first, by milliseconds.
    """
    for one in tuple(lost):
        twin = next((other for other in gained if _text(other) == _text(one)), None)
        if twin is not None:
            lost.remove(one)
            gained.remove(twin)
            aside["told as another outlet's copy of the same text"] += 1


def _text(alert: Told) -> tuple[object, ...]:
    return alert.title, alert.rule, alert.condition, alert.channel, alert.severity, alert.words


def differing(before: Told, after: Told) -> tuple[str, ...]:
    """Name what two tellings of one alert do not say alike."""
    return tuple(name for name in ("words", "severity", "title") if getattr(before, name) != getattr(after, name))


def _sorted(alerts: Iterable[Told]) -> dict[tuple[str, ...], list[Told]]:
    found: dict[tuple[str, ...], list[Told]] = defaultdict(list)
    for one in alerts:
        found[one.source, one.url or one.title, one.rule, one.condition, one.channel].append(one)
    return found
