"""Patrol: claims the sources that are due, visits them host by host, and commits what each visit brought."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from alerts.errors import FetchError, StoreError
from crawler.poll import Answer, Poll
from crawler.schedule import Next, held, next_visit, spoken

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from datetime import datetime

    from crawler.clock import Clock
    from crawler.config.model import FetchConfig
    from crawler.crawl import Fetched
    from crawler.poll import Claim, Frontier, Ingest
    from spiders.source import Source

log = logging.getLogger(__name__)

_PATIENCE = timedelta(minutes=5)  # how long a claim may wait for its host's turn
_AFTER_STORE_TROUBLE = timedelta(seconds=30)
_IN_HAND = 10_000  # claims held at once, most of them waiting for their host's turn
_IDLE_HOSTS = 1_000  # hosts remembered before those with nothing to remember are forgotten


class Visitor(Protocol):
    """Fetches and reads one source; declared here, answered by Crawl."""

    async def visit(self, source: Source, claim: Claim) -> Fetched:
        """Return what a source says; raises FetchError with the reason when it says nothing usable."""


class Host:
    """Whose turn it is at one host: so many at once, so far apart, and none while it asks to be left alone."""

    def __init__(self, concurrency: int, delay: timedelta, clock: Clock) -> None:
        self._places = asyncio.Semaphore(concurrency)
        self._delay = delay
        self._clock = clock
        self._next = self.held_until = clock.now()
        self.visitors = 0

    def pace(self, concurrency: int, delay: timedelta) -> None:
        """Change the pace; visits that have their turn keep it."""
        self._places = asyncio.Semaphore(concurrency)
        self._delay = delay

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn and keep a place until the end of the block."""
        self.visitors += 1
        try:
            async with self._places:
                start = max(self._next, self._clock.now())
                self._next = start + self._delay
                await self._clock.wait_until(start)
                yield
        finally:
            self.visitors -= 1

    @property
    def is_idle(self) -> bool:
        """Whether nothing would be lost if this host were forgotten."""
        return not self.visitors and max(self._next, self.held_until) <= self._clock.now()


class Patrol:
    """Visits what is due. A claim it took ends in a commit or is given back; nothing disappears."""

    def __init__(
        self,
        frontier: Frontier,
        ingest: Ingest,
        crawl: Visitor,
        sources: Mapping[str, Source],
        *,
        limits: FetchConfig,
        clock: Clock,
        luck: Callable[[], float] = random.random,
    ) -> None:
        self._frontier = frontier
        self._ingest = ingest
        self._crawl = crawl
        self._sources = sources
        self._limits = limits
        self._clock = clock
        self._luck = luck
        self._owed: dict[str, Claim] = {}  # to be given back as soon as the store can take it
        self._store_fails = False
        self._hosts: dict[str, Host] = {}
        self._everywhere = asyncio.Semaphore(limits.concurrency)
        self._claiming = asyncio.Lock()
        self._visits: set[asyncio.Task[None]] = set()
        self._under_way: set[asyncio.Task[None]] = set()  # past the wait for their turn
        self._settling: set[asyncio.Task[None]] = set()  # committing or giving back
        self._reasons: dict[str, str] = {}  # why a source is failing
        self._addresses: dict[str, str] = {}  # where redirects led
        self._closing = False
        self.counts: Counter[str] = Counter()  # visits by how they ended

    def replace(self, sources: Mapping[str, Source], limits: FetchConfig) -> None:
        """Visit these sources from now on, within these limits; visits under way end as they began."""
        if limits.concurrency != self._limits.concurrency:
            self._everywhere = asyncio.Semaphore(limits.concurrency)
        if limits.per_host != self._limits.per_host:
            for host in self._hosts.values():
                host.pace(limits.per_host.concurrency, limits.per_host.delay)
        self._sources, self._limits = sources, limits

    async def tick(self) -> int:
        """Claim what is due, start the visits, and return how many there are; none while the store fails."""
        async with self._claiming:
            room = _IN_HAND - len(self._visits)
            if self._closing or room <= 0:
                return 0
            try:
                claims = await self._claim(room)
            except StoreError as error:
                self._note_store(error)
                return 0
        self._note_store(None)
        self._tidy()
        return len(claims)

    async def _claim(self, room: int) -> Sequence[Claim]:
        for claim in tuple(self._owed.values()):
            await self._frontier.release(claim)
            del self._owed[claim.source]
        now = self._clock.now()
        lease = self._longest_visit + _PATIENCE
        claims = await self._frontier.claim(now, room, lease)
        for claim in claims:
            task = asyncio.create_task(self._serve(claim, now + lease), name=claim.source)
            self._visits.add(task)
            task.add_done_callback(self._forget)
        return claims

    @property
    def _longest_visit(self) -> timedelta:
        """How long a visit may last: the engine may die once, the parser may have to be killed."""
        return 4 * self._limits.timeout + timedelta(minutes=2)

    async def idle(self) -> None:
        """Wait until no claim is in hand."""
        while self._visits:
            await asyncio.wait(tuple(self._visits))

    async def drain(self, patience: timedelta) -> None:
        """Claim no more, let visits under way end within ``patience``, and give the other claims back."""
        self._closing = True
        async with self._claiming:
            await asyncio.sleep(0)  # a task that never started could not give its claim back
        for task in self._visits - self._under_way - self._settling:
            task.cancel()
        await self._wait(patience)
        for task in self._visits - self._settling:
            task.cancel()
        await self._wait(patience)  # a store that hangs must not keep us: its leases end by themselves

    async def _wait(self, patience: timedelta) -> None:
        if self._visits:
            await asyncio.wait(tuple(self._visits), timeout=patience.total_seconds())

    async def _serve(self, claim: Claim, lease_ends: datetime) -> None:
        """See a claim through to a commit, or give it back."""
        try:
            source = self._sources.get(claim.source)
            poll = await self._await_turn(source, claim, lease_ends) if source else None
        except asyncio.CancelledError:
            poll = None
        self._settling.add(_this_task())
        if poll is None:
            await self._give_back(claim)
        else:
            await self._commit(poll)

    async def _await_turn(self, source: Source, claim: Claim, lease_ends: datetime) -> Poll | None:
        """Visit when it is the source's turn; None when the claim must be given back."""
        host = self._host(source.host)
        async with host.turn(), self._everywhere:
            now = self._clock.now()
            if host.held_until > now:
                why = FetchError(
                    "host-held", f"{source.host} asked to be left alone for {spoken(host.held_until - now)}"
                )
                return self._poll(source, claim, why, held(claim, host.held_until), now)
            if now + self._longest_visit > lease_ends:
                return None
            self._under_way.add(_this_task())
            return await self._visit(source, claim, host)

    async def _visit(self, source: Source, claim: Claim, host: Host) -> Poll | None:
        start = self._clock.now()
        result: Fetched | FetchError
        try:
            result = await self._crawl.visit(source, claim)
            self._note_address(source, result.url)
        except FetchError as error:
            if error.reason == "stopped":
                return None
            result = error
        except Exception as error:  # the edge: a fault of ours must not stop the patrol
            log.critical("visit-broke", extra={"source": source.id}, exc_info=error)
            result = FetchError("internal", repr(error))
        failure = result if isinstance(result, FetchError) else None
        plan = next_visit(source, claim, failure=failure, now=self._clock.now(), luck=self._luck())
        if plan.host_until is not None and plan.host_until > host.held_until:
            host.held_until = plan.host_until
            log.warning("host-held", extra={"host": source.host, "source": source.id, "until": plan.host_until})
        return self._poll(source, claim, result, plan, start)

    def _poll(self, source: Source, claim: Claim, result: Fetched | FetchError, plan: Next, start: datetime) -> Poll:
        now = self._clock.now()
        common: dict[str, Any] = {
            "claim": claim,
            "source": source,
            "at": now,
            "reason": result.reason,
            "status": result.status,
            "elapsed": now - start,
            "failures": plan.failures,
            "next_at": plan.at,
            "next_why": plan.why,
        }
        if isinstance(result, FetchError):
            return Poll(**common, answer=Answer.FAILED, detail=result.detail, validators=claim.validators)
        return Poll(
            **common, answer=result.answer, size=result.size, reading=result.reading, validators=result.validators
        )

    async def _commit(self, poll: Poll) -> None:
        try:
            await self._ingest.commit(poll)
        except StoreError as error:
            self.counts["refused"] += 1
            log.warning("commit-refused", extra={"source": poll.source.id, "detail": str(error)})
            await self._give_back(poll.claim, not_before=self._clock.now() + _AFTER_STORE_TROUBLE)
        except Exception as error:  # the same edge: what was read is read again, but not at once and for ever
            self.counts["lost"] += 1
            log.critical("commit-broke", extra={"source": poll.source.id}, exc_info=error)
            await self._commit_failure(poll, FetchError("internal", repr(error)))
        else:
            self._report(poll)

    async def _commit_failure(self, poll: Poll, failure: FetchError) -> None:
        """Commit a visit that we could not make sense of as failed, so that the schedule says when to try again."""
        if poll.answer is Answer.FAILED:
            await self._give_back(poll.claim, not_before=self._clock.now() + _AFTER_STORE_TROUBLE)
            return
        plan = next_visit(poll.source, poll.claim, failure=failure, now=self._clock.now(), luck=self._luck())
        await self._commit(self._poll(poll.source, poll.claim, failure, plan, poll.at - poll.elapsed))

    async def _give_back(self, claim: Claim, *, not_before: datetime | None = None) -> None:
        """Release a claim; what the store cannot take now it is offered at every tick."""
        self.counts["released"] += 1
        try:
            await self._frontier.release(claim, not_before=not_before)
        except StoreError as error:
            self._owed[claim.source] = claim
            self._note_store(error)

    def _note_store(self, error: StoreError | None) -> None:
        """Tell when the store begins to fail, and when it works again; once each."""
        if error and not self._store_fails:
            log.error("store-fails", extra={"detail": str(error)})
        if not error and self._store_fails:
            log.warning("store-works-again")
        self._store_fails = bool(error)

    def _report(self, poll: Poll) -> None:
        """Count the visit, and log it when it changes what is known of its source."""
        self.counts[poll.answer] += 1
        facts = {"source": poll.source.id, "reason": poll.reason, "next": poll.next_why}
        log.debug("visited", extra=facts | {"status": poll.status, "bytes": poll.size})
        if poll.answer is not Answer.FAILED:
            self._reasons.pop(poll.source.id, None)
            if poll.claim.failures:
                log.info("recovered", extra={"source": poll.source.id, "failures": poll.claim.failures})
        elif poll.failures > poll.claim.failures and self._reasons.get(poll.source.id) != poll.reason:
            self._reasons[poll.source.id] = poll.reason
            log.warning("failing", extra=facts | {"detail": poll.detail, "url": poll.source.url})

    def _note_address(self, source: Source, address: str) -> None:
        if self._addresses.setdefault(source.id, source.url) != address:
            self._addresses[source.id] = address
            log.info("redirected", extra={"source": source.id, "url": source.url, "to": address})

    def _host(self, name: str) -> Host:
        per_host = self._limits.per_host
        return self._hosts.setdefault(name, Host(per_host.concurrency, per_host.delay, self._clock))

    def _tidy(self) -> None:
        if len(self._hosts) > _IDLE_HOSTS:
            self._hosts = {name: host for name, host in self._hosts.items() if not host.is_idle}

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._visits.discard(task)
        self._under_way.discard(task)
        self._settling.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.critical("patrol-broke", exc_info=error)


def _this_task() -> asyncio.Task[None]:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("a visit runs as a task")
    return task
