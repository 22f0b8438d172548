"""What of a request and its answer may be written down; pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from crawler.config.credentials import HIDDEN, LONG, Secrets, without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crawler.capture.exchange import Exchange, Failure, Occasion
    from spiders.base import Page

IN_BODY = "a secret in the body"  # as it is named among what was withheld: the body is not what was received
SHORTEST = 4  # characters of a value that is looked for; shorter ones occur by chance
ADDRESS = re.compile(r"\S*://\S*")  # within a text

_SENT = frozenset(  # request headers that are no secret whatever they say
    {"user-agent", "from", "accept", "accept-language", "accept-encoding", "if-none-match", "if-modified-since"}
)
_KEPT_BACK = frozenset(  # of an answer
    {
        *("set-cookie", "set-cookie2", "cookie", "authorization", "authentication-info", "www-authenticate"),
        *("proxy-authenticate", "proxy-authorization", "proxy-authentication-info"),
    }
)
_WITH_ADDRESSES = frozenset({b"location", b"content-location", b"link", b"refresh"})


class Redactor:
    """Takes secrets out: those it was told of wherever they stand, and what looks like one where they use to stand."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """``secrets`` are values that must not be written, such as tokens and passwords."""
        known = secrets if isinstance(secrets, Secrets) else Secrets(everywhere=frozenset(secrets))
        everywhere = known.everywhere
        self._address = _pattern(known)
        self._text = _pattern(everywhere)
        self._prose = _pattern(one for one in everywhere if len(one) >= LONG)
        self._bytes = re.compile(self._text.pattern.encode()) if self._text else None

    def url(self, url: str) -> str:
        """Return an address without user, password, and values of parameters that are named like credentials."""
        return _without(self._address, without_credentials(url))

    def text(self, text: str) -> str:
        """Return a text without the credentials that are known, and without values of LONG characters."""
        return _without(self._text, text)

    def note(self, text: str) -> str:
        """Return the same, with the addresses in it as ``url`` has them."""
        return self.text(ADDRESS.sub(lambda found: self.url(found[0]), text))

    def prose(self, text: str) -> str:
        """Return what people wrote without known values of LONG characters: a shorter one may be a word of theirs."""
        return _without(self._prose, text)

    def occasion(self, occasion: Occasion) -> Occasion:
        """Return a visit as it may be written."""
        return replace(occasion, url=self.url(occasion.url))

    def exchange(self, exchange: Exchange) -> Exchange:
        """Return an exchange as it may be written."""
        asked, unsent = self._asked(exchange.asked or {})
        page, unheard = self._page(exchange.page) if exchange.page else (None, ())
        return replace(
            exchange,
            occasion=self.occasion(exchange.occasion) if exchange.occasion else None,
            url=self.url(exchange.url),
            asked=None if exchange.asked is None else asked,
            page=page,
            failure=self._failure(exchange.failure) if exchange.failure else None,
            withheld=(*unsent, *unheard),
        )

    def _asked(self, headers: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
        kept = {name: self.text(value) for name, value in headers.items() if name.lower() in _SENT}
        return kept, tuple(name for name in headers if name not in kept)

    def _page(self, page: Page) -> tuple[Page, tuple[str, ...]]:
        headers, withheld = {}, []
        for name, value in page.headers.items():
            if name.decode("latin-1").lower() in _KEPT_BACK:
                withheld.append(name.decode("latin-1"))
            else:
                headers[name] = self._header(name, value)
        body = self._bytes.sub(HIDDEN.encode(), page.body) if self._bytes else page.body
        if body != page.body:
            withheld.append(IN_BODY)
        return replace(page, url=self.url(page.url), headers=headers, body=body), tuple(withheld)

    def _header(self, name: bytes, value: bytes) -> bytes:
        text = value.decode("latin-1")
        return (self.url(text) if name in _WITH_ADDRESSES else self.text(text)).encode("latin-1")

    def _failure(self, failure: Failure) -> Failure:
        return replace(failure, detail=self.url(failure.detail))


def _pattern(secrets: Iterable[str]) -> re.Pattern[str] | None:
    """Find any of the secrets, as it is and as addresses spell it."""
    ways = (str, quote, quote_plus, lambda text: quote(text, safe=""))
    spelt = {way(secret) for secret in secrets if len(secret) >= SHORTEST for way in ways}
    longest = sorted(spelt, key=len, reverse=True)  # one may begin another
    return re.compile("|".join(map(re.escape, longest))) if longest else None


def _without(pattern: re.Pattern[str] | None, text: str) -> str:
    return pattern.sub(HIDDEN, text) if pattern else text
