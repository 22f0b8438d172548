"""Floods: when so much of a known source is new at once that it is no news stream any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from crawler.visits.poll import Claim

OUTAGE = timedelta(hours=24)
UNWATCHED = timedelta(hours=1)  # that a visit may be late, before it is one after a time in which nobody watched
_FEW = 3  # stories that speak for themselves even then
_SHARE = 0.5  # of a document
_NUMBER = 10  # entries
_USUAL = 3  # times as many as the source brings in that time


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """Why the new entries of one visit are told together."""

    new: int
    reason: str


def decide(new: int, entries: int, claim: Claim, at: datetime) -> Flood | None:
    """Return a flood when a visit to a known source found one; None when each story speaks for itself.

    ``entries`` is how many the document held, ``at`` when the answer was there. A source that is visited once a
    day is no flood each time: a day without an answer counts when visits failed or were late, more than a few
    entries count when nobody watched for UNWATCHED, and many when they are more than the source's own rhythm lets
    expect. A first visit is a backlog.
    """
    standing = claim.standing
    if not new or claim.first or standing.last_ok is None:
        return None
    since_ok = at - standing.last_ok
    if since_ok > OUTAGE and (standing.failures or at - claim.due > OUTAGE / 2):
        return Flood(new=new, reason=f"{new} new after {round(since_ok / timedelta(hours=1))} h without an answer")
    late = at - claim.due
    if late > UNWATCHED and new > _FEW:
        return Flood(new=new, reason=f"{new} new after {round(late / timedelta(hours=1))} h in which nobody watched")
    expected = standing.rhythm.rate * (since_ok / timedelta(hours=1))
    if new > max(_NUMBER, _SHARE * entries, _USUAL * expected):
        return Flood(new=new, reason=f"{new} of {entries} entries new at once")
    return None
