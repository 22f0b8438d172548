"""Bytes in, Reading out: RSS 0.9x to 2.0, RDF and Atom through feedparser, JSON Feed through our own reader."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import feedparser
from lxml import etree

from alerts.errors import FetchError
from spiders import jsonfeed
from spiders.charset import decoded, legible
from spiders.hints import hints_of
from spiders.reading import Document, Found, Item, reading
from spiders.sniff import Form, form_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spiders.entry import Reading
    from spiders.source import Source

_DECLARATION = re.compile(r"^\s*<\?xml.*?\?>", re.DOTALL)
_OPENING, _CLOSING = re.compile(r"<([\w:.-]+)[\s/>]"), re.compile(r"</([\w:.-]+)\s*>")
# What feedparser lets through when a damaged document surprises it, found by feeding it such documents.
_STUMBLES = (ValueError, TypeError, LookupError, AttributeError, RecursionError, etree.XMLSyntaxError)
_HARMLESS = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)


def parse(document: Document, source: Source) -> Reading:
    """Read a feed; raises FetchError: ``empty``, ``html``, ``not-a-feed`` or ``unreadable``.

    The XML need not be well-formed: what can be saved is read, and the note says so.
    """
    form = form_of(document.body)
    if form is Form.EMPTY:
        raise FetchError("empty", "the body is empty")
    if form is Form.JSON:
        return reading(jsonfeed.found_in(document.body), source, document)
    if form is Form.PAGE:
        raise FetchError("html", "a web page, not a feed: is the address right?")
    if form is not Form.FEED:
        raise FetchError("not-a-feed", "neither RSS, Atom, RDF nor JSON Feed")
    return reading(_found(document, source), source, document)


def _found(document: Document, source: Source) -> Found:
    """Let feedparser read the text.

    As a stream of UTF-8, because it opens bytes that look like a path or an address and believes too readily
    what is said about charsets; and without the document's own address, because it would make guids absolute
    and so change them when the feed moves.
    """
    text = legible(decoded(document.body, document.content_type, source.language))
    result, mended = _understood_somehow(text)
    notes = ["so damaged that it had to be mended first"] if mended else []
    if not result.version and not any(_get(entry, "title") for entry in result.entries):
        raise FetchError("not-a-feed", "XML, but neither RSS, Atom nor RDF")
    flaw = result.get("bozo_exception")
    if result.bozo and not isinstance(flaw, _HARMLESS):
        notes.append(f"not well-formed: {flaw}"[:200])
    return Found(
        title=_get(result.feed, "title"),
        dialect=result.version or "unknown",
        language=_get(result.feed, "language"),
        items=[_item(entry) for entry in result.entries],
        hints=hints_of(result.feed, text, document.url),
        notes=tuple(notes),
    )


def _understood_somehow(text: str) -> tuple[Any, bool]:
    """Let feedparser read a text as it stands, else mended; True: it was."""
    for mend in (None, _without_strays, _made_well_formed):
        try:
            return _understood(mend(text) if mend else text), mend is not None
        except _STUMBLES as error:
            reason = repr(error)
    raise FetchError("unreadable", f"the parser gave up: {reason}"[:300])


def _understood(text: str) -> Any:
    return feedparser.parse(
        io.BytesIO(_DECLARATION.sub("", text, count=1).lstrip().encode("utf-8", "replace")),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )


def _without_strays(text: str) -> str:
    """Drop the closing tags of elements that are nowhere opened."""
    opened = set(_OPENING.findall(text))
    return _CLOSING.sub(lambda match: match[0] if match[1] in opened else "", text)


def _made_well_formed(text: str) -> str:
    """Return what lxml can save of a document."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False, encoding="utf-8")
    body = _DECLARATION.sub("", text, count=1).lstrip().encode("utf-8", "replace")
    root = etree.fromstring(body, parser)
    return etree.tostring(root, encoding="unicode") if root is not None else ""


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
