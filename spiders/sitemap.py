"""Sitemaps (sitemaps.org) with Google's news extension, their indexes, and sitemaps that are plain text."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape, unescape
from typing import TYPE_CHECKING

from lxml import etree

from alerts.errors import FetchError
from spiders.charset import decoded, legible
from spiders.dates import when
from spiders.reading import ENTRY_LIMIT, Found, Item
from spiders.urls import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spiders.reading import Document

CHILD_LIMIT = 10  # sitemaps of one index that are followed in one visit
_STALE = timedelta(days=7)  # a sitemap that has not changed for so long holds nothing new
_ADDRESS_LIMIT = 50_000  # of one sitemap, says the protocol
_STRAY = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-f]{1,6});)\w{0,32};?",
    re.IGNORECASE | re.DOTALL,
)
_DECLARATION = re.compile(r"^\s*<\?xml.*?\?>", re.DOTALL)
_NEWS = re.compile(r"news|latest|recent|today|48h", re.IGNORECASE)
_NO_STORIES = re.compile(
    r"image|video|author|categor|(?:post_)?tags?\b|tag-|topic|static|pages?[-_.\d]|archiv", re.IGNORECASE
)
_COMMAS = re.compile("[,;\u3001\uff0c]")
_NEVER = datetime.min.replace(tzinfo=UTC)
_DETAILS = ("title", "publication_date", "language", "name", "keywords", "stock_tickers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What a sitemap says of one address; dates are raw."""

    loc: str = ""
    lastmod: str = ""
    title: str = ""
    published: str = ""
    language: str = ""
    outlet: str = ""
    tags: tuple[str, ...] = ()


def found_in(document: Document) -> Found:
    """Read a sitemap or an index in XML; raises FetchError ``unreadable``. One without addresses is no error.

    Elements are known by their local names, because publishers write every namespace but the right one. It
    need not be well-formed: what stands before the damage is read. A plain sitemap gives addresses without
    words; its ``lastmod`` is no date of publication.
    """
    pages: list[Listed] = []
    sitemaps: list[Listed] = []
    notes: list[str] = []
    for name, listed in _listed(document, notes):
        (sitemaps if name == "sitemap" else pages).append(listed)
    kept, cut = _newest(pages, document.fetched)
    more, left = _children(sitemaps, document)
    outlet = next((page.outlet for page in kept if page.outlet), None)
    return Found(
        title=outlet,
        dialect="newsmap" if any(page.title for page in kept) else "sitemapindex" if sitemaps else "sitemap",
        language=next((page.language for page in kept if page.language), None),
        items=[_item(page) for page in kept],
        more=more,
        notes=(*notes, *cut, *left),
    )


def found_in_lines(text: str) -> Found:
    """Read a sitemap that is a plain text with one address in each line."""
    lines = [line.strip() for line in text.splitlines()]
    pages = [Listed(loc=line) for line in lines if line.startswith(("http://", "https://"))]
    kept, cut = _newest(pages, _NEVER)
    return Found(title=None, dialect="urls", items=[_item(page) for page in kept], notes=cut)


def _item(page: Listed) -> Item:
    return Item(
        link=page.loc,
        title=page.title,
        dates=(page.published,) if page.published else (),
        modified=page.lastmod or None,
        language=page.language or None,
        tags=page.tags,
    )


def _listed(document: Document, notes: list[str]) -> Iterator[tuple[str, Listed]]:
    """Yield ``url`` and ``sitemap`` elements, each forgotten before the next is read."""
    parser = etree.iterparse(
        io.BytesIO(_as_utf_8(document)),
        events=("end",),
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        recover=True,
        remove_comments=True,
        remove_pis=True,
    )
    count = 0
    try:
        for _, element in parser:
            name = _local(element)
            if name not in {"url", "sitemap"}:
                continue
            count += 1
            if count <= _ADDRESS_LIMIT:
                yield name, _of(element)
            _forget(element)
    except etree.XMLSyntaxError as error:
        if not count:
            raise FetchError("unreadable", f"the parser gave up: {error}"[:300]) from error
    if len(parser.error_log):
        notes.append(f"not well-formed: {parser.error_log[0].message}"[:200])
    if count > _ADDRESS_LIMIT:
        notes.append(f"{_ADDRESS_LIMIT} of {count} addresses looked at")


def _as_utf_8(document: Document) -> bytes:
    text = legible(decoded(document.body, document.content_type))
    text = _DECLARATION.sub("", text, count=1).lstrip()
    return _STRAY.sub(_mended, text).encode("utf-8", "replace")


def _mended(match: re.Match[str]) -> str:
    """Escape the ampersand of an address that was written as it stands, and spell out HTML's own entities."""
    return match[0] if match[0].startswith("<") else escape(unescape(match[0]), quote=False)


def _forget(element: etree._Element) -> None:
    """Free an element's memory, and that of all before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _local(element: etree._Element) -> str:
    """Return an element's name without its namespace or its undeclared prefix."""
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower()


def _of(element: etree._Element) -> Listed:
    own = {name: _text(child) for child in reversed(element) if (name := _local(child)) in {"loc", "lastmod"}}
    news = {name: text for name, text in _news(element) if text}
    tags = (tag.strip() for key in ("keywords", "stock_tickers") for tag in _COMMAS.split(news.get(key, "")))
    return Listed(
        loc=own.get("loc", ""),
        lastmod=own.get("lastmod", ""),
        title=news.get("title", ""),
        published=news.get("publication_date", ""),
        language=news.get("language", ""),
        outlet=news.get("name", ""),
        tags=tuple(filter(None, tags)),
    )


def _news(url: etree._Element) -> Iterator[tuple[str, str]]:
    """Yield the details of the news element, or those that stand beside it by mistake, but no picture's or film's."""
    for child in url:
        if _local(child) == "news":
            for detail in child.iter():
                if (name := _local(detail)) in _DETAILS:
                    yield name, _text(detail)
        elif _local(child) in _DETAILS and "news" in str(child.tag).lower().removesuffix(_local(child)):
            yield _local(child), _text(child)


def _text(element: etree._Element) -> str:
    return " ".join("".join(map(str, element.itertext(with_tail=False))).split())


def _newest(pages: Sequence[Listed], fetched: datetime) -> tuple[Sequence[Listed], tuple[str, ...]]:
    """Return the newest that an answer may have, newest first, with a note about the rest.

    Where none is dated the order of the document is kept, and its beginning and its end are taken: new
    addresses come at either.
    """
    dated = [(_moment(page.published or page.lastmod, fetched), page) for page in pages]
    if any(moment > _NEVER for moment, _ in dated):
        pages = [page for _, page in sorted(dated, key=lambda pair: pair[0], reverse=True)]
        how = "the newest"
    else:
        how = "none is dated: the first and the last"
    if len(pages) <= ENTRY_LIMIT:
        return pages, ()
    half = 0 if how == "the newest" else ENTRY_LIMIT // 2
    kept = [*pages[: ENTRY_LIMIT - half], *pages[len(pages) - half :]]
    return kept, (f"{ENTRY_LIMIT} of {len(pages)} addresses read ({how})",)


def _moment(raw: str, fetched: datetime) -> datetime:
    """Return a date to sort by; a day or an hour without zone counts as UTC, and what is no date comes last."""
    if not raw:
        return _NEVER
    try:
        moment = datetime.fromisoformat(raw)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError:
        return when(raw, fetched=fetched, zone=UTC)[0] or _NEVER


def _children(sitemaps: Sequence[Listed], document: Document) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the sitemaps of an index worth a visit: news first, then the newest; and notes about the rest."""
    ranked = sorted(
        ((_rank(child, document.fetched), url) for child in sitemaps if (url := canonical(child.loc, document.url))),
        key=lambda pair: pair[0],
        reverse=True,
    )
    fresh = [url for (_, moment), url in ranked if moment == _NEVER or document.fetched - moment <= _STALE]
    urls = list(dict.fromkeys(fresh or [url for _, url in ranked[:1]]))
    notes = []
    if stale := len(ranked) - len(fresh):
        notes.append(f"{stale} of {len(ranked)} sitemaps have not changed for {_STALE.days} days")
    if len(urls) > CHILD_LIMIT:
        notes.append(f"{CHILD_LIMIT} of {len(urls)} sitemaps followed, those of news and the newest first")
    return tuple(urls[:CHILD_LIMIT]), tuple(notes)


def _rank(child: Listed, fetched: datetime) -> tuple[int, datetime]:
    path = child.loc.rpartition("/")[2]
    kind = 1 if _NEWS.search(path) else -1 if _NO_STORIES.search(path) else 0
    return kind, _moment(child.lastmod, fetched)
