"""Run every bench: ``python -m bench [NAME …]``, and of how much: ``python -m bench copies 1000000``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bench import collect, copies, events, match, polls, rhythm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BENCHES: Mapping[str, Callable[[], None]] = {
    "collect": collect.main,
    "copies": copies.main,
    "events": events.main,
    "match": match.main,
    "polls": polls.main,
    "rhythm": rhythm.main,
}


SIZED: Mapping[str, Callable[[int], None]] = {"copies": copies.main}  # that may be told of how many stories


def main() -> None:
    """Run the benches named on the command line, or all of them."""
    words = sys.argv[1:] or list(BENCHES)
    if unknown := [word for word in words if word not in BENCHES and not word.isdecimal()]:
        sys.exit(f"no bench is called {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    for name, size in zip(words, [*words[1:], ""], strict=True):
        if size.isdecimal() and name not in SIZED:
            sys.exit(f"{size} says nothing to {name}: a number may follow {', '.join(SIZED)}")
    for name, size in zip(words, [*words[1:], ""], strict=True):
        if size.isdecimal():
            SIZED[name](int(size))
        elif name in BENCHES:
            BENCHES[name]()


if __name__ == "__main__":
    main()
