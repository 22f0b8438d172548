"""Silences: what somebody muted for a time, and which silence muted what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.rules.facts import is_source
from alerts.rules.fold import MARK, fold, is_unspaced

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from alerts.routing.facts import Facts
    from alerts.story import Severity


class Phase(StrEnum):
    """Where a silence stands."""

    PENDING = "pending"
    ACTIVE = "active"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """What a silence mutes; all that is given must hold, and of each list one is enough."""

    rules: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()  # ids, or hosts with their sub-domains
    severity: Severity | None = None  # this level or lower, so that what becomes worse is heard; None: any
    text: str = ""  # a phrase in the headline or the text, folded as queries fold it


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Something muted for a time, by whom and why."""

    id: str
    matcher: Matcher
    author: str
    comment: str = ""
    start: datetime
    end: datetime  # not part of it

    def phase(self, now: datetime) -> Phase:
        """Return where it stands."""
        if now < self.start:
            return Phase.PENDING
        return Phase.ACTIVE if now < self.end else Phase.EXPIRED


@dataclass(frozen=True, slots=True, kw_only=True)
class Muted:
    """A match that somebody muted."""

    by: tuple[Silence, ...]  # the longest first

    @property
    def until(self) -> datetime:
        """When the last of them ends."""
        return self.by[0].end

    @property
    def says(self) -> str:
        """Why, for people."""
        silence = self.by[0]
        comment = f": {silence.comment}" if silence.comment else ""
        more = f" and {len(self.by) - 1} more" if len(self.by) > 1 else ""
        return f"silence {silence.id}{more} of {silence.author} until {self.until:%Y-%m-%d %H:%M} UTC{comment}"


def muted(silences: Iterable[Silence], facts: Facts, now: datetime) -> Muted | None:
    """Return the active silences that mute a match; None when none does."""
    found = [one for one in silences if one.phase(now) is Phase.ACTIVE and mutes(one.matcher, facts)]
    found.sort(key=lambda silence: (silence.end, silence.id), reverse=True)
    return Muted(by=tuple(found)) if found else None


def mutes(matcher: Matcher, facts: Facts) -> bool:
    """Say whether a match is what a silence is for; one for nothing in particular is for nothing."""
    return matcher != Matcher() and all(_conditions(matcher, facts))


def fault_of(silence: Silence) -> tuple[str, str] | None:
    """Return why a silence cannot be, and the way out; None for a sound one."""
    matcher = silence.matcher
    if matcher.text and not _words(matcher.text):
        return f"the phrase `{matcher.text}` has neither letters nor digits", "write words of a headline"
    if matcher == replace(Matcher(), severity=matcher.severity):
        return "it mutes whatever comes", "name a rule, a tag, a source or a phrase"
    if silence.end <= silence.start:
        return "it ends before it begins", "write an end after the start, such as 2h"
    return None


def expired(silence: Silence, now: datetime) -> Silence:
    """Return a silence that ends now; one that has not begun never will, and one that has ended stays as it is."""
    return silence if silence.end <= now else replace(silence, start=min(silence.start, now), end=now)


def _conditions(matcher: Matcher, facts: Facts) -> Iterator[bool]:
    if matcher.rules:
        yield facts.rule in matcher.rules
    if matcher.tags:
        yield not facts.tags.isdisjoint(matcher.tags)
    if matcher.sources:
        yield any(is_source(facts.outlet, source.lower()) for source in matcher.sources)
    if matcher.severity is not None:
        yield facts.severity <= matcher.severity
    if matcher.text:
        yield any(_holds(matcher.text, text) for text in (facts.title, facts.text))


def _holds(phrase: str, text: str) -> bool:
    """Say whether a phrase stands in a text as a whole, or anywhere where words are not parted by blanks."""
    words = _words(phrase)
    if not words:
        return False
    left = "" if is_unspaced(words[0]) else " "
    right = "" if is_unspaced(words[-1]) else " "
    return f"{left}{words}{right}" in fold(text)


def _words(phrase: str) -> str:
    """Return a phrase folded, without the punctuation around it."""
    return fold(phrase).strip(f" {MARK}")
