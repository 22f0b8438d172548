"""Entry and Reading: what a source says, before anyone knows whether it is new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.language import identify
from alerts.story import Story

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from alerts.story import DateNote, Outlet


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of a source, cleaned: plain text in NFC, canonical link, aware UTC dates or None.

    ``identity`` names the item within its source: the guid, else the canonical link, else a hash of
    title and text. It is never a date.

    With ``needs_page`` the source gave an address and no words: there is no story before the page is read.
    """

    identity: str
    url: str | None  # canonical, http or https
    title: str
    text: str = ""  # the feed's own text, paragraphs parted by a blank line
    language: str | None = None  # as the source says
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    published: datetime | None = None
    date_note: DateNote | None = None
    modified: datetime | None = None  # when the source says that the page last changed; says nothing of `published`
    needs_page: bool = False

    def language_of_words(self) -> str | None:
        """Identify the language of title and text, with the source's word where they say too little."""
        return identify(self.title, self.text, self.language)[0]

    def as_story(
        self,
        *,
        id: int,  # noqa: A002 -- the field's name
        outlet: Outlet,
        seen: datetime,
        language: str | None,
    ) -> Story:
        """Return the first version of the story that this entry tells; ``language`` is that of its words."""
        return Story(
            id=id,
            outlet=outlet,
            url=self.url,
            title=self.title,
            text=self.text,
            language=language,
            authors=self.authors,
            tags=self.tags,
            published=self.published,
            date_note=self.date_note,
            seen=seen,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What a document says about itself besides its entries."""

    ttl: timedelta | None = None  # how long it may be kept: ttl, or sy:updatePeriod over sy:updateFrequency
    skip_hours: frozenset[int] = frozenset()  # UTC hours in which nothing is published
    skip_days: frozenset[int] = frozenset()  # 0 is Monday
    hub: str | None = None  # of WebSub
    topic: str | None = None  # the address that the hub knows it by: rel=self
    older: str | None = None  # where what came before stands: a further page of the feed, or of the listing


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one parsed document holds."""

    title: str | None  # what the source calls itself
    dialect: str  # rss20, atom10, rdf, json11 …
    language: str | None = None
    entries: tuple[Entry, ...] = ()
    more: tuple[str, ...] = ()  # addresses of documents that belong to it: an index's sitemaps, a listing's next page
    hints: Hints = Hints()
    notes: tuple[str, ...] = ()  # oddities worth a line in the poll log: "not well-formed", "500 of 812 entries read"
