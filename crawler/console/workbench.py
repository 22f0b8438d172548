"""What a rule would have found in the stories that are kept, beside what the one in force finds."""

from __future__ import annotations

import difflib
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.errors import Level
from crawler.console.views import Spark, StoryRow, spark, story_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from alerts.errors import Problem
    from alerts.rules.embedded import Report
    from alerts.rules.ruleset import RuleSet
    from alerts.story import Match, Story

DAYS = 30
SHOWN = 30  # stories of each kind
MOST_MISTAKES = 100  # that are shown
_WHOLE = 200  # lines of a text that is shown whole; of a longer one only what is near its mistakes is
_CONTEXT = 3  # lines around a change, or a mistake
_FARTHEST = 200  # column at which a mistake is still pointed at


class Kind(StrEnum):
    """What a story is to an edited rule."""

    GAINED = "gained"  # only the edited one finds it
    LOST = "lost"  # only the one in force does
    SAME = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A story that one of two rules finds."""

    kind: Kind
    severity: str
    row: StoryRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """Something wrong with the text, at its place."""

    line: int  # from 1
    column: int
    is_error: bool
    message: str
    hint: str

    @property
    def caret(self) -> str:
        """What points at its column; empty where that is too far to the right to be seen."""
        return " " * (self.column - 1) + "^" if self.column <= _FARTHEST else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the text, with the mistakes in it."""

    number: int
    text: str
    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What looking through the stories brought."""

    looked: int  # stories
    back_to: datetime | None  # the oldest one that was looked at
    whole: bool  # all that was asked for was looked at
    counts: dict[Kind, int]
    hits: tuple[Hit, ...]  # some of each kind, the newest first
    days: Spark  # stories that the edited rule finds by day

    @property
    def found(self) -> int:
        """How many stories the edited rule finds."""
        return self.counts[Kind.GAINED] + self.counts[Kind.SAME]


class Tally:
    """Counts what two rules find, story by story, the newest first."""

    def __init__(self, edited: RuleSet, live: RuleSet | None, since: datetime, days: int = DAYS) -> None:
        self._edited = edited
        self._live = live
        self._since = since
        self._days = [0] * days
        self._counts = dict.fromkeys(Kind, 0)
        self._hits: list[Hit] = []
        self._back_to: datetime | None = None

    def add(self, stories: Sequence[Story]) -> None:
        """Judge some stories by both; may take its time, so call it on a thread."""
        for story in stories:
            edited = next(iter(self._edited.match(story)), None)
            live = next(iter(self._live.match(story)), None) if self._live else None
            self._back_to = story.seen
            if edited is not None:
                day = min((story.seen - self._since).days, len(self._days) - 1)
                self._days[max(day, 0)] += 1
            if match := edited or live:
                self._note(story, match, _kind(edited, live))

    def _note(self, story: Story, match: Match, kind: Kind) -> None:
        self._counts[kind] += 1
        if self._counts[kind] <= SHOWN:
            row = story_row(story, (), match.spans)
            self._hits.append(Hit(kind=kind, severity=match.severity.label, row=row))

    def outcome(self, *, looked: int, whole: bool) -> Outcome:
        """Return what was found so far, among so many stories."""
        total = self._counts[Kind.GAINED] + self._counts[Kind.SAME]
        return Outcome(
            looked=looked,
            back_to=self._back_to,
            whole=whole,
            counts=dict(self._counts),
            hits=tuple(self._hits),
            days=spark(self._days, f"{total} stories in {len(self._days)} days"),
        )


def _kind(edited: Match | None, live: Match | None) -> Kind:
    if edited is None:
        return Kind.LOST
    return Kind.SAME if live is not None else Kind.GAINED


def mistakes(problems: Sequence[Problem]) -> tuple[Mistake, ...]:
    """Lay problems out, in the order of the text."""
    return tuple(
        Mistake(
            line=one.place.line,
            column=one.place.column,
            is_error=one.level is Level.ERROR,
            message=one.message,
            hint=one.hint or "",
        )
        for one in problems
    )


def lines(text: str, wrong: Sequence[Mistake]) -> tuple[Line, ...]:
    """Return the lines of a text, each with the mistakes in it; one beyond the end belongs to the last.

    Of a long text only the lines near a mistake are returned.
    """
    written = text.rstrip("\n").split("\n")
    by_line: defaultdict[int, list[Mistake]] = defaultdict(list)
    for one in wrong:
        by_line[min(one.line, len(written))].append(one)
    near: Iterable[int] = range(1, len(written) + 1)
    if len(written) > _WHOLE:
        near = sorted({at for line in by_line for at in range(line - _CONTEXT, line + _CONTEXT + 1)} & set(near))
    return tuple(Line(number=at, text=written[at - 1], mistakes=tuple(by_line.get(at, ()))) for at in near)


def difference(live: str | None, edited: str) -> tuple[tuple[str, str], ...]:
    """Return how a text differs from the one in force: pairs of ``+``, ``-``, ``@`` or a blank, and a line."""
    if live is None:
        return ()
    return tuple(_differences(live.rstrip("\n").split("\n"), edited.rstrip("\n").split("\n")))


def _differences(live: Sequence[str], edited: Sequence[str]) -> Iterator[tuple[str, str]]:
    for line in list(difflib.unified_diff(live, edited, lineterm="", n=_CONTEXT))[2:]:
        yield line[:1], line[1:] if line[0] != "@" else line


def tests_say(report: Report | None) -> str:
    """Say how the tests in a rule went."""
    if report is None or not report.results:
        return "It has no tests."
    failed = len(report.results) - report.passed
    return f"{report.passed} of its tests pass, {failed} fail." if failed else f"All {report.passed} of its tests pass."
