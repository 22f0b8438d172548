"""What a page says of its article besides the text: title, date, authors, canonical address, paywall."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from alerts.story import DateNote
from spiders import clean, jsonld
from spiders.dates import when
from spiders.markup import base_of, links, metas, words_of
from spiders.urls import canonical, site_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from lxml import html

    from spiders.reading import Document
    from spiders.source import Source

_ARTICLES = re.compile(
    r"(?:News|Report|Analysis|Opinion|Background|Review|Scholarly|Tech)?\w*Article|\w*BlogPosting|Report"
)
_PUBLISHED_NAMES = (
    "article:published_time article:published og:published_time og:article:published_time datepublished "
    "publishdate publish-date publish_date pubdate date.published parsely-pub-date sailthru.date "
    "cxenseparse:recs:publishtime cxenseparse:publishtime dcterms.created dcterms.date dcterms.issued "
    "dc.date.issued dc.date dc.date.created bt:pubdate published_at published_time publication_date "
    "article.published article_date_original originalpublicationdate shareaholic:article_published_time "
    "rnews:datepublished weibo:article:create_at firstpublished vr:published_time iso-8601-publish-date date"
)
_PUBLISHED = tuple(_PUBLISHED_NAMES.split())
_TITLES = ("og:title", "twitter:title", "dc.title", "sailthru.title", "parsely-title", "title")
_AUTHORS = (
    "author",
    "article:author_name",
    "dc.creator",
    "dcterms.creator",
    "parsely-author",
    "sailthru.author",
    "byl",
)
_DESCRIPTIONS = ("og:description", "description", "twitter:description", "dc.description")
_NO_NAME = re.compile(r"https?:|@|^\W*$|^(?:by|von|par|por|di)\W*$", re.IGNORECASE)
_BY = re.compile(r"^(?:by|von|par|por|di)\s+", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s+[|\u2013\u2014\u00b7\u00bb\u2022:-]\s+")
_ADDITION = 0.35  # share of a page title that the site's own name may be
_NAME_LIMIT, _NAMES = 200, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page taken apart once."""

    root: html.HtmlElement
    url: str
    base: str
    fetched: datetime
    metas: dict[str, list[str]]
    objects: tuple[jsonld.Object, ...]
    articles: tuple[jsonld.Object, ...]  # those of the objects that are articles

    @classmethod
    def of(cls, root: html.HtmlElement, document: Document) -> Page:
        """Take a page apart."""
        objects = jsonld.objects(root)
        return cls(
            root=root,
            url=document.url,
            base=base_of(root, document),
            fetched=document.fetched,
            metas=metas(root),
            objects=objects,
            articles=tuple(item for item in objects if any(map(_ARTICLES.fullmatch, jsonld.types_of(item)))),
        )

    def meta(self, names: Sequence[str]) -> Iterator[str]:
        """Yield what the page's metas of these names say, in the order of the names."""
        for name in names:
            yield from self.metas.get(name, ())


def text_in(item: jsonld.Object, *keys: str) -> str:
    """Return the first of these values of a JSON-LD object that is a text, else ""."""
    return next((text for key in keys if (text := jsonld.text_of(item.get(key)))), "")


def title_of(page: Page) -> str:
    """Return the headline: the h1 that the head repeats, else JSON-LD's, the metas', the page title's without the site.

    "" when the page has none.
    """
    headlines = [clean.title_of(text) for item in page.articles if (text := text_in(item, "headline", "name"))]
    named = [clean.title_of(text) for text in page.meta(_TITLES)]
    element = page.root.find(".//head/title")
    title = words_of(element) if element is not None else ""
    heads = [text for head in page.root.iter("h1") if (text := words_of(head))]
    for head in heads:
        if any(_key(head) in _key(other) for other in (*headlines[:1], *named, title)):
            return head
    cut = _without_site(title, site_name_of(page))
    return next(filter(None, (*headlines[:1], *named, cut, *heads)), "")


def _key(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _without_site(title: str, site: str | None) -> str:
    """Cut the site's name off a page's title: the name if it is known, else a short last part."""
    parts = _SEPARATOR.split(title)
    if len(parts) == 1:
        return title
    if site and _key(site) in {_key(parts[-1]), _key(parts[0])}:
        own = title.rpartition(parts[-1])[0] if _key(site) == _key(parts[-1]) else title.partition(parts[0])[2]
        return own.strip(" |\u2013\u2014\u00b7\u00bb\u2022:-")
    if len(parts[-1]) <= len(title) * _ADDITION:
        return title.rpartition(parts[-1])[0].rstrip(" |\u2013\u2014\u00b7\u00bb\u2022:-")
    return title


def published_of(page: Page, source: Source, first: str = "") -> tuple[datetime | None, DateNote | None]:
    """Return when the article appeared, by the first witness whose date has a zone.

    Else by the first that the source's zone can date; when none can be used, why the first one cannot.
    """
    best: tuple[datetime | None, DateNote | None] | None = None
    language = source.language or language_of(page)
    for raw in filter(None, (first, *_dates(page))):
        found = when(raw, fetched=page.fetched, zone=source.timezone, country=source.country, language=language)
        if found[0] and found[1] is None:
            return found
        if best is None or (found[0] and not best[0]):
            best = found
    return best or (None, DateNote.MISSING)


def _dates(page: Page) -> Iterator[str]:
    for item in page.articles[:1]:
        yield text_in(item, "datePublished")
    yield from page.meta(_PUBLISHED)
    for item in page.articles[:1]:
        yield text_in(item, "dateCreated")
    for element in page.root.xpath("//*[@itemprop='datePublished' or @pubdate]")[:2]:
        yield element.get("datetime") or element.get("content") or words_of(element)
    times = page.root.xpath("//article//time[@datetime] | //header//time[@datetime] | //main//time[@datetime]")
    said = list(dict.fromkeys(time.get("datetime") for time in times))
    if len(said) == 1:  # of several nobody knows which is meant
        yield from said


def authors_of(page: Page) -> tuple[str, ...]:
    """Return the authors' names: JSON-LD's, else the metas', else those marked as authors."""
    told = [name for item in page.articles[:1] for name in jsonld.names_of(item.get("author") or item.get("creator"))]
    marked = page.root.xpath("//*[@itemprop='author' or @rel='author']")[:_NAMES]
    for names in (told, list(page.meta(_AUTHORS)), [words_of(element) for element in marked]):
        cleaned = (clean.cut(_BY.sub("", clean.title_of(name)), _NAME_LIMIT) for name in names)
        if known := tuple(dict.fromkeys(name for name in cleaned if name and not _NO_NAME.search(name))):
            return known[:_NAMES]
    return ()


def canonical_of(page: Page) -> str | None:
    """Return what the page calls its own address, when it is of the same site and no front page; else its own."""
    named = [link.get("href") for link in links(page.root, "canonical")] + list(page.meta(("og:url",)))
    for href in named:
        url = canonical(href, page.base) if href else None
        parts = urlsplit(url or "")
        if url and site_of(url) == site_of(page.url) and (parts.path.strip("/") or parts.query):
            return url
    return canonical(page.url)


def language_of(page: Page) -> str | None:
    """Return the language that the page declares."""
    told = [text_in(item, "inLanguage") for item in page.articles[:1]]
    names = (page.root.get("lang"), page.root.get("xml:lang"), *told, *page.meta(("og:locale", "content-language")))
    tag = next((name.strip() for name in names if name and name.strip()), "")
    return tag.split(",")[0].replace("_", "-").lower()[:35] or None


def section_of(page: Page) -> str | None:
    """Return the section that the outlet filed the article under."""
    told = [text_in(item, "articleSection") for item in page.articles]
    names = (clean.title_of(name) for name in (*told, *page.meta(("article:section", "section"))) if name)
    return next((clean.cut(name, _NAME_LIMIT) for name in names if name), None)


def site_name_of(page: Page) -> str | None:
    """Return what the site calls itself."""
    told = [jsonld.text_of(item.get("publisher")) for item in page.articles]
    names = (clean.title_of(name) for name in (*page.meta(("og:site_name",)), *told) if name)
    return next((clean.cut(name, _NAME_LIMIT) for name in names if name and not name.startswith("http")), None)


def description_of(page: Page) -> str:
    """Return what the page says of its article in a sentence or two, else ""."""
    told = (text_in(item, "description") for item in page.articles)
    return max((*page.meta(_DESCRIPTIONS), *told), key=len, default="")


def is_paywalled(page: Page) -> bool:
    """Tell whether the page says that it is not free: as a bool, as a word, or of a part of it."""
    parts = (part for item in page.articles for part in _parts(item))
    said = (str(item.get("isAccessibleForFree", "")).rpartition("/")[2].strip().lower() for item in parts)
    if any(word in {"false", "no", "0"} for word in said):
        return True
    tiers = page.meta(("article:content_tier",))
    return any(tier.lower() in {"locked", "metered"} for tier in tiers)


def _parts(item: jsonld.Object) -> Iterator[jsonld.Object]:
    yield item
    parts = item.get("hasPart")
    yield from (part for part in (parts if isinstance(parts, list) else [parts]) if isinstance(part, dict))
