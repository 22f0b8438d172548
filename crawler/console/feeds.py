"""What each rule finds, as feeds for others to read: Atom and JSON Feed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alerts.card import clean, safe_link
from alerts.search.marks import best_slice
from alerts.story import Field
from crawler.console.views import of_newest, places_in
from crawler.ids import encode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from starlette.requests import Request

    from alerts.rules.ruleset import Rule
    from alerts.story import Story
    from crawler.console.room import Room
    from crawler.store.reports import Ruling

ENTRIES = 50
_SUMMARY = 500  # characters
_TITLE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A match as others read it."""

    id: str
    title: str
    link: str | None
    summary: str
    outlet: str
    published: datetime | None
    seen: datetime
    language: str | None
    severity: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A rule's newest matches."""

    id: str
    title: str
    about: str
    home: str
    itself: str
    updated: datetime
    entries: tuple[Entry, ...]


def entry_of(rule: Rule, story: Story, rulings: Sequence[Ruling]) -> Entry:
    """Lay a match out."""
    own = [one for one in rulings if one.match.rule == rule.id]
    places = places_in(of_newest(story, own), Field.TEXT)
    start, end = best_slice(story.text, places, _SUMMARY)
    severity = max((one.match.severity for one in own), default=rule.severity)
    cut = ("… " if start else "", " …" if end < len(story.text) else "")
    return Entry(
        id=f"urn:tocsin:{rule.id}:{encode(story.id)}",
        title=clean(story.title, _TITLE) or "(no title)",
        link=story.url if safe_link(story.url) else None,
        summary=clean(f"{cut[0]}{story.text[start:end]}{cut[1]}", _SUMMARY + 4),
        outlet=clean(story.outlet.name, 80) or story.outlet.id,
        published=story.published,
        seen=story.seen,
        language=story.language,
        severity=severity.label,
        tags=rule.tags,
    )


def json_feed(feed: Feed) -> dict[str, object]:
    """Return a feed as JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": feed.itself,
        "description": feed.about,
        "items": [_item(one) for one in feed.entries],
    }


def _item(one: Entry) -> dict[str, object]:
    item: dict[str, object | None] = {
        "id": one.id,
        "url": one.link,
        "title": one.title,
        "content_text": one.summary,
        "date_published": (one.published or one.seen).isoformat(),
        "authors": [{"name": one.outlet}],
        "tags": [one.severity, *one.tags],
        "language": one.language,
    }
    return {name: value for name, value in item.items() if value is not None}


class Feeds:
    """Serves the feeds."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [Route("/feeds/{rule}.atom", self.atom), Route("/feeds/{rule}.json", self.json)]

    async def atom(self, request: Request) -> Response:
        """Serve a rule's matches as Atom (RFC 4287)."""
        feed = await self._feed(request)
        room = self._room
        text = room.renderer.page("feed.xml", room.now(), room.config().timezone, {"feed": feed})
        return Response(text, media_type="application/atom+xml")

    async def json(self, request: Request) -> Response:
        """Serve a rule's matches as JSON Feed."""
        return JSONResponse(json_feed(await self._feed(request)), media_type="application/feed+json")

    async def _feed(self, request: Request) -> Feed:
        room, rule = self._room, self._room.rule(request.path_params["rule"])
        stories = await room.browse.matches(rule.id, None, ENTRIES)
        rulings = await room.browse.rulings([one.id for one in stories])
        base = str(request.base_url).rstrip("/")
        return Feed(
            id=f"urn:tocsin:{rule.id}",
            title=f"Tocsin: {clean(rule.name, _TITLE)}",
            about=clean(rule.note or f"What the rule {rule.id} finds", _SUMMARY),
            home=f"{base}/rules/{rule.id}",
            itself=str(request.url).partition("?")[0],
            updated=stories[0].seen if stories else room.now(),
            entries=tuple(entry_of(rule, one, rulings.get(one.id, ())) for one in stories),
        )
