"""From the patterns that rules search for to what the search index can be asked: never less than the rules find."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alerts.search.query import AllOf, AnyOf, Phrase
from alerts.search.text import is_run, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST = 3_000  # phrases in all: more take longer than to read the stories
_ARABIC = re.compile("[\u0600-\u06ff]")


def phrase_of(pattern: str) -> Phrase | None:
    """Return what the index has of every text that holds a pattern in its fold; None when that cannot be asked.

    The index knows words by their beginnings only, and Arabic ones without some prefixes, so a pattern that stands
    within a word, or only begins an Arabic one, cannot be asked for.
    """
    found = list(tokens(pattern))
    if not found or not (pattern[0] == " " or is_run(pattern[0])):
        return None
    last = found[-1]
    prefix = pattern[-1] != " " and not is_run(pattern[-1])
    if last.is_last_of_run:  # the run may go on, which is what pairs are for
        alone = len(found) == 1 or found[-2].end != last.end
        found, prefix = (found, True) if alone else (found[:-1], False)
    if prefix and _ARABIC.search(last.text):
        return None
    return Phrase(tuple(token.text for token in found), prefix)


def asked(groups: Iterable[Sequence[str]]) -> AllOf | None:
    """Return what the index has of every text that holds one of each group of patterns; None when nothing can be asked.

    A group with a pattern that cannot be asked for is left out: then more is found than need be.
    """
    parts = []
    for group in groups:
        phrases = [phrase_of(pattern) for pattern in group]
        if phrases and all(phrases):
            parts.append(AnyOf(tuple(dict.fromkeys(one for one in phrases if one))))
    return AllOf(tuple(parts)) if parts else None


def size_of(tree: AllOf) -> int:
    """Return how many phrases are asked for."""
    return sum(len(part.parts) for part in tree.parts if isinstance(part, AnyOf))
