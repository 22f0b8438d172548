"""From an address to its feeds and sitemaps: what a page, a robots.txt and custom name, and which is the best."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from spiders.markup import base_of, joined, links, tree_of, words_of
from spiders.sniff import Form, form_of, unpacked
from spiders.urls import canonical, site_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lxml import html

    from alerts.errors import FetchError
    from spiders.entry import Reading
    from spiders.reading import Document

LIMIT = 40  # candidates that one document gives
_TYPES = {
    "application/rss+xml": "RSS",
    "application/atom+xml": "Atom",
    "application/rdf+xml": "RDF",
    "application/feed+json": "JSON Feed",
    "text/rss+xml": "RSS",
    "text/atom+xml": "Atom",
    "application/x-rss+xml": "RSS",
}
_COMMENTS = re.compile(
    r"comment(?:s|aire|i)?(?:/feed|\.xml|\.rss|\b)|kommentar|comentario|commentaires|[?&]replytocom|/comments/",
    re.IGNORECASE,
)
_NO_FEED = re.compile(r"oembed|wp-json|opensearch|\.(?:jpe?g|png|gif|css|js)(?:\?|$)", re.IGNORECASE)
_LIKE_A_FEED = re.compile(
    r"(?:^|[/._=?&-])(?:rss|atom|feeds?|rdf)(?:$|[/._=?&\d-])|\.(?:rss|atom|rdf)$|^feed:|feedburner\.com", re.IGNORECASE
)
_SAYS_FEED = re.compile(r"^\s*(?:rss|atom|feeds?|rss[ -]?feeds?|xml)\s*(?:[\d.]+)?\s*$", re.IGNORECASE)
_ROBOTS = re.compile(r"^[^\S\n]*sitemap[^\S\n]*:[^\S\n]*(\S+)", re.IGNORECASE | re.MULTILINE)
_NEWS = re.compile(r"news|google", re.IGNORECASE)
_NO_STORIES = re.compile(r"image|video|author|categor|tag|topic|static|archiv", re.IGNORECASE)
# Where feeds and sitemaps stand by custom, and how often that is worth a request, the likeliest first.
_CUSTOM = (
    ("/feed", "feed"),
    ("/rss", "feed"),
    ("/rss.xml", "feed"),
    ("/feed.xml", "feed"),
    ("/atom.xml", "feed"),
    ("/index.xml", "feed"),
    ("/feeds/news.xml", "feed"),
    ("/feed.json", "feed"),
    ("/news-sitemap.xml", "sitemap"),
    ("/sitemap-news.xml", "sitemap"),
    ("/sitemap_news.xml", "sitemap"),
    ("/sitemaps/news.xml", "sitemap"),
    ("/googlenews.xml", "sitemap"),
    ("/sitemap.xml", "sitemap"),
    ("/sitemap_index.xml", "sitemap"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An address that may be a source; the score says how promising it is before anyone has looked."""

    url: str
    kind: str  # feed, sitemap or listing
    reason: str  # why it is one: "the page names it: RSS, World news"
    score: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A candidate that was looked at: what it holds, or why it cannot be used."""

    candidate: Candidate
    reading: Reading | None = None
    error: FetchError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A trial with its place among the others; the reason says what speaks for and against it."""

    candidate: Candidate
    usable: bool
    score: int
    reason: str


def candidates(document: Document) -> tuple[Candidate, ...]:
    """Return what a document is or names, the most promising first.

    A feed or a sitemap is itself the candidate. A page gives the feeds that it names and those that it links
    to, without those of comments and of players, and itself, as a listing, last. Raises FetchError: ``empty``,
    ``not-a-page``.
    """
    document, _ = unpacked(document)
    form = form_of(document.body)
    if form in {Form.FEED, Form.JSON}:
        return (Candidate(url=document.url, kind="feed", reason="the address is a feed", score=100),)
    if form in {Form.SITEMAP, Form.ADDRESSES}:
        return (Candidate(url=document.url, kind="sitemap", reason="the address is a sitemap", score=100),)
    root = tree_of(document)
    base = base_of(root, document)
    listing = Candidate(url=document.url, kind="listing", reason="the page itself, read as a listing", score=5)
    return ranked([*ranked([*_named(root, base), *_linked(root, base)])[: LIMIT - 1], listing])


def in_robots(text: str, url: str) -> tuple[Candidate, ...]:
    """Return the sitemaps that a robots.txt names; ``url`` is its address."""
    found = []
    for number, line in enumerate(_ROBOTS.findall(text)):
        address = joined(url, line)
        if not address or not canonical(address) or number >= LIMIT:
            continue
        path = urlsplit(address).path.rpartition("/")[2]
        news, useless = _NEWS.search(path), _NO_STORIES.search(path)
        score = 60 if news and not useless else 10 if useless else 30
        says = "robots.txt names it" + (", a sitemap of news by its name" if news and not useless else "")
        found.append(Candidate(url=address, kind="sitemap", reason=says, score=score - min(number, 9)))
    return ranked(found)


def customary(url: str) -> tuple[Candidate, ...]:
    """Return the addresses at which feeds and news sitemaps of a site stand by custom; a section's feed comes first."""
    parts = urlsplit(url)
    found = [
        Candidate(url=urljoin(url, path), kind=kind, reason="the customary address", score=20 - place)
        for place, (path, kind) in enumerate(_CUSTOM)
    ]
    if path := parts.path.rstrip("/"):
        own = Candidate(url=urljoin(url, f"{path}/feed"), kind="feed", reason="the section's customary feed", score=21)
        found.append(own)
    return ranked(found)


def ranked(found: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Return candidates, the most promising first, each address once and with its best reason."""
    best: dict[str, Candidate] = {}
    for candidate in found:
        key = canonical(candidate.url) or candidate.url
        if key not in best or candidate.score > best[key].score:
            best[key] = candidate
    return tuple(sorted(best.values(), key=lambda candidate: -candidate.score))


def _named(root: html.HtmlElement, base: str) -> Iterator[Candidate]:
    """Yield the feeds of the page's head; the first one named is mostly the main one."""
    place = 0
    for link in links(root, "alternate"):
        kind = (link.get("type") or "").split(";")[0].strip().lower()
        url = _address(link.get("href"), base)
        title = " ".join((link.get("title") or "").split())[:100]
        if kind not in _TYPES or url is None or _is_side_feed(url, title):
            continue
        yield Candidate(url=url, kind="feed", reason=_says("the page names it", _TYPES[kind], title), score=80 - place)
        place = min(place + 1, 9)


def _linked(root: html.HtmlElement, base: str) -> Iterator[Candidate]:
    """Yield the links of the page that look like feeds; those of other sites are less likely the page's own."""
    site = site_of(base)
    for anchor in root.iter("a"):
        url, words = _address(anchor.get("href"), base), words_of(anchor)[:100]
        if url is None or _is_side_feed(url, words):
            continue
        kind = (anchor.get("type") or "").split(";")[0].strip().lower()
        parts = urlsplit(canonical(url) or url)  # without what only tracks: utm_source=feed
        like = kind in _TYPES or _SAYS_FEED.match(words) or _LIKE_A_FEED.search(f"{parts.path}?{parts.query}")
        if like or "feedburner.com" in (parts.hostname or ""):
            score = 50 if site_of(url) == site else 25
            yield Candidate(url=url, kind="feed", reason=_says("the page links to it", words), score=score)


def _address(href: str | None, base: str) -> str | None:
    """Return an absolute web address; ``feed:`` in front of it is a wish for a program, not a scheme."""
    text = (href or "").strip()
    if text.lower().startswith("feed:"):
        text = text[5:] if text[5:].lower().startswith("http") else "https:" + text[5:]
    url = joined(base, text) if text and not text.startswith("#") else None
    return url if url and canonical(url) else None


def _is_side_feed(url: str, title: str) -> bool:
    return bool(_COMMENTS.search(url) or _COMMENTS.search(title) or _NO_FEED.search(url))


def _says(how: str, *what: str) -> str:
    said = ", ".join(filter(None, what))
    return f"{how}: {said}" if said else how


def choose(trials: Sequence[Trial], now: datetime) -> tuple[Choice, ...]:
    """Rank candidates that were looked at, the best first; what cannot be used comes last, with its reason.

    Counts: fresh and many entries, dates, texts, that a feed beats a news sitemap beats a plain one beats a
    listing, and what was known before. A document that names others and has no entries is none to choose.
    """
    choices = [_judged(trial, now) for trial in trials]
    return tuple(sorted(choices, key=lambda choice: (not choice.usable, -choice.score)))


def _judged(trial: Trial, now: datetime) -> Choice:
    candidate, reading = trial.candidate, trial.reading
    choice = Choice(candidate=candidate, usable=False, score=0, reason="not looked at")
    if trial.error is not None:
        return replace(choice, reason=str(trial.error))
    if reading is None:
        return choice
    if not reading.entries:
        children = f"; it names {len(reading.more)} other documents" if reading.more else ""
        leads_on = candidate.kind == "sitemap" and bool(reading.more)
        score = 15 + candidate.score // 5 if leads_on else 0  # an empty feed may fill, and is better than nothing
        usable = leads_on or candidate.kind == "feed"
        return replace(choice, usable=usable, score=score, reason=f"{_called(reading)} without entries{children}")
    points, says = _weighed(reading, now)
    return replace(choice, usable=True, score=points + candidate.score // 5, reason=says)


def _weighed(reading: Reading, now: datetime) -> tuple[int, str]:
    entries = reading.entries
    dates = [entry.published for entry in entries if entry.published]
    newest = max(dates, default=None)
    worded = sum(bool(entry.title) for entry in entries)
    points = _BY_FORM.get(reading.dialect, 40) + min(len(entries), 30) // 2
    points += 10 * len(dates) // len(entries) + 10 * worded // len(entries)
    points += 5 * sum(bool(entry.text) for entry in entries) // len(entries)
    says = f"{_called(reading)} with {len(entries)} entries, {len(dates)} dated"
    if newest is not None:
        age = now - newest
        points += next((bonus for limit, bonus in _FRESH if age <= limit), -40)
        says += f", the newest {_ago(age)}"
    return points, says + ("" if worded else "; addresses only, their pages say the rest")


_BY_FORM = {"newsmap": 35, "sitemap": 10, "sitemapindex": 10, "urls": 5, "listing": 15}
_FRESH = (
    (timedelta(hours=6), 30),
    (timedelta(days=1), 25),
    (timedelta(days=7), 15),
    (timedelta(days=30), 0),
)
_NAMES = {
    "newsmap": "news sitemap",
    "sitemap": "sitemap",
    "sitemapindex": "index of sitemaps",
    "urls": "sitemap in plain text",
    "listing": "listing",
}


def _called(reading: Reading) -> str:
    return _NAMES.get(reading.dialect, "feed")


def _ago(age: timedelta) -> str:
    seconds = max(age.total_seconds(), 0)
    for name, length in (("day", 86_400), ("hour", 3_600)):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {name}s ago"
    return f"{seconds // 60:.0f} min ago"
