"""Every error Tocsin raises on purpose.

TocsinError
├── ConfigError            the configuration cannot be used; carries every Problem found
├── StoreError             the store cannot be used (wrong version, locked by another daemon, damaged)
│   ├── Overtaken          what was decided about a delivery comes too late: another has gone on with it
│   └── TooSlow            reading took longer than it may, and was stopped
├── QueryError             what was typed into a search cannot be understood
├── CaptureError           what was captured cannot be read, or there is none
├── ExpressionError        a condition typed for a command cannot be understood
├── WordingError           a user's own wording of cards cannot be used; the line is named
├── FetchError             a source did not give a usable answer; the reason is named
└── DeliveryError          a message was not delivered
    ├── Later              it was not accepted, and trying again can help
    ├── Unclear            it may or may not have been accepted
    ├── CardRefused        the message itself is at fault
    ├── MessageGone        the message to be edited cannot be edited any more
    ├── ChannelRefused     the destination is at fault
    └── RouteRefused       the whole route is at fault: a revoked token, a missing scope
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta


class TocsinError(Exception):
    """The root of all errors that are raised on purpose."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file that a person wrote; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Level(StrEnum):
    """How bad a problem is."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a file that a person wrote, and the way out."""

    place: Place
    message: str
    hint: str | None = None
    level: Level = Level.ERROR
    excerpt: str | None = None  # the offending line with a caret below it

    def __str__(self) -> str:
        lines = [f"{self.place}: {self.level}: {self.message}"]
        if self.excerpt:
            lines += [f"    {line}" for line in self.excerpt.splitlines()]
        if self.hint:
            lines.append(f"    hint: {self.hint}")
        return "\n".join(lines)


class ConfigError(TocsinError):
    """The configuration cannot be used; every problem found is listed."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class StoreError(TocsinError):
    """The store cannot be used; the message says why and what to do."""


class Overtaken(StoreError):
    """What was decided about a delivery comes too late: another has gone on with it, or ended it."""


class TooSlow(StoreError):
    """Reading took longer than it may; the message says what to do."""


class QueryError(TocsinError):
    """A search cannot be understood; the message shows where, and says what to write instead."""


class CaptureError(TocsinError):
    """What was captured cannot be read, or there is none."""


class ExpressionError(TocsinError):
    """A condition cannot be understood; the message says what to write instead."""


class WordingError(TocsinError):
    """A wording cannot be used; ``line`` is where in its file, as far as known, and ``hint`` the way out."""

    def __init__(self, message: str, line: int | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.hint = hint


class FetchError(TocsinError):
    """A source did not give a usable answer; ``reason`` is a stable short name such as ``timeout``."""

    def __init__(
        self,
        reason: str,
        detail: str = "",
        *,
        status: int | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        detail = _storable(detail)
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
        self.status = status
        self.retry_after = retry_after


class DeliveryError(TocsinError):
    """A message was not delivered; ``code`` is what the other side called it."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code, self.detail = _storable(code), _storable(detail)
        super().__init__(f"{self.code}: {self.detail}" if detail else self.code)


class Later(DeliveryError):
    """Not accepted, and trying again can help; ``after`` is the wait the other side asked for."""

    def __init__(self, code: str, detail: str = "", *, after: timedelta | None = None) -> None:
        super().__init__(code, detail)
        self.after = after


class Unclear(DeliveryError):
    """It may or may not have been accepted: look before sending again."""


class CardRefused(DeliveryError):
    """The message itself is at fault; a plainer one may pass."""


class MessageGone(DeliveryError):
    """The message to be edited was deleted, or may not be edited any more."""


class ChannelRefused(DeliveryError):
    """The destination is at fault; its other messages would fare no better."""


class RouteRefused(DeliveryError):
    """The whole route is at fault; no message can pass until somebody mends it."""


def _storable(words: str) -> str:
    """Return the words of another side without what no database takes: NUL, and halves of surrogate pairs."""
    return words.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
