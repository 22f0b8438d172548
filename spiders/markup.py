"""Web pages as trees of elements, whatever their charset, and what their heads say."""

from __future__ import annotations

import re
from functools import partial
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
_CROWDED = re.compile(r"<([a-zA-Z][\w:-]*)([^<>]{4000,})>")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_ATTRIBUTES = 4_000  # characters of a tag outside its quotes: the parser's time grows by the square of their number
_ANY_TAG = re.compile(r"</?([a-zA-Z][\w:-]*)[^<>]*>")
_KEPT = frozenset(
    (
        "a",
        "base",
        "body",
        "br",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "html",
        "link",
        "meta",
        "p",
        "script",
        "style",
        "time",
        "title",
    )
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # lxml takes no text with these


def tree_of(document: Document, language: str | None = None) -> html.HtmlElement:
    """Return the page's root; raises FetchError ``empty`` or ``not-a-page``."""
    if not document.body.strip():
        raise FetchError("empty", "the body is empty")
    text = _DECLARATION.sub("", decoded(document.body, document.content_type, language), count=1)
    if not clean.has_markup(text):
        raise FetchError("not-a-page", "there is no HTML in it")
    text = _CROWDED.sub(_thinned, _CONTROLS.sub("", legible(text)))
    for way in (_parsed, partial(_parsed, huge=True)):
        root, whole = way(text)
        if whole:
            return root
    return _parsed(_flat(text), huge=True)[0]


def _parsed(text: str, *, huge: bool = False) -> tuple[html.HtmlElement, bool]:
    """Return the root and whether all of the text is in it: the parser drops what is nested too deeply."""
    parser = html.HTMLParser(encoding="utf-8", huge_tree=huge, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser, ensure_head_body=True)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError, AttributeError, TypeError) as error:
        raise FetchError("not-a-page", f"cannot be read as HTML: {error}"[:300]) from error
    return root, not any("depth" in entry.message for entry in parser.error_log)


def _thinned(tag: re.Match[str]) -> str:
    """Return a tag without its attributes where they are thousands."""
    return f"<{tag[1]}>" if len(_QUOTED.sub("", tag[2])) > _ATTRIBUTES else tag[0]


def _flat(text: str) -> str:
    """Return a page without its groups: paragraphs instead of boxes in boxes."""
    return _ANY_TAG.sub(_ungrouped, text)


def _ungrouped(tag: re.Match[str]) -> str:
    name = tag[1].lower()
    return tag[0] if name in _KEPT else "<p>" if clean.parts_paragraphs(name) else ""


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
