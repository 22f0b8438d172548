"""How far a rule got with a story."""

from __future__ import annotations

from enum import IntEnum


class Rank(IntEnum):
    """How far a rule got with a story; a story is answered with the least of all rules."""

    TOLD = 0
    FOLDED = 1  # a message about many stories tells of it
    ON_ITS_WAY = 2
    DEAD = 3
    HEARD = 4  # the channel heard it before
    KEPT = 5  # until a summary or a digest
    DECIDED = 6  # against telling of it
    OTHERWISE = 7  # it holds by today's rules only
    CLOSED = 8  # a gate, or it is switched off
    EXCLUDED = 9
    NEAR = 10  # a clause is missing
    FAR = 11  # several are
    NOTHING = 12
