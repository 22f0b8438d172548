"""A Frontier and an Ingest in memory: they keep the promises of crawler.visits.poll, and remember every poll."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alerts.errors import StoreError
from crawler.visits.poll import Answer, Claim, Poll, Tally, Validators
from crawler.visits.standing import HostHold, Next, Standing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from spiders.source import Source


@dataclass(slots=True)
class Row:
    """What a store knows of one source."""

    due: datetime
    token: int = 0
    leased_until: datetime | None = None
    first: bool = True
    validators: Validators = field(default_factory=Validators)
    standing: Standing = field(default_factory=Standing)


class FakeStore:
    """Claims, releases and commits as a store does."""

    def __init__(self, sources: Iterable[Source], now: datetime) -> None:
        self.rows = {source.id: Row(due=now) for source in sources}
        self.polls: list[Poll] = []
        self.plans: list[Next] = []  # what was decided after each of them
        self.holds: list[HostHold] = []
        self.released: list[Claim] = []
        self.break_next: Exception | None = None
        self.refuses = False  # every call, as a full disk makes a store do
        self.takes_in = asyncio.Event()  # cleared: commits wait, as behind a long transaction
        self.takes_in.set()

    async def claim(self, now: datetime, limit: int, lease: timedelta) -> list[Claim]:
        self._check()
        due = [name for name, row in self.rows.items() if row.due <= now and self._is_free(row, now)]
        return [self._claim(name, now + lease) for name in sorted(due, key=lambda name: self.rows[name].due)[:limit]]

    async def release(self, claim: Claim, *, not_before: datetime | None = None) -> None:
        self._check()
        self.released.append(claim)
        row = self.rows[claim.source]
        if row.token == claim.token:
            row.leased_until = None
            row.due = not_before or row.due

    def _check(self) -> None:
        if self.refuses:
            raise StoreError("the disk is full")

    async def commit(self, poll: Poll) -> Tally:
        await self.takes_in.wait()
        self._check()
        if error := self.break_next:
            self.break_next = None
            raise error
        row = self.rows[poll.claim.source]
        if row.leased_until is None or row.token != poll.claim.token:
            raise StoreError("the lease has passed to another")
        tally = Tally(new=len(poll.reading.entries) if poll.reading else 0)
        plan = poll.decide(tally)
        self.polls.append(poll)
        self.plans.append(plan)
        row.due, row.leased_until, row.standing = plan.at, None, plan.standing
        row.validators = Validators() if plan.forget else poll.validators
        row.first = row.first and poll.answer is not Answer.READ
        if plan.hold:
            self.holds.append(plan.hold)
        return tally

    async def host_holds(self, now: datetime) -> list[HostHold]:
        return [hold for hold in self.holds if hold.until > now]

    def _claim(self, name: str, until: datetime) -> Claim:
        row = self.rows[name]
        row.token += 1
        row.leased_until = until
        return Claim(
            source=name,
            due=row.due,
            token=row.token,
            first=row.first,
            validators=row.validators,
            url=row.standing.moved_to,
            standing=row.standing,
        )

    @staticmethod
    def _is_free(row: Row, now: datetime) -> bool:
        return row.leased_until is None or row.leased_until <= now
