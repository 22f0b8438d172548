"""How much two titles are alike, whatever one adds to the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


def title_ratio(one: Sequence[str], other: Sequence[str]) -> float:
    """Return the likeness of two titles, given their tokens, from 0 to 100.

    The token set ratio of SeatGeek's fuzzywuzzy, as RapidFuzz counts it: the words that both share against the
    words of each, and the words that only one has against each other, letter by letter; the best of the three.
    """
    words, others = set(one), set(other)
    both = words & others
    if both and (words <= others or others <= words):
        return 100.0
    rest, other_rest = " ".join(sorted(words - both)), " ".join(sorted(others - both))
    base = sum(map(len, both)) + max(len(both) - 1, 0)
    gap = 1 if both else 0
    size, other_size = base + gap + len(rest), base + gap + len(other_rest)
    missing = len(rest) + len(other_rest) - 2 * _common(rest, other_rest)
    ratios = [_ratio(missing, size + other_size)]
    if both:
        ratios += [_ratio(gap + len(rest), base + size), _ratio(gap + len(other_rest), base + other_size)]
    return max(ratios)


def _ratio(missing: int, total: int) -> float:
    return 100.0 * (1 - missing / total) if total else 0.0


def _common(one: Collection[str], other: Collection[str]) -> int:
    """Return the length of the longest common subsequence, a row of the table in the bits of one number.

    Hyyrö, "Bit-parallel LCS-length computation revisited", 2004.
    """
    places: dict[str, int] = {}
    for place, letter in enumerate(one):
        places[letter] = places.get(letter, 0) | 1 << place
    row = full = (1 << len(one)) - 1
    for letter in other:
        met = row & places.get(letter, 0)
        row = (row + met) | (row - met)
    return len(one) - (row & full).bit_count()
