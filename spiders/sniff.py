"""What kind of document some bytes are."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.errors import FetchError

if TYPE_CHECKING:
    from spiders.reading import Document

_SNIFFED = 16_384  # bytes in which a root element must show
_PROLOGUE = re.compile(r"(?:\s+|\ufeff|<\?.*?\?>|<!--.*?-->)+", re.DOTALL)
_DOCTYPE = re.compile(r"<!doctype\b(?!\s+html)[^\[>]*(?:\[.*?\]\s*)?>\s*", re.IGNORECASE | re.DOTALL)
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|script|meta|title|div|link)\b", re.IGNORECASE)
_SITEMAP = re.compile(r"<(?:[\w.-]+:)?(?:urlset|sitemapindex)\b", re.IGNORECASE)
_FEED = re.compile(r"<(?:[\w.-]+:)?(?:rss|rdf|feed|channel|item|entry)\b", re.IGNORECASE)
_ADDRESSES = re.compile(r"(?:#[^\n]*\n\s*)*https?://\S+\s*(?:\n|$)", re.IGNORECASE)
_WIDE = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"<\x00": "utf-16-le", b"\x00<": "utf-16-be"}
_GZIP = b"\x1f\x8b"
_AUTOMATIC = 31  # zlib's window size for gzip with its header


class Form(StrEnum):
    """A form of document."""

    EMPTY = "empty"
    JSON = "json"
    FEED = "feed"
    SITEMAP = "sitemap"
    ADDRESSES = "addresses"  # a sitemap as plain text: one address in each line
    PAGE = "page"
    OTHER = "other"


def form_of(body: bytes) -> Form:
    """Tell a document's form by its first bytes; what a server calls it is too often wrong."""
    start = _start(body)
    if not start:
        return Form.EMPTY
    if start[0] in "{[":
        return Form.JSON
    first = ((_HTML, Form.PAGE), (_SITEMAP, Form.SITEMAP), (_ADDRESSES, Form.ADDRESSES))
    anywhere = ((_FEED, Form.FEED), (_SITEMAP, Form.SITEMAP))
    matched = (form for pattern, form in first if pattern.match(start))
    found = (form for pattern, form in anywhere if pattern.search(start))
    return next(matched, None) or next(found, Form.OTHER)


def _start(body: bytes) -> str:
    """Return the first characters after declarations, comments and blanks."""
    text = body[:_SNIFFED].decode(_WIDE.get(body[:2], "utf-8"), "replace")
    prologue = _PROLOGUE.match(text)
    text = text[prologue.end() :] if prologue else text
    if doctype := _DOCTYPE.match(text):
        text = text[doctype.end() :]
    return text.lstrip()


def unpacked(document: Document) -> tuple[Document, tuple[str, ...]]:
    """Return a document whose body is a gzip file unpacked, with notes about it; any other as it is.

    Raises FetchError: ``too-large`` when it would grow beyond what a document may have, ``bad-encoding``
    when it is damaged from the start.
    """
    if document.body[:2] != _GZIP:
        return document, ()
    body, whole = _inflated(document.body, document.max_body)
    notes = () if whole else ("the gzip file breaks off",)
    return replace(document, body=body), notes


def _inflated(packed: bytes, limit: int) -> tuple[bytes, bool]:
    """Unpack the members of a gzip file, at most ``limit`` bytes in all; False: it is damaged or breaks off."""
    parts: list[bytes] = []
    room = limit
    while packed[:2] == _GZIP:
        member = zlib.decompressobj(_AUTOMATIC)
        try:
            parts.append(member.decompress(packed, room + 1))
        except zlib.error as error:
            if not any(parts):
                raise FetchError("bad-encoding", f"a gzip file that cannot be unpacked: {error}") from error
            return b"".join(parts), False
        room -= len(parts[-1])
        if room < 0:
            raise FetchError("too-large", f"more than {limit} bytes unpacked; fetch.max_body can allow more")
        if not member.eof:
            return b"".join(parts), False
        packed = member.unused_data
    return b"".join(parts), True
