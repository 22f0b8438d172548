"""What a feed says about its own rhythm and its hub."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from spiders.entry import Hints
from spiders.markup import joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LONGEST = timedelta(days=366)
_HEAD = 65_536  # characters; what a channel says of itself stands before its items
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOURS = re.compile(r"<skipHours\b[^>]*>(.{0,2000}?)</skipHours>", re.IGNORECASE | re.DOTALL)
_HOUR = re.compile(r"<hour\b[^>]*>\s*(\d{1,2})\s*</hour>", re.IGNORECASE)
_SKIPPED = re.compile(r"<skipDays\b[^>]*>(.{0,2000}?)</skipDays>", re.IGNORECASE | re.DOTALL)
_DAY = re.compile(r"<day\b[^>]*>\s*(\w+)\s*</day>", re.IGNORECASE)
_ALL_DAY = 24
_LINK = re.compile(r"""<([^<>]{1,2000})>((?:\s*;\s*[\w*-]+\s*=\s*(?:"[^"]*"|[^\s;,"]*))*)""")
_REL = re.compile(r""";\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]*))""", re.IGNORECASE)


def hints_of(feed: Mapping[str, Any], text: str, url: str) -> Hints:
    """Return what a feed says of itself, from feedparser's ``feed`` and the document's text.

    What makes no sense counts as unsaid: a feed that is never to be read, a period of no known name.
    """
    head = text[:_HEAD]
    hours = frozenset(hour % _ALL_DAY for hour in map(int, _inside(_HOURS, _HOUR, head)) if hour <= _ALL_DAY)
    named = (day.lower() for day in _inside(_SKIPPED, _DAY, head))
    days = frozenset(_DAYS.index(day) for day in named if day in _DAYS)
    return Hints(
        ttl=_ttl(feed),
        skip_hours=hours if len(hours) < _ALL_DAY else frozenset(),
        skip_days=days if len(days) < len(_DAYS) else frozenset(),
        hub=_linked(feed, "hub", url),
        topic=_linked(feed, "self", url),
        older=_linked(feed, "prev-archive", url) or _linked(feed, "next", url) or _paged(feed, url),
    )


def with_links(hints: Hints, header: str, url: str) -> Hints:
    """Return hints with the hub and the topic that a ``Link`` header names: WebSub puts it before the document."""
    named: dict[str, str] = {}
    for target, parameters in _LINK.findall(header):
        rel = _REL.search(parameters)
        for name in (rel[1] or rel[2] or "").lower().split() if rel else ():
            address = joined(url, target.strip())
            if address and address.startswith(("http://", "https://")):
                named.setdefault(name, address)
    return replace(hints, hub=named.get("hub", hints.hub), topic=named.get("self", hints.topic))


def _inside(outer: re.Pattern[str], inner: re.Pattern[str], text: str) -> Iterator[str]:
    for block in outer.findall(text):
        yield from inner.findall(block)


def _ttl(feed: Mapping[str, Any]) -> timedelta | None:
    if minutes := _number(feed.get("ttl")):
        return min(timedelta(minutes=minutes), _LONGEST)
    period = _PERIODS.get(str(feed.get("sy_updateperiod", "")).strip().lower())
    return period / (_number(feed.get("sy_updatefrequency")) or 1) if period else None


def _number(value: object) -> int | None:
    text = str(value).strip()
    return int(text) or None if text.isascii() and text.isdigit() and len(text) <= len("100000") else None


def _linked(feed: Mapping[str, Any], rel: str, url: str) -> str | None:
    """Return the first link of this relation, absolute and otherwise as written: the hub knows it by every letter."""
    for link in feed.get("links") or ():
        if rel in str(link.get("rel", "")).lower().split():
            target = joined(url, str(link.get("href", "")))
            if target and target.startswith(("http://", "https://")):
                return target
    return None


def _paged(feed: Mapping[str, Any], url: str) -> str | None:
    """Return the next page of a feed by WordPress, which has pages and names none of them."""
    if "wordpress" not in str(feed.get("generator", "")).lower():
        return None
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    page = next((_number(value) for name, value in query if name == "paged"), None) or 1
    rest = [(name, value) for name, value in query if name != "paged"]
    return parts._replace(query=urlencode([*rest, ("paged", str(page + 1))])).geturl()
