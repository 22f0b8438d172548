"""Keeps the socket to Slack on a thread of its own, so that nothing that keeps the daemon busy delays it."""

from __future__ import annotations

import asyncio
import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.slack.client import open_session
from alerts.slack.socket import PING, Socket

if TYPE_CHECKING:
    from collections.abc import Collection

    from alerts.slack.desk import Desk
    from alerts.slack.socket import Clock

log = logging.getLogger("crawler.slack")

AFTER_A_BUG = timedelta(minutes=1)  # until the socket is opened anew


class Reception:
    """Hears what people do in Slack on its own thread and loop; the desk does it in the loop of ``start``.

    A bug in the desk is logged with its traceback, and the socket is opened anew a while later: alerts do not need it.
    """

    def __init__(
        self,
        app_token: str,
        token: str,
        api_url: str,
        *,
        desk: Desk,
        admins: Collection[str],
        clock: Clock,
        rest: timedelta = AFTER_A_BUG,
        ping: float = PING,
    ) -> None:
        """``rest`` is how long the socket stays closed after a bug; ``ping``, in seconds, is the socket's."""
        self._tokens = (app_token, token)
        self._api_url = api_url
        self._desk = desk
        self._admins = admins
        self._clock = clock
        self._rest = rest
        self._ping = ping
        self._own: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stop = asyncio.Event()  # of the own loop
        self._patience = timedelta()

    def start(self) -> None:
        """Open the door; must be called in the loop that the desk works in."""
        self._own = asyncio.new_event_loop()
        loops = (self._own, asyncio.get_running_loop())
        self._thread = threading.Thread(target=self._serve, args=loops, name="slack-socket", daemon=True)
        self._thread.start()

    async def stop(self, patience: timedelta) -> None:
        """Do what was taken as far as ``patience`` reaches, take nothing more, and end the thread."""
        if self._thread is None or self._own is None:
            return
        if self._thread.is_alive():
            self._own.call_soon_threadsafe(self._leave, patience)
        await asyncio.to_thread(self._thread.join)

    def _leave(self, patience: timedelta) -> None:
        self._patience = patience
        self._stop.set()

    def _serve(self, own: asyncio.AbstractEventLoop, work: asyncio.AbstractEventLoop) -> None:
        with asyncio.Runner(loop_factory=lambda: own) as runner:
            runner.run(self._hear(work))

    async def _hear(self, work: asyncio.AbstractEventLoop) -> None:
        stopped = asyncio.create_task(self._stop.wait(), name="reception-stop")
        while not self._stop.is_set():
            app_token, token = self._tokens
            socket = Socket(
                app_token,
                token,
                self._api_url,
                open_session(),
                desk=self._desk,
                admins=self._admins,
                clock=self._clock,
                log=log,
                elsewhere=work,
                ping=self._ping,
            )
            running = asyncio.create_task(socket.run(), name="reception")
            await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                await socket.stop(self._patience)
            await asyncio.wait({running})
            if error := running.exception():
                facts = {"next": f"opened anew in {self._rest}; alerts go on"}
                log.critical("socket-broke", extra=facts, exc_info=error)
                await asyncio.wait({stopped}, timeout=self._rest.total_seconds())
