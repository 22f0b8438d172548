"""Where the words of a search stand in a story, and the part of its text that shows them best."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.rules.fold import fold, origin
from alerts.search.text import tokens
from alerts.story import Field, Span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from alerts.search.query import Phrase
    from alerts.search.text import Token
    from alerts.story import Story

_EDGE = 20  # characters by which a slice is shortened so that it begins and ends between words


def spans(phrases: Collection[Phrase], story: Story) -> tuple[Span, ...]:
    """Return where phrases stand in a story, title first, in reading order; those that meet are one."""
    return tuple(span for field in Field for span in _spans_in(phrases, field, getattr(story, field)))


def best_slice(text: str, places: Sequence[tuple[int, int]], width: int) -> tuple[int, int]:
    """Return the slice of at most ``width`` characters in which most places lie, the first of such; else the start.

    It is cut between words where there are blanks.
    """
    if len(text) <= width:
        return 0, len(text)
    best = max(places, key=lambda place: _covered(places, place[0], width), default=(0, 0))[0]
    last = max((end for start, end in places if best <= start and end <= best + width), default=best)
    start = max(0, min(best - (width - (last - best)) // 2, len(text) - width)) if places else 0
    end = min(start + width, len(text))
    if start and (blank := text.find(" ", start, min(start + _EDGE, best))) >= 0:
        start = blank + 1
    if end < len(text) and (blank := text.rfind(" ", max(end - _EDGE, last), end)) >= 0:
        end = blank
    return start, end


def _covered(places: Sequence[tuple[int, int]], start: int, width: int) -> int:
    return sum(start <= first and last <= start + width for first, last in places)


def _spans_in(phrases: Collection[Phrase], field: Field, text: str) -> Iterator[Span]:
    folded = fold(text)
    found = list(tokens(folded))
    wanted = [one for one in phrases if one.field in {None, field}]
    slices = sorted({place for one in wanted for place in _places(one, found)})
    if not slices:
        return
    way_back = origin(text, folded)
    merged: list[tuple[int, int]] = []
    for start, end in (way_back.original(*place) for place in slices):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    for start, end in merged:
        yield Span(field, start, end)


def _places(phrase: Phrase, found: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Yield the slices of the folded text where a phrase stands, as the index finds it."""
    *before, last = phrase.tokens
    for at in range(len(found) - len(before)):
        token = found[at + len(before)]
        if token.text == last:
            end = token.end
        elif phrase.prefix and token.text.startswith(last):
            end = token.head
        else:
            continue
        if all(one.text == wanted for one, wanted in zip(found[at:], before, strict=False)):
            yield found[at].start, end
