"""What a new version of a story says that the one before did not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from alerts.cluster.prints import fingerprint
from alerts.cluster.shingles import WIDTH, Hashes, hashes, shared, tokens
from alerts.rules.passages import sentence_ends
from alerts.story import Field, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MINOR_SHARE = 0.02  # of the shingles of the new text; half of the updates add more than .13
KNOWN_SHARE = 0.5  # of the shingles of a sentence: with fewer known ones it was added


class Extent(StrEnum):
    """How much changed between two versions."""

    SAME = "same"  # but for spacing and Unicode form
    TITLE_ONLY = "title-only"  # the title, and nothing or little of the text
    MINOR = "minor"  # little of the text: a corrected word, a cut; yet a short sentence may have come in
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The difference of two versions."""

    extent: Extent
    reason: str  # for people: "13% new, 2% gone, 3 sentences added"
    added: tuple[Span, ...] = ()  # sentences of the new text, in reading order
    new_share: float = 0.0  # of the new text's shingles, those that the old one lacks
    gone_share: float = 0.0  # of the old text's shingles, those that the new one lacks

    def quoted(self, spans: Iterable[Span]) -> tuple[Span, ...]:
        """Return the added sentences in which matched words stand: what an alert about the update should quote."""
        places = [span for span in spans if span.field is Field.TEXT]
        return tuple(
            sentence
            for sentence in self.added
            if any(place.start < sentence.end and sentence.start < place.end for place in places)
        )


def compare(*, title: str, text: str, new_title: str, new_text: str) -> Change:
    """Say what changed from one version to the next: about 2 ms for 600 words."""
    if fingerprint(title, text) == fingerprint(new_title, new_text):
        return Change(extent=Extent.SAME, reason="the same words")
    retitled = fingerprint(title, "") != fingerprint(new_title, "")
    old, new = tokens(text), tokens(new_text)
    known, told = hashes(old), hashes(new)
    kept = shared(known, told)
    new_share = 1 - kept / told.size if told.size else 0.0
    gone_share = 1 - kept / known.size if known.size else 0.0
    added = tuple(_added(old, new_text))
    extent = Extent.CHANGED if new_share >= MINOR_SHARE else Extent.TITLE_ONLY if retitled else Extent.MINOR
    parts = [f"{new_share:.0%} new", f"{gone_share:.0%} gone", f"{_count(len(added), 'sentence')} added"]
    return Change(
        extent=extent,
        reason=", ".join([*(["another title"] if retitled else []), *parts]),
        added=added,
        new_share=new_share,
        gone_share=gone_share,
    )


def _added(old: Sequence[str], new_text: str) -> Iterator[Span]:
    """Find the sentences of which most shingles are unknown; one shorter than a shingle is looked for as a whole."""

    @lru_cache(WIDTH)
    def known(width: int) -> Hashes:
        return hashes(old, width) if width <= len(old) else hashes(())

    for start, end in pairwise([0, *sentence_ends(new_text)]):
        sentence = new_text[start:end].rstrip()
        found = tokens(sentence)
        if not found:
            continue
        told = hashes(found)
        if shared(told, known(min(WIDTH, len(found)))) < KNOWN_SHARE * told.size:
            yield Span(Field.TEXT, start, start + len(sentence))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
