"""When a replay is to fail: ``lost>0``, ``per_day >= 20``; read once, asked of the numbers."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from alerts.errors import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NAMES = ("gained", "lost", "unchanged", "matches", "messages", "per_day")
COMPARED = ("gained", "lost", "unchanged")  # that need a second set of rules
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
_PARTS = re.compile(r"\s*(?P<name>[^\s<>=!]*)\s*(?P<sign>[<>=!]*)\s*(?P<number>.*?)\s*", re.DOTALL)
_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,6})?")
_SHAPE = "write a number's name, a sign and a number: lost>0, per_day>=20"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailOn:
    """A condition on which a replay fails."""

    name: str  # one of NAMES
    sign: str
    number: float

    def __str__(self) -> str:
        return f"{self.name}{self.sign}{self.number:g}"

    @property
    def needs_two(self) -> bool:
        """Whether it compares with other rules."""
        return self.name in COMPARED

    def holds(self, numbers: Mapping[str, float]) -> bool:
        """Say whether it is so; ``numbers`` has every one of NAMES that is known."""
        return _COMPARE[self.sign](numbers[self.name], self.number)


def parse(written: str) -> FailOn:
    """Read a condition; raises ExpressionError, which says what is wrong and the way out."""
    found = _PARTS.fullmatch(written)
    name, sign, number = (found["name"], found["sign"], found["number"]) if found else ("", "", "")
    if not name:
        raise ExpressionError(f"{written!r} names no number: {_SHAPE}")
    if name not in NAMES:
        meant = get_close_matches(name, NAMES, 1)
        hint = f"did you mean {meant[0]}?" if meant else f"there are {', '.join(NAMES)}"
        raise ExpressionError(f"there is no number called {name!r}: {hint}")
    if sign not in _COMPARE:
        said = f"{sign!r} is no sign" if sign else f"{name!r} is compared with nothing"
        raise ExpressionError(f"{said}: write one of {' '.join(_COMPARE)} and a number, such as {name}>0")
    if not _NUMBER.fullmatch(number):
        raise ExpressionError(f"{number!r} is no number: write {name}{sign}20, or {name}{sign}0.5")
    return FailOn(name=name, sign=sign, number=float(number))
