"""Finds the stories that one story is a copy of, among those of the last days and those of the same transaction."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from alerts.cluster.boilerplate import line_keys
from alerts.cluster.copies import UPDATE_WINDOW, Verdict, judge
from crawler.ids import encode
from crawler.intake.sketch import profile

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from alerts.cluster.copies import Profile
    from crawler.intake.sketch import Sketch
    from crawler.store.kin import KinshipMemory, Known, Neighbour, StoryState

_COPIES = frozenset({Verdict.COPY, Verdict.UPDATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A story that says the same, and the numbers that say so."""

    state: StoryState
    why: str

    @classmethod
    def by(cls, state: StoryState, one: Profile, other: Profile) -> Copied | None:
        """Return the second story, which stands like this, if the first is a copy of it."""
        found = judge(one, other)
        if found.verdict not in _COPIES:
            return None
        return cls(state=state, why=f"a copy of {encode(state.id)}: {found.reason}")


class Copies:
    """One transaction's look at what copies what."""

    def __init__(self, memory: KinshipMemory, now: datetime) -> None:
        self._memory = memory
        self._now = now
        self._planned: dict[int, tuple[StoryState, Sketch]] = {}
        self._bands: dict[int, set[int]] = defaultdict(set)  # band → planned stories

    def stored(self, own: int | None, sketch: Sketch, similar: Collection[Neighbour]) -> list[Copied]:
        """Return the stored stories that a story copies; ``own`` is the story itself, if it is a stored one.

        ``similar`` are those that share rare words with it: what has no signature is found among them.
        """
        others = {one.id for one in similar if one.truncated or not sketch.profile.is_long}
        if sketch.bands:
            others.update(self._memory.near(sketch.bands, self._now - UPDATE_WINDOW))
        known = self._memory.known(others - {own})
        compared = (Copied.by(one.state, sketch.profile, theirs) for one, theirs in self._profiles(known))
        return [one for one in compared if one]

    def planned(self, own: int, sketch: Sketch) -> list[Copied]:
        """Return the stories of this transaction that a story copies."""
        near = {other for band in sketch.bands for other in self._bands.get(band, ())} - {own}
        others = (self._planned[other] for other in near)
        compared = (Copied.by(state, sketch.profile, other.profile) for state, other in others)
        return [one for one in compared if one]

    def pairs(self, own: int, sketch: Sketch, others: Collection[int]) -> dict[tuple[int, int], str]:
        """Return which of some stored stories and the one that is looked up are copies of each other, and why."""
        known = self._profiles(self._memory.known(others))
        profiles = {own: sketch.profile} | {one.state.id: theirs for one, theirs in known}
        judged = {pair: judge(*map(profiles.__getitem__, pair)) for pair in combinations(sorted(profiles), 2)}
        return {pair: found.reason for pair, found in judged.items() if found.verdict in _COPIES}

    def differs(self, sketch: Sketch, other: int) -> bool:
        """Say whether a stored story is plainly another text: in another language, or by what both say as wholes."""
        ((_, theirs),) = self._profiles(self._memory.known([other]))
        comparable = sketch.profile.is_long and theirs.is_long
        spoken = {sketch.profile.language, theirs.language} - {None}
        return len(spoken) > 1 or (comparable and judge(sketch.profile, theirs).verdict is Verdict.DIFFERENT)

    def plan(self, state: StoryState, sketch: Sketch) -> None:
        """Let a story that is being taken in be found by those that follow."""
        self._planned[state.id] = state, sketch
        for band in sketch.bands:
            self._bands[band].add(state.id)

    def _profiles(self, known: Sequence[Known]) -> list[tuple[Known, Profile]]:
        """Return what stored stories are compared by, without the boilerplate of their sources."""
        lines: dict[str, set[int]] = defaultdict(set)
        for one in known:
            lines[one.state.source] |= line_keys(one.story.text)
        common = self._memory.common(lines) if lines else {}
        return [
            (one, profile(one.story, truncated=one.truncated, boilerplate=common[one.state.source])) for one in known
        ]
