"""An outbox in memory that obeys the protocol, and makers of alerts and deliveries."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from alerts.errors import Overtaken
from alerts.outbox import AUDIT_FAILED, AUDITED, Delivery, Edit, Edited, Kind, State, Suspect, way_of
from alerts.story import Alert, Field, Match, Severity, Span
from tests.fakes import NOON, story

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from alerts.outbox import Settlement
    from alerts.story import Story

OPEN = {State.PENDING, State.UNCLEAR}


class MemoryOutbox:
    """Keeps deliveries in the order they came; what was settled stays in ``log``."""

    def __init__(self, *deliveries: Delivery) -> None:
        self.rows: dict[str, Delivery] = {}
        self.log: list[tuple[str, Settlement]] = []
        self.holds: dict[str | None, tuple[datetime, str]] = {}
        self.faces: dict[str, bytes] = {}
        self.edited: list[tuple[str, Edited]] = []
        self.revisions: Counter[str] = Counter()
        self._due: dict[str, datetime] = {}
        self._edits: dict[str, tuple[datetime, str, int]] = {}
        self._audits: dict[str, datetime] = {}
        self._sent: dict[str, tuple[datetime, str]] = {}
        self._failing: dict[str, datetime] = {}
        self.audited: list[tuple[str, str]] = []
        self.audits_of: defaultdict[str, list[str]] = defaultdict(list)  # the reasons, by key
        for delivery in deliveries:
            self.add(delivery)

    def add(self, delivery: Delivery) -> None:
        self.rows[delivery.key] = delivery
        self._due[delivery.key] = delivery.queued

    def states(self) -> list[State]:
        return [row.state for row in self.rows.values()]

    def reasons(self, key: str) -> list[str]:
        return [settlement.reason for settled, settlement in self.log if settled == key]

    async def recover(self, now: datetime) -> int:
        lost = [row for row in self.rows.values() if row.state is State.SENDING]
        for row in lost:
            self.rows[row.key] = replace(row, state=State.UNCLEAR, looks=0)
            self._due[row.key] = now
        return len(lost)

    async def due(self, now: datetime, limit: int) -> Sequence[Delivery]:
        rows = [row for row in self.rows.values() if row.state in OPEN and self._free_at(row) <= now]
        places: Counter[str] = Counter()
        chosen = []
        for row in sorted(rows, key=lambda row: row.queued):
            places[row.channel] += 1
            if places[row.channel] <= limit:
                chosen.append(row)
        return chosen

    async def next_due(self) -> datetime | None:
        waiting = [self._free_at(row) for row in self.rows.values() if row.state in OPEN]
        edits = [at for key, (at, _, _) in self._edits.items() if self.rows[key].state is State.SENT]
        return min([*waiting, *edits, *self._audits.values()], default=None)

    async def begin(self, key: str, now: datetime, *, attempts: int | None = None) -> Delivery | None:
        row = self.rows[key]
        if row.state is not State.PENDING or attempts not in {None, row.attempts}:
            return None
        self.rows[key] = replace(row, state=State.SENDING, attempts=row.attempts + 1, tried=row.tried or now)
        return self.rows[key]

    async def settle(self, key: str, settlement: Settlement, now: datetime) -> None:
        row = self.rows[key]
        if row.state not in {State.SENDING, State.UNCLEAR} or settlement.attempts not in {None, row.attempts}:
            raise Overtaken(f"{key} is {row.state} after {row.attempts} attempts: nothing to settle")
        self.log.append((key, settlement))
        changes: dict[str, Any] = {"state": settlement.state, "looks": settlement.looks, "resent": settlement.resent}
        if settlement.receipt:
            changes["receipt"] = settlement.receipt
        if settlement.apart:
            changes |= {"kind": Kind.POST, "parent": None}
        if settlement.audit:
            self._audits[key] = settlement.audit
        if settlement.state is State.SENT:
            self._sent[key] = (now, settlement.reason)
        if settlement.face:
            self.faces[key] = settlement.face
        self.rows[key] = replace(row, **changes, rung=settlement.rung)
        if settlement.state in OPEN:
            assert settlement.not_before is not None
            self._due[key] = settlement.not_before

    def touch(self, key: str, now: datetime, why: str = "copies", *, of: Alert | None = None) -> None:
        """Let a message say something else from now on."""
        row = self.rows[key]
        self.rows[key] = replace(row, content=of or row.content)
        self.revisions[key] += 1
        self._edits[key] = (now, why, 0)

    async def edits(self, now: datetime, limit: int) -> Sequence[Edit]:
        due = [(key, why, tries) for key, (at, why, tries) in self._edits.items() if at <= now]
        return [
            Edit(delivery=self.rows[key], revision=self.revisions[key], why=why, face=self.faces.get(key), tries=tries)
            for key, why, tries in due
            if self.rows[key].state is State.SENT
        ][:limit]

    async def settle_edit(self, edit: Edit, edited: Edited, now: datetime) -> None:
        del now
        key = edit.delivery.key
        self.edited.append((key, edited))
        if edited.face:
            self.faces[key] = edited.face
        if self.revisions[key] != edit.revision:
            return
        if edited.not_before is None:
            del self._edits[key]
        else:
            self._edits[key] = (edited.not_before, edit.why, edit.tries + 1)

    async def audits(self, now: datetime, limit: int) -> Sequence[Suspect]:
        return [
            Suspect(delivery=self.rows[key], settled=at, found=how == "found", failing=self._failing.get(key))
            for key, (at, how) in self._sent.items()
            if key in self._audits and self._audits[key] <= now
        ][:limit]

    async def settle_audit(
        self, key: str, now: datetime, *, reason: str = AUDITED, detail: str = "", not_before: datetime | None = None
    ) -> None:
        self.audited.append((key, detail))
        self.audits_of[key] += [reason]
        if detail and reason == AUDIT_FAILED:
            self._failing.setdefault(key, now)
        if not_before is None:
            del self._audits[key]
        else:
            self._audits[key] = not_before

    async def hold(self, channel: str | None, until: datetime | None, reason: str, *, refused: bool = False) -> None:
        del refused  # matters at a restart only
        if until is None:
            self.holds.pop(channel, None)
        else:
            self.holds[channel] = (until, reason)

    def _free_at(self, row: Delivery) -> datetime:
        holds = (self.holds.get(who) for who in (row.channel, way_of(row.channel)))
        return max([self._due[row.key], *(hold[0] for hold in holds if hold)])


def match(rule: str = "raa-watch", **changes: Any) -> Match:
    values: dict[str, Any] = {"rule": rule, "name": rule, "severity": Severity.HIGH}
    return Match(**(values | changes))


def found(text: str, *words: str, field: Field = Field.TEXT) -> tuple[Span, ...]:
    """Return the span of the first place of each word."""
    return tuple(Span(field, text.index(word), text.index(word) + len(word)) for word in words)


def alert(of: Story | None = None, channel: str = "#news", **changes: Any) -> Alert:
    values: dict[str, Any] = {"channel": channel, "story": of or story(), "matches": (match(),)}
    return Alert(**(values | changes))


def delivery(key: str = "01J9ZK4Q0000000000000000A1", of: Alert | None = None, **changes: Any) -> Delivery:
    values: dict[str, Any] = {"key": key, "content": of or alert(), "state": State.PENDING, "queued": NOON}
    return Delivery(**(values | changes))


async def until(true: Callable[[], bool], rounds: int = 100_000) -> None:
    """Let others go on until something is true."""
    for _ in range(rounds):
        if true():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came true")
