"""What a new configuration means for people: how much more or less its changed rules would have told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.replay.forecast import forecast, spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from alerts.rules.spec import Rate
    from crawler.config.model import Config
    from crawler.replay.forecast import Forecast

SECONDS = 2.0  # for each of the two configurations
MOST = 8  # rules that are named


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """What is said of one rule."""

    rule: str
    says: str


class Foresees:
    """Says what changed rules would have told, before the change and after it; it takes some seconds at most."""

    def __init__(self, now: Callable[[], datetime], seconds: float = SECONDS) -> None:
        self._now = now
        self._seconds = seconds

    def __call__(self, before: Config, after: Config) -> Sequence[Foresight]:
        """Return a line for each rule that is new, gone, or not as it was, for MOST of them; it raises nothing."""
        old, new = before.marks.rules, after.marks.rules
        changed = [rule for rule in new if new[rule] != old.get(rule)]
        gone = [rule for rule in old if rule not in new]
        if not (changed or gone):
            return ()
        now = self._now()
        said = forecast(after, now=now, rules=changed, seconds=self._seconds)
        known = {rule for rule in old if new.get(rule) != old[rule]}
        was = forecast(before, now=now, rules=known, seconds=self._seconds)
        budget = after.routing.budget
        lines = [
            Foresight(rule=rule, says=_changed(rule, said, was if rule in old else None, budget)) for rule in changed
        ]
        lines += [Foresight(rule=rule, says=f"gone: {spoken(was, rule)}") for rule in gone]
        return lines[:MOST]


def _changed(rule: str, said: Forecast, was: Forecast | None, budget: Rate | None) -> str:
    words = spoken(said, rule, budget)
    if was is None:
        return f"new: {words}"
    before = was.rules.get(rule)
    return f"edited: {words}{f'; before the change {before.total:,}' if before else ''}"
