"""Budgets: whether a channel can take one more message within its rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.story import Severity
from alerts.stream import spoken

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from alerts.rules.spec import Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrun:
    """A channel has had as much as its budget allows."""

    sent: int  # within the period that ends now
    room: datetime  # when there is room for one more, if nothing else is sent
    says: str


def overrun(budget: Rate | None, sent: Iterable[datetime], severity: Severity, now: datetime) -> Overrun | None:
    """Return why a message does not fit in a channel's budget; None when it may pass.

    ``sent`` are the moments at which messages of their own were queued for the channel, sent by now or not, so
    that a burst does not pass before its first is sent. Neither edits nor quiet replies in a thread count, nor
    what a storm folded; critical messages always pass, uncounted.
    """
    if budget is None or severity >= Severity.CRITICAL:
        return None
    within = sorted(at for at in sent if now - budget.per < at <= now)
    if len(within) < budget.count:
        return None
    return Overrun(
        sent=len(within),
        room=within[-budget.count] + budget.per,
        says=f"the channel had {len(within)} messages in {spoken(budget.per)}, and its budget is {budget.count}",
    )
