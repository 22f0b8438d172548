"""Copies of one text as a group: what it consists of, who leads it, and which of two groups goes on as both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
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


@dataclass(frozen=True, slots=True)
class Group:
    """Copies of one text, as far as it takes to say what becomes of them beside others."""

    id: int  # of the story that began it: time-ordered
    told: bool  # somebody was told of it, or will be


@dataclass(frozen=True, slots=True, kw_only=True)
class Survivor:
    """Which of several groups goes on as all of them, and why."""

    group: int
    reason: str


def survivor(groups: Collection[Group]) -> Survivor:
    """Say which of several groups of one text the others join: one of which people know, else the oldest.

    Raises ValueError without groups. The order they come in makes no difference.
    """
    if not groups:
        raise ValueError("none of no groups goes on")
    first = min(groups, key=lambda group: (not group.told, group.id))
    return Survivor(group=first.id, reason="people were told of it" if first.told else "it is the oldest")


def components(stories: Iterable[int], copies: Iterable[tuple[int, int]]) -> tuple[frozenset[int], ...]:
    """Return what groups stories make, given which are copies of which: those that a chain of copies joins are one.

    That of the first story comes first. The order of stories and copies makes no difference.
    """
    leads = {story: story for story in stories}

    def lead(story: int) -> int:
        while leads[story] != story:
            leads[story] = leads[leads[story]]
            story = leads[story]
        return story

    for one, other in copies:
        first, second = sorted((lead(one), lead(other)))
        leads[second] = first
    found: dict[int, set[int]] = {}
    for story in sorted(leads):
        found.setdefault(lead(story), set()).add(story)
    return tuple(frozenset(group) for group in found.values())


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
