"""Cards that come by themselves: server-sent events for as many pages as are open."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from crawler.console.views import MessageView

MOST = 32  # pages that are told; a further one is asked to come again later
BEHIND = 64  # events that a page may be behind before it is let go, to come again
BEATS = 15  # looks without news after which a sign of life is sent
RETRY = 3000  # milliseconds after which a page that was let go comes again
HEARTBEAT = b": still here\n\n"
_END = b""


class Live:
    """Looks for changed cards while anybody listens, and tells everybody the same."""

    def __init__(
        self, newest: Callable[[], Awaitable[Sequence[MessageView]]], draw: Callable[[MessageView], str]
    ) -> None:
        self._newest = newest
        self._draw = draw
        self._queues: dict[asyncio.Queue[bytes], Callable[[], bool]] = {}  # and whether its page may still be told
        self._marks: dict[str, object] = {}
        self._quiet = 0
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many pages are told."""
        return len(self._queues)

    async def tick(self) -> None:
        """Look once; to be called every second."""
        self.dismiss()
        if not self._queues:
            self._marks.clear()
            return
        cards = await self._newest()
        known, self._marks = self._marks, _marks(cards)
        changed = [card for card in cards if known.get(card.key) != card.mark]
        self._quiet = 0 if changed else self._quiet + 1
        for card in reversed(changed):  # the oldest first: each is put before the others
            self._tell(event("card", {"key": card.key, "html": self._draw(card), "title": _title(card)}))
        if self._quiet >= BEATS:
            self._quiet = 0
            self._tell(HEARTBEAT)

    async def stream(self, stays: Callable[[], bool] = lambda: True) -> AsyncIterator[bytes]:
        """Yield events until the page or the console is gone, or ``stays`` says that the page is let in no more."""
        if self._closed or len(self._queues) >= MOST:
            yield b"retry: 60000\n\n"
            return
        queue: asyncio.Queue[bytes] = asyncio.Queue(BEHIND)
        self._queues[queue] = stays
        try:
            yield f"retry: {RETRY}\n\n".encode()
            cards = await self._newest()
            self._marks = self._marks or _marks(cards)
            for card in reversed(cards):  # what came while nobody told this page
                yield event("card", {"key": card.key, "html": self._draw(card), "title": "", "known": True})
            while chunk := await queue.get():
                yield chunk
        finally:
            self._queues.pop(queue, None)

    def dismiss(self) -> None:
        """Let the pages go that are let in no more: somebody signed out, or a session ended."""
        for queue, stays in tuple(self._queues.items()):
            if not stays():
                self._let_go(queue)

    def close(self) -> None:
        """Let every page go."""
        self._closed = True
        for queue in tuple(self._queues):
            self._let_go(queue)

    def _tell(self, chunk: bytes) -> None:
        for queue in tuple(self._queues):
            try:
                queue.put_nowait(chunk)
            except asyncio.QueueFull:
                self._let_go(queue)

    def _let_go(self, queue: asyncio.Queue[bytes]) -> None:
        self._queues.pop(queue, None)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(_END)


def event(name: str, facts: dict[str, object]) -> bytes:
    """Return one event; JSON has no line ends of its own, so one line of data is enough."""
    return f"event: {name}\ndata: {json.dumps(facts, ensure_ascii=False)}\n\n".encode()


def _marks(cards: Sequence[MessageView]) -> dict[str, object]:
    return {card.key: card.mark for card in cards}


def _title(card: MessageView) -> str:
    return "".join(segment.text for segment in card.title)
