"""A table of whole numbers in little memory: what repeats in it is kept once."""

from __future__ import annotations

from array import array

_BLOCK = 16  # numbers: with this the table by which languages are known takes 6 MB, with 4 or 64 more than 11


class Blocks:
    """Whole numbers below 2 ** 32 by their places, from 0 on, of which equal blocks are kept once."""

    __slots__ = ("_numbers", "_starts")

    def __init__(self, numbers: array[int]) -> None:
        """``numbers`` are unsigned."""
        found: dict[bytes, int] = {}  # block → where it starts
        self._starts = array("I")
        for place in range(0, len(numbers), _BLOCK):
            block = numbers[place : place + _BLOCK].tobytes()
            self._starts.append(found.setdefault(block, len(found) * _BLOCK))
        self._numbers = array(numbers.typecode, b"".join(found))

    def __getitem__(self, place: int) -> int:
        return self._numbers[self._starts[place // _BLOCK] + place % _BLOCK]
