"""How many blanks stand before a place of a text, and the way back, without counting from its start."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from itertools import accumulate, count
from operator import sub
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_STRIDE = 512  # characters


class Blanks:
    """A text whose blanks are counted, once it is asked about them."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _others(self) -> Sequence[int]:
        """How many characters that are no blanks stand before each _STRIDE-th one."""
        text = self.text
        blanks = [text.count(" ", start, start + _STRIDE) for start in range(0, len(text), _STRIDE)]
        return list(map(sub, count(0, _STRIDE), accumulate(blanks, initial=0)))

    def before(self, place: int) -> int:
        """Return how many blanks stand before a place."""
        stride = place // _STRIDE
        start = stride * _STRIDE
        return start - self._others[stride] + self.text.count(" ", start, place)

    def place(self, number: int) -> int:
        """Return the place of the character before which so many stand that are no blanks, itself none."""
        stride = bisect_right(self._others, number) - 1
        return self.place_from(stride * _STRIDE, number - self._others[stride])

    def place_from(self, start: int, number: int) -> int:
        """Return the same, counting from ``start`` on: faster where that is near."""
        text, end = self.text, start + number + 1
        while blanks := text.count(" ", start, end):  # so many characters are missing yet
            start, end = end, end + blanks
        return end - 1
