"""A Desk in memory for tests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from alerts.slack.desk import Proposal
from alerts.slack.home import HomeFacts, MuteFact

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.errors import TocsinError
    from alerts.outbox import Receipt
    from alerts.slack.desk import Audit

RULES = ("raa-watch", "minerals")
KEY = "01J9ZK4Q0000000000000000A1"
GONE = "nobody knows this message any more"


class MemoryDesk:
    """Knows one message and two rules; ``gate`` holds every deed back, ``error`` makes each fail."""

    def __init__(self) -> None:
        self.audits: list[Audit] = []
        self.called: list[str] = []
        self.mutes: dict[str, MuteFact] = {}
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: TocsinError | None = None
        self.says = ""  # instead of the usual words
        self.standing: dict[str, str] = {}  # ts → key

    async def relevant(self, delivery: str, rule: str, audit: Audit) -> str | None:
        return await self._change(f"relevant {delivery} {rule}", audit, None if delivery == KEY else GONE)

    async def not_relevant(self, delivery: str, rule: str, audit: Audit) -> str | None:
        return await self._change(f"not relevant {delivery} {rule}", audit, None if delivery == KEY else GONE)

    async def mute(self, rule: str, until: datetime, audit: Audit) -> str | None:
        problem = None if rule in RULES else f"there is no rule {rule}"
        if problem is None:
            self.mutes[rule] = MuteFact(rule=rule, until=until, by=audit.user)
        return await self._change(f"mute {rule}", audit, problem)

    async def unmute(self, rule: str, audit: Audit) -> str | None:
        known = self.mutes.pop(rule, None)
        return await self._change(f"unmute {rule}", audit, None if known else f"rule {rule} is not muted")

    async def snooze(self, delivery: str, until: datetime, audit: Audit) -> str | None:
        return await self._change(f"snooze {delivery} until {until:%d %H:%M}", audit, None)

    async def acknowledge(self, delivery: str, audit: Audit) -> str | None:
        return await self._change(f"acknowledge {delivery}", audit, None)

    async def retry(self, delivery: str, audit: Audit) -> str | None:
        return await self._change(f"retry {delivery}", audit, None)

    async def put_off(self, delivery: str, until: datetime, audit: Audit) -> str | None:
        return await self._change(f"put off {delivery} until {until:%d %H:%M}", audit, None)

    async def unfold(self, delivery: str, audit: Audit) -> str | None:
        return await self._change(f"unfold {delivery}", audit, None)

    async def mute_storm(self, delivery: str, until: datetime, audit: Audit) -> str | None:
        return await self._change(f"mute storm {delivery} until {until:%d %H:%M}", audit, None)

    async def promote(self, rule: str, audit: Audit) -> Proposal:
        problem = await self._change(f"promote {rule}", audit, None if rule in RULES else f"there is no rule {rule}")
        return Proposal(edit="-    shadow: true", hindrance=problem)

    async def delivery_at(self, receipt: Receipt) -> str | None:
        return self.standing.get(receipt.message)

    async def why(self, delivery: str) -> str:
        return await self._say(f"why {delivery}")

    async def sources(self, delivery: str) -> str:
        return await self._say(f"sources {delivery}")

    async def copy(self, delivery: str) -> str:
        return await self._say(f"copy {delivery}")

    async def status(self) -> str:
        return await self._say("status")

    async def rules(self) -> str:
        return await self._say("rules")

    async def advise(self, rule: str) -> str:
        return await self._say(f"advise {rule}")

    async def test(self, rule: str, text: str) -> str:
        return await self._say(f"test {rule}: {text}")

    async def search(self, query: str) -> str:
        return await self._say(f"search {query}")

    async def digest(self, name: str) -> str:
        return await self._say(f"digest {name}")

    async def home(self) -> HomeFacts:
        await self._say("home")
        return HomeFacts(version="0", mutes=tuple(self.mutes.values()))

    async def _change(self, deed: str, audit: Audit, problem: str | None) -> str | None:
        await self._say(deed)
        if problem is None:
            self.audits.append(audit)
        return problem

    async def _say(self, deed: str) -> str:
        await self.gate.wait()
        self.called.append(deed)
        if self.error:
            raise self.error
        return self.says or deed
