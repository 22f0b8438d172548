"""Where stories stand, what they have in common, and what the store is to write of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from alerts.cluster.events import Frequencies, Thread, Vector
    from alerts.story import DateNote, Story


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryState:
    """Where a known story stands."""

    id: int
    source: str
    group: int
    version: int
    published: datetime | None
    date_note: DateNote | None
    seen: datetime
    is_forgotten: bool = False  # it was known, and retention has removed all else of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A stored story, as far as it takes to compare another with it."""

    state: StoryState
    story: Story
    truncated: bool  # its text is not the whole
    event: int | None  # None: it was not looked for
    vector: Vector | None  # None: its terms were not looked at


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A stored story that shares rare words with another: which it is, and nothing that takes time to read."""

    id: int
    truncated: bool  # its text is not the whole
    event: int | None  # None: it was not looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketched:
    """What a version of a story is to be found by when others like it come."""

    story: int
    source: str  # its id
    signature: bytes | None  # None: too short, or not whole
    truncated: bool
    vector: Vector | None
    lines: Collection[int] = ()  # keys of its lines, where they are to be counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Threaded:
    """The event that a story belongs to, and its thread with this story in it."""

    story: int
    thread: Thread
    why: str | None  # None: as before


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """An event that is one with an older one by now."""

    event: int
    into: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parting:
    """Stories that leave a group of copies together, for another or for one of their own."""

    group: int
    into: int
    why: Mapping[int, str]  # by story, why it is a copy of another of them; "": it is none
    told: bool  # what they told goes with them: it was not the group's
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """A group of copies that is one with another by now, with all that was told of it."""

    group: int
    into: int
    why: str  # "": it only goes by another name, for the story that began it is in another group
    at: datetime


class KinshipMemory(Protocol):
    """What can be asked about what stories have in common, those of this transaction not among them."""

    def near(self, bands: Sequence[int], after: datetime) -> Sequence[int]:
        """Return the stories first seen after a moment that share bands, those that share most first."""

    def similar(self, terms: Collection[str], language: str | None, after: datetime) -> Sequence[int]:
        """Return the stories first seen after a moment that share most with some terms, best first."""

    def neighbours(self, stories: Collection[int]) -> Sequence[Neighbour]:
        """Return what is known of these stories without reading them, in the order of their ids."""

    def known(self, stories: Collection[int]) -> Sequence[Known]:
        """Return these stories as far as it takes to compare them, in the order of their ids."""

    def members(self, group: int) -> Sequence[int]:
        """Return the stories of a group of copies, in the order of their ids."""

    def told(self, groups: Collection[int]) -> Collection[int]:
        """Return those of these groups of copies of which somebody was told, or will be."""

    def common(self, lines: Mapping[str, Collection[int]]) -> Mapping[str, frozenset[int]]:
        """Return, of the keys of lines by source, those that are boilerplate of that source."""

    def threads(self, ids: Collection[int]) -> Sequence[Thread]:
        """Return these events' threads."""

    def frequencies(self, pool: str) -> Frequencies:
        """Return in how many stories of a pool of languages each term stood, as last kept."""
