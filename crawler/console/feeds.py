"""What each rule finds, as feeds for others to read: Atom and JSON Feed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alerts.card import clean, safe_link
from alerts.search.marks import best_slice
from alerts.story import Field
from crawler.config.console import is_loopback
from crawler.console.guard import host_of
from crawler.console.views import of_newest, places_in
from crawler.ids import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from alerts.rules.ruleset import Rule
    from alerts.story import Story
    from crawler.console.room import Room
    from crawler.store.reports import Ruling

ENTRIES = 50
_SUMMARY = 500  # characters
_TITLE = 300
_NOTHING_YET = datetime(
    1970, 1, 1, tzinfo=UTC
)  # the last change of a feed without entries: Atom wants one, the same each time


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
    updated: datetime  # when its newest version came
    language: str | None
    severity: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A rule's newest matches."""

    id: str
    title: str
    about: str
    home: str  # paths on this console
    itself: str
    updated: datetime
    entries: tuple[Entry, ...]


def entry_of(rule: Rule, story: Story, rulings: Sequence[Ruling], updated: datetime) -> Entry:
    """Lay a match out; ``updated`` is when this version of the story came."""
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
        updated=updated,
        language=story.language,
        severity=severity.label,
        tags=rule.tags,
    )


def json_feed(feed: Feed, base: str | None) -> dict[str, object]:
    """Return a feed as JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/).

    Its own addresses cannot be relative; where ``base``, what comes before them, is not known, they are left out.
    """
    own = {} if base is None else {"home_page_url": base + feed.home, "feed_url": base + feed.itself}
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        **own,
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
        "date_modified": one.updated.isoformat(),
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
        return answer(request, Response(text, media_type="application/atom+xml"), feed)

    async def json(self, request: Request) -> Response:
        """Serve a rule's matches as JSON Feed."""
        feed = await self._feed(request)
        return answer(
            request, JSONResponse(json_feed(feed, base_of(request)), media_type="application/feed+json"), feed
        )

    async def _feed(self, request: Request) -> Feed:
        room, rule = self._room, self._room.rule(request.path_params["rule"])
        stories = await room.browse.matches(rule.id, None, ENTRIES)
        rulings = await room.browse.rulings([one.id for one in stories])
        updated = await room.browse.touched([one.id for one in stories])
        entries = [entry_of(rule, one, rulings.get(one.id, ()), updated.get(one.id, one.seen)) for one in stories]
        return Feed(
            id=f"urn:tocsin:{rule.id}",
            title=f"Tocsin: {clean(rule.name, _TITLE)}",
            about=clean(rule.note or f"What the rule {rule.id} finds", _SUMMARY),
            home=f"/rules/{quote(rule.id, safe='')}",
            itself=quote(request.url.path),
            updated=max((one.updated for one in entries), default=_NOTHING_YET),
            entries=tuple(entries),
        )


def base_of(request: Request) -> str | None:
    """Return what comes before a path of ours in the address that was asked for; None where only a proxy knows."""
    scheme = request.headers.get("x-forwarded-proto")
    if scheme and is_loopback(host_of(request.headers.get("host", ""))):
        return None
    base = request.base_url
    return str(base.replace(scheme=scheme) if scheme in {"http", "https"} else base).rstrip("/")


def answer(request: Request, whole: Response, feed: Feed) -> Response:
    """Return an answer, or only that it is still the one that the reader has (RFC 9110, section 13)."""
    tag = f'"{hashlib.sha256(whole.body).hexdigest()[:32]}"'
    marks = {"etag": tag, "cache-control": "private, no-cache"}
    if feed.entries:
        marks["last-modified"] = format_datetime(feed.updated.astimezone(UTC).replace(microsecond=0), usegmt=True)
    if _is_known(request, tag, feed):
        return Response(status_code=304, headers=marks)
    whole.headers.update(marks)
    return whole


def _is_known(request: Request, tag: str, feed: Feed) -> bool:
    tags = request.headers.get("if-none-match")
    if tags is not None:  # then the date does not count
        return any(one.strip().removeprefix("W/") in {tag, "*"} for one in tags.split(","))
    since = request.headers.get("if-modified-since")
    try:
        moment = parsedate_to_datetime(since) if since and feed.entries else None
    except (ValueError, TypeError):
        return False
    if moment is None:
        return False
    return feed.updated.replace(microsecond=0) <= (moment if moment.tzinfo else moment.replace(tzinfo=UTC))
