"""Run every bench: ``python -m bench [NAME …]``, and of how much: ``python -m bench copies 1000000``.

``python -m bench kills --rounds 1000 --seconds 600`` takes words of its own, and so does ``kills --help``. So do
``days``, ``soak``, ``cluster``, ``failover`` and ``claims``, which run only when they are named: the first lives
through three days, the second takes an hour, and the others need PostgreSQL.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bench import (
    acks,
    claims,
    cluster,
    collect,
    console,
    copies,
    days,
    events,
    failover,
    kills,
    match,
    polls,
    replay,
    rhythm,
    soak,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

BENCHES: Mapping[str, Callable[[], None]] = {
    "acks": acks.main,
    "collect": collect.main,
    "console": console.main,
    "copies": copies.main,
    "events": events.main,
    "kills": kills.main,
    "match": match.main,
    "polls": polls.main,
    "replay": replay.main,
    "rhythm": rhythm.main,
}
SIZED: Mapping[str, Callable[[int], None]] = {  # that may be told of how many stories
    "console": console.main,
    "copies": copies.main,
    "replay": replay.main,
}
TRIALS: Mapping[str, Callable[[Sequence[str]], None]] = {  # that take words of their own
    "claims": claims.main,
    "cluster": cluster.main,
    "days": days.main,
    "failover": failover.main,
    "kills": kills.main,
    "soak": soak.main,
}


def main() -> None:
    """Run the benches named on the command line, or all of them."""
    if trial := TRIALS.get(sys.argv[1] if len(sys.argv) > 1 else ""):
        trial(sys.argv[2:])
        return
    for name, size in asked(sys.argv[1:] or list(BENCHES)):
        if size is None:
            BENCHES[name]()
        else:
            SIZED[name](size)


def asked(words: Sequence[str]) -> list[tuple[str, int | None]]:
    """Return which benches are asked for, and of what size where a number follows; ends the program for nonsense."""
    found: list[tuple[str, int | None]] = []
    for word in words:
        if word in BENCHES:
            found.append((word, None))
        elif not word.isdecimal():
            sys.exit(f"no bench is called {word}; there are {', '.join(sorted({*BENCHES, *TRIALS}))}")
        elif int(word) and found and found[-1][1] is None and found[-1][0] in SIZED:
            found[-1] = found[-1][0], int(word)
        else:
            sys.exit(f"{word} says nothing here: one number above 0 may follow {', '.join(SIZED)}")
    return found


if __name__ == "__main__":
    main()
