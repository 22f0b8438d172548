"""The fallback: critical messages that a way out has refused for a while are handed to another one as well."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from alerts.errors import StoreError
from alerts.outbox import way_of
from alerts.story import Severity

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

PATIENCE = timedelta(minutes=5)  # that a way out may refuse before critical messages take the other one
REFUSALS = ("channel-refused", "route-refused", "look-failed")  # the settlements that a refusal leads to
COPY_SUFFIX = ".fallback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A message that waits, as far as a fallback is concerned."""

    key: str
    channel: str
    severity: Severity
    refused: datetime | None = None  # when it was first refused, by its channel or the whole route; None: never tried
    route_refused: datetime | None = None  # when it was first refused by the whole route
    failed: datetime | None = None  # when it was first tried and not taken, or nobody knows whether it was


@dataclass(frozen=True, slots=True, kw_only=True)
class Handing:
    """A message that is to be sent another way as well, and why."""

    key: str
    reason: str


class Waitlist(Protocol):
    """Where messages wait; declared here, answered by the store."""

    async def hand_over(self, to: str, now: datetime) -> Sequence[str]:
        """Give a copy of what ``handings`` chooses to the notifier ``to``, each once, and return the keys.

        The messages themselves wait on. Raises StoreError.
        """


class Fallback:
    """Looks from time to time for what must not wait any longer."""

    def __init__(
        self, waitlist: Waitlist, to: str, now: Callable[[], datetime], *, wake: Callable[[], None], log: logging.Logger
    ) -> None:
        self._waitlist = waitlist
        self._to = to
        self._now = now
        self._wake = wake
        self._log = log

    async def tick(self) -> int:
        """Hand over what must not wait any longer, tell the courier, and return how many messages that were."""
        try:
            keys = await self._waitlist.hand_over(self._to, self._now())
        except StoreError as error:
            self._log.warning("fallback-refused", extra={"to": self._to, "detail": str(error)})
            return 0
        for key in keys:
            self._log.warning("handed-over", extra={"key": key, "to": self._to})
        if keys:
            self._wake()
        return len(keys)


def handings(waiting: Iterable[Waiting], refusing: Collection[str | None], to: str, now: datetime) -> list[Handing]:
    """Choose the critical messages whose channel, or whose whole route, has refused for PATIENCE or longer.

    ``refusing`` are the channels that are held because they refuse; None is the main route. Since when is told by
    the first refusal among the messages that still wait there, which a restart does not forget.
    """
    waiting = list(waiting)
    chosen = []
    for one in waiting:
        if one.severity < Severity.CRITICAL or one.channel == to or is_copy(one.key):
            continue
        where = next((who for who in _keepers(one.channel) if who in refusing), "")
        since = refused_since(waiting, where) if where != "" else None
        if since is not None and now - since >= PATIENCE:
            who = where or "the main route"
            chosen.append(Handing(key=one.key, reason=f"{who} has refused messages since {since:%Y-%m-%d %H:%M} UTC"))
    return chosen


def copy_of(key: str) -> str:
    """Return the key that a message's copy for the fallback has."""
    return key + COPY_SUFFIX


def escalated_key(key: str, channel: str) -> str:
    """Return the key that a message's copy has for a channel that is told that nobody acknowledged it."""
    return f"{key}.escalated.{channel}"


def origin_of(key: str) -> str:
    """Return the key of the message that a copy was made of; a key of no copy is its own."""
    return key.partition(".")[0]


def is_copy(key: str) -> bool:
    """Return whether a key is that of a copy, for the fallback or for those to whom a message escalates."""
    return "." in key


def _keepers(channel: str) -> tuple[str | None, ...]:
    """Return whose refusal keeps a channel's messages back: its own and, of the main notifier, the route's."""
    return (channel,) if way_of(channel) else (channel, None)


def kept_by(channel: str, where: str | None) -> bool:
    """Tell whether a refusal keeps a channel's messages back: its own, or with None that of the main route."""
    return where in _keepers(channel)


def unreached(waiting: Iterable[Waiting], away: Mapping[str | None, datetime]) -> list[Waiting]:
    """Return what waits, as refused since then by ways out that cannot be reached; None is the main one."""
    told = []
    for one in waiting:
        since = away.get(way_of(one.channel))
        if since is None:
            told.append(one)
        elif way_of(one.channel) is None:
            told.append(replace(one, route_refused=min(one.route_refused or since, since)))
        else:
            told.append(replace(one, refused=min(one.refused or since, since)))
    return told


def refused_since(waiting: Iterable[Waiting], where: str | None) -> datetime | None:
    """Return when what waits for a channel, or with None for the main route, was first refused; None when it is not."""
    if where is None:
        moments = (one.route_refused for one in waiting if way_of(one.channel) is None)
    else:
        moments = (one.refused for one in waiting if one.channel == where)
    return min(filter(None, moments), default=None)
