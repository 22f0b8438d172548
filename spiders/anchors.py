"""The links of a page: where they lead, what they say, and the dates that stand beside them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from spiders.markup import joined, words_of
from spiders.urls import canonical, site_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lxml import html

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_FURNITURE_TAGS = frozenset({"nav", "footer", "form"})
_FURNITURE_ROLES = frozenset({"navigation", "contentinfo", "menu", "menubar", "search"})
_FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|menu|footer|breadcrumbs?|social|share|sharing|cookies?|pagination|pager|"
    r"legal|copyright|skip|login)(?:$|[\s_-])",
    re.IGNORECASE,
)
_LEVELS = 12  # of ancestors that are looked at
_BLOCK_LEVELS = 6  # between a link and the block of its story
_LINKS = 5_000
_DATE = re.compile(r"(?:19|20)\d\d[/-]?(?:0?[1-9]|1[0-2])(?:[/-]|(?:0[1-9]|[12]\d|3[01])(?!\d))|/20\d\d/")
_NUMBER = re.compile(r"\d{5,}")
_KEY = re.compile(r"(?=[a-z-]*\d)(?=\d*[a-z])[a-z0-9]{9,}", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://|www\.", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_NO_STORY = re.compile(
    r"/(?:tags?|topics?|authors?|categor(?:y|ies)|users?|profiles?|page|login|signin|signup|register|subscri\w*|privacy"
    r"[\w-]*|terms[\w-]*|cookies?[\w-]*|search|account|newsletters?|wp-json|wp-content|feed|rss)(?:/|$)"
    r"|\.(?:jpe?g|png|gif|webp|svg|ico|css|js|json|xml|rss|zip|gz|mp[34]|m4a|mov|avi|exe|dmg|apk|pdf|docx?|xlsx?|pptx?)$",
    re.IGNORECASE,
)
# Scripts that are written without spaces between words: four words are about eight letters of them.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_WORDS, _LETTERS = 4, 8


@dataclass(slots=True, kw_only=True)
class Link:
    """One address that a page leads to, and all its anchors there."""

    url: str  # absolute, canonical
    anchors: list[html.HtmlElement] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)  # raw, of the block that is this link's alone

    @property
    def title(self) -> str:
        """What the anchors say: a heading in one of them, else the longest text, else that of a picture."""
        headings = (words_of(head) for anchor in self.anchors for head in anchor.iter(*_HEADINGS))
        if heading := max(headings, key=len, default=""):
            return heading
        texts = [text for anchor in self.anchors if not _ADDRESS.match(text := words_of(anchor))]
        if text := max(texts, key=len, default=""):
            return text
        spare = (anchor.get("title") or anchor.get("aria-label") or _alt(anchor) for anchor in self.anchors)
        return " ".join(max(spare, key=len, default="").split())


def links_of(anchors: Iterable[html.HtmlElement], base: str) -> list[Link]:
    """Gather anchors by where they lead, in the order of the page; without links within the page itself."""
    found: dict[str, Link] = {}
    here = canonical(base)
    for anchor in anchors:
        href = (anchor.get("href") or "").strip()
        url = canonical(target) if href and not href.startswith("#") and (target := joined(base, href)) else None
        if url is None or url == here:
            continue
        if url in found or len(found) < _LINKS:
            found.setdefault(url, Link(url=url)).anchors.append(anchor)
    return list(found.values())


def date_links(root: html.HtmlElement, links: Sequence[Link]) -> None:
    """Give each link the dates of the ``time`` elements in the largest small block that holds no other link."""
    owners: dict[html.HtmlElement, Link | None] = {}
    for link in links:
        for anchor in link.anchors:
            for block in [anchor, *_ancestors(anchor, _BLOCK_LEVELS)]:
                owners[block] = link if owners.get(block, link) is link else None
    for time in root.iter("time"):
        if not (raw := (time.get("datetime") or "").strip()):
            continue
        block = next((block for block in [time, *_ancestors(time, _BLOCK_LEVELS)] if block in owners), None)
        owner = owners[block] if block is not None else None
        if owner is not None and raw not in owner.dates:
            owner.dates.append(raw)


def is_story(link: Link, site: str) -> bool:
    """Tell whether a link looks like one to a story: its address does, and it says as much as a headline."""
    return (
        is_story_address(link.url, site)
        and says_enough(link.title)
        and not all(is_furniture(anchor) for anchor in link.anchors)
    )


def is_story_address(url: str, site: str) -> bool:
    """Tell whether an address of this site has the form of a story's: a slug of words, a date, a long number or key."""
    parts = urlsplit(url)
    if _NO_STORY.search(parts.path) or site_of(url) != site:
        return False
    path = unquote(parts.path)
    last = path.rstrip("/").rpartition("/")[2]
    return bool(
        any(len(_WORD.findall(part)) >= _WORDS for part in path.split("/"))
        or _DATE.search(path)
        or _NUMBER.search(path)
        or _NUMBER.search(parts.query)
        or _KEY.fullmatch(last)
    )


def says_enough(text: str) -> bool:
    """Tell whether a text has four words, or as many letters of a script without spaces as make them."""
    return len(_UNSPACED.findall(text)) >= _LETTERS or len(_WORD.findall(text)) >= _WORDS


def is_furniture(anchor: html.HtmlElement) -> bool:
    """Tell whether an anchor stands in navigation, a footer or the like."""
    return any(
        block.tag in _FURNITURE_TAGS
        or (block.get("role") or "").lower() in _FURNITURE_ROLES
        or (block.tag not in {"body", "html"} and _FURNITURE.search(f"{block.get('class', '')} {block.get('id', '')}"))
        for block in _ancestors(anchor, _LEVELS)
    )


def _ancestors(element: html.HtmlElement, levels: int) -> list[html.HtmlElement]:
    return [block for block, _ in zip(element.iterancestors(), range(levels), strict=False)]


def _alt(anchor: html.HtmlElement) -> str:
    return max((image.get("alt") or "" for image in anchor.iter("img")), key=len, default="")
