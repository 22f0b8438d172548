"""JsonlNotifier: keeps every message as a line of a file, for audits and for tests."""

from __future__ import annotations

import asyncio
import errno
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from alerts.errors import Later, RouteRefused
from alerts.notify.payload import EDIT, payload
from alerts.outbox import Receipt

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from alerts.face import Face
    from alerts.outbox import Delivery

_PASSING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EAGAIN, errno.EMFILE, errno.ENFILE})


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""


class JsonlNotifier:
    """Appends a line for each message and each edit, on the disk before it counts as sent.

    A line that a crash or a full disk cut off is ended, so it spoils no other; what stands in the file can be found
    again, so that no message stands there twice.
    """

    rungs = 1

    def __init__(self, path: Path, *, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    async def send(self, delivery: Delivery, face: Face) -> Receipt:
        """Write the message; raises Later when the disk is full or the like, RouteRefused when it cannot be written."""
        await self._write(payload(face, delivery))
        return Receipt(channel=delivery.channel, message=delivery.key)

    async def edit(self, delivery: Delivery, face: Face) -> None:
        """Write what the message should say by now; raises what ``send`` raises."""
        await self._write(payload(face, delivery, edited=True))

    async def find(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Receipt] | None:
        """Return those of the keys that stand in the file, whenever they were written.

        Raises Later or RouteRefused when it cannot be read.
        """
        del since, thread
        try:
            standing = await asyncio.to_thread(_standing, self._path, frozenset(keys))
        except OSError as error:
            raise _problem(error) from error
        return {key: Receipt(channel=channel, message=key) for key in standing}

    async def copies(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Sequence[Receipt]] | None:
        """Return None: a line says its key, so that a reader knows it again."""
        del channel, keys, since, thread
        return None

    async def delete(self, receipt: Receipt) -> None:
        """Do nothing: nothing can be taken back."""

    async def close(self) -> None:
        """Do nothing: the file is opened for each line."""

    async def _write(self, said: dict[str, Any]) -> None:
        line = json.dumps({"at": self._clock.now().isoformat(), **said}, ensure_ascii=False)
        try:
            await asyncio.to_thread(_append, self._path, line.encode(errors="replace") + b"\n")
        except OSError as error:
            raise _problem(error) from error


def _append(path: Path, line: bytes) -> None:
    """Put a line at the end and on the disk, or leave the file as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        torn = size > 0 and os.pread(file.fileno(), 1, size - 1) != b"\n"
        whole = b"\n" * torn + line
        try:
            _write_all(file.fileno(), whole)
            os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):  # a torn line is ended by the next one
                file.truncate(size)
            raise


def _write_all(file: int, data: bytes) -> None:
    while data:  # what does not fit raises at the next turn
        data = data[os.write(file, data) :]


def _standing(path: Path, keys: frozenset[str]) -> set[str]:
    try:
        with path.open("rb") as file:
            return {key for line in file if (key := _key_of(line)) in keys}
    except FileNotFoundError:
        return set()


def _key_of(line: bytes) -> str | None:
    """Return the key of a message; None for an edit, and for a line that is none of ours or not whole."""
    try:
        said = json.loads(line)
    except ValueError:
        return None
    if not isinstance(said, dict) or said.get("kind") == EDIT:
        return None
    key = said.get("key")
    return key if isinstance(key, str) else None


def _problem(error: OSError) -> Later | RouteRefused:
    kind = Later if error.errno in _PASSING else RouteRefused
    return kind(errno.errorcode.get(error.errno or 0, "os-error"), error.strerror or type(error).__name__)
