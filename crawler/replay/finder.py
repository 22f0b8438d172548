"""Judges stretches of the stored past by one or two sets of rules: all that a process of its own has to do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from alerts.stream import Condition
from crawler.replay.nouns import Batch, Found

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from alerts.judge import Finding, Judge
    from alerts.story import Story
    from crawler.replay.nouns import Versions
    from crawler.store.archive import Archive, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Stories between two ids, both included; with ``only``, of the newest versions just those of these stories."""

    first: int
    last: int
    only: tuple[int, ...] | None = None


class Finder:
    """Finds what one or two judges hold for; the second is the one that is compared with."""

    def __init__(
        self,
        archive: Archive,
        judges: Sequence[Judge],
        rules: frozenset[str] | None,
        since: datetime,
        until: datetime,
    ) -> None:
        """``rules``: only what these say counts, all when it is None."""
        self._archive = archive
        self._judges = tuple(judges)
        self._rules = rules
        self._time = since, until
        self._keeps = [_asks_words(judge) for judge in judges]

    def look(self, stretch: Stretch) -> Batch:
        """Judge a stretch; raises StoreError."""
        if stretch.only is None:
            return self._judged(self._archive.stretch(stretch.first, stretch.last, *self._time))
        return self._candidates(stretch, stretch.only)

    def of(self, stories: Sequence[int]) -> Batch:
        """Judge some stories, whenever they were seen."""
        return self._judged(self._archive.some(stories))

    def _candidates(self, stretch: Stretch, only: Sequence[int]) -> Batch:
        """Judge what the index found, and the older versions of the others, which it does not have."""
        batch = self._judged(self._archive.some(only))
        known = {*only}
        older = (text for text in self._archive.older(stretch.first, stretch.last) if text.story.id not in known)
        judged = self._judged(text for text in older if self._time[0] <= text.story.seen < self._time[1])
        hit = sorted({found[0].story.id for side in (judged.found, judged.before) for found in side})
        whole = self._judged(self._archive.some(hit)) if hit else Batch(read=0, texts=0)
        return Batch(
            read=batch.read + judged.read,
            texts=batch.texts + judged.texts + len(hit),
            found=(*batch.found, *whole.found),
            before=(*batch.before, *whole.before),
        )

    def _judged(self, texts: Iterable[Text]) -> Batch:
        sides: list[list[Versions]] = [[] for _ in self._judges]
        read = judged = 0
        for _, versions in groupby(texts, key=_story_of):
            every = list(versions)
            read += 1
            judged += len(every)
            for side, judge, keeps in zip(sides, self._judges, self._keeps, strict=True):
                findings = [self._kept(judge(text.story)) for text in every]
                if any(findings):
                    side.append(tuple(_found(text, some, keeps) for text, some in zip(every, findings, strict=True)))
        found, *before = sides
        return Batch(read=read, texts=judged, found=tuple(found), before=tuple(before[0]) if before else ())

    def _kept(self, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        if self._rules is None or not findings:
            return findings
        return tuple(one for one in findings if one.match.rule in self._rules)


def _story_of(text: Text) -> int:
    return text.story.id


def _asks_words(judge: Judge) -> bool:
    """Say whether what is told depends on the words that were found, not on which rules hold alone."""
    return any(Condition.FIRST_TERM in rule.conditions for rule in judge.streams.values())


def _found(text: Text, findings: tuple[Finding, ...], keeps: bool) -> Found:
    story = text.story if keeps else _without_text(text.story)
    if not keeps:
        findings = tuple(replace(one, facts=replace(one.facts, text="")) if one.facts else one for one in findings)
    is_page = text.story.version > 1 and text.page_read == text.at
    return Found(
        story=story,
        at=text.at,
        group=text.group,
        event=text.event,
        is_page=is_page,
        page_due=text.has_page and not is_page and (text.page_read is None or text.page_read >= text.at),
        owner=text.owner,
        origin=text.origin,
        findings=findings,
    )


def _without_text(story: Story) -> Story:
    return replace(story, text="")


def stretches(ids: Sequence[int], size: int, wanted: set[int] | None = None) -> Iterator[tuple[Stretch, int]]:
    """Yield stretches of so many stories each, and how many there are in each; ``wanted`` are those to be read."""
    for start in range(0, len(ids), size):
        some = ids[start : start + size]
        only = None if wanted is None else tuple(one for one in some if one in wanted)
        yield Stretch(first=some[0], last=some[-1], only=only), len(some)
