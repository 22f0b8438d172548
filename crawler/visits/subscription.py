"""Subscription: what we asked a WebSub hub to tell us of, how that stands, and what follows from each event; pure."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

LEASE = timedelta(days=10)  # that we ask for
SPACING = timedelta(seconds=60)  # between two visits that pushes cause
_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(days=90)  # of a lease, whatever the hub says
_RENEWED = 0.8  # of a lease is over when it is renewed
_ANSWER = timedelta(minutes=10)  # for a hub to come back and verify what it accepted
_FIRST_RETRY, _LAST_RETRY = timedelta(minutes=1), timedelta(hours=24)
_ENOUGH = 10  # tries after which the wait grows no more
_FAREWELLS = 3  # tries to unsubscribe; afterwards the lease runs out by itself
_METHODS = frozenset({"sha1", "sha256", "sha384", "sha512"})
_LATE = timedelta(minutes=10)  # by which a push may come before the visit that finds what it announced


class Ask(StrEnum):
    """What a hub was asked for and has not confirmed yet."""

    NOTHING = ""
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A source whose document names a hub."""

    source: str  # its id
    hub: str
    topic: str  # as the hub knows it


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One topic at one hub; a value, replaced whole by each event."""

    path: str  # the last step of the callback's address, which nobody can guess
    source: str  # the source's id
    hub: str
    topic: str
    callback: str
    secret: str
    wanted: bool = True  # False: to be ended
    asking: Ask = Ask.NOTHING
    until: datetime | None = None  # the end of the lease; None: the hub never confirmed it, or denied it
    next_at: datetime  # when to ask the hub, again or for the first time
    tries: int = 0  # since it was last confirmed
    trouble: str = ""  # what the hub said last, if it was not yes
    pushed: datetime | None = None  # when the last push came that the hub had signed
    pushes: int = 0
    looked: datetime | None = None  # when its source was last made due for the sake of pushes
    look_at: datetime | None = None  # when to do so again

    @property
    def offer(self) -> Offer:
        """What it is a subscription to."""
        return Offer(source=self.source, hub=self.hub, topic=self.topic)

    def holds(self, now: datetime) -> bool:
        """Tell whether the hub has promised to push, and the promise has not run out."""
        return self.wanted and self.until is not None and now < self.until

    # ------------------------------------------------------------ asking

    def form(self) -> bytes:
        """Return what the hub is sent."""
        fields = {"hub.mode": str(self.asking), "hub.topic": self.topic, "hub.callback": self.callback}
        if self.asking is Ask.SUBSCRIBE:
            fields |= {"hub.secret": self.secret, "hub.lease_seconds": str(int(LEASE.total_seconds()))}
        return urlencode(fields).encode()

    def asked(self, now: datetime) -> Subscription:
        """Return it as it stands while the hub is being asked: the hub may come to verify before it answers."""
        ask = Ask.SUBSCRIBE if self.wanted else Ask.UNSUBSCRIBE
        return replace(self, asking=ask, tries=self.tries + 1, next_at=now + max(_ANSWER, _back_off(self.tries + 1)))

    def refused(self, trouble: str, now: datetime) -> Subscription | None:
        """Return it after a hub did not accept what it was asked; None when that was the last farewell."""
        if not self.wanted and self.tries >= _FAREWELLS:
            return None
        return replace(self, asking=Ask.NOTHING, trouble=trouble, next_at=now + _back_off(self.tries))

    def is_over(self) -> bool:
        """Tell whether nothing is left to be done: it is not wanted, and was never granted or has been asked enough."""
        return not self.wanted and (self.until is None or self.tries >= _FAREWELLS)

    # ------------------------------------------------------------ what the hub comes to say

    def confirms(self, mode: str, topic: str) -> bool:
        """Tell whether a hub that comes to verify speaks of what it was asked."""
        return bool(self.asking) and mode == self.asking and topic == self.topic

    def confirmed(self, lease: timedelta | None, now: datetime) -> Subscription | None:
        """Return it after the hub has verified what was asked; None when that was the end of it."""
        if self.asking is Ask.UNSUBSCRIBE:
            return None
        span = min(max(lease or LEASE, _SHORTEST), _LONGEST)
        return replace(self, asking=Ask.NOTHING, until=now + span, next_at=now + span * _RENEWED, tries=0, trouble="")

    def denied(self, reason: str, now: datetime) -> Subscription | None:
        """Return it after the hub has denied it, which it may do at any time; it is asked again in a day."""
        if not self.wanted:
            return None
        trouble = f"denied: {reason}"[:300] if reason else "denied"
        return replace(self, asking=Ask.NOTHING, until=None, next_at=now + _LAST_RETRY, trouble=trouble)

    # ------------------------------------------------------------ pushes

    def heard(self, now: datetime) -> tuple[Subscription, bool]:
        """Return it after a push, and whether to visit the source at once.

        However many come, there is one visit at the first, and one a SPACING later when more came meanwhile; the
        first push alone is followed by a second look too, for what serves the document may lag behind the hub.
        """
        pushed = replace(self, pushed=now, pushes=self.pushes + 1)
        if self.look_at is not None:
            return pushed, False
        if self.looked is not None and now < self.looked + SPACING:
            return replace(pushed, look_at=self.looked + SPACING), False
        return replace(pushed, looked=now, look_at=now + SPACING), True

    def looked_again(self, now: datetime) -> Subscription:
        """Return it after a second look: pushes that came since the first are looked after once more."""
        came = self.pushed is not None and (self.looked is None or self.pushed > self.looked)
        return replace(self, looked=now, look_at=now + SPACING if came else None)


def changes(
    known: Iterable[Subscription], offers: Iterable[Offer], now: datetime, make: Callable[[Offer], Subscription]
) -> Iterator[Subscription]:
    """Yield what has to be kept so that there is a subscription for every offer, and none that is not offered."""
    wanted = set(offers)
    for one in known:
        if one.offer in wanted:
            wanted.discard(one.offer)
            if not one.wanted:  # it came back before we had left
                yield replace(one, wanted=True, asking=Ask.NOTHING, tries=0, next_at=now)
        elif one.wanted:
            yield replace(one, wanted=False, asking=Ask.NOTHING, tries=0, next_at=now)
    for offer in sorted(wanted, key=lambda one: (one.source, one.hub, one.topic)):
        yield make(offer)


def announces(pushed: datetime | None, last_new: datetime | None) -> bool:
    """Tell whether pushes can be relied on: what a visit last found new had been announced by one."""
    return pushed is not None and (last_new is None or last_new - pushed <= _LATE)


class Signature:
    """What an ``X-Hub-Signature`` header promises of a body, which is looked at piece by piece."""

    def __init__(self, header: str, secret: str) -> None:
        method, _, self._promised = header.strip().partition("=")
        self._seal = _seal(method.lower(), secret)

    def update(self, piece: bytes) -> None:
        """Take the next piece of the raw body."""
        if self._seal is not None:
            self._seal.update(piece)

    def holds(self) -> bool:
        """Tell whether the body is the hub's; takes the same time whatever is wrong with it."""
        if self._seal is None:
            return False
        return hmac.compare_digest(self._seal.hexdigest().encode(), self._promised.lower().encode())


def _seal(method: str, secret: str) -> hmac.HMAC | None:
    return hmac.new(secret.encode(), digestmod=method) if method in _METHODS else None


def _back_off(tries: int) -> timedelta:
    return min(_FIRST_RETRY * (1 << 2 * min(max(tries - 1, 0), _ENOUGH)), _LAST_RETRY)
