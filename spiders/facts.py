"""What a page says of its article besides text, dates and address: title, authors, language, paywall."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spiders import clean, jsonld
from spiders.markup import base_of, joined, metas, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from lxml import html

    from spiders.reading import Document

_ARTICLES = re.compile(
    r"(?:News|Report|Analysis|Opinion|Background|Review|Scholarly|Tech)?\w*Article|\w*BlogPosting|Report"
)
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
_AUTHOR_CLASS = "contains(translate(@class, 'ABLNOUTHR', 'ablnouthr'), '{}')"
_IN_FURNITURE = "not(ancestor::aside or ancestor::footer or ancestor::nav or contains(@class, 'comment'))"
_BYLINES = tuple(
    f"//*[self::a or self::span or self::div or self::p or self::address or self::strong][{_AUTHOR_CLASS.format(word)}]"
    f"[{_IN_FURNITURE}]"
    for word in ("author-name", "authorname", "author__name", "author", "byline")
)
_BYLINE_END = re.compile(
    r"\s+(?:\||\u2022|\u00b7|updated|published|posted|on|am|vom|le|el|il|\d{1,2}[./ ]|\d{4})(?=\W|\s|$)|\s*\d",
    re.IGNORECASE,
)
_AND = re.compile(r",\s+|\s+(?:and|und|et|y|e|och|og|en|&|/|\|)\s+")
_NAME = re.compile(r"(?:[^\W\d_][\w.'\u2019-]*)(?:\s[^\W\d_][\w.'\u2019-]*){1,4}")
_SEPARATOR = re.compile(r"\s+[|\u2013\u2014\u00b7\u00bb\u2022:-]\s+")
_ADDITION = 0.35  # share of a page title that the site's own name may be
_NAME_LIMIT, _NAMES = 200, 20
_IMAGES = ("og:image:secure_url", "og:image", "twitter:image", "twitter:image:src")
_ADDRESS_LIMIT = 4_096  # characters
_DIGITS = 7
_PAGES = frozenset({"WebPage", "CreativeWork"})  # sites state here, too, whether the article is free
_TIERS = ("article:content_tier", "og:article:content_tier")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page taken apart once."""

    root: html.HtmlElement
    url: str
    base: str
    fetched: datetime
    metas: dict[str, list[str]]
    objects: tuple[jsonld.Object, ...]
    articles: tuple[jsonld.Object, ...]  # those of the objects that are articles, the page's own first; no live posts

    @classmethod
    def of(cls, root: html.HtmlElement, document: Document) -> Page:
        """Take a page apart."""
        objects = jsonld.objects(root)
        posts = {id(post) for item in objects for post in jsonld.objects_in(item.get("liveBlogUpdate"))}
        articles = [item for item in objects if id(item) not in posts and _is_article(item)]
        return cls(
            root=root,
            url=document.url,
            base=base_of(root, document),
            fetched=document.fetched,
            metas=metas(root),
            objects=objects,
            articles=tuple(sorted(articles, key=lambda item: not _is_about(item, document.url))),
        )

    def copy(self) -> html.HtmlElement:
        """Return the tree anew, for who changes it."""
        return copy.deepcopy(self.root)

    def meta(self, names: Sequence[str]) -> Iterator[str]:
        """Yield what the page's metas of these names say, in the order of the names."""
        for name in names:
            yield from self.metas.get(name, ())


def text_in(item: jsonld.Object, *keys: str) -> str:
    """Return the first of these values of a JSON-LD object that is a text, else ""."""
    return next((text for key in keys if (text := jsonld.text_of(item.get(key)))), "")


def _is_article(item: jsonld.Object) -> bool:
    return any(map(_ARTICLES.fullmatch, jsonld.types_of(item)))


def tells_of_itself(page: Page) -> bool:
    """Tell whether the page has a JSON-LD article that names the page's address as its own."""
    return bool(_path(page.url)) and any(_is_about(item, page.url) for item in page.articles)


def _is_about(item: jsonld.Object, url: str) -> bool:
    """Tell whether an object names the page's address as its own: a page may describe others, too."""
    path = _path(url)
    return any(_path(text_in(item, key)) == path for key in ("url", "mainEntityOfPage", "@id"))


def _path(url: str) -> str:
    return url.partition("#")[0].partition("?")[0].partition("://")[2].partition("/")[2].rstrip("/")


def title_of(page: Page) -> str:
    """Return the headline: an h1 that the head repeats, else JSON-LD's, a meta's or the page title's without the site.

    "" when the page has none.
    """
    headlines = [clean.title_of(text) for item in page.articles if (text := text_in(item, "headline", "name"))]
    named = [clean.title_of(text) for text in page.meta(_TITLES)]
    element = page.root.find(".//head/title")
    title = words_of(element) if element is not None else ""
    site = site_name_of(page)
    heads = [text for head in page.root.iter("h1") if (text := words_of(head)) and _key(text) != _key(site or "")]
    for head in heads:
        if any(_key(head) in _key(other) for other in (*headlines[:1], *named, title)):
            return head
    cut = (_without_site(text, site) for text in (*named, title))
    return next(filter(None, (*headlines[:1], *cut, *heads)), "")


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


def authors_of(page: Page) -> tuple[str, ...]:
    """Return the authors' names: JSON-LD's, else the metas', else those marked as authors, else a byline's."""
    told = [name for item in page.articles[:1] for name in jsonld.names_of(item.get("author") or item.get("creator"))]
    marked = page.root.xpath("//*[@itemprop='author' or @rel='author']")[:_NAMES]
    witnesses = (told, list(page.meta(_AUTHORS)), list(map(_name_in, marked)), list(_bylines(page)))
    for names in witnesses:
        cleaned = (clean.cut(_BY.sub("", clean.title_of(name)), _NAME_LIMIT) for name in names)
        if known := tuple(dict.fromkeys(name for name in cleaned if name and not _NO_NAME.search(name))):
            return known[:_NAMES]
    return ()


def _name_in(element: html.HtmlElement) -> str:
    """Return the name within what is marked as an author."""
    inner = element.xpath(".//*[@itemprop='name']")
    return (inner[0].get("content") or words_of(inner[0])) if inner else words_of(element)


def _bylines(page: Page) -> Iterator[str]:
    """Yield the names in the first element that is classed as an author's name or a byline, if they look like names."""
    for path in _BYLINES:
        for element in page.root.xpath(path)[:3]:
            text = _BYLINE_END.split(_BY.sub("", words_of(element)), maxsplit=1)[0]
            names = [name for part in _AND.split(text) if (name := part.strip(" ,|-\u2013\u2014\u00b7"))]
            if names and all(_NAME.fullmatch(name) for name in names):
                yield from names
                return


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


def image_of(page: Page) -> str | None:
    """Return the address of the article's picture."""
    told = (jsonld.address_of(item.get(key)) for item in page.articles for key in ("image", "thumbnailUrl"))
    for href in (*page.meta(_IMAGES), *told):
        url = joined(page.base, href) if href else None
        if url and url.startswith(("https://", "http://")) and len(url) <= _ADDRESS_LIMIT:
            return url
    return None


def word_count_of(page: Page) -> int | None:
    """Return how many words the page says its article has."""
    said = (text_in(item, "wordCount") for item in page.articles[:1])
    return next((int(word) for word in said if word.isascii() and word.isdigit() and len(word) <= _DIGITS), None)


def is_paywalled(page: Page) -> bool:
    """Tell whether the page says that it is not free: as a bool, as a word, of a part of it, or in a meta."""
    items = (item for item in page.objects if _is_article(item) or _PAGES & jsonld.types_of(item))
    said = (str(part.get("isAccessibleForFree", "")) for item in items for part in _parts(item))
    words = (word.rpartition("/")[2].strip().lower() for word in (*said, *page.meta(("isaccessibleforfree",))))
    if any(word in {"false", "no", "0"} for word in words):
        return True
    return any(tier.lower() in {"locked", "metered"} for tier in page.meta(_TIERS))


def _parts(item: jsonld.Object) -> Iterator[jsonld.Object]:
    yield item
    yield from jsonld.objects_in(item.get("hasPart"))
