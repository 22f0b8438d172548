"""Case: what the page of an evidence pack shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.capture.pack import Missing


@dataclass(frozen=True, slots=True)
class Passage:
    """A text under a heading."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the page of a pack shows."""

    id: str
    title: str
    about: Sequence[str]
    verdict: str
    fetched: Sequence[Sequence[str]]
    decided: Sequence[Sequence[str]]
    rules: Sequence[Passage]
    delivered: Sequence[Sequence[str]]
    texts: Sequence[Passage]
    missing: Sequence[Missing]
    left_out: Sequence[Sequence[str]] = ()  # of the story's page: by which sign, the words, how many characters
