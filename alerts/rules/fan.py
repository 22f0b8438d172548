"""Which numbers go with a number, most often one: packed, so that a look-up stays in the processor's cache."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NONE = ~0


class Fan:
    """From each number to some others."""

    __slots__ = ("codes", "several")

    def __init__(self, size: int = 0) -> None:
        """Nothing goes with the first ``size`` numbers yet."""
        self.codes = array("i", [NONE]) * size  # by number: the only one that goes with it, or ~ a place in ``several``
        self.several: list[list[int]] = [[]]  # that NONE points to

    def add(self, number: int, other: int) -> None:
        """Let one more go with a number."""
        code = self.codes[number]
        if code >= 0:
            self.codes[number] = ~len(self.several)
            self.several.append([code, other])
        elif code == NONE:
            self.codes[number] = other
        else:
            self.several[~code].append(other)

    def append(self, other: int) -> int:
        """Return a new number that one other goes with."""
        self.codes.append(other)
        return len(self.codes) - 1

    def reordered(self, numbers: Iterable[int]) -> Fan:
        """Return the same with the numbers given in another order; what goes with them is shared."""
        fan = Fan()
        fan.codes = array("i", map(self.codes.__getitem__, numbers))
        fan.several = self.several
        return fan
