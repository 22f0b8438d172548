"""JSON Feed 1.0 and 1.1 (jsonfeed.org)."""

from __future__ import annotations

import json
from typing import Any

from alerts.errors import FetchError
from spiders.charset import decoded
from spiders.entry import Hints
from spiders.reading import Found, Item

_VERSIONS = ("https://jsonfeed.org/version/", "http://jsonfeed.org/version/")


def found_in(body: bytes) -> Found:
    """Read a JSON Feed; raises FetchError ``not-a-feed`` for any other JSON.

    Values of a wrong type are taken as absent: one bad item must not hide the others.
    """
    try:
        feed = json.loads(decoded(body))
    except (ValueError, RecursionError) as error:
        raise FetchError("not-a-feed", f"JSON cannot be read: {error}") from error
    version = _text(feed.get("version")) if isinstance(feed, dict) else None
    if not version or not version.startswith(_VERSIONS):
        raise FetchError("not-a-feed", "JSON, but not a JSON Feed: its version is missing")
    items = [item for item in _list(feed.get("items")) if isinstance(item, dict)]
    return Found(
        title=_text(feed.get("title")),
        dialect="json" + version.rsplit("/", 1)[-1].replace(".", "").ljust(2, "0"),
        language=_text(feed.get("language")),
        items=[_item(item) for item in items],
        hints=Hints(hub=_hub(feed), topic=_text(feed.get("feed_url")), older=_older(feed)),
    )


def _hub(feed: dict[str, Any]) -> str | None:
    """Return the address of the feed's WebSub hub; other kinds of hubs are none of ours."""
    for hub in _list(feed.get("hubs")):
        if isinstance(hub, dict) and str(hub.get("type", "")).lower() == "websub":
            address = _text(hub.get("url")) or ""
            if address.startswith(("http://", "https://")):
                return address
    return None


def _older(feed: dict[str, Any]) -> str | None:
    address = _text(feed.get("next_url")) or ""
    return address if address.startswith(("http://", "https://")) else None


def _item(item: dict[str, Any]) -> Item:
    texts = (_text(item.get(key)) for key in ("content_html", "content_text", "summary"))
    dates = (_text(item.get(key)) for key in ("date_published", "date_modified"))
    people = [item.get("author"), *_list(item.get("authors"))]  # 1.0 has one author, 1.1 a list
    return Item(
        guid=_text(item.get("id")),
        link=_text(item.get("url")) or _text(item.get("external_url")),
        title=_text(item.get("title")) or "",
        texts=tuple(text for text in texts if text),
        dates=tuple(date for date in dates if date),
        language=_text(item.get("language")),
        authors=tuple(name for person in people if isinstance(person, dict) and (name := _text(person.get("name")))),
        tags=tuple(tag for value in _list(item.get("tags")) if (tag := _text(value))),
    )


def _text(value: object) -> str | None:
    """Return a text, or a number as one: some feeds write numeric ids."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
