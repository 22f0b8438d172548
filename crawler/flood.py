"""Floods: when so much of a known source is new at once that it is no news stream any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

OUTAGE = timedelta(hours=24)
_SHARE = 0.5  # of a document
_NUMBER = 10  # entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """Why the new entries of one visit are told together."""

    new: int
    reason: str


def decide(new: int, entries: int, since_ok: timedelta | None) -> Flood | None:
    """Return a flood when a visit to a known source found one; None when each story speaks for itself.

    ``entries`` is how many the document held, ``since_ok`` the time since the visit before that was answered;
    None when there was none, which is a backlog and no flood.
    """
    if not new or since_ok is None:
        return None
    if since_ok > OUTAGE:
        return Flood(new=new, reason=f"{new} new after {round(since_ok / timedelta(hours=1))} h without an answer")
    if new > _NUMBER and new > _SHARE * entries:
        return Flood(new=new, reason=f"{new} of {entries} entries new at once")
    return None
