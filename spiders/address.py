"""What an address alone tells of the story behind it: its key, and whether it names a story at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, urlsplit

from w3lib.url import canonicalize_url

from alerts.language_codes import TOLD
from alerts.language_codes import canonical as language_of
from spiders.aggregators import publisher
from spiders.urls import canonical

if TYPE_CHECKING:
    from collections.abc import Sequence

TONGUE = frozenset({"lang", "language", "locale", "hl", "idioma", "langue", "sprache"})  # parameters that name one
_SIMPLE = re.compile(r"https?://[\w.:/-]+", re.ASCII)  # w3lib would change nothing, in twice the time
_AMP_CACHE = re.compile(r"/(?:[acv]|wp)/(?P<secure>s/)?(?P<rest>[^/]+\..*)")
_AMP_CACHES = (".cdn.ampproject.org", ".bing-amp.com")
_AMP_VIEWER = re.compile(r"/amp/(?P<secure>s/)?(?P<rest>[^/]+\..*)")
_GOOGLE = re.compile(r"(?:www\.)?google\.(?:com?\.)?[a-z]{2,3}")
_FRONT = re.compile(
    r"(?:index|default|home|homepage|main|start|startseite|portada|accueil)(?:\.\w{2,5})?", re.IGNORECASE
)
_EDITION = re.compile(r"[a-z]{2}(?:[-_][a-z]{2,4})?", re.IGNORECASE)
_WALL = re.compile(
    r"(?:(?:log|sign)[-_]?(?:in|on|up)|sso|oauth2?|auth|register|registration|subscri(?:be|ptions?)|consent|cookie-?wall|"
    r"captcha|error|404\.\w+|not-?found|page-not-found|search|access-?denied|unavailable)(?:\.\w{2,5})?",
    re.IGNORECASE,
)
_WALL_HOST = re.compile(r"(?:login|signin|sso|auth|accounts?|idp|consent|guce|cmp)\.", re.IGNORECASE)


def key_of(url: str) -> str | None:
    """Return what equals for all spellings of an address that need no page to be seen as one, else None.

    Hosts stay as they are: only a page can say that ``m.`` or ``www.`` shows the same. None for what names no
    single story: a front page, a login.
    """
    address = opened(url)
    return None if address is None or is_front(address) or is_wall(address) else spelling(address)


def spelling(address: str) -> str:
    """Return the key of a canonical address, whatever it names.

    To the canonical form it adds w3lib's (sorted parameters, one percent-encoding) and leaves out the scheme and
    slashes at the end of the path.
    """
    plain = address if _SIMPLE.fullmatch(address) else canonicalize_url(address, keep_fragments=True)
    head, sign, fragment = plain.partition("://")[2].partition("#")
    path, mark, query = head.partition("?")
    return path.rstrip("/") + mark + query + sign + fragment


def opened(url: str, base: str | None = None) -> str | None:
    """Return the canonical address behind an address: the publisher's, where an aggregator or a cache carries it."""
    address = canonical(url, base)
    if address is None:
        return None
    found = publisher(_uncached(address))
    return address if found == address else canonical(_uncached(found)) or address


def is_front(address: str) -> bool:
    """Tell whether a canonical address is a site's front page, or that of one of its editions."""
    parts = urlsplit(address)
    first, *rest = (*segments(parts.path), "home")
    if parts.fragment or any(name.lower() not in TONGUE for name, _ in parameters(parts)):
        return False
    return bool(_EDITION.fullmatch(first) or _FRONT.fullmatch(first)) and all(map(_FRONT.fullmatch, rest))


def is_wall(address: str) -> bool:
    """Tell whether a canonical address is by its form a login, a consent, an error or a search."""
    parts = urlsplit(address)
    last = segments(parts.path)[-1:]
    return bool(_WALL_HOST.match(parts.netloc) or (last and _WALL.fullmatch(last[0])))


def tongue_of(address: str) -> str | None:
    """Return the language that an address names in a parameter or in its first segment."""
    parts = urlsplit(address)
    said = [value for name, value in parameters(parts) if name.lower() in TONGUE]
    said += [one for one in segments(parts.path)[:1] if one.lower() != "id"]  # more often an id than Indonesian
    return next(filter(None, map(_tongue, said)), None)


def host_tongue_of(address: str) -> str | None:
    """Return the language that an address names in the first part of its host: ``fr.news.example``."""
    return _tongue(urlsplit(address).netloc.partition(".")[0])


def _tongue(tag: str) -> str | None:
    found = language_of(tag.replace("_", "-")) if _EDITION.fullmatch(tag) else None
    return found if found and found.partition("-")[0] in TOLD else None


def segments(path: str) -> Sequence[str]:
    """Return the parts of a path that say something."""
    return [one for one in path.split("/") if one]


def parameters(parts: SplitResult) -> Sequence[tuple[str, str]]:
    """Return an address's parameters, percent-decoded."""
    return parse_qsl(parts.query, keep_blank_values=True) if parts.query else ()


def _uncached(address: str) -> str:
    """Return the publisher's address that one of an AMP cache or viewer carries, the address itself when it is none."""
    parts = urlsplit(address)
    pattern = _AMP_CACHE if parts.netloc.endswith(_AMP_CACHES) else None
    if _GOOGLE.fullmatch(parts.netloc):
        pattern = _AMP_VIEWER
    found = pattern.fullmatch(parts.path) if pattern else None
    if not found:
        return address
    return f"http{'s' if found['secure'] else ''}://{found['rest']}{'?' if parts.query else ''}{parts.query}"
