"""What is wrong with the configuration, gathered while reading goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.errors import Level, Place, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST = 1_000  # problems; a file with more is no configuration, and reading on would only cost time


class TooMany(Exception):
    """There are so many problems that reading stops; what was found is told as always."""


class Findings:
    """Collects problems; the same words about the same place count once."""

    def __init__(self) -> None:
        self._problems: dict[tuple[Place, str], Problem] = {}
        self._errors = 0

    def error(self, place: Place, message: str, hint: str | None = None) -> None:
        """Note what keeps the configuration from being used."""
        self.add([Problem(place, message, hint)])

    def warn(self, place: Place, message: str, hint: str | None = None) -> None:
        """Note what is probably not meant."""
        self.add([Problem(place, message, hint, Level.WARNING)])

    def add(self, problems: Iterable[Problem]) -> None:
        """Note problems that somebody else found; raises TooMany with the error that is one too many."""
        for problem in problems:
            key = problem.place, problem.message
            if key in self._problems:
                continue
            self._errors += problem.level is Level.ERROR
            if self._errors > MOST:
                message = f"there are more than {MOST:,} mistakes; the rest of the file was not read"
                self._problems[problem.place, message] = Problem(problem.place, message)
                raise TooMany
            self._problems[key] = problem

    @property
    def all(self) -> tuple[Problem, ...]:
        """Everything noted, in the order of the places."""
        return tuple(self._problems[key] for key in sorted(self._problems))

    @property
    def fatal(self) -> bool:
        """Whether an error is among the problems."""
        return any(problem.level is Level.ERROR for problem in self._problems.values())
