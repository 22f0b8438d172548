"""Looks at what was queued for each channel: when it is more than people can read, one message lists it all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alerts.bulletins import of_storm, of_storm_pages
from alerts.outbox import way_of
from alerts.routing.storm import Came, Edit, End, Fold, Looked, Post, step
from crawler.store.calm_plan import CalmPlan, Folded, NewBulletin
from crawler.store.plan import Plan
from crawler.visits.poll import Tally

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from alerts.routing.storm import Action, Storm, Weather
    from crawler.ids import Ids
    from crawler.store.calm_plan import CalmMemory
    from crawler.store.plan import Memory, NewDelivery


class Storms:
    """One look; ``after`` is asked when what a transaction queues is written, and ``look`` every few seconds."""

    def __init__(self, ids: Ids, now: datetime) -> None:
        self._ids = ids
        self._now = now

        self._bulletins: list[NewBulletin] = []
        self._folded: list[Folded] = []
        self._storms: list[tuple[str, Storm | None]] = []

    def after(self, queued: Sequence[NewDelivery], memory: Memory) -> Plan:
        """Fold what was queued, and what waits with it, where that is too much for a channel."""
        keys = {one.key for one in queued}
        for channel in sorted({one.channel for one in queued if way_of(one.channel) is None}):
            self._come(memory.calm, channel, keys)
        return self._plan()

    def look(self, memory: Memory) -> Plan:
        """Let the messages of storms count along, and end what is over."""
        for channel in memory.calm.storms():
            before = memory.calm.weather(channel, self._now)
            self._act(memory.calm, channel, before, *step(before, Looked(), self._now))
        return replace(self._plan(), tally=Tally(alerts=len(self._bulletins)))

    def _plan(self) -> Plan:
        return Plan(calm=CalmPlan(bulletins=self._bulletins, folded=self._folded, storms=self._storms))

    def _come(self, memory: CalmMemory, channel: str, keys: Collection[str]) -> None:
        weather = memory.weather(channel, self._now)
        before = replace(
            weather,
            pending=tuple(row for row in weather.pending if row.key not in keys),
            recent=tuple((at, row) for at, row in weather.recent if row.key not in keys),
        )
        came = [row for row in weather.pending if row.key in keys]
        self._act(memory, channel, before, *step(before, Came(came), self._now))

    def _act(
        self, memory: CalmMemory, channel: str, before: Weather, after: Weather, actions: Sequence[Action]
    ) -> None:
        listed = before.storm.shown if before.storm else 0
        for action in actions:
            if isinstance(action, Fold):
                self._folded.append(Folded(keys=action.keys, storm=action.storm, why=action.why, at=self._now))
                continue
            self._write(memory, channel, action, 0 if isinstance(action, Post) else listed)
            listed = action.storm.shown
        if after.storm != before.storm:
            self._storms.append((channel, after.storm))

    def _write(self, memory: CalmMemory, channel: str, action: Post | Edit | End, listed: int) -> None:
        """Let a storm's message say what it lists by now, and list in its thread what that did not list yet."""
        storm = action.storm
        found = memory.lines(storm.folded)
        rows = [found[key] for key in storm.folded if key in found]
        over = action.why if isinstance(action, End) else None
        self._bulletins.append(NewBulletin(key=storm.key, content=of_storm(storm, rows, channel, over), at=self._now))
        fresh = [found[key] for key in storm.folded[listed : storm.shown] if key in found]
        self._bulletins += [
            NewBulletin(key=self._ids.delivery(), content=page, at=self._now, parent=storm.key)
            for page in of_storm_pages(storm, fresh, channel, listed + 1)
        ]
