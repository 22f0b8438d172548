"""Decides which stories make one group of copies, so that the order in which they came has no say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from alerts.cluster.groups import Group, components, survivor
from crawler.ids import encode
from crawler.store.kin import Merging, Parting

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from crawler.store.kin import KinshipMemory, StoryState
    from crawler.store.plan import NewDelivery

    Pairs: TypeAlias = Mapping[tuple[int, int], str]  # two stories, the older first → why one copies the other

MOST = 24  # stories of a group that is taken apart: of more, all pairs would take too long
_NO_GROUP = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a version of a story belongs."""

    group: int
    why: str | None  # why it is a copy; "": it is none; None: that is as it was
    near: Sequence[StoryState]  # it and its copies, under every name that their group had in this transaction


class Groups:
    """One transaction's look at which groups of copies there are."""

    def __init__(self, memory: KinshipMemory, now: datetime, queued: Sequence[NewDelivery]) -> None:
        """``queued`` are the messages of the transaction, which grow with what is planned."""
        self._memory = memory
        self._now = now
        self._queued = queued
        self._into: dict[int, int] = {}  # groups that are merged → those that go on
        self._planned: dict[int, int] = {}  # story → group
        self.regroupings: list[Parting | Merging] = []

    def of(self, group: int) -> int:
        """Return the group that a group is by now."""
        while group in self._into:
            group = self._into[group]
        return group

    def place_new(self, own: StoryState, kin: Sequence[StoryState], why: str) -> Place:
        """Say where a new story belongs, given its copies: what it is a copy of becomes one group."""
        group = self._one({self.of(one.group) for one in kin}, own, kin, why) if kin else own.id
        return self._placed(own, group, kin, why)

    def place(self, own: StoryState, kin: Sequence[StoryState], why: str) -> Place:
        """Say where a new version of a known story belongs, given its copies.

        While it is a copy of others of its group, or alone there, what it copies becomes one with them. Else it
        alone goes over, and what it told in its older words stays told of its old group.
        """
        group = self.of(own.group)
        before = replace(own, group=group)
        theirs = {self.of(one.group) for one in kin}
        if not kin or theirs == {group}:
            return self._placed(own, group, [*kin, before], None)
        others = () if group in theirs else self._others(own.id, group)
        if not others:
            into = self._one({group, *theirs}, own, kin, why)
            return self._placed(own, into, [*kin, before], None if into == group else why)
        into = self._one(theirs, own, kin, why)
        self.regroupings.append(Parting(group=group, into=into, why={own.id: why}, told=False, at=self._now))
        if group == own.id:
            self._rename(group, min(others))
        return self._placed(own, into, [*kin, before], why)

    def place_whole(
        self, own: StoryState, kin: Sequence[StoryState], why: str, pairs: Callable[[Collection[int]], Pairs]
    ) -> Place:
        """Say where a story belongs of which the whole text is known only now, given its copies.

        A summary or a title may have looked like another's, and held together what does not belong together.
        ``pairs`` finds the copies among some stories; it is asked only where that may be so.
        """
        others = self._others(own.id, own.group)
        if len(others) >= MOST or others <= {one.id for one in kin}:
            return self.place(own, kin, why)
        found = pairs({own.id, *others})
        parts = components({own.id, *others}, found)
        if len(parts) == 1:
            return self.place(own, kin, why)
        kept = next((part for part in parts if own.group in part), parts[0])
        for part in parts:
            if part is not kept:
                whys = {one: _why(one, part, found) for one in sorted(part)}
                parting = Parting(group=own.group, into=min(part), why=whys, told=True, at=self._now)
                self.regroupings.append(parting)
        (mine,) = (part for part in parts if own.id in part)
        group = own.group if mine is kept else min(mine)
        further = [one for one in kin if one.id not in others]
        into = self._one({group, *(self.of(one.group) for one in further)}, own, further, why)
        theirs = [replace(own, id=one, group=_NO_GROUP) for one in mine]  # what they told, and no others of the group
        placed = self._placed(own, into, [*theirs, *further], why if len(mine) == 1 else _why(own.id, mine, found))
        return replace(placed, near=[one for one in placed.near if one.group != own.group])

    def _placed(self, own: StoryState, group: int, near: Sequence[StoryState], why: str | None) -> Place:
        self._planned[own.id] = group
        names = [name for name in self._into if self.of(name) == group]
        return Place(group=group, why=why, near=[*near, *(replace(own, group=name) for name in (group, *names))])

    # ------------------------------------------------------------ what becomes of groups

    def _one(self, groups: Collection[int], own: StoryState, kin: Sequence[StoryState], why: str) -> int:
        """Return the group that several are by now, since a story is a copy of some in all; ``why`` of the first."""
        if len(groups) == 1:
            return next(iter(groups))
        queued = {self.of(one.group) for one in self._queued}
        told = queued | {*self._memory.told(groups)}
        first = survivor([Group(one, one in told) for one in groups])
        for one in sorted({*groups} - {first.group}):
            is_copy = one == kin[0].id and one != own.id
            link = f"a copy of {encode(own.id)}: {why.partition(': ')[2]}" if is_copy else f"by way of {encode(own.id)}"
            goes_on = f"the group of {encode(first.group)} goes on, for {first.reason}"
            self._merge(one, first.group, f"{link}; {goes_on}")
        return first.group

    def _rename(self, group: int, name: int) -> None:
        self._into.pop(name, None)
        self._merge(group, name, "")

    def _merge(self, group: int, into: int, why: str) -> None:
        self._into[group] = into
        self.regroupings.append(Merging(group=group, into=into, why=why, at=self._now))

    def _others(self, story: int, group: int) -> set[int]:
        """Return the other stories of a group, as it stands with what is planned."""
        names = [group, *(name for name in self._into if self.of(name) == group)]
        stored = {one for name in names for one in self._memory.members(name) if one not in self._planned}
        return (stored | {one for one, of in self._planned.items() if self.of(of) == group}) - {story}


def _why(story: int, group: Collection[int], pairs: Pairs) -> str:
    """Return why a story is a copy of others of its group; "" for the first."""
    if story == min(group):
        return ""
    found = {one if other == story else other: why for (one, other), why in pairs.items() if story in {one, other}}
    first = min(found)
    return f"a copy of {encode(first)}: {found[first]}"
