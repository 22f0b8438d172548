"""Small makers of captured things."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crawler.capture.exchange import Exchange, Failure, Kind, Occasion
from crawler.store.plan import NewDelivery
from spiders.base import Page
from tests.fakes import NOON

if TYPE_CHECKING:
    from datetime import datetime

URL = "https://wire.example/feed.xml"


def page(body: bytes = b"<rss/>", url: str = URL, status: int = 200, **headers: bytes) -> Page:
    named = {name.replace("_", "-").encode(): value for name, value in headers.items()}
    return Page(url=url, status=status, headers=named, body=body)


def occasion(name: str = "v1", kind: Kind = Kind.SOURCE, began: datetime = NOON, url: str = URL) -> Occasion:
    return Occasion(id=name, kind=kind, source="wire", url=url, began=began)


def exchange(url: str = URL, **changes: Any) -> Exchange:
    values: dict[str, Any] = {
        "occasion": occasion(),
        "url": url,
        "asked": {"User-Agent": "Tocsin/1"},
        "at": NOON + timedelta(milliseconds=1234),
        "page": page(url=url),
    }
    return Exchange(**values | changes)


FAILED = Failure(reason="http-503", detail="busy", status=503, retry_after=timedelta(seconds=60))


def delivery(key: str) -> NewDelivery:
    return NewDelivery(key=key, group=1, story=1, version=1, channel="#news", severity=20, queued=NOON)
