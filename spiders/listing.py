"""Section pages: the stories that a page lists, by the user's selectors or by what stories' links look like."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import re2
from cssselect import SelectorError
from lxml.cssselect import CSSSelector

from alerts.errors import FetchError
from spiders import jsonld
from spiders.anchors import Link, date_links, is_story, is_story_address, links_of, says_enough
from spiders.entry import Hints
from spiders.markup import base_of, joined, links, metas, tree_of, words_of
from spiders.reading import Found, Item
from spiders.urls import canonical, site_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lxml import html

    from spiders.reading import Document
    from spiders.source import Source

FEWEST = 3  # stories that a section page lists; fewer and it is another page, or a new design
_LISTS = frozenset({"ItemList", "CollectionPage", "Blog", "WebPage", "SearchResultsPage"})
_PARTS = ("itemListElement", "mainEntity", "hasPart", "blogPost", "blogPosts", "item")
_DEPTH = 5


def found_in(document: Document, source: Source) -> Found:
    """Read a section page; raises FetchError.

    Reasons: ``drift`` when the selectors, or without any the heuristics, find no stories although the page
    is one; ``bad-selector`` when ``links``, ``links_match`` or ``next`` cannot be used; ``empty``,
    ``not-a-page``.
    """
    root = tree_of(document, source.language)
    base = base_of(root, document)
    everything = links_of(root.iter("a", "area"), base)
    chosen = _chosen(root, base, everything, source)
    known, site = {link.url for link in chosen}, site_of(base)
    rivals = [link for link in everything if link.url not in known and is_story_address(link.url, site)]
    date_links(root, [*chosen, *rivals])
    told = _told(root, base)
    items = [_item(link, told.get(link.url, {})) for link in chosen]
    if not (source.links or source.links_match):
        items += _told_only(told, known, site)
        if len(items) < FEWEST:
            raise FetchError("drift", _too_few(items, everything))
    further = _next(root, base, source)
    return Found(
        title=_name(root),
        dialect="listing",
        language=root.get("lang") or None,
        items=items,
        more=further if source.pages > 1 else (),
        hints=Hints(older=next(iter(further), None)),
    )


def select(root: html.HtmlElement, css: str) -> list[html.HtmlElement]:
    """Return the elements that a CSS selector matches; raises FetchError ``bad-selector``."""
    try:
        found = root.xpath(CSSSelector(css, translator="html").path)
    except SelectorError as error:
        raise FetchError("bad-selector", f"{css!r} is no CSS selector that can be used: {error}") from error
    return [element for element in found if isinstance(element.tag, str)]


def _chosen(root: html.HtmlElement, base: str, everything: list[Link], source: Source) -> list[Link]:
    """Return the links that lead to stories; raises FetchError ``drift`` when the user's selectors find none."""
    if not (source.links or source.links_match):
        site = site_of(base)
        return [link for link in everything if is_story(link, site)]
    candidates = everything
    if source.links:
        elements = select(root, source.links)
        candidates = links_of((anchor for element in elements for anchor in _anchors(element)), base)
        if not candidates:
            raise FetchError("drift", _nothing(f"links: {source.links!r}", everything, base))
    if not source.links_match:
        return candidates
    pattern = _compiled(source.links_match)
    matching = [link for link in candidates if pattern.search(link.url)]
    if not matching:
        raise FetchError("drift", _nothing(f"links_match: {source.links_match!r}", candidates, base))
    return matching


def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False  # they are raised
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise FetchError("bad-selector", f"links_match: {pattern!r} is no pattern that can be used: {error}") from error


def _anchors(element: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """Yield the anchors that a selected element means: itself, those in it, else the one around it."""
    if element.tag in {"a", "area"}:
        yield element
        return
    inside = list(element.iter("a"))
    yield from inside or list(element.iterancestors("a"))[:1]


def _item(link: Link, told: Mapping[str, Any]) -> Item:
    title = jsonld.text_of(told.get("headline") or told.get("name")) or link.title
    dates = [jsonld.text_of(told.get("datePublished"))] if told else []
    if len(link.dates) == 1:  # of several nobody knows which is meant
        dates += link.dates
    return Item(link=link.url, title=title, dates=tuple(filter(None, dates)))


def _told(root: html.HtmlElement, base: str) -> dict[str, jsonld.Object]:
    """Return what JSON-LD lists of the page say of each address."""
    found: dict[str, jsonld.Object] = {}
    for item in jsonld.objects(root):
        if jsonld.types_of(item) & _LISTS:
            for entry in _entries(item, 0):
                address = jsonld.text_of(entry.get("url") or entry.get("@id") or entry.get("mainEntityOfPage"))
                url = canonical(address, base) if address else None
                if url and (url not in found or len(entry) > len(found[url])):
                    found[url] = entry
    return found


def _entries(value: object, depth: int) -> Iterator[jsonld.Object]:
    if depth > _DEPTH:
        return
    for one in value if isinstance(value, list) else [value]:
        if not isinstance(one, dict):
            continue
        if depth and (one.get("url") or one.get("@id") or one.get("mainEntityOfPage")):
            yield one
        for part in _PARTS:
            if one.get(part):
                yield from _entries(one[part], depth + 1)


def _told_only(told: Mapping[str, jsonld.Object], known: set[str], site: str) -> list[Item]:
    """Return the stories that only JSON-LD tells of: the page draws them by script."""
    titles = {url: jsonld.text_of(entry.get("headline") or entry.get("name")) for url, entry in told.items()}
    return [
        _item(Link(url=url), entry)
        for url, entry in told.items()
        if url not in known and is_story_address(url, site) and (not titles[url] or says_enough(titles[url]))
    ]


def _next(root: html.HtmlElement, base: str, source: Source) -> tuple[str, ...]:
    """Return the address of the list's next page, if there is one."""
    if source.next:
        found = [anchor for element in select(root, source.next) for anchor in _anchors(element)]
    else:
        found = [*links(root, "next"), *(a for a in root.iter("a") if "next" in (a.get("rel") or "").lower().split())]
    hrefs = (joined(base, href) for element in found if (href := element.get("href")))
    urls = (url for href in hrefs if href and (url := canonical(href)) and url != canonical(base))
    return tuple(urls)[:1]


def _nothing(selector: str, everything: list[Link], base: str) -> str:
    """Say what a selector missed, and what could be selected instead."""
    site = site_of(base)
    stories = [link for link in everything if is_story(link, site)]
    if not everything:
        return f"{selector} matches nothing, and the page has no links at all: is it drawn by script?"
    if not stories:
        return f"{selector} matches nothing; of the page's {len(everything)} links none looks like a story's"
    paths = Counter(_path(link.anchors[0]) for link in stories if link.anchors)
    path, count = paths.most_common(1)[0]
    return (
        f"{selector} matches nothing; {len(stories)} of the page's {len(everything)} links look like stories, "
        f"{count} of them at {path!r}: {stories[0].url}"
    )[:500]


def _too_few(items: list[Item], everything: list[Link]) -> str:
    hosts = Counter(urlsplit(link.url).hostname for link in everything).most_common(3)
    return (
        f"{len(items)} of the page's {len(everything)} links look like stories, {FEWEST} are needed; "
        f"`links` or `links_match` can say which they are. Links lead to: "
        + (", ".join(f"{host} ({count})" for host, count in hosts) or "nowhere: is the page drawn by script?")
    )[:500]


def _path(anchor: html.HtmlElement) -> str:
    """Return a CSS selector that describes where an anchor stands."""
    around = anchor.getparent()
    return " > ".join(_step(element) for element in (around, anchor) if element is not None)


def _step(element: html.HtmlElement) -> str:
    classes = [
        name for name in (element.get("class") or "").split() if name.replace("-", "").replace("_", "").isalpha()
    ]
    return ".".join([str(element.tag), *classes[:2]])


def _name(root: html.HtmlElement) -> str | None:
    if names := metas(root).get("og:site_name"):
        return names[0]
    title = root.find(".//title")
    return words_of(title) or None if title is not None else None
