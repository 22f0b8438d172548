"""Which numbers go with a number, most often one: packed, so that a look-up stays in the processor's cache."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NONE = ~0


class Fan:
    """From each number to some others; ``sealed`` when all of them are known."""

    __slots__ = ("_several", "codes", "packed")

    def __init__(self, size: int = 0) -> None:
        """Nothing goes with the first ``size`` numbers yet."""
        self.codes = array("i", [NONE]) * size  # by number: the only one that goes with it, or ~ where several stand
        self.packed = array("i", [0])  # once it is sealed: at such a place their count, and then they
        self._several: list[list[int]] = [[]]  # that NONE points to

    def fill(self, numbers: Iterable[int], others: Iterable[int]) -> Fan:
        """Let each of the others go with the number at the same place, and return the fan."""
        codes, several = self.codes, self._several
        for number, other in zip(numbers, others, strict=True):
            code = codes[number]
            if code == NONE:
                codes[number] = other
            elif code >= 0:
                codes[number] = ~len(several)
                several.append([code, other])
            else:
                several[~code].append(other)
        return self

    def sealed(self) -> Fan:
        """Return the same packed."""
        fan = Fan()
        places: list[int] = []
        for others in self._several:
            places.append(len(fan.packed) if others else 0)
            fan.packed.extend((len(others), *others) if others else ())
        fan.codes = array("i", [code if code >= 0 else ~places[~code] for code in self.codes])
        return fan

    def several(self, code: int) -> Sequence[int]:
        """Return what a negative code stands for; the fan is sealed."""
        first = -code  # ~code is the place of their count
        return self.packed[first : first + self.packed[~code]]
