"""How far apart words stand: sweeps over sorted places, never a loop within a loop."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from alerts.rules.blanks import Blanks

Hit = tuple[int, int]  # where a term stands in the searched string
Place = tuple[int, int]  # the numbers of its first and its last word


def trimmed(text: str, hit: Hit) -> Hit:
    """Return a hit without the blanks at its edges."""
    start, end = hit
    return start + (text[start] == " "), end - (text[end - 1] == " ")


def places(words: Blanks, hits: Sequence[Hit], wall: int) -> list[Place]:
    """Number the words of hits (sorted): a Han or Hiragana character is one word, a MARK is none.

    ``words`` is the searched string with a blank before each word and no other. Words on different sides of
    ``wall`` are farther apart than any distance.
    """
    text = words.text
    found: list[Place] = []
    for hit in hits:
        start, end = trimmed(text, hit)
        first = words.before(start) + len(text) * (start > wall)
        found.append((first, first + text.count(" ", start, end)))
    return found


def near(left: Sequence[Place], right: Sequence[Place], distance: int, *, ordered: bool) -> tuple[list[int], list[int]]:
    """Return which places of each side stand so near to one of the other; both sides sorted.

    Two that share a word are one mention, not two that are near.
    """
    before_right = _followed(right, distance)
    after_left = _preceded(left, distance)
    if ordered:
        return _chosen(left, before_right), _chosen(right, after_left)
    after_right = _preceded(right, distance)
    before_left = _followed(left, distance)
    return (
        _chosen(left, lambda place: before_right(place) or after_right(place)),
        _chosen(right, lambda place: after_left(place) or before_left(place)),
    )


def apart(left: Sequence[Place], right: Sequence[Place], distance: int, *, ordered: bool) -> list[int]:
    """Return which places of the left side have none of the right so near; one that shares a word is near."""
    before_right = _followed(right, distance)
    after_right = _preceded(right, distance)
    overlaps = _overlapped(right)
    return _chosen(
        left,
        lambda place: not (before_right(place) or overlaps(place) or (not ordered and after_right(place))),
    )


def closest(left: Sequence[Place], right: Sequence[Place], *, ordered: bool) -> int | None:
    """Return the smallest distance between a place on the left and one on the right."""
    firsts, lasts = sorted(first for first, _ in right), sorted(last for _, last in right)
    distances: list[int] = []
    for first, last in left:
        after = bisect_right(firsts, last)
        distances += [firsts[after] - last] if after < len(firsts) else []
        before = bisect_left(lasts, first)
        distances += [first - lasts[before - 1]] if before and not ordered else []
    return min(distances, default=None)


def inside(covers: Sequence[Hit]) -> Callable[[Hit], bool]:
    """Return a test whether a hit lies within one of the covers."""
    covers = sorted(covers)
    starts = [start for start, _ in covers]
    farthest = list(accumulate((end for _, end in covers), max))

    def lies_within(hit: Hit) -> bool:
        number = bisect_right(starts, hit[0])
        return number > 0 and farthest[number - 1] >= hit[1]

    return lies_within


def _chosen(side: Sequence[Place], test: Callable[[Place], bool]) -> list[int]:
    return [number for number, place in enumerate(side) if test(place)]


def _followed(others: Sequence[Place], distance: int) -> Callable[[Place], bool]:
    """Return a test whether one of the others begins so soon after a place."""
    firsts = [first for first, _ in others]  # sorted, as the places are

    def is_followed(place: Place) -> bool:
        number = bisect_right(firsts, place[1])
        return number < len(firsts) and firsts[number] - place[1] <= distance

    return is_followed


def _preceded(others: Sequence[Place], distance: int) -> Callable[[Place], bool]:
    """Return a test whether one of the others ends so shortly before a place."""
    lasts = sorted(last for _, last in others)

    def is_preceded(place: Place) -> bool:
        number = bisect_left(lasts, place[0])
        return number > 0 and place[0] - lasts[number - 1] <= distance

    return is_preceded


def _overlapped(others: Sequence[Place]) -> Callable[[Place], bool]:
    """Return a test whether one of the others shares a word with a place."""
    firsts = [first for first, _ in others]
    farthest = list(accumulate((last for _, last in others), max))

    def is_overlapped(place: Place) -> bool:
        number = bisect_right(firsts, place[1])
        return number > 0 and farthest[number - 1] >= place[0]

    return is_overlapped
