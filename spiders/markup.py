"""Web pages as trees of elements, whatever their charset, and what their heads say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from lxml import etree, html

from alerts.errors import FetchError
from spiders import clean
from spiders.charset import decoded, legible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spiders.reading import Document

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # lxml takes no text with these


def tree_of(document: Document, language: str | None = None) -> html.HtmlElement:
    """Return the page's root; raises FetchError ``empty`` or ``not-a-page``."""
    if not document.body.strip():
        raise FetchError("empty", "the body is empty")
    text = _DECLARATION.sub("", decoded(document.body, document.content_type, language), count=1)
    if not clean.has_markup(text):
        raise FetchError("not-a-page", "there is no HTML in it")
    parser = html.HTMLParser(encoding="utf-8", huge_tree=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        body = _CONTROLS.sub("", legible(text)).encode("utf-8", "replace")
        return html.document_fromstring(body, parser=parser, ensure_head_body=True)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError, AttributeError, TypeError) as error:
        raise FetchError("not-a-page", f"cannot be read as HTML: {error}"[:300]) from error


def base_of(root: html.HtmlElement, document: Document) -> str:
    """Return what the page's links are relative to: its <base>, else its address."""
    for element in root.iter("base"):
        if href := element.get("href"):
            return joined(document.url, href) or document.url
    return document.url


def joined(base: str, href: str) -> str | None:
    """Return an absolute address, or None for what is none."""
    try:
        return urljoin(base, href.strip())
    except ValueError:
        return None


def words_of(element: etree._Element) -> str:
    """Return an element's text on one line, without scripts and styles."""
    return clean.title_of(html.tostring(element, encoding="unicode", with_tail=False))


def metas(root: html.HtmlElement) -> dict[str, list[str]]:
    """Return the contents of the page's meta elements by their lower-case name, property or itemprop."""
    found: dict[str, list[str]] = {}
    for element in root.iter("meta"):
        content = (element.get("content") or "").strip()
        for key in ("property", "name", "itemprop", "http-equiv"):
            if content and (name := (element.get(key) or "").strip().lower()):
                found.setdefault(name, []).append(content)
    return found


def links(root: html.HtmlElement, rel: str) -> Iterator[html.HtmlElement]:
    """Yield the page's <link> elements with an address and this relation."""
    for element in root.iter("link"):
        if rel in (element.get("rel") or "").lower().split() and element.get("href"):
            yield element
