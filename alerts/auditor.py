"""The auditor: looks once more at messages that were sent again, and takes away what stands there twice."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from alerts.errors import ChannelRefused, DeliveryError, Later, MessageGone, RouteRefused
from alerts.outbox import AUDIT_FAILED, AUDIT_GIVEN_UP

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping, Sequence

    from alerts.editor import Clock, Guard
    from alerts.notify import Notifier
    from alerts.outbox import Delivery, Outbox, Receipt, Suspect
    from alerts.pacer import Pace

_PLACE = attrgetter("delivery.place")
_LOOK_BACK = timedelta(seconds=60)  # before the first try: clocks differ


def extras(delivery: Delivery, found: Sequence[Receipt]) -> tuple[Receipt, ...]:
    """Return the copies of a message to be taken away: all but the one that is known, or else the oldest."""
    kept = delivery.receipt if delivery.receipt in found else min(found, key=lambda one: one.message, default=None)
    return tuple(one for one in found if one != kept)


class Auditor:
    """Makes the audits that are due: a history may lag behind, so a message can be sent again that stood already."""

    def __init__(
        self, outbox: Outbox, notifier: Notifier, clock: Clock, *, log: logging.Logger, pace: Pace, guard: Guard
    ) -> None:
        self._outbox = outbox
        self._notifier = notifier
        self._clock = clock
        self._log = log
        self._pace = pace
        self._guard = guard

    async def round(self) -> int:
        """Look through each channel, and each thread, once for all of its messages; return how many were settled."""
        due = await self._outbox.audits(self._clock.now(), self._pace.batch)
        for (channel, thread), group in groupby(sorted(due, key=_PLACE), key=_PLACE):
            suspects = list(group)
            since = min(one.delivery.tried or one.delivery.queued for one in suspects) - _LOOK_BACK
            keys = [one.delivery.key for one in suspects]
            found = await self._guard(self._notifier.copies(channel, keys, since, thread or None))
            for one in suspects:
                await self._settle(one, found)
        return len(due)

    async def _settle(self, suspect: Suspect, found: Mapping[str, Sequence[Receipt]] | DeliveryError | None) -> None:
        delivery = suspect.delivery
        if isinstance(found, DeliveryError):
            await self._later(suspect, found)
            return
        copies = () if found is None else found.get(delivery.key, ())
        again = self._clock.now() + self._pace.audit
        if found is not None and self._lags(suspect, copies):
            await self._outbox.settle_audit(delivery.key, self._clock.now(), not_before=again)
            return
        removed = 0
        for extra in extras(delivery, copies):
            problem = await self._guard(self._notifier.delete(extra))
            if isinstance(problem, DeliveryError) and not isinstance(problem, MessageGone):
                await self._later(suspect, problem)
                return
            removed += 1
        detail = f"{removed} further copies taken away" if removed else ""
        more = found is not None and self._may_come(suspect, copies)
        await self._outbox.settle_audit(
            delivery.key, self._clock.now(), detail=detail, not_before=again if more else None
        )
        if removed:
            self._log.warning(
                "copies-removed", extra={"key": delivery.key, "channel": delivery.channel, "count": removed}
            )

    def _lags(self, suspect: Suspect, copies: Sequence[Receipt]) -> bool:
        """Whether what is known to stand there cannot be seen yet, so that nobody knows what else does."""
        receipt = suspect.delivery.receipt
        return receipt is not None and receipt not in copies and self._is_young(suspect)

    def _may_come(self, suspect: Suspect, copies: Sequence[Receipt]) -> bool:
        """Whether a copy may come into sight: an older one was found, and the last try had no answer."""
        return suspect.found and len(copies) < suspect.delivery.attempts and self._is_young(suspect)

    def _is_young(self, suspect: Suspect) -> bool:
        return self._clock.now() - suspect.settled < self._pace.search

    async def _later(self, suspect: Suspect, problem: DeliveryError) -> None:
        """Try again after a while, for a day; who could not look by then never will."""
        key, now = suspect.delivery.key, self._clock.now()
        if suspect.failing and now - suspect.failing >= self._pace.audit_life:
            await self._outbox.settle_audit(key, now, reason=AUDIT_GIVEN_UP, detail=str(problem))
            facts = {"key": key, "channel": suspect.delivery.channel, "detail": str(problem)}
            self._log.error("audit-given-up", extra=facts)
            return
        rest = {ChannelRefused: self._pace.longest_rest, RouteRefused: self._pace.longest_rest}.get(type(problem))
        wait = max(
            rest or self._pace.audit, (problem.after or timedelta()) if isinstance(problem, Later) else timedelta()
        )
        await self._outbox.settle_audit(key, now, reason=AUDIT_FAILED, detail=str(problem), not_before=now + wait)
