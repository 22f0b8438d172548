"""What an attempt to show a message, or a look for one, leads to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

from alerts.errors import CardRefused, ChannelRefused, Later, MessageGone, RouteRefused
from alerts.outbox import Receipt, Settlement, State
from alerts.pacer import backoff, rest

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.errors import DeliveryError
    from alerts.outbox import Delivery
    from alerts.pacer import Pace


ACCEPTED, FOUND = "accepted", "found"  # how a message is known to stand there


class Missing(Enum):
    """Why a look-up brought no receipt."""

    NOT_FOUND = "not found"
    CANNOT_LOOK = "cannot look"


def after_attempt(  # noqa: PLR0911  a table of outcomes, a row each
    delivery: Delivery,
    outcome: Receipt | DeliveryError,
    now: datetime,
    *,
    pace: Pace,
    rungs: int,
    chance: float,
    face: bytes | None = None,
) -> Settlement:
    """Decide what an attempt to show a ``face`` led to; ``delivery.attempts`` counts it already."""
    same = Settlement(
        state=State.PENDING,
        reason="",
        attempts=delivery.attempts,
        looks=delivery.looks,
        resent=delivery.resent,
        rung=delivery.rung,
    )
    if isinstance(outcome, Receipt):
        audit = now + pace.audit if delivery.resent else None
        return replace(same, state=State.SENT, reason=ACCEPTED, receipt=outcome, face=face, audit=audit)
    failed = replace(same, detail=str(outcome))
    if isinstance(outcome, CardRefused):
        if delivery.rung + 1 < rungs:
            return replace(failed, reason="made-plainer", not_before=now, rung=delivery.rung + 1)
        return replace(failed, state=State.DEAD, reason="card-refused")
    if isinstance(outcome, MessageGone) and delivery.thread:
        return replace(failed, reason="thread-gone", not_before=now, apart=True)
    if isinstance(outcome, ChannelRefused):
        return replace(failed, reason="channel-refused", not_before=now + rest(delivery.attempts, pace))
    if isinstance(outcome, RouteRefused):
        return replace(failed, reason="route-refused", not_before=now + pace.route_rest)
    if isinstance(outcome, Later):
        wait = max(outcome.after or timedelta(), backoff(delivery.attempts, pace, chance))
        return replace(failed, reason="try-later", not_before=now + wait)
    return replace(failed, state=State.UNCLEAR, reason="unclear", looks=0, not_before=now + pace.looks[0])


def after_look(
    delivery: Delivery,
    found: Receipt | Missing | DeliveryError,
    now: datetime,
    *,
    pace: Pace,
    chance: float,
    failed: int = 0,
) -> Settlement:
    """Decide what a look-up led to. Only a look that could be made and found nothing counts as one.

    ``failed`` is how many at the same place could not be made in a row, with this one.
    """
    same = Settlement(
        state=State.UNCLEAR,
        reason="",
        attempts=delivery.attempts,
        looks=delivery.looks,
        resent=delivery.resent,
        rung=delivery.rung,
    )
    retry = now + backoff(delivery.attempts - 1, pace, chance)  # the first resend goes at once
    # Who was looked for in vain, sent again and lost in a crash still carries the count of the first search.
    looks = (0 if delivery.looks >= len(pace.looks) else delivery.looks) + 1
    if isinstance(found, Later) and found.after and now - (delivery.tried or delivery.queued) >= pace.search:
        found = Missing.CANNOT_LOOK  # the other side lets us look too seldom ever to see it
    match found:
        case Receipt():
            audit = now + pace.audit if delivery.resent else None
            return replace(same, state=State.SENT, reason=FOUND, receipt=found, audit=audit)
        case Missing.NOT_FOUND if looks < len(pace.looks):
            return replace(same, reason="not-found-yet", looks=looks, not_before=now + pace.looks[looks])
        case Missing.NOT_FOUND:
            return replace(
                same, state=State.PENDING, reason="not-found-twice", looks=looks, resent=True, not_before=retry
            )
        case MessageGone():  # the thread that it may stand in: it stands nowhere
            return replace(same, state=State.PENDING, reason="thread-gone", looks=0, not_before=now, apart=True)
        case Missing.CANNOT_LOOK | CardRefused():
            return replace(same, state=State.PENDING, reason="cannot-look", looks=0, resent=True, not_before=retry)
    ever_longer = max(pace.looks[-1], backoff(failed, pace, chance))
    wait = {ChannelRefused: pace.longest_rest, RouteRefused: pace.route_rest}.get(type(found), ever_longer)
    if isinstance(found, Later) and found.after:  # it is there, and says when
        wait = max(pace.looks[-1], found.after)
    return replace(same, reason="look-failed", detail=str(found), not_before=now + wait)
