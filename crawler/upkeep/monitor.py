"""What programs ask of the daemon: /metrics, /healthz and /readyz, at a port of its own or at the console's."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from aiohttp import web

from alerts.errors import StoreError
from alerts.timing import promptness

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    from alerts.timing import Figure, Promptness, Stage, Walk
    from crawler.clock import Clock
    from crawler.store import Overview
    from crawler.upkeep.metrics import Metrics

log = logging.getLogger(__name__)

PATHS = ("/metrics", "/healthz", "/readyz")
BUSIEST = 50  # sources and rules that have figures of their own among the metrics
WINDOW = timedelta(days=7)  # that time to alert is measured over
_FRESH = timedelta(seconds=15)  # for so long what was read from the store is shown again
_REST = 20  # times what reading took, before the store is read again: it has other work to do
_ALIVE = timedelta(seconds=15)  # without a beat of the loop, and nobody is there
_TICKING = timedelta(minutes=2)  # without a look at what is due, and nothing is collected
_STORE = 5.0  # seconds that the store may take to show that it can be written


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """An answer to whoever asked."""

    status: int
    kind: str  # the content type
    body: bytes


@dataclass(slots=True)
class Pulse:
    """When what has to go on was seen going on; kept by those who do it."""

    beat: datetime | None = None  # of the loop
    tick: datetime | None = None  # a look at what is due
    paused: bool = False  # nothing is collected, for lack of space
    polls: bool = True  # whether looking at what is due is this process's work


class Keeping(Protocol):
    """What is asked of the store; all raise StoreError."""

    async def can_write(self) -> None:
        """Begin and end a transaction."""

    async def refused(self, now: datetime) -> str:
        """Return why the main way out refuses everything; "" when it does not."""

    async def walks(self, since: datetime) -> Sequence[Walk]:
        """Return the ways of the stories seen since a moment."""

    async def size(self) -> int:
        """Return how many bytes the database takes."""


class Books(Protocol):
    """The store, as far as it is counted."""

    @property
    def keeper(self) -> Keeping:
        """What keeps it small and sound."""

    async def overview(self, now: datetime) -> Overview:
        """Count sources, stories, verdicts and deliveries."""


class Monitor:
    """Answers, whoever serves it."""

    def __init__(
        self, metrics: Metrics, store: Books, clock: Clock, pulse: Pulse, refresh: Callable[[Metrics], Awaitable[None]]
    ) -> None:
        """``refresh`` shows what is known without the store, such as the disk."""
        self._metrics = metrics
        self._store = store
        self._clock = clock
        self._pulse = pulse
        self._refresh = refresh
        self._read: datetime | None = None
        self._fresh = _FRESH
        self._busy = asyncio.Lock()

    async def answer(self, path: str, accept: str = "") -> Rendered | None:
        """Return what stands at a path, one of PATHS; None for any other. ``accept`` is the header of that name."""
        if path == "/metrics":
            body, kind = await self._numbers(accept)
            return Rendered(status=HTTPStatus.OK, kind=kind, body=body)
        if path == "/healthz":
            return _checked({"loop": self._late(self._pulse.beat, _ALIVE)})
        if path == "/readyz":
            return _checked(await self.checks())
        return None

    async def checks(self) -> dict[str, str]:
        """Return what must be well for work to go on, by name; what is not says why."""
        late = self._late(self._pulse.tick, _TICKING) if self._pulse.polls else ""
        checks = {
            "loop": self._late(self._pulse.beat, _ALIVE),
            "polling": "paused: the disk is nearly full" if self._pulse.paused else late,
        }
        try:
            async with asyncio.timeout(_STORE):
                await self._store.keeper.can_write()
                refused = await self._store.keeper.refused(self._clock.now())
        except TimeoutError:
            return checks | {"store": f"no answer within {_STORE:g} s"}
        except StoreError as error:
            return checks | {"store": str(error)}
        return checks | {"store": "", "slack": refused}

    def _late(self, moment: datetime | None, patience: timedelta) -> str:
        if moment is None:
            return "not yet"
        late = self._clock.now() - moment
        # A clock that was set back says nothing; the next beat is by the new time.
        return "" if late <= patience else f"last seen {late.total_seconds():.0f} s ago"

    # ------------------------------------------------------------ numbers

    async def _numbers(self, accept: str) -> tuple[bytes, str]:
        async with self._busy:
            now = self._clock.now()
            if self._read is None or not timedelta() <= now - self._read < self._fresh:
                self._read = now
                await self._read_store(now)
                self._fresh = max(_FRESH, _REST * (self._clock.now() - now))
        await self._refresh(self._metrics)
        return self._metrics.render(accept)

    async def _read_store(self, now: datetime) -> None:
        metrics = self._metrics
        checks = await self.checks()
        metrics.ready.set(not any(checks.values()))
        try:
            overview, size = await self._store.overview(now), await self._store.keeper.size()
            figures = promptness(await self._store.keeper.walks(now - WINDOW))
        except StoreError as error:  # the others stand, and `ready` says that something is wrong
            log.warning("metrics-refused", extra={"detail": str(error)})
            return
        metrics.store_bytes.set(size)
        metrics.kept.set(overview.stories)
        metrics.pages_due.set(overview.pages.due)
        metrics.held.set(len(overview.holds))
        metrics.oldest.set(max((now - overview.oldest_waiting).total_seconds(), 0) if overview.oldest_waiting else 0)
        metrics.show(metrics.sources, {(condition,): count for condition, count in overview.sources.items()})
        metrics.show(metrics.outbox, {(state.value,): count for state, count in overview.outbox.items()})
        metrics.show(metrics.figures, dict(_labelled(figures)))


def _labelled(figures: Promptness) -> Iterator[tuple[tuple[str, ...], float]]:
    groups: list[tuple[str, Mapping[str, Mapping[Stage, Figure]]]] = [
        ("all", {"": figures.overall}),
        ("source", figures.sources),
        ("rule", figures.rules),
    ]
    for by, named in groups:
        for name, stages in list(named.items())[:BUSIEST]:
            for stage, figure in stages.items():
                yield (by, name, stage, "0.5"), figure.p50.total_seconds()
                yield (by, name, stage, "0.95"), figure.p95.total_seconds()


def _checked(checks: Mapping[str, str]) -> Rendered:
    bad = {name: why for name, why in checks.items() if why}
    body = json.dumps({"ok": not bad, "checks": {name: why or "ok" for name, why in checks.items()}}, indent=2)
    status = HTTPStatus.SERVICE_UNAVAILABLE if bad else HTTPStatus.OK
    return Rendered(status=status, kind="application/json", body=f"{body}\n".encode())


class MonitorServer:
    """Serves the monitor at a port of its own."""

    def __init__(self, monitor: Monitor, host: str, port: int) -> None:
        self._monitor = monitor
        self._place = (host, port)
        self._runner: web.AppRunner | None = None
        self._mute = False

    @property
    def port(self) -> int:
        """The port that is listened at; 0 while nobody listens."""
        addresses = self._runner.addresses if self._runner else []
        return int(addresses[0][1]) if addresses else 0

    async def start(self) -> None:
        """Listen, unless it is done already; where that fails it is said once, and can be tried again."""
        if self._runner is not None:
            return
        app = web.Application()
        for path in PATHS:
            app.router.add_get(path, self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, *self._place).start()
        except OSError as error:
            await runner.cleanup()
            if not self._mute:
                where = ":".join(map(str, self._place))
                log.error("metrics-mute", extra={"detail": f"metrics.listen: {where} cannot be listened at: {error}"})  # noqa: TRY400 -- the way out is in the configuration, not in our stack
            self._mute = True
            return
        self._runner, self._mute = runner, False
        log.info("metrics-served", extra={"port": self.port})

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        found = await self._monitor.answer(request.path, request.headers.get("Accept", ""))
        if found is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        return web.Response(status=found.status, body=found.body, headers={"Content-Type": found.kind})
