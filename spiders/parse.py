"""Bytes in, Reading out: RSS 0.9x to 2.0, RDF and Atom through feedparser, JSON Feed through our own reader."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import feedparser

from alerts.errors import FetchError
from spiders import jsonfeed
from spiders.reading import Document, Found, Item, reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spiders.entry import Reading
    from spiders.source import Source

_SNIFF = 16_384  # bytes in which a root element must show
_PROLOGUE = re.compile(r"(?:\s+|\ufeff|<\?.*?\?>|<!--.*?-->)+", re.DOTALL)
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|script|meta)\b", re.IGNORECASE)
_ROOT = re.compile(r"<(?:[\w.-]+:)?(?:rss|rdf|feed|channel|item|entry)\b", re.IGNORECASE)
_WIDE = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"<\x00": "utf-16-le", b"\x00<": "utf-16-be"}
# What feedparser lets through when a damaged document surprises it, found by feeding it such documents.
_STUMBLES = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
_HARMLESS = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)


def parse(document: Document, source: Source) -> Reading:
    """Read a document; raises FetchError: ``empty``, ``html``, ``not-a-feed`` or ``unreadable``.

    The XML need not be well-formed: what can be saved is read, and the note says so.
    """
    start = _start(document.body)
    if not start:
        raise FetchError("empty", "the body is empty")
    if start[0] in "{[":
        return reading(jsonfeed.found_in(document.body), source, document)
    if _HTML.match(start):
        raise FetchError("html", "a web page, not a feed: is the address right?")
    if not _ROOT.search(start):
        raise FetchError("not-a-feed", "neither RSS, Atom, RDF nor JSON Feed")
    return reading(_found(document), source, document)


def _start(body: bytes) -> str:
    """Return the first characters after declarations, comments and blanks."""
    text = body[:_SNIFF].decode(_WIDE.get(body[:2], "utf-8"), "replace")
    prologue = _PROLOGUE.match(text)
    return text[prologue.end() :] if prologue else text


def _found(document: Document) -> Found:
    """Let feedparser read the bytes.

    As a stream, because it opens bytes that look like a path or an address; and without the document's
    own address, because it would make guids absolute and so change them when the feed moves.
    """
    try:
        result = feedparser.parse(
            io.BytesIO(document.body),
            response_headers={"content-type": _content_type(document)},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except _STUMBLES as error:
        raise FetchError("unreadable", f"the parser gave up: {error!r}"[:300]) from error
    if not result.version and not any(_get(entry, "title") for entry in result.entries):
        raise FetchError("not-a-feed", "XML, but neither RSS, Atom nor RDF")
    flaw = result.get("bozo_exception")
    broken = result.bozo and not isinstance(flaw, _HARMLESS)
    return Found(
        title=_get(result.feed, "title"),
        dialect=result.version or "unknown",
        language=_get(result.feed, "language"),
        items=[_item(entry) for entry in result.entries],
        notes=(f"not well-formed: {flaw}"[:200],) if broken else (),
    )


def _content_type(document: Document) -> str:
    """Return the declared type, with UTF-8 as charset where the bytes prove it.

    Servers that add a charset to every answer are common; text in another charset that is valid UTF-8 by
    chance is not.
    """
    body = document.body
    if body.isascii():
        return document.content_type
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return document.content_type
    return "application/xml; charset=utf-8"


def _item(entry: Any) -> Item:
    contents = dict.get(entry, "content") or ()
    texts = [*(_get(content, "value") for content in contents), _get(entry, "summary")]
    dates = [_get(entry, key) for key in ("published", "updated", "created")]
    return Item(
        guid=_get(entry, "id"),
        link=_get(entry, "feedburner_origlink") or _get(entry, "link"),
        title=_get(entry, "title") or "",
        texts=tuple(text for text in texts if text),
        dates=tuple(date for date in dates if date),
        language=_get(entry, "language"),
        authors=tuple(_authors(entry)),
        tags=tuple(term for tag in dict.get(entry, "tags") or () if (term := _get(tag, "term"))),
    )


def _authors(entry: Any) -> Iterator[str]:
    for person in dict.get(entry, "authors") or ():
        if name := _get(person, "name") or _get(person, "email"):
            yield name


def _get(values: Any, key: str) -> str | None:
    """Look up without feedparser's aliases, which answer for absent keys with others' values."""
    value = dict.get(values, key)
    return value if isinstance(value, str) else None
