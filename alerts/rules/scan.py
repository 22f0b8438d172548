"""A story as it was searched: where which term stands, in which passage, and in which words of the original."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from alerts.rules.blanks import Blanks
from alerts.rules.fold import MARK, fold, origin
from alerts.rules.nodes import LABELS, Passage, Scope
from alerts.rules.passages import folded_ends, lead_end, paragraph_ends, sentence_ends
from alerts.rules.proximity import Hit, trimmed
from alerts.story import Field, Span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from alerts.rules.fold import Origin
    from alerts.story import Story

BETWEEN = "\n"  # parts the fields in the searched string; no folded text and no pattern holds it
MOST_SPANS = 200  # of one match
Range = tuple[int, int]  # of the searched string; a hit lies in it when it starts there

_TITLE, _TEXT = 0, 1  # numbers of fields in the searched string; labels come behind
_FIELDS = Field.TITLE, Field.TEXT
_LABELS = sorted(LABELS)
_WALL = " | "  # folds to MARK: no phrase goes from one author to the next


def searched_fields(story: Story, *, labels: bool) -> tuple[str, ...]:
    """Return the original texts that are searched: title and text, and on demand the labels."""
    if not labels:
        return story.title, story.text
    values = {
        Scope.AUTHOR: _WALL.join(story.authors),
        Scope.TAG: _WALL.join(story.tags),
        Scope.SECTION: story.section or "",
        Scope.URL: unquote(story.url or ""),
    }
    return story.title, story.text, *(values[label] for label in _LABELS)


class Scan:
    """What one story holds of all the terms of a rule set; lives as long as the story is judged."""

    def __init__(self, story: Story, fields: Sequence[str], folded: Sequence[str]) -> None:
        """``folded`` are the folds of ``fields``; the hits are filled in by whoever searches."""
        self.story = story
        self.fields = fields
        self.folded = folded
        self.text = BETWEEN.join(folded)
        self.hits: dict[int, list[Hit]] = {}  # by term, in the order of their ends
        self.cache: dict[Any, Any] = {}  # what evaluation worked out for this story
        self.written: dict[Hit, tuple[int, int, int]] = {}  # field and slice of hits that are no fold of a term
        self.has_labels = len(fields) > _TEXT + 1
        self.everywhere = 0, len(self.text)
        self.title_end = len(folded[_TITLE])
        self.content_end = self.title_end + len(BETWEEN) + len(folded[_TEXT])
        self._origins: dict[int, Origin] = {}
        self._spans: dict[Hit, Span] = {}

    @cached_property
    def words(self) -> int:
        """The number of words of the text; a Han or Hiragana character counts as one."""
        text = self.folded[_TEXT]
        return max(0, text.count(" ") - text.count(MARK) - 1)

    @cached_property
    def starts(self) -> list[int]:
        """Where each field starts in the searched string."""
        starts = [0]
        for folded in self.folded[:-1]:
            starts.append(starts[-1] + len(folded) + len(BETWEEN))
        return starts

    @cached_property
    def words_before(self) -> Blanks:
        """The searched string, with a blank before each word and no other."""
        return Blanks(self.text.replace(f"{MARK} ", MARK * 2))

    def range_of(self, scope: Scope) -> Range:
        """Return where a field that is searched lies."""
        match scope:
            case Scope.TITLE:
                return 0, self.title_end
            case Scope.BODY:
                return self.title_end, self.content_end
            case Scope.LEAD:
                return self.title_end, self._lead_end
            case Scope.HLEAD:
                return 0, self._lead_end
            case _:
                number = _TEXT + 1 + _LABELS.index(scope)
                return self.starts[number], self.starts[number] + len(self.folded[number])

    def passage(self, kind: Passage, position: int) -> int:
        """Return the number of the sentence or paragraph that a position lies in."""
        return bisect_right(self._ends(kind), position)

    def passage_range(self, kind: Passage, position: int) -> Range:
        """Return the sentence or paragraph around a position."""
        ends = self._ends(kind)
        number = bisect_right(ends, position)
        return ends[number - 1] if number else 0, ends[number] if number < len(ends) else len(self.text)

    def words_around(self, hit: Hit, distance: int) -> Range:
        """Return the range that holds every word at most so far from a hit, in its own field."""
        start, end = trimmed(self.text, hit)
        starts = self._word_starts
        first = max(0, bisect_left(starts, start) - distance)
        last = bisect_left(starts, end) + distance - 1
        low, high = (0, self.title_end) if start <= self.title_end else (self.title_end, len(self.text))
        before = starts[first] - 1 if first < len(starts) else low
        after = starts[last] + 1 if last < len(starts) else high
        return max(low, before), min(high, after)

    @cached_property
    def repeated(self) -> frozenset[int]:
        """The paragraphs (by number) that say the same as an earlier one of the text."""
        ends = self._ends(Passage.PARAGRAPH)
        seen: set[str] = set()
        repeated: set[int] = set()
        for number in range(1, len(ends)):  # the title is no paragraph of the text
            paragraph = self.text[ends[number - 1] : ends[number]].strip(f"{BETWEEN} {MARK}")
            if paragraph in seen:
                repeated.add(number)
            seen.add(paragraph)
        return frozenset(repeated)

    def original(self, hit: Hit) -> tuple[int, int, int]:
        """Return the number of a hit's field and the slice of the original that it came from."""
        return (self.written and self.written.get(hit)) or self.slice_of(hit)

    def slice_of(self, hit: Hit) -> tuple[int, int, int]:
        """Return the same for nothing but the letters and digits that were found."""
        start, end = hit
        number = bisect_right(self.starts, start) - 1
        shift = self.starts[number]
        return number, *self._origin(number).original(start - shift, end - shift)

    def hit_of(self, number: int, start: int, end: int) -> Hit:
        """Return the hit that stands for a slice of a field as written."""
        text, shift = self.fields[number], self.starts[number]
        begin = shift + len(fold(text[:start])) - 1
        hit = begin, max(begin + 1, shift + len(fold(text[:end])) - 1)
        self.written[hit] = number, start, end
        return hit

    def locate(self, found: Iterable[Collection[Hit]]) -> None:
        """Find the words of many hits in one walk, so that ``spans`` knows them."""
        hits = sorted({hit for some in found if len(some) <= MOST_SPANS for hit in some} - self.written.keys())
        content = bisect_left(hits, (self.title_end,))
        labels = bisect_left(hits, (self.content_end,), content)
        for number, some in ((_TITLE, hits[:content]), (_TEXT, hits[content:labels])):
            if some:
                field, shift = _FIELDS[number], self.starts[number]
                slices = [(start - shift, end - shift) for start, end in some] if shift else some
                for hit, (start, end) in zip(some, self._origin(number).originals(slices), strict=True):
                    self._spans[hit] = Span(field, start, end)

    def spans(self, hits: Collection[Hit]) -> tuple[Span, ...]:
        """Return the words of hits in title and text, in reading order; those that overlap become one.

        Of more than MOST_SPANS the first ones count: they say well enough why a rule holds.
        """
        known = self._spans
        spans: list[Span] = []
        for hit in sorted(set(hits)) if len(hits) > 1 else hits:
            span = known.get(hit) or self._span(hit)
            if span is None:
                continue
            if spans and span.start < spans[-1].end and span.field is spans[-1].field:
                before = spans.pop()
                span = Span(before.field, before.start, max(before.end, span.end))
            elif len(spans) == MOST_SPANS:
                break
            spans.append(span)
        return tuple(spans)

    def words_of(self, hits: Iterable[Hit]) -> tuple[str, ...]:
        """Return the different words of hits as the story has them, those of labels too."""
        slices = [self.original(hit) for hit in sorted(set(hits))]
        return tuple(dict.fromkeys(self.fields[number][start:end] for number, start, end in slices))

    def _span(self, hit: Hit) -> Span | None:
        if hit[0] >= self.content_end:
            return None
        number, start, end = self.original(hit)
        self._spans[hit] = span = Span(_FIELDS[number], start, end)
        return span

    def _origin(self, number: int) -> Origin:
        known = self._origins.get(number)
        if known is None:
            known = self._origins[number] = origin(self.fields[number], self.folded[number])
        return known

    @cached_property
    def _lead_end(self) -> int:
        paragraphs = self._ends(Passage.PARAGRAPH)
        start = self.title_end + len(BETWEEN)
        return start + lead_end(self.folded[_TEXT], paragraphs[1] - start)

    @cached_property
    def _word_starts(self) -> list[int]:
        starts, place = [], 0
        for token in self.text.replace(BETWEEN, " ").split(" "):
            if token and token != MARK:
                starts.append(place)
            place += len(token) + 1
        return starts

    def _ends(self, kind: Passage) -> list[int]:
        """Return where the title and each passage of the text end."""
        if kind not in self.cache:
            ends_of = sentence_ends if kind is Passage.SENTENCE else paragraph_ends
            title, text = self.fields[_TITLE], self.fields[_TEXT]
            ends = folded_ends(title, sentence_ends(title) if kind is Passage.SENTENCE else [len(title)])
            ends[-1] = self.title_end
            shift = self.title_end + len(BETWEEN)
            self.cache[kind] = ends + [shift + end for end in folded_ends(text, ends_of(text))]
        known: list[int] = self.cache[kind]
        return known
