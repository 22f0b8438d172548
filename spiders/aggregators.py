"""Links of aggregators that carry the publisher's address inside, opened without a request."""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable
    from urllib.parse import SplitResult

_NESTED = 3  # an aggregator of an aggregator
_GOOGLE_NEWS = re.compile(r"/(?:rss/)?(?:articles|read|__i/rss/rd/articles)/(?P<code>[A-Za-z0-9_=-]+)")
_YAHOO = re.compile(r"/RU=(?P<target>[^/]+)")
_YAHOO_STAR = re.compile(r"/\*(?P<target>https?(?::|%3a)[^\s]+)", re.IGNORECASE)
_MARK = b"\x08\x13\x22"  # field 1: 19, field 4: a string; what the code of an article begins with
_LONG = 0x80  # the flag of a varint's further byte


def publisher(url: str) -> str:
    """Return the address that an aggregator's link carries, the link itself when it carries none.

    Links that name no address, as shorteners' and Google News' newer ones do not, are resolved by visiting the
    page: where the redirects end is the publisher's address.
    """
    for _ in range(_NESTED):
        target = _carried(url)
        if target is None:
            return url
        url = target
    return url


def _carried(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    for pattern, path, read in _AGGREGATORS:
        if pattern.fullmatch(host) and parts.path.startswith(path):
            target = read(parts)
            return target if target and _is_web(target) else None
    return None


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def _parameter(*names: str) -> Callable[[SplitResult], str | None]:
    def read(parts: SplitResult) -> str | None:
        try:
            values = parse_qs(parts.query, max_num_fields=100)
        except ValueError:
            return None
        return next((values[name][0].strip() for name in names if name in values), None)

    return read


def _google_news(parts: SplitResult) -> str | None:
    """Read an article's code: a protocol buffer in base64 whose field 4 was the address until 2024."""
    found = _GOOGLE_NEWS.match(parts.path)
    if not found:
        return _parameter("url")(parts)
    code = found["code"].rstrip("=")
    try:
        data = urlsafe_b64decode(code + "=" * (-len(code) % 4))
    except (binascii.Error, ValueError):
        return None
    if not data.startswith(_MARK) or len(data) <= len(_MARK) + 1:
        return None
    size, start = data[len(_MARK)], len(_MARK) + 1
    if size & _LONG:
        size, start = (size & ~_LONG) | data[start] << 7, start + 1
    text = data[start : start + size]
    return text.decode("ascii", "replace") if text.isascii() else None


def _yahoo(parts: SplitResult) -> str | None:
    found = _YAHOO.search(parts.path) or _YAHOO_STAR.search(parts.path)
    return unquote(found["target"]) if found else None


_AGGREGATORS: tuple[tuple[re.Pattern[str], str, Callable[[SplitResult], str | None]], ...] = tuple(
    (re.compile(host), path, read)
    for host, path, read in (
        (r"news\.google\.com", "/", _google_news),
        (r"google\.(?:com?\.)?[a-z]{2,3}", "/url", _parameter("url", "q")),
        (r"bing\.com", "/news/apiclick", _parameter("url")),
        (r"(?:[a-z]+\.)?search\.yahoo\.com", "/", _yahoo),
        (r"(?:[a-z]+\.)?rd\.yahoo\.com", "/", _yahoo),
        (r"(?:l|lm)\.facebook\.com", "/l.php", _parameter("u")),
        (r"duckduckgo\.com", "/l/", _parameter("uddg")),
        (r"vk\.com", "/away.php", _parameter("to")),
        (r"[a-z0-9]+\.safelinks\.protection\.outlook\.com", "/", _parameter("url")),
    )
)
