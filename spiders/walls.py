"""What stands between us and the news: challenges, logins, consent and payment, told apart by their marks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from spiders.base import Page

_SEEN = 64 * 1024  # bytes of a body in which a mark must stand
_REFUSALS = frozenset({401, 403, 405, 406, 429, 503})  # with these a guard turns visitors away
_CLOUDFLARE = frozenset({403, 503})
_PAYMENT = 402
_OK = 200

_END = r"(?:/|\.\w{2,5}$|$)"  # a whole part of a path: /login, not /login-fails-at-bank
_LOGIN_PATH = re.compile(rf"/(?:(?:log|sign)[-_]?in|sso|oauth2?|auth){_END}", re.IGNORECASE)
_LOGIN_HOST = re.compile(r"^(?:login|signin|sso|auth|accounts?|idp)\.", re.IGNORECASE)
_CONSENT_HOST = re.compile(r"^(?:consent|guce|cmp)\.", re.IGNORECASE)
_CONSENT_PATH = re.compile(rf"/(?:(?:collect)?consent|cookie-?wall){_END}", re.IGNORECASE)
_PASSWORD = re.compile(rb"""<input\b[^>]{0,300}\btype\s*=\s*["']?password""")
_MISSING = re.compile(rb"\b(?:404|not[ -]found|page (?:introuvable|not available)|nicht gefunden|no encontrada)\b")
_FEEDS = (b"application/rss+xml", b"application/atom+xml")  # a page that names one is a front page, form or not
_PARKED = (
    b"sedoparking.com",
    b"parkingcrew.net",
    b"bodis.com",
    b"afternic.com/forsale",
    b"dan.com/buy-domain",
    b"this domain is for sale",
    b"domain may be for sale",
    b"this domain is parked",
)
# A guard's name, where it shows itself in the text it serves in place of the page, and how sure that is:
# only such marks as ordinary pages of its customers do not carry.
_CHALLENGES: tuple[tuple[bytes, str], ...] = (
    (b"/cdn-cgi/challenge-platform/h/", "cloudflare"),
    (b"cf-chl-", "cloudflare"),
    (b"geo.captcha-delivery.com", "datadome"),
    (b"ct.captcha-delivery.com", "datadome"),
    (b"_incapsula_resource?", "imperva"),
    (b"px-captcha", "perimeterx"),
    (b"sec-if-cpt-container", "akamai"),
    (b"gokuprops", "aws-waf"),
)
_INCIDENT = b"request unsuccessful. incapsula incident id"  # comes with a good status too
_TITLES = {
    b"just a moment...": "cloudflare",
    b"attention required! | cloudflare": "cloudflare",
    b"access to this page has been denied": "perimeterx",
    b"pardon our interruption": "imperva",
}


def wall(page: Page, asked: str, *, feed: bool = True) -> str | None:
    """Return the reason by which an answer is known to be no news at all, None when nothing shows.

    Looked at are status, head, the address beside the one that was ``asked``, and the first bytes; ``feed`` says
    that a document for machines was expected, so that a web page in its place is suspect. Reasons: see
    ``spiders.reasons``.
    """
    if page.status == _PAYMENT:
        return "paywall"
    text = page.body[:_SEEN].lower()
    found = _guard(page, text) or (None if _detour(asked) else _detour(page.url))
    return found or (_instead(page, text, feed=feed) if page.status == _OK else None)


def _guard(page: Page, text: bytes) -> str | None:
    """Tell which guard turned us away, by what only the guard itself sends."""
    found = _declared(page) or _TITLES.get(_title(text)) or ("imperva" if _INCIDENT in text else None)
    if found or page.status not in _REFUSALS:
        return found
    return next((name for mark, name in _CHALLENGES if mark in text), None) or _signed(page, text)


def _declared(page: Page) -> str | None:
    if page.header("cf-mitigated").strip().lower() == "challenge":
        return "cloudflare"
    if page.header("x-amzn-waf-action").strip().lower() in {"challenge", "captcha"}:
        return "aws-waf"
    return None


def _signed(page: Page, text: bytes) -> str | None:
    """Tell whose refusal this is; their names alone say nothing, for all that they let through bears them too."""
    server = page.header("server").lower()
    if page.headers.get(b"x-datadome") or page.headers.get(b"x-dd-b"):
        return "datadome"
    if server.startswith("akamaighost") and _title(text) == b"access denied":
        return "akamai"
    if server.startswith("cloudflare") and page.status in _CLOUDFLARE and b"cloudflare" in text:
        return "cloudflare"
    return None


def _detour(url: str) -> str | None:
    """Tell where a redirect took us instead."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if _CONSENT_HOST.match(host) or _CONSENT_PATH.search(parts.path):
        return "consent"
    if _LOGIN_HOST.match(host) or _LOGIN_PATH.search(parts.path):
        return "login"
    return None


def _instead(page: Page, text: bytes, *, feed: bool) -> str | None:
    """Tell what came, with a good status, in the place of what was asked for."""
    if not _is_html(page, text):
        return None
    if len(page.body) <= _SEEN and any(mark in text for mark in _PARKED):  # such pages are short
        return "parked"
    if not feed:
        return None
    if _PASSWORD.search(text) and not any(kind in text for kind in _FEEDS):
        return "login"
    return "soft-404" if _MISSING.search(_title(text)) else None


def _title(text: bytes) -> bytes:
    """Return the title of a page; searched by hand, for no pattern is quick on every text that was made to slow it."""
    start = text.find(b">", text.find(b"<title")) + 1
    return text[start : text.find(b"</title", start, start + 400)].strip() if b"<title" in text else b""


def _is_html(page: Page, text: bytes) -> bool:
    start = text.lstrip(b"\xef\xbb\xbf \t\r\n")[:200]
    if start.startswith((b"<!doctype html", b"<html")):
        return True
    return page.header("content-type").lower().startswith("text/html") and not start.startswith((b"<?xml", b"<rss"))
