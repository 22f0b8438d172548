"""What is remembered of a story's page between its visits, and who was told of the story."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPage:
    """What earlier visits found on the page of a story; without such a page, or before the first, it is empty."""

    first_read: datetime | None = None
    next_due: datetime | None = None
    headline: str = ""  # the page's own
    words: bytes | None = None  # the fingerprint of its text
    version: int | None = None  # of the story, after the page was last read
    title: str = ""  # of that version
    text: str = ""  # of that version, which need not be the page's
    missing: datetime | None = None  # since when it is not found, which is not believed yet
    live_until: datetime | None = None  # of a live blog: until then it is visited often
    listed: bool = True  # in the last document of its source
    gone: datetime | None = None  # when it was believed that the outlet has removed the story


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What is to be remembered of a page that was visited, and when it is visited again."""

    story: int
    next_due: datetime | None  # None: no more
    headline: str
    words: bytes | None
    version: int | None
    missing: datetime | None
    live_until: datetime | None
    gone: datetime | None
    detail: str | None = None  # in place of what the visit says for itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Which stories the document of a source lists."""

    source: str
    stories: Collection[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A message by which a channel was told of a story, or will be, and nothing else."""

    key: str  # of the message in whose thread there is more to say of it
    channel: str
    severity: int
    occasions: Collection[str] = ()  # of what its thread says already
