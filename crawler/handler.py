"""The way to the network: one aiohttp session behind the guard, and the Scrapy handler that leads to it."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from typing import TYPE_CHECKING, Any

import aiohttp
import yarl
from aiohttp.http_exceptions import ContentEncodingError, HttpProcessingError
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Headers, Response

from alerts.errors import FetchError
from crawler.guard import refusal
from crawler.resolver import Resolver

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiohttp.abc import AbstractResolver
    from scrapy import Request, Spider
    from scrapy.settings import Settings

    from crawler.config.model import FetchConfig

_HEADERS = 512
_LINE = 32 * 1024  # bytes of one header line; policies of 9 KB are seen
_DNS_TTL = 60  # seconds
_BLOCKED = -1  # an errno that no system uses; aiohttp keeps it when all addresses of a name are refused


class Client:
    """Fetches addresses: TLS verified, only where the guard lets it, never more than it should take."""

    def __init__(
        self, config: FetchConfig, *, tls: ssl.SSLContext | None = None, resolver: AbstractResolver | None = None
    ) -> None:
        self.configure(config)
        self._leashes: set[asyncio.Timeout] = set()
        connector = aiohttp.TCPConnector(
            ssl=tls or ssl.create_default_context(),
            limit=0,  # the patrol counts visits
            ttl_dns_cache=_DNS_TTL,
            resolver=resolver or Resolver(),
            socket_factory=self._socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(),  # fetch has its own
            max_line_size=_LINE,
            max_field_size=_LINE,
            max_headers=_HEADERS,
            skip_auto_headers=("Content-Type",),
        )

    def configure(self, config: FetchConfig) -> None:
        """Take these limits from now on; a request that is under way keeps its time."""
        self._timeout = config.timeout.total_seconds()
        self._max_body = config.max_body
        self._allowed = config.allow_private

    async def fetch(self, request: Request) -> Response:
        """Return the answer, its body decoded, redirects not followed; raises FetchError with the reason."""
        leash = asyncio.timeout(self._timeout)
        try:
            async with leash:
                self._leashes.add(leash)
                return await self._answer(request)
        except TimeoutError as error:
            raise FetchError("timeout", f"no full answer within {self._timeout:g} s") from error
        except (aiohttp.ClientError, HttpProcessingError, OSError, ValueError) as error:
            raise named(error) from error
        finally:
            self._leashes.discard(leash)

    async def close(self) -> None:
        """End what is under way, as if its time were over, and close every connection."""
        for leash in self._leashes:
            leash.reschedule(0)
        await self._session.close()

    async def _answer(self, request: Request) -> Response:
        headers = [(name.decode(), value.decode()) for name, values in request.headers.items() for value in values]
        url = yarl.URL(request.url, encoded=True)
        async with self._session.request(request.method, url, headers=headers, allow_redirects=False) as response:
            return Response(
                request.url,
                status=response.status,
                headers=_headers(response.raw_headers),
                body=await self._body(response),
            )

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        """Read the decoded body, and stop reading where it grows too large; aiohttp decodes in bounded steps."""
        parts, size = [], 0
        if (response.content_length or 0) > self._max_body:
            response.close()
            raise FetchError("too-large", f"{response.content_length} bytes announced, {self._max_body} allowed")
        async for part in response.content.iter_any():
            size += len(part)
            if size > self._max_body:
                response.close()
                raise FetchError("too-large", f"more than {self._max_body} bytes; fetch.max_body can allow more")
            parts.append(part)
        return b"".join(parts)

    def _socket(self, info: Any) -> socket.socket:
        """Open a socket for an address that is about to be connected to: names, literals, redirects alike."""
        family, kind, protocol, _, address = info
        if reason := refusal(address[0], address[1], self._allowed):
            raise OSError(_BLOCKED, reason)
        return socket.socket(family=family, type=kind, proto=protocol)


class ClientCrawler(Crawler):
    """A crawler that carries the client: settings cannot, Scrapy copies them deeply."""

    def __init__(self, spider: type[Spider], settings: Settings, client: Client) -> None:
        super().__init__(spider, settings)
        self.client = client


class ClientHandler(BaseDownloadHandler):
    """Scrapy's door to the client; the client outlives it."""

    crawler: ClientCrawler

    async def download_request(self, request: Request) -> Response:
        """Fetch; raises FetchError."""
        return await self.crawler.client.fetch(request)


def named(error: Exception) -> FetchError:
    """Translate what the network layers raise into a FetchError with a stable reason."""
    detail = (error.strerror if isinstance(error, OSError) else None) or str(error) or "no word about the cause"
    for kind, reason in _REASONS:
        if isinstance(error, kind):
            return FetchError(reason, detail)
    if isinstance(error, aiohttp.ClientPayloadError):
        return FetchError("bad-encoding" if isinstance(error.__cause__, ContentEncodingError) else "short-body", detail)
    if isinstance(error, OSError):
        return FetchError(_BY_ERRNO.get(error.errno or 0, "unreachable"), detail)
    return FetchError("bad-http", detail)


_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientConnectorDNSError, "dns"),
    (aiohttp.ClientSSLError, "tls"),
    (ssl.SSLError, "tls"),
    (aiohttp.ServerDisconnectedError, "reset"),
    (ContentEncodingError, "bad-encoding"),
    (aiohttp.InvalidURL, "bad-url"),
)
_BY_ERRNO = {
    _BLOCKED: "blocked-address",
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.EPIPE: "reset",
    errno.ETIMEDOUT: "timeout",
}


def _headers(raw: Sequence[tuple[bytes, bytes]]) -> Headers:
    """Take the headers as bytes: some servers write latin-1."""
    headers = Headers()
    for name, value in raw:
        headers.appendlist(name, value)
    return headers
