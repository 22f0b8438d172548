"""Escalation: whom to tell when nobody acknowledges a message, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.stream import spoken

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from alerts.routing.spec import EscalateSpec
    from alerts.story import Severity

STALE = timedelta(days=1)  # after which nobody is told of a missing acknowledgement any more


class Standing(StrEnum):
    """Where an escalation stands."""

    DUE = "due"
    WAITING = "waiting"
    ACKED = "acked"
    DONE = "done"
    STALE = "stale"  # nobody watched when it was due, and that is long ago


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A message that somebody should acknowledge."""

    key: str  # of the delivery
    severity: Severity
    told: datetime  # when the channel was shown it
    acked: datetime | None = None
    escalated: frozenset[str] = frozenset()  # channels that were told already that nobody acknowledges it


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One channel to be told of one message."""

    key: str
    to: str
    at: datetime  # when it is due
    standing: Standing
    says: str


def steps(specs: Sequence[EscalateSpec], message: Watched, now: datetime) -> tuple[Step, ...]:
    """Return the steps that a message may take, the earliest first; each channel once, at its earliest time.

    An acknowledgement ends them all, also one that came too late but before we looked.
    """
    due: dict[str, datetime] = {}
    for spec in specs:
        if message.severity < spec.severity:
            continue
        at = message.told + spec.unless_acked
        for channel in spec.to:
            due[channel] = min(at, due.get(channel, at))
    ordered = sorted(due.items(), key=lambda pair: (pair[1], pair[0]))
    return tuple(_step(message, channel, at, now) for channel, at in ordered)


def due(specs: Sequence[EscalateSpec], messages: Iterable[Watched], now: datetime) -> tuple[Step, ...]:
    """Return what is to be told now, the longest due first."""
    found = [step for message in messages for step in steps(specs, message, now) if step.standing is Standing.DUE]
    return tuple(sorted(found, key=lambda step: (step.at, step.key, step.to)))


def next_due(specs: Sequence[EscalateSpec], messages: Iterable[Watched], now: datetime) -> datetime | None:
    """Return when to look again: at once for what is due, else when the next wait ends; None when none does."""
    live = {Standing.DUE, Standing.WAITING}
    at = [step.at for message in messages for step in steps(specs, message, now) if step.standing in live]
    return min(at, default=None)


def _step(message: Watched, channel: str, at: datetime, now: datetime) -> Step:
    standing = _standing(message, channel, at, now)
    wait = spoken(at - message.told)
    says = {
        Standing.DUE: f"nobody acknowledged it within {wait}",
        Standing.WAITING: f"somebody may acknowledge it until {at:%Y-%m-%d %H:%M} UTC",
        Standing.ACKED: f"acknowledged at {message.acked:%Y-%m-%d %H:%M} UTC" if message.acked else "",
        Standing.DONE: "the channel was told that nobody acknowledged it",
        Standing.STALE: f"nobody acknowledged it within {wait}, which is more than {spoken(STALE)} ago",
    }[standing]
    return Step(key=message.key, to=channel, at=at, standing=standing, says=says)


def _standing(message: Watched, channel: str, at: datetime, now: datetime) -> Standing:
    if channel in message.escalated:
        return Standing.DONE
    if message.acked is not None:
        return Standing.ACKED
    if now < at:
        return Standing.WAITING
    return Standing.STALE if now - at > STALE else Standing.DUE
