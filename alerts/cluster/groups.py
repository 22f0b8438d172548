"""Who leads the copies of one text, and how many outlets tell a story independently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

WIRE = "wire"  # an Outlet's kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One story among copies."""

    story: int  # its id: time-ordered
    outlet: str  # the outlet's name, for people
    owner: str  # who is behind it: the configured owner, else the registrable domain
    kind: str | None = None  # of the outlet: wire | government | press …
    seen: datetime
    origin: str | None = None  # the owner whom its page names as the origin: a canonical address elsewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """Who leads, and why."""

    member: Member
    reason: str


def choose_lead(members: Sequence[Member]) -> Lead:
    """Say which of the copies leads: the one that others name as the origin, else a wire's, else the first seen.

    Raises ValueError without members. The order they come in makes no difference.
    """
    if not members:
        raise ValueError("a group of copies has members")
    ordered = sorted(members, key=lambda member: (member.seen, member.story))
    votes = [member.origin for member in ordered if member.origin and member.origin != member.owner]
    named = max(
        (member for member in ordered if member.owner in votes),
        key=lambda member: votes.count(member.owner),
        default=None,
    )
    if named:
        return Lead(member=named, reason=f"named as the origin by {votes.count(named.owner)} of {len(members)}")
    wire = next((member for member in ordered if member.kind == WIRE), None)
    if wire:
        return Lead(member=wire, reason="a wire")
    return Lead(member=ordered[0], reason="first seen")


def independent(groups: Iterable[Sequence[Member]]) -> tuple[Member, ...]:
    """Return the members that tell a story on their own account, first seen first; their number is what counts.

    Each group is the copies of one text, a story alone being a group of one, and has one voice: its lead's. The
    texts of one owner are one voice, too. Raises ValueError for a group without members.
    """
    leads = sorted((choose_lead(group).member for group in groups), key=lambda lead: (lead.seen, lead.story))
    voices: dict[str, Member] = {}
    for lead in leads:
        voices.setdefault(lead.owner, lead)
    return tuple(voices.values())
