"""The pictures of digests, put into Slack before the message that shows them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from alerts.bulletin import Bulletin
from alerts.chart import TITLE, draw
from alerts.errors import DeliveryError, Later, Unclear
from alerts.slack.errors import CALL_ERRORS, classify

if TYPE_CHECKING:
    import logging
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    import aiohttp
    from slack_sdk.web.async_client import AsyncWebClient
    from slack_sdk.web.async_slack_response import AsyncSlackResponse

    from alerts.face import Face
    from alerts.outbox import Delivery

    Call = Callable[[str, Callable[[], Awaitable[AsyncSlackResponse]]], Awaitable[AsyncSlackResponse]]

PATIENCE = timedelta(seconds=10)  # for all of it: messages to others wait meanwhile
POLL = timedelta(milliseconds=500)
KEPT = 20  # pictures of the last messages
FILE = "digest.png"
_OK = 200


class Clock(Protocol):
    """Tells the time and waits for it."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""

    async def wait_until(self, moment: datetime) -> None:
        """Return once ``now() >= moment``."""


class Pictures:
    """Uploads the chart of a bulletin, once for each delivery however often that is tried.

    Slack takes a message with a file only once it has looked through the file, so that is waited for. Whatever goes
    wrong costs the message its picture, and nothing else.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        session: aiohttp.ClientSession,
        call: Call,
        *,
        clock: Clock,
        log: logging.Logger,
        patience: timedelta = PATIENCE,
    ) -> None:
        """``call`` makes one call of a method and raises DeliveryError."""
        self._client = client
        self._session = session
        self._call = call
        self._clock = clock
        self._log = log
        self._patience = patience
        self._known: dict[str, str | None] = {}  # file ids by delivery key; None: it failed, and once is enough

    def known(self, delivery: Delivery) -> str | None:
        """Return the id of the picture that a message was sent with; None when there is none, or it is forgotten."""
        return self._known.get(delivery.key)

    async def of(self, delivery: Delivery, face: Face) -> str | None:
        """Return the id of a file that shows the chart, ready to be shown; None when there is none to show."""
        if not isinstance(face, Bulletin) or not face.chart:
            return None
        if delivery.key not in self._known:
            self._known[delivery.key] = await self._made(delivery, face)
            for oldest in list(self._known)[:-KEPT]:
                del self._known[oldest]
        return self._known[delivery.key]

    async def _made(self, delivery: Delivery, bulletin: Bulletin) -> str | None:
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                content = await asyncio.to_thread(draw, bulletin.chart)
                file = await self._upload(content)
                await self._ready(file)
        except (DeliveryError, ImportError, *CALL_ERRORS) as error:
            said = error if isinstance(error, (DeliveryError, ImportError)) else classify(error)
            self._log.warning("no-picture", extra={"key": delivery.key, "detail": str(said)})
            return None
        return file

    async def _upload(self, content: bytes) -> str:
        """Upload a file that stands in no channel, and return its id."""
        place = await self._call(
            "files.getUploadURLExternal",
            lambda: self._client.files_getUploadURLExternal(filename=FILE, length=len(content)),
        )
        file, url = _text(place, "file_id"), _text(place, "upload_url")
        async with self._session.post(url, data=content, allow_redirects=False) as answer:  # the address is the secret
            if answer.status != _OK:
                raise Unclear(f"http-{answer.status}", "the file was not taken")
        await self._call(
            "files.completeUploadExternal",
            lambda: self._client.files_completeUploadExternal(files=[{"id": file, "title": TITLE}]),
        )
        return file

    async def _ready(self, file: str) -> None:
        end = self._clock.now() + self._patience
        while not await self._is_ready(file):
            if self._clock.now() >= end:
                raise Later("not-ready", f"Slack did not look through the file within {self._patience.seconds} s")
            await self._clock.wait_until(self._clock.now() + POLL)

    async def _is_ready(self, file: str) -> bool:
        """Say whether Slack knows yet what the file is."""
        answer = await self._call("files.info", lambda: self._client.files_info(file=file))
        said: Any = answer.get("file")
        return isinstance(said, dict) and bool(said.get("mimetype"))


def _text(answer: AsyncSlackResponse, name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str):
        raise Unclear("unreadable-answer", f"ok, but without {name}")
    return value
