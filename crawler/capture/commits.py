"""Commit: that the store took something in, as which in the order of all, and by which moments that was decided."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import Any, Final

COMMITS = ".commits"  # the ending of the files that hold them
_SIZE: Final = 200  # bytes of a line, about


class Act(StrEnum):
    """What the store was asked to take in."""

    VISIT = "visit"  # of a source or a page
    WATCH = "watch"  # a look at what only time brings about
    RELEASE = "release"  # a look at what waits for its time
    SEND = "send"  # a message whose sending begins
    END = "end"  # nothing: the program stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One transaction of then."""

    run: str  # of the program, from a start to its end; sorts by time
    number: int  # grows within a run, in the order in which the store took things in
    act: Act
    now: datetime  # by which it was decided
    visit: str | None = None  # the id of its Occasion
    source: str | None = None  # that the visit was for, by its id
    due: datetime | None = None  # the visit, when it was claimed
    ended: datetime | None = None
    fast: bool = False  # its page was read in haste
    queued: int = 0  # messages
    message: str | None = None  # that is sent: "N.I" is the one with the index I of what the commit N queued
    idle: datetime | None = None  # when RELEASE last looked since the commit before, and there was nothing

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return _SIZE


def line_of(commit: Commit) -> str:
    """Write the line of a commit."""
    facts = {
        "run": commit.run,
        "n": commit.number,
        "act": commit.act,
        "now": commit.now.isoformat(),
        "visit": commit.visit,
        "source": commit.source,
        "due": commit.due.isoformat() if commit.due else None,
        "ended": commit.ended.isoformat() if commit.ended else None,
        "fast": commit.fast or None,
        "queued": commit.queued or None,
        "message": commit.message,
        "idle": commit.idle.isoformat() if commit.idle else None,
    }
    return json.dumps({name: one for name, one in facts.items() if one is not None}, ensure_ascii=False) + "\n"


def commits(folder: Path) -> list[Commit]:
    """Return all commits of a capture in their order; a line that was cut off is left out. Raises OSError."""
    found = [one for path in sorted(folder.glob(f"*{COMMITS}")) for one in _read(path)]
    return sorted(found, key=lambda one: (one.run, one.number))


def run_of(visit: str) -> str:
    """Return the run that a visit belongs to, by its id."""
    return visit.rpartition("-")[0]


def _read(path: Path) -> Iterator[Commit]:
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                yield _commit(json.loads(line))
            except (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError):
                continue


def _commit(facts: Mapping[str, Any]) -> Commit:
    run, words = facts["run"], (facts.get("visit"), facts.get("source"), facts.get("message"))
    if not isinstance(run, str) or not all(isinstance(one, str | None) for one in words):
        raise TypeError("a word is none any more")
    return Commit(
        run=run,
        number=int(facts["n"]),
        act=Act(facts["act"]),
        now=_aware(facts["now"]),
        visit=facts.get("visit"),
        source=facts.get("source"),
        due=_moment(facts.get("due")),
        ended=_moment(facts.get("ended")),
        fast=facts.get("fast", False),
        queued=facts.get("queued", 0),
        message=facts.get("message"),
        idle=_moment(facts.get("idle")),
    )


def _moment(text: str | None) -> datetime | None:
    return _aware(text) if text else None


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment is without its zone")
    return moment
