"""SourceSpider: an endless spider that fetches the visits given to it and hands each answer back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import scrapy

from alerts.errors import FetchError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Mapping

    from scrapy.http import Response
    from twisted.python.failure import Failure

HOPS = 5  # redirects followed in one visit
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The final answer of a visit, whatever its status."""

    url: str
    status: int
    headers: Mapping[bytes, bytes]  # lower-case names, the first value of each
    body: bytes  # decoded
    moved: bool  # it came from another host than the one asked for


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visit:
    """One address to be fetched; ``answer`` gets a Page or a FetchError."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    conditions: Mapping[str, str] = field(default_factory=dict)  # headers for the host of ``url`` only
    answer: asyncio.Future[Page]

    def fail(self, error: FetchError) -> None:
        """Answer with an error, unless there is an answer already."""
        if not self.answer.done():
            self.answer.set_exception(error)


class SourceSpider(scrapy.Spider):
    """Sources in, answers out: lives as long as its engine does, and asks only for what it is given."""

    visits: asyncio.Queue[Visit]

    async def start(self) -> AsyncIterator[Any]:
        """Yield a request for each visit, for ever."""
        while True:
            visit = await self.visits.get()
            request = self._request(visit, visit.url, ())
            if request is not None:
                yield request

    def _request(self, visit: Visit, url: str, trail: tuple[str, ...]) -> scrapy.Request | None:
        """Return the request, or None when nobody waits for it or its address is none: Scrapy would stumble."""
        if not is_web_address(url):
            visit.fail(FetchError("bad-url", f"no web address: {url[:200]}"))
        if visit.answer.done():
            return None
        headers = dict(visit.headers)
        if _host(url) == _host(visit.url):
            headers |= visit.conditions
        return scrapy.Request(
            url,
            headers=headers,
            dont_filter=True,  # the filter of a crawl without end would grow without end
            callback=self.answered,
            errback=self.failed,
            cb_kwargs={"visit": visit, "trail": (*trail, url)},
        )

    def answered(self, response: Response, visit: Visit, trail: tuple[str, ...]) -> scrapy.Request | None:
        """Follow a redirect, or hand the page over."""
        target = response.headers.get(b"location")
        if response.status in _REDIRECTS and target:
            try:
                return self._request(visit, next_hop(trail, target.decode("utf-8", "replace")), trail)
            except FetchError as error:
                visit.fail(error)
        elif not visit.answer.done():
            visit.answer.set_result(_page(response, visit))
        return None

    def failed(self, failure: Failure) -> None:
        """Hand the reason over; what is no FetchError is a fault of ours and is named so."""
        error = failure.value
        visit = failure.request.cb_kwargs["visit"]  # type: ignore[attr-defined] # Scrapy sets it
        visit.fail(error if isinstance(error, FetchError) else FetchError("internal", repr(error)))


def next_hop(trail: tuple[str, ...], location: str) -> str:
    """Return where a redirect leads; raises FetchError when it must not be followed.

    Reasons: ``redirect-loop`` (an address twice, or more than HOPS), ``insecure-redirect`` (https to
    http), ``bad-redirect`` (to what is no web address).
    """
    try:
        target = urljoin(trail[-1], location.strip())
    except ValueError:
        target = location
    if not is_web_address(target):
        raise FetchError("bad-redirect", f"{trail[-1]} redirects to {target[:200]}")
    if trail[-1].startswith("https:") and target.startswith("http:"):
        raise FetchError("insecure-redirect", f"{trail[-1]} redirects to {target[:200]}")
    if target in trail or len(trail) > HOPS:
        raise FetchError("redirect-loop", " → ".join((*trail, target))[:500])
    return target


def is_web_address(url: str) -> bool:
    """Tell whether an address can be asked for by http or https."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _page(response: Response, visit: Visit) -> Page:
    return Page(
        url=response.url,
        status=response.status,
        headers={name.lower(): values[0] for name, values in response.headers.items() if values},
        body=response.body,
        moved=_host(response.url) != _host(visit.url),
    )


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()
