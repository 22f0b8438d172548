"""The editor: brings messages that were shown up to date, slowly, each at once with all that changed."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from alerts.errors import CardRefused, ChannelRefused, DeliveryError, Later, MessageGone, RouteRefused
from alerts.face import LayOut, face_for, face_of
from alerts.outbox import EDITED, Edited
from alerts.pacer import Pacer, backoff, rest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from typing import Protocol

    from alerts.notify import Notifier
    from alerts.outbox import Edit, Outbox
    from alerts.pacer import Pace

    _T = TypeVar("_T")

    class Clock(Protocol):
        """Tells the time."""

        def now(self) -> datetime:
            """Return the time, aware, in UTC."""

    class Guard(Protocol):
        """Turns whatever a call raises into a DeliveryError."""

        async def __call__(self, call: Awaitable[_T], /) -> _T | DeliveryError:
            """Return what the call returns, or what went wrong."""


_ALL = ""  # edits have one pace, wherever they are


def after_edit(
    edit: Edit, problem: DeliveryError | None, face: bytes, now: datetime, *, pace: Pace, chance: float
) -> Edited:
    """Decide what an attempt to edit led to. To edit twice does no harm, so what is unclear is tried again."""
    if problem is None:
        return Edited(reason=EDITED, face=face)
    if isinstance(problem, MessageGone):
        return Edited(reason="message-gone", detail=str(problem))
    if isinstance(problem, CardRefused):
        return Edited(reason="card-refused", detail=str(problem))
    refused = {ChannelRefused: rest(edit.tries + 1, pace), RouteRefused: pace.route_rest}.get(type(problem))
    wait = refused or backoff(edit.tries + 1, pace, chance)
    if isinstance(problem, Later):
        wait = max(wait, problem.after or timedelta())
    return Edited(reason="try-later", detail=str(problem), not_before=now + wait)


class Editor:
    """Makes the edits that are due, behind what is new: a message that stands there can wait for its next line."""

    def __init__(
        self,
        outbox: Outbox,
        notifier: Notifier,
        clock: Clock,
        *,
        log: logging.Logger,
        chance: Callable[[], float],
        pace: Pace,
        guard: Guard,
        lay_out: LayOut = face_for,
    ) -> None:
        self._outbox = outbox
        self._notifier = notifier
        self._clock = clock
        self._log = log
        self._chance = chance
        self._pace = pace
        self._guard = guard
        self._lay_out = lay_out
        self._pacer = Pacer(pace.edits, pace.edits, burst=1)
        self.opens: datetime | None = None  # when the pace lets an edit through that is due already

    async def round(self) -> int:
        """Make the edits that are due as far as the pace allows, and return how many were settled."""
        self.opens, settled = None, 0
        for edit in await self._outbox.edits(self._clock.now(), self._pace.batch):
            now, opens = self._clock.now(), self._pacer.opens(_ALL)
            face = face_of(self._lay_out(edit.delivery))
            if face == edit.face:
                await self._outbox.settle_edit(edit, Edited(reason="nothing-new"), now)
            elif opens > now:
                self.opens = opens
                break
            else:
                await self._make(edit, face)
            settled += 1
        return settled

    async def _make(self, edit: Edit, face: bytes) -> None:
        self._pacer.take(_ALL, self._clock.now())
        outcome = await self._guard(self._notifier.edit(edit.delivery, self._lay_out(edit.delivery)))
        problem = outcome if isinstance(outcome, DeliveryError) else None
        now = self._clock.now()
        edited = after_edit(edit, problem, face, now, pace=self._pace, chance=self._chance())
        await self._outbox.settle_edit(edit, edited, now)
        level = logging.INFO if problem is None else logging.WARNING
        facts = {"key": edit.delivery.key, "channel": edit.delivery.channel, "why": edit.why}
        detail = {"detail": edited.detail} if edited.detail else {}
        self._log.log(level, f"edit-{edited.reason}", extra=facts | detail)
