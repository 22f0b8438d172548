"""Run every bench: ``python -m bench [NAME …]``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bench import collect, events, match, polls, rhythm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BENCHES: Mapping[str, Callable[[], None]] = {
    "collect": collect.main,
    "events": events.main,
    "match": match.main,
    "polls": polls.main,
    "rhythm": rhythm.main,
}


def main() -> None:
    """Run the benches named on the command line, or all of them."""
    names = sys.argv[1:] or list(BENCHES)
    if unknown := [name for name in names if name not in BENCHES]:
        sys.exit(f"no bench is called {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    for name in names:
        BENCHES[name]()


if __name__ == "__main__":
    main()
