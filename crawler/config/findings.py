"""What is wrong with the configuration, gathered while reading goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.errors import Level, Place, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable


class Findings:
    """Collects problems; the same words about the same place count once."""

    def __init__(self) -> None:
        self._problems: dict[tuple[Place, str], Problem] = {}

    def error(self, place: Place, message: str, hint: str | None = None) -> None:
        """Note what keeps the configuration from being used."""
        self.add([Problem(place, message, hint)])

    def warn(self, place: Place, message: str, hint: str | None = None) -> None:
        """Note what is probably not meant."""
        self.add([Problem(place, message, hint, Level.WARNING)])

    def add(self, problems: Iterable[Problem]) -> None:
        """Note problems that somebody else found."""
        for problem in problems:
            self._problems.setdefault((problem.place, problem.message), problem)

    @property
    def all(self) -> tuple[Problem, ...]:
        """Everything noted, in the order of the places."""
        return tuple(self._problems[key] for key in sorted(self._problems))

    @property
    def fatal(self) -> bool:
        """Whether an error is among the problems."""
        return any(problem.level is Level.ERROR for problem in self._problems.values())
