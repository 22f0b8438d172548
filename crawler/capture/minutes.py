"""Minutes: hears in which order the store takes things in, from inside its transactions."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from crawler.capture.commits import Act, Commit
from crawler.store.plan import Plan
from crawler.visits.page import PageVisit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from crawler.store.plan import Memory
    from crawler.visits.poll import Poll

    Step = Callable[[Memory], Plan]

_NOTHING = Plan()
_MOST = 10_000  # messages that are remembered until they are sent


class Minutes:
    """Keeps a Commit of each visit that was taken in, and of each look that changed something."""

    def __init__(
        self,
        run: str,
        visit_of: Callable[[Poll | PageVisit], str | None],
        keep: Callable[[Commit], None],
    ) -> None:
        """``visit_of`` names the Occasion of what the present task has visited, if that is captured."""
        self._run = run
        self._visit_of = visit_of
        self._keep = keep
        self._numbers = count(1)
        self._idle: datetime | None = None  # belongs to the writer's thread, as do the numbers
        self._queued: dict[str, str] = {}  # which message was queued by which commit; the thread's, too

    @contextmanager
    def visit(self, visit: Poll | PageVisit, now: datetime, steps: Sequence[Step]) -> Iterator[Sequence[Step]]:
        """Return the steps that take a visit in, heard; it is kept when the block ends well."""
        name = self._visit_of(visit)
        if name is None:
            yield steps
            return
        fast = visit.fast if isinstance(visit, PageVisit) else False
        commit = Commit(run=self._run, number=0, act=Act.VISIT, now=now, visit=name, ended=visit.at, fast=fast)
        with self._heard(replace(commit, source=visit.claim.source, due=visit.claim.due), steps) as heard:
            yield heard

    @contextmanager
    def watch(self, now: datetime, steps: Sequence[Step]) -> Iterator[Sequence[Step]]:
        """Return the steps of a look at what only time brings about, heard as ``visit`` does."""
        with self._heard(Commit(run=self._run, number=0, act=Act.WATCH, now=now), steps) as heard:
            yield heard

    @contextmanager
    def release(self, now: datetime, steps: Sequence[Step]) -> Iterator[Sequence[Step]]:
        """Return the steps of a look at what waits for its time, heard as ``visit`` does."""
        with self._heard(Commit(run=self._run, number=0, act=Act.RELEASE, now=now), steps) as heard:
            yield heard

    @contextmanager
    def sending(self, key: str, now: datetime) -> Iterator[Callable[[bool], bool]]:
        """Return what is told inside the transaction whether a message is begun, to be kept as ``visit`` is."""
        counted: list[Commit] = []

        def heard(is_begun: bool) -> bool:
            if is_begun:
                message = self._queued.pop(key, None)
                commit = Commit(run=self._run, number=0, act=Act.SEND, now=now, message=message)
                counted.append(self._counted(commit))
            return is_begun

        yield heard
        for one in counted:
            self._keep(one)

    def end(self, now: datetime) -> None:
        """Keep that nothing more is taken in; to be called when nothing is under way."""
        if (last := self._counted(Commit(run=self._run, number=0, act=Act.END, now=now))).number > 1 or last.idle:
            self._keep(last)

    @contextmanager
    def _heard(self, commit: Commit, steps: Sequence[Step]) -> Iterator[Sequence[Step]]:
        """Number a commit inside its transaction, where no other can come between."""
        counted: list[Commit] = []
        made: list[Plan] = []

        def heard(step: Step, memory: Memory) -> Plan:
            made.append(step(memory))
            return made[-1]

        def last(_: Memory) -> Plan:
            keys = [one.key for plan in made for one in plan.deliveries]
            if commit.act is Act.VISIT or any(plan != _NOTHING for plan in made):
                counted.append(self._counted(replace(commit, queued=len(keys))))
                self._note(keys, counted[-1].number)
            elif commit.act is Act.RELEASE:
                self._idle = commit.now
            return _NOTHING

        yield (*(partial(heard, step) for step in steps), last)
        for one in counted:
            self._keep(one)

    def _note(self, keys: Sequence[str], number: int) -> None:
        self._queued |= {key: f"{number}.{index}" for index, key in enumerate(keys)}
        for old in [*self._queued][: max(0, len(self._queued) - _MOST)]:  # those that were withdrawn, most likely
            del self._queued[old]

    def _counted(self, commit: Commit) -> Commit:
        idle, self._idle = self._idle, None
        return replace(commit, number=next(self._numbers), idle=idle)
