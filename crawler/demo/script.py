"""What the demo's outlets publish, read from the data files beside this module."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from importlib.resources import files
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from datetime import datetime


class Expect(StrEnum):
    """What must become of a publication when the real daemon reads it."""

    ALERT = "alert"  # told
    COPY = "copy"  # the same words as a story told before: folded into it
    BACKLOG = "backlog"  # old on the first visit: stored, not told
    SILENT = "silent"  # a near miss: no rule holds
    EDIT = "edit"  # told once the outlet has rewritten it
    PAGE = "page"  # told for what only its page says


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """An invented outlet; ``origin`` is where it is served, empty until then."""

    id: str
    name: str
    form: str  # rss | rss-content | rdf | atom | json
    language: str
    country: str
    tier: int
    type: str
    charset: str = "utf-8"
    broken: bool = False  # its feed is not well-formed
    body: str = "div.text"  # where the text stands on its pages, as CSS; empty: Tocsin finds it
    down_until: int = 0  # answers 503 before this second of the show
    origin: str = ""

    @property
    def feed_url(self) -> str:
        """The address that goes into a config."""
        return f"{self.origin}/feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """How a story reads from a moment of the show on."""

    at: int  # seconds from the show's start
    title: str
    text: str  # paragraphs parted by a blank line
    page: str  # the same on the story's page, which may say more
    since: int  # the second that its date stands for; an edit alone does not move it
    dated: timedelta | None = None  # claims another date, counted from the show's start
    undated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One story on one site, and what must become of it."""

    story: str  # the same for copies of one text
    site: str
    versions: tuple[Version, ...]
    expect: Expect
    rules: tuple[str, ...]  # the ids of the rules that hold for the last version
    why: str
    link: str | None = None  # None = its own page

    @property
    def at(self) -> int:
        """When it appears, in seconds from the show's start."""
        return self.versions[0].at

    def version(self, second: float) -> Version | None:
        """Return how it reads at a second of the show; None before it appears."""
        return next((version for version in reversed(self.versions) if version.at <= second), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A version as a reader meets it: where it is, and when it says it was published."""

    item: Item
    version: Version
    published: datetime | None
    url: str


def load_sites() -> tuple[Site, ...]:
    """Return the outlets, not served yet."""
    return tuple(Site(**site) for site in _data("sites.yaml"))


def load_items() -> tuple[Item, ...]:
    """Return everything that is published, by time of appearance."""
    items = [item for story in _data("stories.yaml") for item in _items(story)]
    return tuple(sorted(items, key=lambda item: item.at))


def rules_text() -> str:
    """Return the entities and rules as they stand in the demo's config."""
    return _read("rules.yaml")


def _items(story: dict[str, Any]) -> list[Item]:
    """Unfold a story into one item a site; the first is the original, later ones are copies."""
    appearances = sorted(story["sites"].items(), key=lambda pair: pair[1])
    return [
        Item(
            story=story["id"],
            site=site,
            versions=_versions(story, at),
            expect=Expect(story["expect"]) if number == 0 else Expect.COPY,
            rules=tuple(story.get("rules", ())),
            why=story["why"],
            link=story.get("link"),
        )
        for number, (site, at) in enumerate(appearances)
    ]


def _versions(story: dict[str, Any], at: int) -> tuple[Version, ...]:
    changes = [change | ({"since": change["at"]} if "dated" in change else {}) for change in story.get("changes", ())]
    return tuple(map(_version, accumulate(changes, operator.or_, initial=story | {"at": at, "since": at})))


def _version(fields: dict[str, Any]) -> Version:
    dated = fields.get("dated", "now")
    return Version(
        at=fields["at"],
        since=fields["since"],
        title=fields["title"],
        text=_paragraphs(fields["text"]),
        page=_paragraphs(fields.get("page", fields["text"])),
        dated=None if dated in {"now", "none"} else _offset(dated),
        undated=dated == "none",
    )


def _paragraphs(text: str) -> str:
    """Join the lines of each paragraph."""
    return "\n\n".join(" ".join(paragraph.split("\n")) for paragraph in text.strip().split("\n\n"))


def _offset(text: str) -> timedelta:
    """Read ``-30h`` or ``+3d``."""
    hours = {"h": 1, "d": 24}[text[-1]]
    return timedelta(hours=int(text[:-1]) * hours)


def _data(name: str) -> Any:
    return yaml.safe_load(_read(name))


def _read(name: str) -> str:
    return (files(__package__) / "data" / name).read_text(encoding="utf-8")
