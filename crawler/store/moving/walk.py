"""What is to be written so that one list of rows in the order of their keys becomes as another."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Row = tuple[Any, ...]
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A stretch of both lists."""

    equal: int = 0  # rows
    drop: Sequence[Key] = ()  # what the target has and should not, or not so
    put: Sequence[Row] = ()  # what it lacks once these are dropped


def steps(
    source: Iterable[Sequence[Row]], target: Iterable[Sequence[Row]], key: Callable[[Row], Key]
) -> Iterator[Step]:
    """Yield what makes the target equal to the source; both come in pages, in ascending order of their keys.

    It is a merge of two sorted lists. Of the target no page is asked for before it is needed, so that what was put
    behind the last page is not met again. Pages that are equal as a whole, which most are, cost one comparison.
    """
    ours, theirs = _Pages(source), _Pages(target)
    while ours.filled() | theirs.filled():
        if ours.rows == theirs.rows:
            yield Step(equal=len(ours.rows))
            ours.rows, theirs.rows = [], []
            continue
        until = min(key(rows[-1]) for rows in (ours.rows, theirs.rows) if rows)
        yield _compared(ours.taken(until, key), theirs.taken(until, key), key)


def _compared(ours: Sequence[Row], theirs: Sequence[Row], key: Callable[[Row], Key]) -> Step:
    if not theirs:
        return Step(put=ours)
    there = {key(row): row for row in theirs}
    put = [row for row in ours if there.get(key(row)) != row]
    kept = {key(row) for row in ours} - {key(row) for row in put}
    return Step(equal=len(kept), drop=[one for one in there if one not in kept], put=put)


class _Pages:
    """One of the lists, as far as it is read and not yet looked at."""

    def __init__(self, pages: Iterable[Sequence[Row]]) -> None:
        self._pages = iter(pages)
        self._page = 0  # rows of the largest
        self.rows: list[Row] = []

    def filled(self) -> bool:
        """Read on when little is left, and say whether anything is."""
        if 2 * len(self.rows) <= self._page and (more := next(self._pages, None)):
            self._page = max(self._page, len(more))
            self.rows += more
        return bool(self.rows)

    def taken(self, until: Key, key: Callable[[Row], Key]) -> list[Row]:
        """Take out what comes up to a key and with it."""
        end = bisect_right(self.rows, until, key=key)
        found, self.rows = self.rows[:end], self.rows[end:]
        return found
