"""The console as a part of the daemon: it listens, looks for news once a second, and stops in time."""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from alerts.errors import StoreError
from crawler.console.app import build
from crawler.console.checks import checks
from crawler.console.live import Live
from crawler.console.pages_now import newest
from crawler.console.pages_system import Notes
from crawler.console.rendering import Renderer
from crawler.console.room import Room
from crawler.store.browse import Browse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta

    from crawler.clock import Clock
    from crawler.config.model import Config, ConsoleConfig
    from crawler.console.checks import Monitored
    from crawler.console.views import MessageView
    from crawler.store import Store

log = logging.getLogger(__name__)

_BACKLOG = 64
_AT_ONCE = 200  # connections
_KEEP_ALIVE = 5  # seconds
_WARM = 3  # ticks after the start: by then the rest of the daemon is at work
_PACKAGES = ("crawler", "spiders", "alerts")  # whose log is kept for the page


class Server(uvicorn.Server):
    """A server that leaves signals to the daemon."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal."""
        yield


class Console:
    """Serves the console until it is stopped; where its port is in use, says so and does nothing."""

    def __init__(
        self,
        config: ConsoleConfig,
        store: Store,
        in_force: Callable[[], Config],
        clock: Clock,
        wake: Callable[[], None],
        *,
        monitor: Monitored | None = None,
    ) -> None:
        """``in_force`` returns the configuration; ``wake`` tells the courier; ``monitor`` answers at the same port."""
        self._config = config
        self._store = store
        self._in_force = in_force
        self._clock = clock
        self._wake = wake
        self._monitor = monitor
        self._notes = Notes()
        self._renderer = Renderer()
        self._ticks = 0
        self._browse: Browse | None = None
        self._live: Live | None = None
        self._server: Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self.port = 0  # that is listened at; 0 while nobody listens

    async def start(self) -> bool:
        """Listen; False, with a warning, when nobody can."""
        try:
            listener = _bound(self._config.host, self._config.port)
            self._browse = await asyncio.to_thread(Browse.beside, self._store)
        except OSError as error:
            place = f"{self._config.host}:{self._config.port}"
            detail = f"console.listen: {place} cannot be listened at: {error.strerror or error}"
            log.warning("console-off", extra={"detail": detail, "next": "all else goes on; write another address"})
            return False
        except StoreError as error:
            listener.close()
            log.warning("console-off", extra={"detail": str(error), "next": "all else goes on"})
            return False
        self.port = int(listener.getsockname()[1])
        for package in _PACKAGES:
            logging.getLogger(package).addHandler(self._notes)
        self._serve(listener, self._browse)
        log.info("console-listens", extra={"address": f"http://{_named(self._config.host)}:{self.port}/"})
        return True

    def _serve(self, listener: socket.socket, browse: Browse) -> None:
        room = Room(
            browse=browse,
            people=self._store.people,
            config=self._in_force,
            clock=self._clock,
            renderer=self._renderer,
            wake=self._wake,
        )
        live = self._live = Live(lambda: newest(room), lambda card: _drawn(room, card))
        more = checks(self._monitor) if self._monitor else ()
        app = build(room, self._config, live=live, notes=self._notes, file=self._store.file, more=more)
        self._server = Server(_settings(app))
        self._serving = asyncio.create_task(self._server.serve([listener]), name="console")

    async def tick(self) -> None:
        """Tell open pages what is new; to be called every second."""
        if self._live is None:
            return
        self._ticks += 1
        if self._ticks == _WARM:
            await asyncio.to_thread(self._renderer.warm)
        try:
            await self._live.tick()
        except StoreError as error:
            log.warning("console-store", extra={"detail": str(error), "next": "looked at again in a second"})

    async def stop(self, patience: timedelta) -> None:
        """Let every page go and listen no more, within ``patience``."""
        for package in _PACKAGES:
            logging.getLogger(package).removeHandler(self._notes)
        if self._live is not None:
            self._live.close()
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await asyncio.wait({self._serving}, timeout=patience.total_seconds())
            if not self._serving.done():
                self._serving.cancel()
                await asyncio.gather(self._serving, return_exceptions=True)
        browse, self._browse, self._live, self._server, self.port = self._browse, None, None, None, 0
        if browse is not None:
            await asyncio.to_thread(browse.close)


def _drawn(room: Room, card: MessageView) -> str:
    return room.renderer.page("_card.html", room.now(), room.config().timezone, {"card": card})


def _settings(app: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]  # uvicorn's own types of ASGI and Starlette's differ in name only
        http="h11",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_AT_ONCE,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=1,
    )


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raises OSError."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def _named(host: str) -> str:
    return f"[{host}]" if ":" in host else host
