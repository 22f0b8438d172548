"""The lines that an outlet puts under many of its stories, and a text without them."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from alerts.cluster.shingles import tokens

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

COMMON = 4  # stories of one source with a line in them, from which on it is boilerplate
BUCKET = 50  # stories of one source between two clearings: a line in more than one of fifty is never forgotten


def line_keys(text: str) -> frozenset[int]:
    """Return a signed 64-bit key for each line of a text that has words, whatever its case and punctuation.

    The store keeps ``(source, key) -> stories, since``, and adds 1 to ``stories`` of each key once for every *new*
    story that is no copy of one known: neither versions nor copies make a line common. ``since`` is the number of
    the source's stories before the first with this line. Lines do what shingles of five words would (on the pairs
    that the copy rule was measured with, both lift the precision of containment .5 from .545 to .643 and leave
    none of 10 templates looking alike), with 12 keys for a story in place of 494.
    """
    return frozenset(key for line in text.splitlines() if (key := _key(line)) is not None)


def common(stories: Mapping[int, int]) -> frozenset[int]:
    """Return the keys that are boilerplate, given in how many stories of the source each line of a text stands."""
    return frozenset(key for key, count in stories.items() if count >= COMMON)


def without_lines(text: str, boilerplate: Collection[int]) -> str:
    """Return a text without the lines whose keys are boilerplate.

    What is left may be short: then it has no signature, which is right, because only the frame would be compared.
    It is for comparing only; rules and readers get the whole text.
    """
    if not boilerplate:
        return text
    return "".join(line for line in text.splitlines(keepends=True) if _key(line) not in boilerplate)


def is_kept(stories: int, since: int, total: int) -> bool:
    """Say whether the store still needs a line, given how many stories of the source it has counted in ``total``.

    Lossy counting (Manku and Motwani 2002): the store asks after every BUCKET stories of a source and deletes the
    rest, in SQL ``stories + since / 50 <= total / 50`` with whole numbers. A line that comes in more than one of
    BUCKET stories is always kept, and a source has some 700 rows at 12 lines a story, however long it is watched.
    """
    return stories + since // BUCKET > total // BUCKET


def _key(line: str) -> int | None:
    found = " ".join(tokens(line))
    return int.from_bytes(blake2b(found.encode(), digest_size=8).digest(), "little", signed=True) if found else None
