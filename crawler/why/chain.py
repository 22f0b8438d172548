"""The chain: what happened to one story step by step, and where that ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from alerts.rules.explain import Verdict
    from spiders.cuts import Cut

_DAY = timedelta(days=1)


class Mark(StrEnum):
    """How a step went."""

    PASSED = "passed"
    ENDED = "ended"  # nothing came after it, as far as this step goes
    WAITS = "waits"
    NOTED = "noted"  # worth knowing, and nothing depends on it


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that was done, or not done, with a story."""

    name: str  # source, visit, story, page, rule, message …
    mark: Mark
    says: str
    reason: str = ""  # a stable short name, for programs
    at: datetime | None = None
    more: tuple[str, ...] = ()
    clauses: Verdict | None = None  # of a rule, part by part
    link: str | None = None  # where to see it
    rule: str | None = None  # of a rule: its id


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What became of something, in a sentence and in steps."""

    verdict: str  # a sentence
    told: bool
    ended: str  # the name of the step that decided
    reason: str  # its short name
    steps: tuple[Step, ...]
    title: str = ""  # "": there is no story
    about: str = ""  # outlet and address, or the address alone
    story: str | None = None  # its id, as people see it
    text: str = ""  # as it is kept
    reading: str = ""  # how that was found in its page, and what was left out, as far as that was written down
    cuts: tuple[Cut, ...] = ()  # what was left out of it, as far as that is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """By what times are written: now, and the zone of the configuration."""

    now: datetime
    zone: tzinfo

    def at(self, moment: datetime) -> str:
        """Write a moment: the time of day within a day of now, else with its date."""
        there = moment.astimezone(self.zone)
        near = abs(moment - self.now) < _DAY
        return f"{there:%H:%M:%S}" if near else f"{there:%Y-%m-%d %H:%M}"

    def until(self, moment: datetime) -> str:
        """Write when something ends: to the minute, with its day where that is another."""
        there, here = moment.astimezone(self.zone), self.now.astimezone(self.zone)
        return f"{there:%H:%M}" if there.date() == here.date() else f"{there:%Y-%m-%d %H:%M}"


def sentence(text: str) -> str:
    """Return a text as a sentence: it ends with a full stop."""
    text = text.strip()
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def clipped(text: str, most: int) -> str:
    """Return the beginning of a text, whole where it is no longer than that many characters."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def some(words: tuple[str, ...] | list[str], most: int = 4) -> str:
    """Write words of a story in quotation marks, as far as a line holds them."""
    shown = ", ".join(f"“{word}”" for word in words[:most])
    return f"{shown} and {len(words) - most} more" if len(words) > most else shown
