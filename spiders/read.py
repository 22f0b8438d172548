"""The way from a document to a Reading, whatever kind of source it came from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alerts.errors import FetchError
from spiders import listing, sitemap
from spiders.charset import decoded
from spiders.parse import parse
from spiders.reading import reading
from spiders.sniff import Form, form_of, unpacked

if TYPE_CHECKING:
    from spiders.entry import Reading
    from spiders.reading import Document
    from spiders.source import Source

_USUAL = {  # what each kind of source is expected to send; auto and listing take whatever comes
    "feed": frozenset({Form.FEED, Form.JSON}),
    "sitemap": frozenset({Form.SITEMAP, Form.ADDRESSES}),
    "listing": frozenset({Form.PAGE}),
}


def read(document: Document, source: Source) -> Reading:
    """Read a document as what it is; raises FetchError.

    A sitemap where a feed was expected, or the other way round, is read and noted. A web page is read only
    as a listing; elsewhere it is ``html``, and the detail names the feeds that the page itself names. Other
    reasons: ``empty``, ``not-a-feed``, ``unreadable``, ``too-large``, ``bad-encoding``, ``drift``,
    ``bad-selector``, ``not-a-page``.
    """
    document, notes = unpacked(document)
    form = form_of(document.body)
    result = _read(form, document, source)
    usual = _USUAL.get(source.kind)
    if usual and form not in usual:
        notes = (*notes, f"kind: {source.kind}, but it is a {'sitemap' if form is not Form.FEED else 'feed'}")
    return replace(result, notes=(*notes, *result.notes)) if notes else result


def _read(form: Form, document: Document, source: Source) -> Reading:
    if form is Form.EMPTY:
        raise FetchError("empty", "the body is empty")
    if form is Form.SITEMAP:
        return reading(sitemap.found_in(document), source, document)
    if form is Form.ADDRESSES:
        return reading(sitemap.found_in_lines(decoded(document.body, document.content_type)), source, document)
    if source.kind == "listing" and form not in {Form.FEED, Form.JSON}:
        return reading(listing.found_in(document, source), source, document)
    if form is Form.PAGE:
        if source.kind == "auto":
            return reading(listing.found_in(document, source), source, document)
        raise FetchError("html", _wrong(document, source))
    return parse(document, source)


def _wrong(document: Document, source: Source) -> str:
    from spiders.discover import candidates

    try:
        named = [one.url for one in candidates(document) if one.kind != "listing"][:3]
    except FetchError:  # it is hardly a page either
        named = []
    if named:
        return f"a web page, not a {source.kind}; the page names {', '.join(named)}"
    return f"a web page, not a {source.kind}, and it names none: is the address right?"
