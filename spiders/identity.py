"""Which story a page is: one address for its many, decided from where it was found and what it says of itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit, urlunsplit

from alerts.language_codes import canonical as language_of
from spiders.address import host_tongue_of, is_front, is_wall, key_of, opened, parameters, segments, spelling, tongue_of
from spiders.anchors import is_story_address
from spiders.markup import joined
from spiders.urls import canonical, site_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lxml import html

_CLAIMS = 20  # of one kind that are looked at; a page with more says nothing
_ALTERNATES = 200
_HOLLOW = frozenset({"script", "style", "noscript", "template", "title"})  # their text is none of the page's
_UNFILLED = re.compile(r"\{\{|\{%|<%|\$\{|\[object|/(?:undefined|null|none|nan)/?$", re.IGNORECASE)  # a template's hole
_PART = re.compile(
    r"/(?:(?:page|seite|pagina)[/-]?)?\d{1,3}|/(?:amp|print|printable|all|single|comments?)", re.IGNORECASE
)
_DAY = re.compile(r"(?:19|20)\d\d(?:[-_]?\d\d){0,2}")
_PAGING = frozenset({"page", "pg", "paged", "pagewanted", "pagenum", "seite", "pagina", "singlepage", "comments"})
_NUMBERING = re.compile(
    r"(?:(?:.*[_-])?(?i:id|[a-z]{1,3}id|idx|idxno|no|seq|docid?|articles?|story|storyid|news|newsid|post|postid)|.*I[dD])"
)
_POST = re.compile(r"(?:^|&)(?:page=with:|pinned_post_\w+=|post=asset(?::|%3A))", re.IGNORECASE)


class Head(Protocol):
    """What of a page is needed here."""

    @property
    def root(self) -> html.HtmlElement:
        """Its tree."""

    @property
    def url(self) -> str:
        """Where it was found in the end."""

    @property
    def base(self) -> str:
        """What its links are relative to."""


class Basis(StrEnum):
    """By which witness a page is known."""

    CANONICAL = "canonical"  # its rel=canonical
    SHARED = "og:url"
    ADDRESS = "address"  # where it was found
    ASKED = "asked"  # what was asked for: it led to a front page, or to a wall
    NONE = "none"  # it is no story's page


class Doubt(StrEnum):
    """Why an address that a page names as its own is not believed."""

    NO_ADDRESS = "no-address"
    OTHER_SITE = "other-site"  # evidence of syndication
    FRONT_PAGE = "front-page"
    WALL = "wall"  # a login, a consent, an error, a search
    SECTION = "section"  # less of a story's address than the page's own
    LOST_NUMBER = "lost-number"  # the same path without the parameter that tells one story from the next
    PART = "part"  # a page of it, its AMP or print form
    TRANSLATION = "translation"
    LIVE_BLOG = "live-blog"  # the whole of which one post was asked for
    DISPUTED = "disputed"  # the page names several


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a page says of its address; the addresses are raw, resolved against its base at most."""

    url: str  # where it was found
    asked: str | None = None  # what was asked for, if that is known
    canonicals: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()  # og:url
    sources: tuple[str, ...] = ()  # where the text is from: syndication-source, original-source
    alternates: tuple[tuple[str, str], ...] = ()  # hreflang, address
    language: str | None = None  # as the page declares it


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a page is known by."""

    url: str | None  # canonical; None: it is no story's page
    basis: Basis
    origin: str | None = None  # the address at another site that the page names as its original: a copy's evidence
    doubts: tuple[tuple[str, Doubt], ...] = ()  # what was not believed, and why

    @property
    def key(self) -> str | None:
        """By what stories of all sources with this identity are one; None: by nothing."""
        return key_of(self.url) if self.url else None


def identity_of(page: Head, asked: str | None = None) -> Identity:
    """Return what a page is known by; ``asked`` is the address that led to it."""
    return decide(claims_of(page, asked))


def claims_of(page: Head, asked: str | None = None) -> Claims:
    """Return what a page's head says of its address. What stands in its body may be anybody's: it is not read."""
    named: dict[str, list[str]] = {}
    alternates = []
    for element in _head(page.root):
        if element.tag == "link" and (said := (element.get("href") or "").strip()):
            href = joined(page.base, said) or said
            rel = (element.get("rel") or "").lower().split()
            if "canonical" in rel:
                named.setdefault("canonical", []).append(href)
            elif "alternate" in rel and (tag := element.get("hreflang")):
                alternates.append((tag, href))
        elif element.tag == "meta" and (said := (element.get("content") or "").strip()):
            name = (element.get("property") or element.get("name") or "").strip().lower()
            named.setdefault(name, []).append(joined(page.base, said) or said)
    return Claims(
        url=page.url,
        asked=asked,
        canonicals=tuple(named.get("canonical", ())),
        shared=tuple(named.get("og:url", ())),
        sources=(*named.get("syndication-source", ()), *named.get("original-source", ())),
        alternates=tuple(alternates[:_ALTERNATES]),
        language=page.root.get("lang") or page.root.get("xml:lang"),
    )


def decide(claims: Claims) -> Identity:
    """Decide by which address a page is known: rel=canonical, else og:url, each if it can be believed; else its own."""
    own, basis = _own(claims)
    doubts: list[tuple[str, Doubt]] = []
    url = own
    if own:
        for witness, named in ((Basis.CANONICAL, claims.canonicals), (Basis.SHARED, claims.shared)):
            believed, doubted = _believed(named, own, claims)
            doubts += doubted
            if believed:
                url, basis = believed, witness
                break
    return Identity(
        url=_with_post(url, claims) if url else None, basis=basis, origin=_origin(claims), doubts=tuple(doubts)
    )


# ---------------------------------------------------------------- what a page says


def _head(root: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """Yield a head's elements, with those that a stray tag in it moved to where the body begins."""
    yield from root.iterfind("head//link")
    yield from root.iterfind("head//meta")
    for element in root.iterfind("body/*"):
        if element.tag in {"link", "meta"}:
            yield element
        elif element.tag not in _HOLLOW and "".join(element.itertext()).strip():
            return


# ---------------------------------------------------------------- what is believed


def _own(claims: Claims) -> tuple[str | None, Basis]:
    """Return the page's own address: where it was found, or what was asked for if that led away from any story."""
    found, asked = opened(claims.url), opened(claims.asked or "")
    if found and not _is_none(found) and not (asked and _led_away(found, asked)):
        return found, Basis.ADDRESS
    return (asked, Basis.ASKED) if asked and not _is_none(asked) else (None, Basis.NONE)


def _is_none(address: str) -> bool:
    return is_front(address) or is_wall(address)


def _led_away(found: str, asked: str) -> bool:
    """Tell whether an address was left for its section, as outlets do with stories that are gone."""
    same = site_of(found) == site_of(asked)
    return same and spelling(found) != spelling(asked) and (_is_section(found, asked) or _lost_number(found, asked))


def _believed(named: Sequence[str], own: str, claims: Claims) -> tuple[str | None, list[tuple[str, Doubt]]]:
    """Return the one address of these that can be believed, and what speaks against the others."""
    good: dict[str, str] = {}
    doubts = []
    for url in dict.fromkeys(named[:_CLAIMS]):
        address = None if _UNFILLED.search(url) else opened(url)
        doubt = _doubt(address, own, claims) if address else Doubt.NO_ADDRESS
        if doubt or address is None:
            doubts.append((url, doubt or Doubt.NO_ADDRESS))
        else:
            good.setdefault(spelling(address), _reached(address, own))
    if len(good) > 1:
        return None, [*doubts, *((url, Doubt.DISPUTED) for url in good.values())]
    return next(iter(good.values()), None), doubts


def _doubt(address: str, own: str, claims: Claims) -> Doubt | None:
    """Return what speaks against an address that a page at ``own`` names, None when nothing does."""
    if site_of(address) != site_of(own):
        return Doubt.OTHER_SITE
    if spelling(address) == spelling(own):
        return None
    return next((doubt for doubt, holds in _doubts(address, own, claims) if holds), None)


def _doubts(address: str, own: str, claims: Claims) -> Iterator[tuple[Doubt, bool]]:
    yield Doubt.FRONT_PAGE, is_front(address)
    yield Doubt.WALL, is_wall(address)
    yield Doubt.TRANSLATION, _is_translation(address, own, claims)
    yield Doubt.PART, _is_part(address, own)
    yield Doubt.LIVE_BLOG, bool(_POST.search(urlsplit(own).query) and not _POST.search(urlsplit(address).query))
    yield Doubt.LOST_NUMBER, _lost_number(address, own)
    yield Doubt.SECTION, _is_section(address, own)


def _is_translation(address: str, own: str, claims: Claims) -> bool:
    """Tell whether two addresses are those of two languages: by hreflang, by path, or by parameter."""
    spoken: dict[str, set[str]] = {}
    for tag, url in claims.alternates:
        if (language := language_of(tag)) and (there := canonical(url)):
            spoken.setdefault(spelling(there), set()).add(language)
    theirs, ours = spoken.get(spelling(address), set()), spoken.get(spelling(own), set())
    if theirs and not ours and (language := language_of(claims.language)):
        ours = {language}
    if theirs and ours:
        return theirs.isdisjoint(ours)
    hosts = host_tongue_of(address), host_tongue_of(own)
    if None not in hosts and hosts[0] != hosts[1]:
        return True
    return tongue_of(own) is not None and tongue_of(address) != tongue_of(own)


def _is_part(address: str, own: str) -> bool:
    """Tell whether an address is one's own and more: a page of it, or another form."""
    theirs, ours = urlsplit(address), urlsplit(own)
    path, whole = theirs.path.rstrip("/"), ours.path.rstrip("/")
    if theirs.netloc != ours.netloc:
        return False
    if path != whole:
        return path.startswith(whole) and _PART.fullmatch(path[len(whole) :]) is not None
    more = set(parameters(theirs)) - set(parameters(ours))
    return bool(more) and all(name.lower() in _PAGING for name, _ in more)


def _lost_number(address: str, own: str) -> bool:
    """Tell whether an address has one's own path, and not the parameter that tells which story is shown there."""
    theirs, ours = urlsplit(address), urlsplit(own)
    if theirs.path.rstrip("/") != ours.path.rstrip("/"):
        return False
    lost = set(parameters(ours)) - set(parameters(theirs))
    bare = urlunsplit(ours._replace(query="", fragment=""))
    named = is_story_address(bare, site_of(bare))
    return any(
        _NUMBERING.fullmatch(name) or (not named and name.lower() not in _PAGING and any(map(str.isdigit, value)))
        for name, value in lost
    )


def _is_section(address: str, own: str) -> bool:
    """Tell whether an address looks less like a story's than one's own, and stands above it or under the front page."""
    site = site_of(own)
    theirs, ours = urlsplit(address), urlsplit(own)
    path, below = segments(theirs.path), segments(ours.path)
    if theirs.query or not is_story_address(own, site):
        return False
    if path and len(path) < len(below) and below[: len(path)] == path:
        rest = "/" + "/".join(below[len(path) :])
        names = is_story_address(f"https://{site}/{path[-1]}", site) and not _DAY.fullmatch(path[-1])
        return not names and not _PART.fullmatch(rest)
    return len(path) <= 1 and not is_story_address(address, site)


def _reached(address: str, own: str) -> str:
    """Return an address by the scheme and the port by which its host was reached: pages name old or inner ones."""
    theirs, ours = urlsplit(address), urlsplit(own)
    if theirs.hostname != ours.hostname:
        return address
    return urlunsplit(theirs._replace(scheme=ours.scheme, netloc=ours.netloc))


def _with_post(url: str, claims: Claims) -> str:
    """Return a story's address with the post of a live blog, or the route, that was asked for: pages name neither."""
    fragments = (urlsplit(opened(one) or "").fragment for one in (claims.asked or "", claims.url))
    post = next(filter(None, fragments), "")
    return f"{url.partition('#')[0]}#{post}" if post else url


def _origin(claims: Claims) -> str | None:
    """Return the first story's address at another site that the page names as its own, or as its source."""
    own = opened(claims.url)
    site = site_of(own) if own else ""
    for url in (*claims.canonicals[:_CLAIMS], *claims.sources[:_CLAIMS], *claims.shared[:_CLAIMS]):
        address = opened(url)
        if address and _is_public(address) and site_of(address) != site and not _is_none(address):
            return address
    return None


def _is_public(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    return "." in host and not host.replace(".", "").isdigit()
