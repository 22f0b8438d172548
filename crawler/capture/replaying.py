"""Captured answers through today's code and rules, in a store of its own, by the clock of then."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from alerts.errors import CaptureError
from crawler.capture.commits import commits as read_commits
from crawler.capture.comparing import Bounds, Comparison, compare
from crawler.capture.index import entries as read_entries
from crawler.capture.order import Order, order_of
from crawler.capture.playing import PlayedClock, Player, visits_of
from crawler.capture.redaction import Redactor
from crawler.capture.shelf import folder_of
from crawler.capture.stage import staged
from crawler.config.capture import secrets_of
from crawler.store.captured import CapturedStore, Known

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from crawler.capture.index import Entry
    from crawler.capture.order import Deed
    from crawler.capture.playing import Visit
    from crawler.config.model import Config
    from crawler.fetch.crawl import Parser
    from crawler.store.captured import FoundOut, Told

_MINUTE = timedelta(minutes=1)
_SETTLED = timedelta(minutes=2)  # after the last answer, within which what it brought was decided
_BEFORE = timedelta(minutes=10)  # an answer is looked for before what was made from it


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What a run through a capture did and found."""

    since: datetime
    until: datetime
    visits: int
    answers: int
    unsure: int  # visits that were made in the order of their last answers: how they were taken in is not captured
    skipped: Mapping[str, int]  # visits that were not made again, by why
    missing: Mapping[str, int]  # addresses that today's code asked for and the capture does not have
    damaged: Mapping[str, int]  # answers that cannot be read any more, by file
    broken: int  # visits that today's code stumbled over; the log says how
    unvisited: int  # pages that today's code wanted and the capture does not have
    comparison: Comparison

    @property
    def is_same(self) -> bool:
        """Whether today's code and rules tell exactly what was told then, and did not stumble."""
        return self.comparison.is_same and not self.broken


@dataclass(frozen=True, slots=True, kw_only=True)
class _Then:
    """What the store remembers of the time that was captured."""

    told: Sequence[Told]
    known: frozenset[Known]
    silences: Sequence[Mapping[str, Any]]
    found: Mapping[str, FoundOut]  # by source


async def play(
    config: Config,
    *,
    since: datetime | None = None,
    parser: Parser | None = None,
    tell: Callable[[int, int], None] | None = None,
) -> Played:
    """Run what was captured beside the configuration's store through today's code, and compare who is told.

    ``parser`` reads documents, by default in processes of their own; ``tell`` hears how many visits and looks
    of how many were made. Nothing is fetched or sent. Raises CaptureError where nothing is captured, StoreError,
    and OSError.
    """
    folder = folder_of(config)
    entries, order = await asyncio.to_thread(_read, folder, since)
    visits = order.visits
    if not visits:
        hint = "`capture: 7d` in the configuration keeps answers from the next start on"
        raise CaptureError(f"there is nothing captured in {folder}{' since then' if since else ''}: {hint}")
    start, end = min(one.occasion.began for one in visits), max(_end(one) for one in order.deeds)
    then = await _remembered(config.store, start, end + _SETTLED)
    player = Player(folder, entries, Redactor(secrets_of(config)), PlayedClock(start))
    with tempfile.TemporaryDirectory(prefix="tocsin-replay-") as scratch:
        url = f"sqlite:///{Path(scratch) / 'replay.db'}"
        async with staged(config, url, player, then.found, parser=parser) as stage:
            await stage.store.take_silences(then.silences)
            for number, deed in enumerate(order.deeds, 1):
                await stage.make(deed)
                if tell:
                    tell(number, len(order.deeds))
            if order.deeds[-1].commit is None:
                await stage.pass_until(end + _SETTLED)
            today = await stage.store.told(start, end + _SETTLED)
            unvisited = await stage.store.wanted_pages(end)
        bounds = Bounds(
            known=lambda one: Known(one.source, one.url or one.title) in then.known,
            captured=lambda one: _is_captured(one, visits),
            has_past=bool(then.known),
        )
    return Played(
        since=start,
        until=end,
        visits=len(visits) - stage.skipped.total(),
        answers=sum(len(one.entries) for one in visits),
        unsure=order.unsure,
        skipped=order.skipped + stage.skipped,
        missing=player.missing,
        damaged=player.damaged,
        broken=stage.broken,
        unvisited=unvisited,
        comparison=compare(then.told, today, bounds),
    )


def _read(folder: Path, since: datetime | None) -> tuple[Sequence[Entry], Order]:
    if not folder.is_dir():
        return (), Order(deeds=())
    entries = read_entries(folder)
    return entries, order_of(visits_of(entries), read_commits(folder), since)


def _end(deed: Deed) -> datetime:
    ends = (deed.visit.ended if deed.visit else None, deed.commit.now if deed.commit else None)
    return max(one for one in ends if one)


async def _remembered(url: str, start: datetime, end: datetime) -> _Then:
    from crawler.clock import SystemClock

    store = CapturedStore.open(url, clock=SystemClock(), exclusive=False)
    try:
        known = await store.known_before(start)
        return _Then(
            told=await store.told(start, end),
            known=known,
            silences=await store.silences(),
            found=await store.found_out(),
        )
    finally:
        await store.close()


def _is_captured(alert: Told, visits: Sequence[Visit]) -> bool:
    near = (one for one in visits if alert.at - _BEFORE <= one.ended <= alert.at + _MINUTE)
    return any(one.occasion.source == alert.source for one in near)
