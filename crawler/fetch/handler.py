"""The way to the network: one aiohttp session behind the guard, and the Scrapy handler that leads to it."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import aiohttp
import yarl
from aiohttp.http_exceptions import ContentEncodingError, HttpProcessingError
from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Headers, Response

from alerts.errors import FetchError
from crawler.fetch.guard import refusal, spelled
from crawler.fetch.resolver import Resolver
from spiders.base import page_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiohttp.abc import AbstractResolver
    from scrapy import Spider
    from scrapy.settings import Settings

    from crawler.config.model import FetchConfig
    from crawler.config.secret import Secret
    from spiders.base import Page

ENCODINGS = "gzip, deflate, br, zstd"  # what aiohttp decodes here, each in bounded steps
_HEADERS = 512
_LINE = 32 * 1024  # bytes of one header line; policies of 9 KB are seen
_DNS_TTL = 60  # seconds
_BLOCKED = -1  # an errno that no system uses; aiohttp keeps it when all addresses of a name are refused


class Stage(StrEnum):
    """How far a request has come; its value is the reason when time is up there."""

    CONNECTING = "connect-timeout"
    WAITING = "timeout"
    READING = "slow-body"


class Progress:
    """Where a request stands: aiohttp's tracing moves it on."""

    __slots__ = ("stage",)

    def __init__(self) -> None:
        self.stage = Stage.CONNECTING


def identity(config: FetchConfig) -> dict[str, str]:
    """Return the headers that every request of ours has: who asks, and how the answer may be packed."""
    headers = {"User-Agent": config.user_agent, "Accept-Encoding": ENCODINGS}
    return headers | ({"From": config.contact} if config.contact else {})


class Client:
    """Fetches addresses: TLS verified, only where the guard lets it, never more than it should take."""

    def __init__(
        self, config: FetchConfig, *, tls: ssl.SSLContext | None = None, resolver: AbstractResolver | None = None
    ) -> None:
        self._tls = tls or ssl.create_default_context()
        self._resolver = resolver or Resolver()
        self._leashes: set[asyncio.Timeout] = set()
        self._sessions: dict[Secret | None, aiohttp.ClientSession] = {}  # by proxy, None without
        self._own: set[tuple[str, int]] = set()  # where we listen ourselves
        self.configure(config)

    def configure(self, config: FetchConfig) -> None:
        """Take these limits from now on; a request that is under way keeps its time and its proxy."""
        self.timeout = config.timeout.total_seconds()
        self._max_body = config.max_body
        self._allowed = config.allow_private
        self._proxy = config.proxy
        if config.proxy not in self._sessions:
            self._sessions[config.proxy] = self._session(config.proxy)

    def admit(self, host: str, port: int) -> None:
        """Let an address of our own be fetched, past the guard and past any proxy; ``host`` is numeric."""
        self._own.add((host, port))
        if None not in self._sessions:
            self._sessions[None] = self._session(None)

    async def fetch(self, request: Request) -> Response:
        """Return the answer, its body decoded, redirects not followed; raises FetchError with the reason."""
        leash, progress = asyncio.timeout(self.timeout), Progress()
        try:
            async with leash:
                self._leashes.add(leash)
                return await self._answer(request, progress)
        except TimeoutError as error:
            raise FetchError(progress.stage, f"{_LATE[progress.stage]} within {self.timeout:g} s") from error
        except (aiohttp.ClientError, HttpProcessingError, OSError, ValueError) as error:
            raise named(error) from error
        finally:
            self._leashes.discard(leash)

    async def ask(self, url: str, headers: Mapping[str, str], *, method: str = "GET", body: bytes = b"") -> Page:
        """Make one request, as ``fetch`` does, for who has no use for Scrapy."""
        return page_of(await self.fetch(Request(url, method=method, headers=dict(headers), body=body)))

    async def close(self) -> None:
        """End what is under way, as if its time were over, and close every connection."""
        for leash in self._leashes:
            leash.reschedule(0)
        for session in self._sessions.values():
            await session.close()

    async def _answer(self, request: Request, progress: Progress) -> Response:
        headers = [(name.decode(), value.decode()) for name, values in request.headers.items() for value in values]
        url = yarl.URL(request.url, encoded=True)
        proxy_headers = {}
        proxy = None if (url.host, url.port) in self._own else self._proxy
        if proxy is not None:
            self._refuse_inside(url)
            proxy_headers = _proxy_headers(proxy)
            if url.scheme == "http":  # it goes to the proxy itself, others through a tunnel
                headers += proxy_headers.items()
        async with self._sessions[proxy].request(
            request.method,
            url,
            headers=headers,
            data=request.body or None,
            proxy_headers=proxy_headers or None,
            allow_redirects=False,
            trace_request_ctx=progress,
        ) as response:
            progress.stage = Stage.READING
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
            raise FetchError(
                "too-large", f"{response.content_length} bytes announced, {self._max_body} allowed: see fetch.max_body"
            )
        async for part in response.content.iter_any():
            size += len(part)
            if size > self._max_body:
                response.close()
                raise FetchError("too-large", f"more than {self._max_body} bytes; fetch.max_body can allow more")
            parts.append(part)
        return b"".join(parts)

    def _session(self, proxy: Secret | None) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            ssl=self._tls,
            limit=0,  # the patrol counts visits
            ttl_dns_cache=_DNS_TTL,
            resolver=self._resolver,
            socket_factory=_any_socket if proxy else self._socket,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(),  # fetch has its own
            max_line_size=_LINE,
            max_field_size=_LINE,
            max_headers=_HEADERS,
            skip_auto_headers=("Content-Type",),
            trace_configs=[_tracing()],
            proxy=yarl.URL(proxy.reveal()).with_user(None) if proxy else None,  # errors quote it: no password
        )

    def _socket(self, info: Any) -> socket.socket:
        """Open a socket for an address that is about to be connected to: names, literals, redirects alike."""
        own = info[4][:2] in self._own
        if not own and (reason := refusal(info[4][0], info[4][1], self._allowed)):
            raise OSError(_BLOCKED, reason)
        return _any_socket(info)

    def _refuse_inside(self, url: yarl.URL) -> None:
        """Judge what is written as an address: a proxy connects for us, and only it sees what a name means."""
        address = spelled(url.host or "")
        if address and (reason := refusal(address, url.port or 0, self._allowed)):
            raise FetchError("blocked-address", reason)


def _proxy_headers(proxy: Secret) -> dict[str, str]:
    url = yarl.URL(proxy.reveal())
    if not url.user:
        return {}
    return {"Proxy-Authorization": aiohttp.encode_basic_auth(url.user, url.password or "")}


def _any_socket(info: Any) -> socket.socket:
    """Open a socket without asking: all that a session with a proxy connects to is the proxy."""
    family, kind, protocol, *_ = info
    return socket.socket(family=family, type=kind, proto=protocol)


def _tracing() -> aiohttp.TraceConfig:
    async def connected(_session: object, context: Any, _what: object) -> None:
        context.trace_request_ctx.stage = Stage.WAITING

    config = aiohttp.TraceConfig()
    config.on_connection_create_end.append(connected)
    config.on_connection_reuseconn.append(connected)
    return config


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
    cause = getattr(error, "os_error", error)  # aiohttp's wrapper keeps neither kind nor number
    detail = (error.strerror if isinstance(error, OSError) else None) or str(error) or "no word about the cause"
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return FetchError(_tls_reason(error), detail)
    for kind, reason in _REASONS:
        if isinstance(error, kind):
            return FetchError(reason, detail)
    if isinstance(error, aiohttp.ClientPayloadError):
        return FetchError("bad-encoding" if isinstance(error.__cause__, ContentEncodingError) else "short-body", detail)
    if isinstance(cause, ConnectionResetError):
        return FetchError("reset", detail)
    if isinstance(error, OSError):
        return FetchError(_BY_ERRNO.get(error.errno or 0, "unreachable"), detail)
    limit = any(words in detail for words in _LIMITS)
    return FetchError("too-many-headers" if limit else "bad-http", detail[:300])


def _tls_reason(error: Exception) -> str:
    """Say what is wrong with a server's TLS; aiohttp wraps what OpenSSL said."""
    cause = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _BY_VERDICT.get(getattr(cause, "verify_code", 0), "tls-untrusted")
    return "tls-protocol"


_LATE = {
    Stage.CONNECTING: "no connection",
    Stage.WAITING: "no answer",
    Stage.READING: "no full answer",
}
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientProxyConnectionError, "proxy"),
    (aiohttp.ClientHttpProxyError, "proxy"),
    (aiohttp.ClientConnectorDNSError, "dns"),
    (aiohttp.ServerDisconnectedError, "reset"),
    (ContentEncodingError, "bad-encoding"),
    (aiohttp.InvalidURL, "bad-url"),
)
_LIMITS = ("Too many headers", "Got more than")  # aiohttp's words: it wraps the error's kind away
_BY_ERRNO = {
    _BLOCKED: "blocked-address",
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.EPIPE: "reset",
    errno.ETIMEDOUT: "connect-timeout",
}
# What X509_verify_cert of OpenSSL says.
_BY_VERDICT = {
    9: "tls-expired",  # not yet valid: to the user the same
    10: "tls-expired",
    18: "tls-self-signed",
    19: "tls-self-signed",
    62: "tls-wrong-host",
    64: "tls-wrong-host",  # an address instead of a name
}


_LISTS = frozenset({b"link", b"cache-control"})


def _headers(raw: Sequence[tuple[bytes, bytes]]) -> Headers:
    """Take the headers as bytes: some servers write latin-1; a list in several lines is one list (RFC 9110, 5.3)."""
    headers = Headers()
    for name, value in raw:
        before = headers.get(name) if name.lower() in _LISTS else None
        if before is None:
            headers.appendlist(name, value)
        else:
            headers[name] = before + b", " + value
    return headers
