"""What a worker says of itself in the store, so that people see who is there and what each has done."""

from __future__ import annotations

import logging
import os
import socket
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Protocol

from alerts.errors import StoreError
from crawler.store.shared import Member

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from crawler.clock import Clock
    from crawler.cluster.roles import Role

log = logging.getLogger(__name__)

BEAT = 5.0  # seconds


class Members(Protocol):
    """Where workers are noted. All methods raise StoreError."""

    async def join(self, member: Member) -> None:
        """Note that a worker begins."""

    async def beat(self, member: Member) -> None:
        """Note that a worker lives, or has ended, and what it has done."""


class Membership:
    """One worker's entry."""

    def __init__(
        self, store: Members, me: str, roles: Iterable[Role], clock: Clock, done: Callable[[], tuple[int, int, int]]
    ) -> None:
        """``done`` returns how many visits, stories and messages there were."""
        self._store = store
        self._clock = clock
        self._done = done
        now = clock.now()
        self._member = Member(
            id=me,
            place=f"{socket.gethostname()}:{os.getpid()}",
            roles=tuple(sorted(roles)),
            release=version("tocsin"),
            started=now,
            beat=now,
        )

    @property
    def place(self) -> str:
        """Return host and process, for people."""
        return self._member.place

    async def join(self) -> None:
        """Say that we begin. Raises StoreError."""
        await self._store.join(self._member)

    async def beat(self, *, last: bool = False) -> None:
        """Say that we live, or end now; to be called every ``BEAT`` seconds."""
        now = self._clock.now()
        visits, stories, messages = self._done()
        self._member = replace(
            self._member, beat=now, ended=now if last else None, visits=visits, stories=stories, messages=messages
        )
        try:
            await self._store.beat(self._member)
        except StoreError as error:
            log.warning("beat-refused", extra={"detail": str(error)})
