"""Tells people how Tocsin itself does: one message for each subject, in the ops channel or by another way."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from alerts.errors import StoreError
from alerts.health import Condition, Report
from crawler.ids import Ids
from crawler.store.calm_plan import CalmPlan, NewBulletin
from crawler.store.health_plan import Reported
from crawler.store.plan import Plan
from crawler.visits.poll import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from alerts.bulletin import Bulletin
    from crawler.clock import Clock
    from crawler.store import Store
    from crawler.store.plan import Memory

log = logging.getLogger(__name__)


class Notices:
    """Queues bulletins; what is known of a subject is in the store, so that a restart repeats none."""

    def __init__(self, store: Store, clock: Clock, wake: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._wake = wake
        self._ids = Ids(clock)  # asked only inside transactions, which are all on one thread

    async def told(self, subject: str) -> Reported | None:
        """Return what was told of a subject last; None when nothing was. Raises StoreError."""
        return await self._store.ask(lambda memory: memory.health.reports().get(subject))

    async def tell(self, subject: str, condition: Condition, content: Bulletin, *, anew: bool) -> str | None:
        """Say something of a subject, ``anew`` in a message of its own, and return the message's key.

        None when the store could not take it: it is in the log then.
        """
        keys: list[str] = []

        def plan(memory: Memory) -> Plan:
            known = memory.health.reports().get(subject)
            key = self._ids.delivery() if anew or known is None else known.key
            goes_on = known is not None and known.report.condition is condition and not anew
            now = self._clock.now()
            since = known.report.since if known is not None and goes_on else now
            keys.append(key)
            report = Report(subject=subject, condition=condition, since=since, changed=now)
            calm = CalmPlan(
                bulletins=[NewBulletin(key=key, content=content, at=now)], reports=[Reported(report=report, key=key)]
            )
            return Plan(calm=calm, tally=Tally(alerts=1))

        try:
            await self._store.apply(plan)
        except StoreError as error:
            log.warning("notice-refused", extra={"subject": subject, "said": content.title, "detail": str(error)})
            return None
        self._wake()
        return keys[-1]

    async def over(self, subject: str, content: Bulletin) -> None:
        """Let the message of a subject that is not over say that it is; where there is none, say nothing."""
        try:
            known = await self.told(subject)
        except StoreError as error:
            log.warning("notice-refused", extra={"subject": subject, "detail": str(error)})
            return
        if known is not None and known.report.is_open:
            await self.tell(subject, Condition.OVER, content, anew=False)
