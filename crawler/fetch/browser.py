"""Browser: fetches pages as the web engine does, and lets their scripts run before it hands them over."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from alerts.errors import FetchError
from crawler.fetch.answers import READABLE
from crawler.fetch.chromium import Chromium, executable, faults
from crawler.fetch.handler import Client, identity
from spiders.base import REDIRECTS, Page, is_same_place, next_hop
from spiders.web import WebSpider

if TYPE_CHECKING:
    import ssl
    from collections.abc import Coroutine, Mapping

    from playwright.async_api import BrowserContext, CDPSession, Route, WebSocketRoute
    from playwright.async_api import Page as Tab
    from playwright.async_api import Request as Wish

    from crawler.clock import Clock
    from crawler.config.model import FetchConfig
    from spiders.base import SourceSpider

log = logging.getLogger(__name__)

_AT_ONCE = 4  # pages; each may take some hundred megabytes
_SETTLE = 10.0  # seconds for a page that never stops asking for more
_QUIET = 3.0  # seconds for a page to hand its text over: one whose script never ends does not
_REQUESTS = 300  # of one page
_BODIES = 8  # times fetch.max_body, of one page in all
_LANES = 6  # requests of one page at the same time, as browsers have it
_WANTED = frozenset({"script", "stylesheet", "xhr", "fetch"})  # no images, fonts, films, frames: they bring no text
_METHODS = frozenset({"GET", "HEAD", "POST"})
_CONDITIONS = frozenset({"if-none-match", "if-modified-since"})
# Of an answer: what is no longer true of the body, what we do not keep, and what makes a browser call elsewhere.
_DROPPED = frozenset(
    {
        "alt-svc",
        "connection",
        "content-encoding",
        "content-length",
        "keep-alive",
        "link",
        "nel",
        "refresh",
        "report-to",
        "reporting-endpoints",
        "set-cookie",
        "transfer-encoding",
    }
)
# Of a page's request: what we say ourselves, and what would name its reader.
_OURS = frozenset({"user-agent", "accept-encoding", "cookie", "connection", "host", "content-length", "from", "te"})
# What a page that was put together by its scripts cannot promise: the answer's head speaks of an empty shell.
_OF_THE_SHELL = frozenset(
    {
        b"age",
        b"cache-control",
        b"content-encoding",
        b"content-length",
        b"etag",
        b"expires",
        b"last-modified",
        b"transfer-encoding",
    }
)
# These speak to the network without a request that could be routed.
_WITHOUT = """
for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection", "RTCDataChannel", "WebTransport", "open"])
    delete window[name];
"""
# In a world of its own, where the page's scripts have changed nothing; what is too large never leaves it.
_TEXT = """
(() => { const root = document.documentElement; const text = root ? root.outerHTML : "";
         return text.length > %d ? text.length : text; })()
"""


class Browser:
    """Makes requests as an Engine does; what answers with a web page is loaded in Chromium and read from there.

    Every byte that a page asks for comes by way of our own client, and so through the guard, at the moment of
    each connection; Chromium itself can reach nothing.
    """

    spider: type[SourceSpider] = WebSpider

    def __init__(
        self,
        config: FetchConfig,
        client: Client,
        clock: Clock,
        *,
        tls: ssl.SSLContext | None = None,
        chromium: Chromium | None = None,
    ) -> None:
        """``client`` fetches what the source itself serves; ``tls`` is for whatever else its pages ask for."""
        self._client = client
        # A page of one host has no business in networks that were opened for the sake of another.
        self._abroad = Client(_abroad(config), tls=tls)
        self._chromium = chromium or Chromium(clock, find=lambda: executable(self._config.browser))
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._visits: set[asyncio.Task[Page]] = set()
        self._stopped = False
        self.configure(config)

    def configure(self, config: FetchConfig) -> None:
        """Take these limits from now on."""
        self._config = config
        self._abroad.configure(_abroad(config))

    async def fetch(self, url: str, headers: Mapping[str, str]) -> Page:
        """Fetch a page and let its scripts run; what is no web page is returned as it came.

        Where its scripts lead elsewhere, the answer is a redirect. Raises FetchError with the reason: what the
        network says, and of ours ``no-browser``, ``browser-busy``, ``browser-gone``, ``timeout``, ``too-large``
        and ``stopped``. The page is asked for whole: that a shell has not changed says nothing of its text.
        """
        headers = {name: value for name, value in headers.items() if name.lower() not in _CONDITIONS}
        shell = await self._client.ask(url, headers)
        if shell.status not in READABLE or not _is_page(shell):
            return shell
        await self._take_place()
        try:
            return await self._rendered(shell, headers)
        finally:
            self._places.release()

    async def stop(self) -> None:
        """Fail open visits as ``stopped`` and end the browser."""
        self._stopped = True
        for task in self._visits:
            task.cancel()
        if self._visits:
            await asyncio.wait(tuple(self._visits))
        await self._chromium.stop()
        await self._abroad.close()

    async def _take_place(self) -> None:
        patience = 2 * self._config.timeout.total_seconds()
        try:
            async with asyncio.timeout(patience):
                await self._places.acquire()
        except TimeoutError as error:
            raise FetchError("browser-busy", f"{_AT_ONCE} other pages took longer than {patience:g} s") from error

    async def _rendered(self, shell: Page, headers: Mapping[str, str]) -> Page:
        """Load a page, and once more when the browser died over it."""
        try:
            return await self._visit(shell, headers)
        except FetchError as error:
            if error.reason != "browser-gone":
                raise
        return await self._visit(shell, headers)

    async def _visit(self, shell: Page, headers: Mapping[str, str]) -> Page:
        if self._stopped:
            raise FetchError("stopped", "the daemon is stopping")
        task = asyncio.create_task(self._load(shell, headers), name=f"browser {shell.url}")
        self._visits.add(task)
        task.add_done_callback(self._visits.discard)
        task.add_done_callback(_heard)
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
        if task.cancelled():
            raise FetchError("stopped", "the daemon is stopping")
        return task.result()

    async def _load(self, shell: Page, headers: Mapping[str, str]) -> Page:
        limit = self._config.timeout.total_seconds()
        try:
            async with self._chromium.context(self._config.user_agent) as context:
                load = _Load(shell, headers, self._client, self._abroad, self._config)
                try:
                    return await load.run(context, limit)
                finally:
                    await load.end()
        except faults() as error:
            reason = "browser" if self._chromium.is_running else "browser-gone"
            raise FetchError(reason, str(error).partition("\n")[0][:300]) from error


class _Load:
    """One page in one context: hands it what it may have, and takes its text when it has come to rest."""

    def __init__(
        self, shell: Page, headers: Mapping[str, str], client: Client, abroad: Client, config: FetchConfig
    ) -> None:
        self._shell = shell
        self._client = client
        self._abroad = abroad
        self._max_body = config.max_body
        self._common = identity(config)
        self._own = {name: value for name, value in headers.items() if name.lower() != "accept"}
        self._lanes = asyncio.Semaphore(_LANES)
        self._left = _REQUESTS
        self._room = _BODIES * config.max_body
        self._served = False
        self._under_way: set[asyncio.Task[Page]] = set()
        self._leads: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()  # None: to itself
        self._jobs: set[asyncio.Future[Any]] = set()

    async def run(self, context: BrowserContext, limit: float) -> Page:
        """Load the page within ``limit`` seconds, and return it as its scripts have made it."""
        await context.add_init_script(_WITHOUT)
        await context.route("**/*", self._route)
        await context.route_web_socket("**/*", _refuse_socket)
        tab = await context.new_page()
        context.on("page", lambda other: self._job(other.close()))  # windows that it opens
        session = await context.new_cdp_session(tab)
        crashed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        tab.once("crash", lambda _: crashed.set_result(None))
        await self._first(limit, self._job(self._at_rest(tab, limit)), self._leads, crashed)
        if self._leads.done() and (target := self._leads.result()):
            return self._redirect(target)
        text = self._job(self._text(session))
        await self._first(_QUIET, text, crashed)
        if crashed.done():
            raise FetchError("browser", "the page brought its browser process down")
        if not text.done():
            raise FetchError("timeout", "a script of the page never comes to an end")
        return self._made(text.result())

    async def end(self) -> None:
        """Give up what is still asked for."""
        self._leads.cancel()
        for task in (*self._under_way, *self._jobs):
            task.cancel()

    def _job(self, work: Coroutine[Any, Any, Any]) -> asyncio.Future[Any]:
        job = asyncio.ensure_future(work)
        self._jobs.add(job)
        job.add_done_callback(_heard)
        return job

    async def _first(self, limit: float, *awaited: asyncio.Future[Any]) -> None:
        await asyncio.wait(awaited, timeout=limit, return_when=asyncio.FIRST_COMPLETED)

    async def _at_rest(self, tab: Tab, limit: float) -> None:
        """Return when the page has asked for nothing for half a second, or when it has had its time."""
        from playwright.async_api import TimeoutError as Late

        try:
            await tab.goto(self._shell.url, wait_until="domcontentloaded", timeout=limit * 1000)
            await tab.wait_for_load_state("networkidle", timeout=min(_SETTLE, limit) * 1000)
        except Late:
            log.debug("page-restless", extra={"url": self._shell.url})  # what is there is taken

    async def _text(self, session: CDPSession) -> str:
        tree = await session.send("Page.getFrameTree")
        world = await session.send("Page.createIsolatedWorld", {"frameId": tree["frameTree"]["frame"]["id"]})
        found = await session.send(
            "Runtime.evaluate",
            {
                "expression": _TEXT % self._max_body,
                "contextId": world["executionContextId"],
                "returnByValue": True,
            },
        )
        text = found["result"].get("value", "")
        if not isinstance(text, str):
            raise FetchError("too-large", f"{text} characters, {self._max_body} bytes allowed; see fetch.max_body")
        return text

    # ------------------------------------------------------------ what the page asks for

    async def _route(self, route: Route) -> None:
        with contextlib.suppress(*faults()):  # the page is gone already
            if route.request.is_navigation_request():
                await self._navigate(route)
            elif self._may_have(route.request):
                await self._answer(route)
            else:
                await route.abort("blockedbyclient")

    def _may_have(self, wish: Wish) -> bool:
        self._left -= 1
        return wish.resource_type in _WANTED and wish.method in _METHODS and self._left >= 0 and self._room > 0

    async def _navigate(self, route: Route) -> None:
        """Serve the page itself, once; note where its scripts lead; let frames and new windows stay empty."""
        target = route.request.url
        if route.request.frame.parent_frame is not None:
            await route.abort("blockedbyclient")
        elif not self._served:
            self._served = True
            await route.fulfill(status=self._shell.status, headers=_passed_on(self._shell), body=self._shell.body)
        else:
            await route.abort("aborted")
            # One that only loads itself anew would do so for ever: it is taken as it is.
            if not self._leads.done():
                is_itself = target.partition("#")[0] == self._shell.url.partition("#")[0]
                self._leads.set_result(None if is_itself else target)

    async def _answer(self, route: Route) -> None:
        task = asyncio.create_task(self._fetch(route.request))
        self._under_way.add(task)
        await asyncio.wait({task})
        self._under_way.discard(task)
        if task.cancelled():
            return
        if error := task.exception():
            if not isinstance(error, FetchError):
                raise error
            log.debug("page-part-refused", extra={"url": route.request.url, "reason": error.reason})
            await route.abort("failed")
            return
        page = task.result()
        self._room -= len(page.body)
        await route.fulfill(status=page.status, headers=_passed_on(page), body=page.body)

    async def _fetch(self, wish: Wish) -> Page:
        """Fetch a part of the page, redirects followed by the same rules as everywhere."""
        trail: tuple[str, ...] = (wish.url,)
        method, body = wish.method, wish.post_data_buffer
        async with self._lanes:
            while True:
                page = await self._ask(trail[-1], method, body, wish.headers)
                target = page.headers.get(b"location", b"").decode("utf-8", "replace")
                if page.status not in REDIRECTS or not target:
                    return page
                if page.status in {301, 302, 303} and method == "POST":
                    method, body = "GET", None
                trail = (*trail, next_hop(trail, target))

    async def _ask(self, url: str, method: str, body: bytes | None, asked: Mapping[str, str]) -> Page:
        headers = {
            name: value
            for name, value in asked.items()
            if name.isascii() and not name.startswith((":", "sec-")) and name not in _OURS | _CONDITIONS
        }
        is_own = is_same_place(self._shell.url, url)
        headers = {name.title(): value for name, value in headers.items()} | (self._own if is_own else self._common)
        client = self._client if is_own else self._abroad
        return await client.ask(url, headers, method=method, body=body or b"")

    # ------------------------------------------------------------ what is handed over

    def _redirect(self, target: str) -> Page:
        return Page(url=self._shell.url, status=303, headers={b"location": target.encode()}, body=b"")

    def _made(self, text: str) -> Page:
        body = text.encode("utf-8", "replace")
        if len(body) > self._max_body:
            raise FetchError("too-large", f"{len(body)} bytes, {self._max_body} allowed; fetch.max_body can allow more")
        headers = {name: value for name, value in self._shell.headers.items() if name not in _OF_THE_SHELL}
        headers[b"content-type"] = b"text/html; charset=utf-8"
        return Page(url=self._shell.url, status=self._shell.status, headers=headers, body=body)


async def _refuse_socket(socket: WebSocketRoute) -> None:
    """Close it on the page's side: nothing is connected on the other."""
    with contextlib.suppress(*faults()):
        await socket.close()


def _abroad(config: FetchConfig) -> FetchConfig:
    return replace(config, allow_private=())


def _is_page(page: Page) -> bool:
    kind = page.header("content-type").partition(";")[0].strip().lower()
    if kind:
        return kind in {"text/html", "application/xhtml+xml"}
    return page.body[:512].lstrip().lower().startswith((b"<!doctype html", b"<html"))


def _passed_on(page: Page) -> dict[str, str]:
    """Return the headers that a page gets to see."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in page.headers.items()}
    return {name: value for name, value in headers.items() if name not in _DROPPED}


def _heard(job: asyncio.Future[Any]) -> None:
    if not job.cancelled():
        job.exception()  # asked for where it matters
