"""An article's page made into an Article: its words by selectors, extraction or JSON-LD."""

from __future__ import annotations

import copy
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.errors import FetchError
from spiders import clean, facts
from spiders.listing import select
from spiders.markup import tree_of, words_of
from spiders.sniff import Form, form_of, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from lxml import html

    from alerts.story import DateNote
    from spiders.reading import Document
    from spiders.source import Source

_SHORT = 60  # words; an extraction of fewer is doubted
_UNREADABLE = frozenset({Form.JSON, Form.FEED, Form.SITEMAP, Form.ADDRESSES})


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What one page tells: plain text in NFC, paragraphs parted by a blank line, aware UTC or None."""

    title: str
    text: str
    published: datetime | None = None
    date_note: DateNote | None = None
    language: str | None = None  # as the page declares it
    authors: tuple[str, ...] = ()
    canonical: str | None = None  # what the page calls itself, if it may: same site and no front page; else its address
    section: str | None = None
    site_name: str | None = None
    paywalled: bool = False  # the page says so
    method: str  # how the text was found: selectors, extraction, json-ld, or description when there is no other text
    notes: tuple[str, ...] = ()


def extract(document: Document, source: Source) -> Article:
    """Read an article's page; raises FetchError: ``empty``, ``not-a-page``, or ``no-text`` when it says nothing.

    A selector of the source that matches nothing is noted as drift, and extraction takes its place.
    """
    document, notes = unpacked(document)
    if (form := form_of(document.body)) in _UNREADABLE:
        raise FetchError("not-a-page", f"the page is no page: {form}")
    root = tree_of(document, source.language)
    page = facts.Page.of(root, document)
    chosen = _selected(root, source)
    text, method = _text(page, chosen["body"])
    title = chosen["title"] or facts.title_of(page)
    text = _without_title(text, title)
    if not text:
        raise FetchError("no-text", "the page has no text that could be an article's: is it drawn by script?")
    published, note = facts.published_of(page, source, first=chosen["date"])
    return Article(
        title=clean.cut(clean.title_of(title), clean.TITLE_LIMIT),
        text=clean.cut(text, clean.TEXT_LIMIT),
        published=published,
        date_note=note,
        language=facts.language_of(page),
        authors=facts.authors_of(page),
        canonical=facts.canonical_of(page),
        section=facts.section_of(page),
        site_name=facts.site_name_of(page),
        paywalled=facts.is_paywalled(page),
        method=method,
        notes=(*notes, *(f"drift: article.{part} matches nothing" for part in _lost(chosen, source))),
    )


def _selected(root: html.HtmlElement, source: Source) -> dict[str, str]:
    """Return what the source's selectors match; "" where there is none or it matches nothing."""
    css = source.article
    found = {"title": "", "body": "", "date": ""}
    if css is None:
        return found
    if css.title:
        found["title"] = next(filter(None, map(words_of, select(root, css.title))), "")
    if css.body:
        found["body"] = "\n\n".join(filter(None, map(_paragraphs, _outermost(select(root, css.body)))))
    if css.date:
        elements = select(root, css.date)
        dates = (one.get("datetime") or one.get("content") or words_of(one) for one in elements)
        found["date"] = next(filter(None, dates), "")
    return found


def _lost(chosen: dict[str, str], source: Source) -> Iterable[str]:
    return (part for part, text in chosen.items() if not text and source.article and getattr(source.article, part))


def _outermost(elements: list[html.HtmlElement]) -> list[html.HtmlElement]:
    known = set(elements)
    return [element for element in elements if known.isdisjoint(element.iterancestors())]


def _paragraphs(element: html.HtmlElement) -> str:
    """Return the paragraphs of a block that the user chose, all of its text where it has none."""
    from lxml import html as lxml_html

    return clean.text_of(lxml_html.tostring(element, encoding="unicode", with_tail=False))


def _text(page: facts.Page, selected: str) -> tuple[str, str]:
    """Return the article's text and how it was found.

    The user's selector comes first, then extraction; JSON-LD where it says more than a short extraction, or
    the same with its paragraphs; at last the description.
    """
    if selected:
        return selected, "selectors"
    extracted, told = _extracted(page), _told(page)
    if len(extracted.split()) < _SHORT:
        extracted = _without_furniture(extracted, page)
        if len(told) > len(extracted):
            return told, "json-ld"
    if told and told.split() == extracted.split():
        return told, "json-ld"
    return (extracted, "extraction") if extracted else (clean.text_of(facts.description_of(page)), "description")


def _without_title(text: str, title: str) -> str:
    """Return a text that does not begin by repeating its title."""
    first, _, rest = text.partition("\n\n")
    return rest if rest and first.casefold() == title.casefold() else text


def _without_furniture(text: str, page: facts.Page) -> str:
    """Return the paragraphs that are no navigation, footer or link: of a page without text these are all there is."""
    blocks = (words_of(block) for block in page.root.iter("nav", "footer", "aside", "form", "a", "h1"))
    furniture = "\n".join(filter(None, blocks))
    return "\n\n".join(part for part in text.split("\n\n") if part not in furniture)


def _extracted(page: facts.Page) -> str:
    """Return what trafilatura takes for the article; it marks paragraphs by line breaks."""
    from trafilatura import bare_extraction  # slow to load; the pool's worker keeps it

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it reports what this function returns
    try:
        found = bare_extraction(
            copy.deepcopy(page.root), url=page.url, with_metadata=False, include_comments=False, include_tables=True
        )
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, AssertionError):
        return ""  # it stumbles over some trees; there are other ways
    text = (found.text if found is not None and not isinstance(found, dict) else "") or ""
    return clean.text_of("\n\n".join(line.strip() for line in text.splitlines() if line.strip()))


def _told(page: facts.Page) -> str:
    """Return the longest text that JSON-LD gives; it may be markup."""
    bodies = (facts.text_in(item, "articleBody") for item in page.articles)
    return max((clean.text_of(body) for body in bodies), key=len, default="")
