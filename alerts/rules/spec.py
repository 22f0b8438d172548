"""What the user wrote about entities and rules, each text with its place in the file."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.errors import Level, Place, Problem
from alerts.story import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXCERPT_BEFORE, _EXCERPT_AFTER = 60, 40  # characters of a long line shown around a problem


@dataclass(frozen=True, slots=True)
class Text:
    """A text from a file that can say where each of its characters stands.

    ``anchors`` are pairs (offset in value, place), ascending, the first at offset 0; a character
    between two anchors lies on the earlier one's line.
    """

    value: str
    anchors: tuple[tuple[int, Place], ...]

    def at(self, offset: int = 0) -> Place:
        """Return the place of the character at ``offset``."""
        start, place = next(pair for pair in reversed(self.anchors) if pair[0] <= offset)
        return Place(place.file, place.line, place.column + offset - start)

    def problem(self, offset: int, message: str, hint: str | None = None, level: Level = Level.ERROR) -> Problem:
        """Report a problem with the character at ``offset``, and show its line with a caret below it."""
        return Problem(self.at(offset), message, hint, level, self._excerpt(offset))

    def _excerpt(self, offset: int) -> str:
        start = max(self.value.rfind("\n", 0, offset) + 1, offset - _EXCERPT_BEFORE)
        line = self.value[start : offset + _EXCERPT_AFTER].partition("\n")[0]
        line = "".join(char if char.isprintable() else " " for char in line)
        before = line[: offset - start]
        columns = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in before)
        return f"{line.rstrip()}\n{' ' * columns}^"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitySpec:
    """A thing in the world and its names in every language."""

    id: Text
    label: str
    aliases: Mapping[str, tuple[Text, ...]]  # by language; "" for aliases given as a plain list
    type: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSpec:
    """A rule as written."""

    id: Text
    name: str
    when: Text
    severity: Severity = Severity.NOTICE
    to: tuple[str, ...] = ()  # the rule's own channels; the config's default otherwise, already filled in
    tags: tuple[str, ...] = ()
    owner: str | None = None
    note: str | None = None
    enabled: bool = True
