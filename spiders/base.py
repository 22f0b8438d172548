"""SourceSpider: an endless spider that asks for what it is given and hands each answer back."""

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
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The answer to one request, whatever its status."""

    url: str
    status: int
    headers: Mapping[bytes, bytes]  # lower-case names, the first value of each
    body: bytes  # decoded

    def header(self, name: str) -> str:
        """Return a header's value, empty when there is none."""
        return self.headers.get(name.lower().encode(), b"").decode("latin-1")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visit:
    """One request to be made; ``answer`` gets a Page or a FetchError."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    answer: asyncio.Future[Page]

    def fail(self, error: FetchError) -> None:
        """Answer with an error, unless there is an answer already."""
        if not self.answer.done():
            self.answer.set_exception(error)


class SourceSpider(scrapy.Spider):
    """Visits in, answers out: lives as long as its engine does, and asks only for what it is given.

    It follows no redirect: whether a hop may be made, and when, is for who sent it to say.
    """

    accept: str
    visits: asyncio.Queue[Visit]

    async def start(self) -> AsyncIterator[Any]:
        """Yield a request for each visit, for ever."""
        while True:
            visit = await self.visits.get()
            if not is_web_address(visit.url):  # Scrapy would stumble
                visit.fail(FetchError("bad-url", f"no web address: {visit.url[:200]}"))
            if not visit.answer.done():
                yield self._request(visit)

    def _request(self, visit: Visit) -> scrapy.Request:
        return scrapy.Request(
            visit.url,
            headers=dict(visit.headers),
            dont_filter=True,  # the filter of a crawl without end would grow without end
            callback=self.answered,
            errback=self.failed,
            cb_kwargs={"visit": visit},
        )

    def answered(self, response: Response, visit: Visit) -> None:
        """Hand the page over."""
        if not visit.answer.done():
            visit.answer.set_result(page_of(response))

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
        return parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def host_of(url: str) -> str:
    """Return host and port of a web address, lower case: what politeness is counted by."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def is_same_place(home: str, url: str) -> bool:
    """Tell whether a web address is at ``home``'s own host and port, or is that host's https port when home is http.

    What is meant for one place only, such as credentials, may be sent there.
    """
    own, other = urlsplit(home), urlsplit(url)
    if own.hostname != other.hostname:
        return False
    ports = own.port or _PORTS[own.scheme], other.port or _PORTS[other.scheme]
    if own.scheme == other.scheme:
        return ports[0] == ports[1]
    return (own.scheme, *ports) == ("http", _PORTS["http"], _PORTS["https"])


def page_of(response: Response) -> Page:
    """Return an answer as the rest of the program knows it."""
    return Page(
        url=response.url,
        status=response.status,
        headers={name.lower(): values[0] for name, values in response.headers.items() if values},
        body=response.body,
    )
