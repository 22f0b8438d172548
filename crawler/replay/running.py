"""Replays rules over the stored past: reads it, judges it, and decides who would have been told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING

from alerts.errors import StoreError
from crawler.manners import manner_of
from crawler.replay import pool
from crawler.replay.finder import Finder, stretches
from crawler.replay.notes import notes_of
from crawler.replay.nouns import Batch, Headline, Progress, Reading, Request, Result, Step
from crawler.replay.presearch import candidates, trees
from crawler.replay.telling import Teller
from crawler.store.archive import Archive
from crawler.store.place import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from crawler.config.model import Config
    from crawler.replay.finder import Stretch
    from crawler.replay.nouns import Message, Versions
    from crawler.store.archive import Circumstances

__all__ = ["Request", "replay"]

_STRETCH = 1_000  # stories that are judged at a time
_FEW = 20_000  # stories that one process has judged before others have started


def replay(
    config: Config,
    request: Request,
    against: Config | None = None,
    *,
    rules: Config | None = None,
    workers: int | None = None,
    elapsed: Callable[[], float] = monotonic,
) -> Iterator[Step]:
    """Yield how a replay goes on, and at last what it brings; with ``against`` also of those other rules.

    The rules and routes are those of ``rules``, by default of ``config``, of which the store and the sources are.
    ``workers`` is the number of processes; None: as many as there are processors when there is much to read.
    Raises StoreError when there is no store, or it cannot be read.
    """
    archive = Archive.of(config.store)
    if archive is None:
        raise StoreError(f"there is no store at {shown(config.store)} yet: `tocsin run` or `tocsin once` makes it")
    with archive:
        own = rules or config
        sides = (own,) if against is None else (own, against)
        yield from Replay(archive, config, sides, request).run(workers, elapsed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be read."""

    ids: Sequence[int]  # all stories of the time
    wanted: set[int] | None  # that need be read as they are now; None: all

    @property
    def work(self) -> int:
        """How many stories are read at least."""
        return len(self.ids) if self.wanted is None else len(self.wanted)


class Replay:
    """One look at the past with one or two configurations, the second being the one that is compared with."""

    def __init__(self, archive: Archive, config: Config, sides: Sequence[Config], request: Request) -> None:
        self._archive = archive
        self._config = config
        self._sides = sides
        self._request = request
        self._from = request.since - request.lead
        judges = [side.judge for side in sides]
        self._finder = Finder(archive, judges, request.rules, self._from, request.until)

    def run(self, workers: int | None, elapsed: Callable[[], float]) -> Iterator[Step]:
        """Yield how it goes on, and at last what it brings."""
        begun, plan, batches, done, found = elapsed(), self.plan(), list[Batch](), 0, 0
        number = workers or (pool.processors() if plan.work > _FEW else 1)
        yield Step(progress=Progress(done=0, of=len(plan.ids), found=0))
        for batch, stories in self._batches(plan, number):
            batches.append(batch)
            done, found = done + stories, found + len(batch.found)
            yield Step(progress=Progress(done=done, of=len(plan.ids), found=found))
        reading = Reading(
            stories=len(plan.ids),
            read=sum(batch.read for batch in batches),
            texts=sum(batch.texts for batch in batches),
            prefiltered=plan.wanted is not None,
            workers=number,
        )
        results = self.results(plan, batches, reading)
        reading = replace(reading, seconds=elapsed() - begun)
        result, *before = [replace(one, reading=reading) for one in results]
        progress = Progress(done=done, of=len(plan.ids), found=found)
        yield Step(progress=progress, result=result, before=before[0] if before else None)

    def look(self, stretch: Stretch) -> Batch:
        """Read and judge one stretch."""
        return self._finder.look(stretch)

    def plan(self) -> Plan:
        """Find out which stories must be read."""
        ids = self._archive.ids(self._from, self._request.until)
        asked = trees([side.rules for side in self._sides], self._request.rules)
        return Plan(ids=ids, wanted=candidates(self._archive, asked, self._from, len(ids)))

    def _batches(self, plan: Plan, workers: int) -> Iterator[tuple[Batch, int]]:
        some = stretches(plan.ids, _STRETCH, plan.wanted)
        if workers == 1:
            return ((self._finder.look(stretch), size) for stretch, size in some)
        recipe = pool.Recipe(
            store=self._config.store,
            configs=tuple((side.path.resolve(), side.judge.revision) for side in self._sides),
            rules=self._request.rules,
            since=self._from,
            until=self._request.until,
        )
        return pool.read(recipe, some, workers)

    def results(
        self, plan: Plan, batches: Sequence[Batch], reading: Reading, is_over: Callable[[], bool] = lambda: False
    ) -> list[Result]:
        """Decide by each side what would have been told of all that was found, or until the time is up."""
        older = self._finder.of(self._relatives(plan, batches))
        every = [*batches, older]
        found = [versions for batch in every for versions in batch.found]
        before = [versions for batch in every for versions in batch.before]
        return [
            self._decide(side, some, reading, is_over) for side, some in zip(self._sides, (found, before), strict=False)
        ]

    def _relatives(self, plan: Plan, batches: Sequence[Batch]) -> Sequence[int]:
        """Return the older stories that those which were found are copies of: what they told is not told again."""
        found = (versions for batch in batches for versions in (*batch.found, *batch.before))
        groups = {versions[0].group for versions in found if versions[0].group < plan.ids[0]}
        return self._archive.relatives(sorted(groups), plan.ids[0]) if groups else ()

    def _decide(self, side: Config, found: Sequence[Versions], reading: Reading, is_over: Callable[[], bool]) -> Result:
        request = self._request
        start = min((versions[0].at for versions in found), default=request.since)
        then = self._archive.circumstances(min((versions[0].story.id for versions in found), default=0), start)
        backlogs = {source.id: source.backlog for source in self._config.sources}
        teller = Teller(side.judge, manner_of(side), then, backlogs, start, as_if_live=request.as_if_live)
        decisions, messages, until = teller.tell(found, request.until, is_over)
        trials = () if request.as_if_live else self._trials(side, found, then, backlogs, start)
        decisions = [one for one in decisions if one.at >= request.since]
        messages = [one for one in messages if one.at >= request.since]
        shown = {one.story for one in decisions} | {one.story for one in messages}
        return Result(
            since=request.since,
            until=max(until, request.since),
            decisions=decisions,
            messages=messages,
            headlines=_headlines(found, shown),
            reading=reading,
            trials=trials,
            notes=notes_of(side, request.rules),
        )

    def _trials(
        self,
        side: Config,
        found: Sequence[Versions],
        then: Circumstances,
        backlogs: Mapping[str, timedelta],
        start: datetime,
    ) -> Sequence[Message]:
        """Return the messages that rules on trial would have had sent, beside the others, if they were not on trial."""
        shadows = {one.id for one in side.rules.rules if one.shadow and one.enabled}
        held = {one.match.rule for versions in found for text in versions for one in text.findings}
        if not shadows & held:
            return ()
        teller = Teller(side.judge, manner_of(side), then, backlogs, start, as_if_live=True)
        _, messages, _ = teller.tell(found, self._request.until)
        return [one for one in messages if one.at >= self._request.since and shadows & {*one.rules}]


def _headlines(found: Sequence[Versions], shown: set[int]) -> Mapping[int, Headline]:
    newest = (versions[-1] for versions in found if versions[0].story.id in shown)
    return {
        one.story.id: Headline(
            story=one.story.id,
            version=one.story.version,
            source=one.story.outlet.id,
            outlet=one.story.outlet.name,
            title=one.story.title,
            url=one.story.url,
            language=one.story.language,
            seen=one.story.seen,
            group=one.group,
        )
        for one in newest
    }
