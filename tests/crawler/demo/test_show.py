"""The show, whole and hurried: every publication ends as the script says."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from alerts.outbox import Receipt
from crawler.clock import SystemClock
from crawler.demo.show import Line, free_port, show

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from alerts.face import Face
    from alerts.outbox import Delivery


class Listener:
    """A notifier that keeps what it hears."""

    rungs = 1

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def send(self, delivery: Delivery, face: Face) -> Receipt:
        self.heard.append(face.headline)
        return Receipt(channel=delivery.channel, message=delivery.key)

    async def edit(self, delivery: Delivery, face: Face) -> None:
        pass

    async def copies(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Sequence[Receipt]] | None:
        del channel, keys, since, thread
        return None

    async def delete(self, receipt: Receipt) -> None:
        raise AssertionError(f"nothing was to be deleted: {receipt}")

    async def find(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Receipt] | None:
        del channel, keys, since, thread
        return None

    async def close(self) -> None:
        pass


async def test_every_publication_ends_as_the_script_says() -> None:
    listener = Listener()
    lines: list[Line] = await show(listener, SystemClock())
    assert [(line.item.story, line.why) for line in lines if not line.expected] == []
    told = [line for line in lines if line.fate and line.fate.value in {"alert", "edit", "page"}]
    assert len(listener.heard) == len(set(listener.heard)) == len(told)


def test_the_console_has_the_usual_port_or_another_that_is_free() -> None:
    with socket.socket() as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.listen()
        taken = int(daemon.getsockname()[1])
        other = free_port(taken)
    assert other not in {0, taken}
    assert free_port(taken) == taken
