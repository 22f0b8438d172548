"""Inhibition: a critical story of an event keeps its lesser siblings quiet in the same channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alerts.story import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

SPAN = timedelta(hours=2)  # from the last critical message of the event on


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A message of its own that a channel was sent."""

    key: str  # of the delivery
    event: int
    group: int  # of copies
    channel: str
    severity: Severity
    at: datetime
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inhibited:
    """A message that is to stand quietly in the thread of a critical one."""

    by: Told
    until: datetime

    @property
    def says(self) -> str:
        """Why, for people."""
        name = f' "{self.by.title}"' if self.by.title else ""
        return f"the channel was told of the critical story{name} of the same event; until {self.until:%H:%M} UTC"


def inhibited(
    told: Iterable[Told], *, event: int, group: int, channel: str, severity: Severity, now: datetime
) -> Inhibited | None:
    """Return the critical message that keeps a lesser one quiet; None when it may speak.

    Only another group of copies of the same event counts, told in the same channel less than ``SPAN`` ago. As
    in Alertmanager, what inhibits is never inhibited itself, so two stories cannot silence each other.
    """
    if severity >= Severity.CRITICAL:
        return None
    loud = [
        one
        for one in told
        if one.severity >= Severity.CRITICAL
        and (one.event, one.channel) == (event, channel)
        and one.group != group
        and one.at <= now < one.at + SPAN
    ]
    if not loud:
        return None
    last = max(loud, key=lambda one: (one.at, one.key))
    return Inhibited(by=last, until=last.at + SPAN)
