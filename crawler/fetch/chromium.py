"""Chromium: the system's own, started when a page needs it, replaced when it dies, ended when nobody asks for long."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.errors import FetchError
from crawler.extras import way_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
    from pathlib import Path
    from typing import Any

    from playwright.async_api import Browser as Process
    from playwright.async_api import BrowserContext, Playwright

    from crawler.clock import Clock

log = logging.getLogger(__name__)

IDLE = timedelta(minutes=5)  # without a page, before it is ended
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_START = 30_000  # milliseconds
_FAREWELL = 5.0  # seconds for a page or a browser to go by itself
_ENVIRONMENT = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "XDG_RUNTIME_DIR")  # not the tokens that ours may hold
_TELLING = ("No usable sandbox", "FATAL", "error while loading", "not found", "ERROR", "[err]")  # best first
FLAGS = (
    # It reaches nothing by itself: its pages live on what the route hands them. Each line alone would do.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=http://nowhere.invalid:1",
    "--proxy-bypass-list=<-loopback>",
    "--disable-quic",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--dns-prefetch-disable",
    "--no-pings",
    "--no-first-run",
    "--disable-gpu",
    "--js-flags=--max-old-space-size=512",  # MiB for a page's scripts
)

_AS_ROOT = ("--no-zygote",)  # without a sandbox it is of no use, and its remains wait for an init to bury them


def executable(configured: Path | None = None, which: Callable[[str], str | None] = shutil.which) -> str:
    """Return the browser's file: the one configured, else the first of NAMES on the path; raises FetchError."""
    if configured is not None:
        if found := which(str(configured)):
            return found
        raise FetchError("no-browser", f"fetch.browser: {configured} is no program that can be run")
    for name in NAMES:
        if found := which(name):
            return found
    raise FetchError(
        "no-browser",
        "render: browser needs Chromium: install the system's package (chromium on Debian), or name the program in "
        "fetch.browser",
    )


class Chromium:
    """One browser process for all pages; each visit has a context of its own, with nothing of the last in it."""

    def __init__(self, clock: Clock, *, find: Callable[[], str] = executable, idle: timedelta = IDLE) -> None:
        self._clock = clock
        self._find = find
        self._idle = idle
        self._starting = asyncio.Lock()
        self._playwright: Playwright | None = None
        self._process: Process | None = None
        self._users = 0
        self._ending: asyncio.Task[None] | None = None  # waits until it has been idle for long enough
        self._farewell: asyncio.Task[None] | None = None  # the same, once it has waited

    @property
    def is_running(self) -> bool:
        """Whether there is a browser that answers."""
        return self._process is not None and self._process.is_connected()

    @asynccontextmanager
    async def context(self, user_agent: str) -> AsyncIterator[BrowserContext]:
        """Open a context and close it in the end; raises FetchError ``no-browser`` when none can be started."""
        self._users += 1
        if self._ending is not None:
            self._ending.cancel()
        try:
            process = await self._running()
            context = await process.new_context(
                user_agent=user_agent,
                accept_downloads=False,
                service_workers="block",  # their requests would pass the route by
                java_script_enabled=True,
            )
            try:
                yield context
            finally:
                await self._close(context)
        finally:
            self._users -= 1
            if not self._users:
                self._ending = asyncio.create_task(self._end_when_idle(), name="idle browser")

    async def stop(self) -> None:
        """End the browser and all its processes."""
        if self._ending is not None:
            self._ending.cancel()
        async with self._starting:
            await self._end()

    async def _running(self) -> Process:
        async with self._starting:
            if self._process is not None and self.is_running:
                return self._process
            if self._process is not None:
                log.warning("browser-gone", extra={"next": "another one is started"})
            await self._end()
            self._process = await self._launched()
            return self._process

    async def _launched(self) -> Process:
        try:
            from playwright.async_api import async_playwright
        except ImportError as error:
            raise FetchError("no-browser", f"render: browser needs playwright: {way_to('browser')}") from error
        program = self._find()
        # As root Chromium refuses to start inside its own sandbox: better not to run the daemon as root.
        is_root = os.geteuid() == 0
        self._playwright = await async_playwright().start()
        try:
            process = await self._playwright.chromium.launch(
                executable_path=program,
                headless=True,
                chromium_sandbox=not is_root,
                args=[*FLAGS, *(_AS_ROOT if is_root else ())],
                env=_environment(os.environ),
                timeout=_START,
                handle_sigint=False,  # we end it ourselves
                handle_sigterm=False,
                handle_sighup=False,
            )
        except faults() as error:
            await self._end()
            raise FetchError("no-browser", f"{program} does not start: {_gist(str(error))}") from error
        log.info("browser-started", extra={"program": program, "version": process.version, "sandbox": not is_root})
        return process

    async def _close(self, context: BrowserContext) -> None:
        """Close a context; a browser that cannot even do that is ended, and the next visit starts another."""
        if await _patiently(context.close()):
            return
        log.warning("browser-hangs", extra={"next": "ended"})
        async with self._starting:
            await self._end()

    async def _end(self) -> None:
        process, playwright = self._process, self._playwright
        self._process = self._playwright = None
        if process is not None:
            await _patiently(process.close())
        if playwright is not None:
            await _patiently(playwright.stop())  # its driver takes with it what is left

    async def _end_when_idle(self) -> None:
        await self._clock.wait_until(self._clock.now() + self._idle)
        self._farewell, self._ending = self._ending, None  # from here on it must not be cut short
        async with self._starting:
            if not self._users:
                await self._end()
                log.debug("browser-ended", extra={"reason": "idle"})


def faults() -> tuple[type[Exception], ...]:
    """Return what playwright raises: to be called where an error is caught, for it may not be installed."""
    try:
        from playwright.async_api import Error
    except ImportError:
        return ()
    return (Error,)


async def _patiently(farewell: Coroutine[Any, Any, None]) -> bool:
    """Run a farewell for as long as we have patience, and tell whether it ended; how does not matter."""
    task = asyncio.ensure_future(farewell)
    task.add_done_callback(_heard)
    done, _ = await asyncio.wait({task}, timeout=_FAREWELL)
    return bool(done)


def _heard(task: asyncio.Future[None]) -> None:
    if not task.cancelled():
        task.exception()  # of what is gone already nothing more can be said


def _environment(ours: Mapping[str, str]) -> dict[str, str | float | bool]:
    return {name: value for name, value in ours.items() if name in _ENVIRONMENT or name.startswith("LC_")}


def _gist(message: str) -> str:
    """Return what a browser said when it did not start, without the picture that is drawn around it."""
    lines = [plain for line in message.splitlines() if (plain := line.strip(" ║╔╗╚╝═-"))]
    for words in _TELLING:
        for line in lines:
            if words in line and not line.startswith("<launching>"):
                return line.rpartition("[err] ")[2][:300]
    return (lines or ["no word about the cause"])[0][:300]
