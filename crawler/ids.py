"""Identifiers that sort by time: story ids and delivery keys."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crawler.clock import Clock

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O, U
BITS = 5  # per character
STORY_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
STORY_TAIL = 22  # bits after 41 bits of milliseconds: 63 in all, enough until 2093
STORY_LENGTH = 13  # characters
CLOCK_SLACK = timedelta(hours=1)
ULID_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ULID_TAIL = 80  # bits after 48 bits of milliseconds
ULID_LENGTH = 26  # characters

_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_VALUES |= {"I": 1, "L": 1, "O": 0}  # read as people write them


class Ids:
    """Makes ids, each greater than the one before even when the clock is set back.

    Not thread-safe: one instance belongs to one thread.
    """

    def __init__(self, clock: Clock, randomness: random.Random | None = None) -> None:
        self._clock = clock
        self._random = randomness or random.SystemRandom()
        self._story = 0
        self._ulid = 0

    def story(self) -> int:
        """Return a positive id of at most 63 bits."""
        self._story = max(self._story + 1, self._stamp(STORY_EPOCH, STORY_TAIL))
        return self._story

    def begin_after(self, story: int) -> None:
        """Make no story id up to one that is taken: who starts anew in the same millisecond would draw it again.

        One that lies more than CLOCK_SLACK ahead was made by a clock that was wrong, and is passed over.
        """
        ahead = (self._clock.now() + CLOCK_SLACK - STORY_EPOCH) // timedelta(milliseconds=1)
        if story >> STORY_TAIL <= ahead:
            self._story = max(self._story, story)

    def delivery(self) -> str:
        """Return a ULID (https://github.com/ulid/spec), monotonic within this process."""
        self._ulid = max(self._ulid + 1, self._stamp(ULID_EPOCH, ULID_TAIL))
        return _base32(self._ulid, ULID_LENGTH)

    def _stamp(self, epoch: datetime, tail: int) -> int:
        elapsed = (self._clock.now() - epoch) // timedelta(milliseconds=1)
        return max(elapsed, 0) << tail | self._random.getrandbits(tail)


def earliest(moment: datetime) -> int:
    """Return an id that no story seen at or after a moment is below, though the clock be set back by an hour."""
    elapsed = (moment - CLOCK_SLACK - STORY_EPOCH) // timedelta(milliseconds=1)
    return max(elapsed, 0) << STORY_TAIL


def earliest_delivery(moment: datetime) -> str:
    """Return a key that no delivery queued at or after a moment is below: a key is made after the clock was read."""
    elapsed = (moment - ULID_EPOCH) // timedelta(milliseconds=1)
    return _base32(max(elapsed, 0) << ULID_TAIL, ULID_LENGTH)


def encode(story: int) -> str:
    """Return a story id as people see it: 13 characters that sort like the number."""
    if not 0 <= story < 1 << 63:
        raise ValueError(f"{story} is no story id")
    return _base32(story, STORY_LENGTH)


def decode(text: str) -> int:
    """Read a story id as people type it: any case, hyphens, I and L for 1, O for 0; raises ValueError."""
    characters = text.strip().upper().replace("-", "")
    if not 0 < len(characters) <= STORY_LENGTH or not set(characters) <= _VALUES.keys():
        raise ValueError(f"{text!r} is no story id: 13 characters of {ALPHABET} are")
    value = 0
    for character in characters:
        value = value << BITS | _VALUES[character]
    if value >= 1 << 63:
        raise ValueError(f"{text!r} is no story id: the greatest is {encode((1 << 63) - 1)}")
    return value


def _base32(value: int, length: int) -> str:
    return "".join(ALPHABET[value >> BITS * place & 31] for place in range(length - 1, -1, -1))
