"""Who may come in, from where, and what they may do: decided purely, then said in one place."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.config.console import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from crawler.config.model import ConsoleConfig

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN_PATHS = ("/static/", "/login", "/healthz", "/readyz")  # for whoever reaches the port
ACTS = "/act/"  # everything below it changes something
PROGRAMS = ("/api/", "/metrics")
FEEDS = "/feeds/"
SESSION = "tocsin_session"  # the cookie
LIFE = timedelta(hours=12)  # of a session
_MOST_SESSIONS = 100


class Door(Enum):
    """What becomes of a request."""

    OPEN = "open"
    STRANGE_HOST = "strange-host"  # a name that is not this machine's: DNS rebinding, or a proxy that keeps names
    SIGN_IN = "sign-in"
    UNAUTHORIZED = "unauthorized"  # a program without the token
    STRANGE_ORIGIN = "strange-origin"  # another site's page asks
    WAIT = "wait"  # too many wrong tokens came from there; what it sends now is not looked at
    READ_ONLY = "read-only"  # there is no token, so nobody may act


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, as far as it takes to let it in."""

    method: str
    path: str
    host: str  # the Host header
    origin: str | None = None
    site: str | None = None  # the Sec-Fetch-Site header
    credential: str | None = None  # as a Bearer, or as the password of Basic
    signed_in: bool = False  # by a session that is in force
    query: str = ""  # what the address has behind its question mark, as it was sent
    must_wait: bool = False  # the sender has sent too many wrong tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who asks."""

    may_act: bool
    signed_in: bool  # by a session, which can be ended
    stays: Callable[[], bool] = lambda: True  # whether what let them in is still in force


def decide(asked: Asked, config: ConsoleConfig) -> Door:
    """Say whether a request is let in."""
    if is_loopback(config.host) and not is_loopback(host_of(asked.host)):
        return Door.STRANGE_HOST
    if asked.must_wait and _shows_token(asked, config):
        return Door.WAIT
    knows = config.token is None or asked.signed_in or _is_token(asked.credential, config)
    if not knows and not asked.path.startswith(OPEN_PATHS):
        programs = asked.path.startswith((*PROGRAMS, FEEDS))
        return Door.UNAUTHORIZED if programs or asked.credential is not None else Door.SIGN_IN
    by_header = asked.credential is not None and _is_token(asked.credential, config)
    if asked.method not in SAFE and not by_header and not is_same_origin(asked):
        return Door.STRANGE_ORIGIN  # what a browser sends by itself, a cookie or the way to this machine, is no proof
    if asked.path.startswith(ACTS) and config.token is None:
        return Door.READ_ONLY
    return Door.OPEN


def is_wrong(asked: Asked, door: Door, config: ConsoleConfig) -> bool:
    """Say whether a request was refused that brought a wrong token: what it was answered tells that it is wrong."""
    is_refused = door in {Door.UNAUTHORIZED, Door.STRANGE_ORIGIN}
    return is_refused and _shows_token(asked, config) and not _is_token(asked.credential, config)


def _shows_token(asked: Asked, config: ConsoleConfig) -> bool:
    """Say whether the answer to a request depends on the token in its header."""
    if config.token is None or asked.credential is None or asked.signed_in:
        return False
    return asked.method not in SAFE or not asked.path.startswith(OPEN_PATHS)


def is_same_origin(asked: Asked) -> bool:
    """Say whether a request comes from a page of ours: as the browser says, else by comparing names."""
    if asked.site is not None:
        return asked.site == "same-origin"
    return asked.origin is not None and urlsplit(asked.origin).netloc.lower() == asked.host.lower()


def host_of(header: str) -> str:
    """Return the name in a Host header, without its port."""
    name = header.strip()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.rpartition(":")[0] if name.count(":") == 1 else name


def credential_of(authorization: str | None) -> str | None:
    """Return the token that an Authorization header holds: ``Bearer TOKEN``, or Basic with any name."""
    scheme, _, value = (authorization or "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value.strip(), validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return None


def _is_token(given: str | None, config: ConsoleConfig) -> bool:
    if given is None or config.token is None:
        return False
    return hmac.compare_digest(given.encode(), config.token.reveal().encode())


class Sessions:
    """Who signed in with the token, kept in memory: a restart ends them all."""

    def __init__(self, config: ConsoleConfig, now: Callable[[], datetime]) -> None:
        self._config = config
        self._now = now
        self._until: dict[str, datetime] = {}

    def begin(self, token: str) -> str | None:
        """Return the session of somebody who has the token; None for a wrong one."""
        if not _is_token(token, self._config):
            return None
        now = self._now()
        self._until = {one: until for one, until in self._until.items() if until > now}
        while len(self._until) >= _MOST_SESSIONS:
            del self._until[next(iter(self._until))]
        session = secrets.token_urlsafe(32)
        self._until[session] = now + LIFE
        return session

    def is_in_force(self, session: str | None) -> bool:
        """Say whether a session is known and has not ended."""
        until = self._until.get(session or "")
        return until is not None and until > self._now()

    def end(self, session: str | None) -> None:
        """End a session."""
        self._until.pop(session or "", None)


HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
