"""Turns: whose turn it is at which host, so many at once, so far apart, and none while it asks to be left alone."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alerts.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from crawler.clock import Clock
    from crawler.config.model import FetchConfig, HostLimits

_IDLE_HOSTS = 1_000  # hosts remembered before those with nothing to remember are forgotten


class Host:
    """What is known of one host: its places, its pace, and until when it wants to be left alone."""

    def __init__(self, limits: HostLimits, clock: Clock) -> None:
        self._clock = clock
        self._asked = timedelta(0)  # what its robots.txt asks for
        self._last: datetime | None = None  # when the last request started
        self.held_until = clock.now()
        self.visitors = 0
        self.pace(limits)

    def pace(self, limits: HostLimits) -> None:
        """Change the pace; visits that have their turn keep it."""
        self.places = asyncio.Semaphore(limits.concurrency)
        self._configured = limits.delay

    def slow(self, delay: timedelta) -> None:
        """Keep at least this far apart, as its robots.txt asks; zero when it asks no more."""
        self._asked = delay

    @property
    def delay(self) -> timedelta:
        """How far apart requests are kept."""
        return max(self._configured, self._asked)

    async def beat(self) -> None:
        """Wait until a request may start."""
        self._last = self.opens_at(self._clock.now())
        await self._clock.wait_until(self._last)

    def opens_at(self, now: datetime) -> datetime:
        """Return when the next request may start, seen from a moment."""
        return now if self._last is None else max(now, self._last + self.delay)

    @property
    def is_idle(self) -> bool:
        """Whether nothing would be lost if this host were forgotten."""
        now = self._clock.now()
        return not (self.visitors or self._asked) and max(self.opens_at(now), self.held_until) <= now


class _Stay:
    """A place at a host and one among all visits; it can be given up before its block ends."""

    def __init__(self, host: Host, everywhere: asyncio.Semaphore) -> None:
        self.host = host
        self._waited_for = (host.places, everywhere)
        self._held: list[asyncio.Semaphore] = []

    async def enter(self) -> None:
        places, everywhere = self._waited_for
        await places.acquire()
        self._held.append(places)
        await self.host.beat()
        await everywhere.acquire()
        self._held.append(everywhere)

    @property
    def is_held(self) -> bool:
        return bool(self._held)

    def leave(self) -> None:
        while self._held:
            self._held.pop().release()


class Turns:
    """Whose turn it is, at every host and over all of them."""

    def __init__(self, limits: FetchConfig, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._hosts: dict[str, Host] = {}
        self._everywhere = asyncio.Semaphore(limits.concurrency)
        self._stay: ContextVar[_Stay | None] = ContextVar("stay", default=None)

    def configure(self, limits: FetchConfig) -> None:
        """Keep to these limits from the next turn on."""
        if limits.concurrency != self._limits.concurrency:
            self._everywhere = asyncio.Semaphore(limits.concurrency)
        if limits.per_host != self._limits.per_host:
            for host in self._hosts.values():
                host.pace(limits.per_host)
        self._limits = limits

    def host(self, name: str) -> Host:
        """Return a host by its name and port, lower case, as Source.host gives it."""
        if name not in self._hosts:
            self._hosts[name] = Host(self._limits.per_host, self._clock)
        return self._hosts[name]

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Wait for a turn at a host and keep a place until the end of the block.

        A task has one place at a time, so that no two can wait for each other: a turn inside a turn, of the same
        task, gives up the outer place when it is at another host, and at the same host waits only for the pace.
        Raises FetchError ``host-held``, with ``retry_after``, when the host wants to be left alone.
        """
        host, outer = self.host(name), self._stay.get()
        host.visitors += 1
        try:
            if outer is not None and outer.is_held and outer.host is host:
                await host.beat()
                self._refuse_if_held(name, host)
                yield
                return
            if outer is not None:
                outer.leave()
            async with self._place(host):
                self._refuse_if_held(name, host)
                yield
        finally:
            host.visitors -= 1

    @asynccontextmanager
    async def _place(self, host: Host) -> AsyncIterator[None]:
        stay = _Stay(host, self._everywhere)
        token = self._stay.set(stay)
        try:
            await stay.enter()
            yield
        finally:
            stay.leave()
            self._stay.reset(token)

    def _refuse_if_held(self, name: str, host: Host) -> None:
        left = host.held_until - self._clock.now()
        if left > timedelta(0):
            raise FetchError("host-held", f"{name} asked to be left alone", retry_after=left)

    def hold(self, name: str, until: datetime) -> bool:
        """Leave a host alone until a moment, and say whether that is longer than before; holds are never shortened."""
        host = self.host(name)
        longer = until > host.held_until
        host.held_until = max(host.held_until, until)
        return longer

    def slow(self, name: str, delay: timedelta) -> None:
        """Keep requests to a host at least this far apart, as its robots.txt asks; the caller caps it."""
        self.host(name).slow(delay)

    def paces(self) -> dict[str, datetime]:
        """Return when the next request may start, of hosts where that is to come."""
        now = self._clock.now()
        return {name: opens for name, host in self._hosts.items() if (opens := host.opens_at(now)) > now}

    def tidy(self) -> None:
        """Forget hosts with nothing to remember, once there are many."""
        if len(self._hosts) > _IDLE_HOSTS:
            self._hosts = {name: host for name, host in self._hosts.items() if not host.is_idle}
