"""Patrol: claims the sources that are due, visits them host by host, and commits what each visit brought."""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from alerts.errors import FetchError, StoreError
from crawler.config.credentials import tellable
from crawler.patrol.turns import Turns
from crawler.visits.poll import Answer, Poll, host_of
from crawler.visits.schedule import next_visit

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from crawler.clock import Clock
    from crawler.config.model import FetchConfig
    from crawler.fetch.crawl import Fetched
    from crawler.visits.poll import Claim, Frontier, Ingest, Tally
    from crawler.visits.standing import Next
    from spiders.source import Source

log = logging.getLogger(__name__)

_PATIENCE = timedelta(minutes=5)  # how long a claim may wait for its host's turn
_AFTER_STORE_TROUBLE = timedelta(seconds=30)
_IN_HAND = 10_000  # claims held at once, most of them waiting for their host's turn
# Documents that were read and not yet taken in; a visit that brings one more waits, in its turn. Without a bound they
# took 130 MB at 10,000 first visits, and the allocator kept most of it.
_UNCOMMITTED = 16
_CROWD = 200  # sources that may become due at once without being spread
_RAMP = timedelta(minutes=1)  # over which more are spread, as after a pause of as long
_RAMP_TICKS = 60


class Visitor(Protocol):
    """Fetches and reads one source; declared here, answered by Crawl."""

    async def visit(self, source: Source, claim: Claim) -> Fetched:
        """Return what a source says; raises FetchError with the reason when it says nothing usable."""


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
        turns: Turns | None = None,
        luck: Callable[[], float] = random.random,
        concealed: Collection[str] = (),
    ) -> None:
        """``turns`` are those of whoever else makes requests, the crawl above all.

        Of the sources that ``concealed`` names by their ids, the log must not tell the addresses.
        """
        self._frontier = frontier
        self._ingest = ingest
        self._crawl = crawl
        self._sources = sources
        self._limits = limits
        self._clock = clock
        self._luck = luck
        self._concealed = concealed
        self._owed: dict[str, Claim] = {}  # to be given back as soon as the store can take it
        self._store_fails = False
        self._turns = turns or Turns(limits, clock)
        self._claiming = asyncio.Lock()
        self._visits: set[asyncio.Task[None]] = set()
        self._under_way: set[asyncio.Task[None]] = set()  # past the wait for their turn
        self._settling: set[asyncio.Task[None]] = set()  # committing or giving back
        self._laden: set[asyncio.Task[None]] = set()  # with a document that was read
        self._room = asyncio.Semaphore(_UNCOMMITTED)
        self._reasons: dict[str, str] = {}  # why a source is failing
        self._addresses: dict[str, str] = {}  # where redirects led
        self._closing = False
        self._looked: datetime | None = None  # when a gentle tick last looked
        self._ramp_ends = clock.now()
        self.counts: Counter[str] = Counter()  # visits by how they ended

    def replace(self, sources: Mapping[str, Source], limits: FetchConfig, concealed: Collection[str] = ()) -> None:
        """Visit these sources from now on, within these limits; visits under way end as they began."""
        self._turns.configure(limits)
        self._sources, self._limits, self._concealed = sources, limits, concealed
        for known in (self._reasons, self._addresses):
            for gone in known.keys() - sources.keys():
                del known[gone]

    async def start(self) -> None:
        """Leave alone the hosts that asked for it before the last end. Raises StoreError."""
        for hold in await self._frontier.host_holds(self._clock.now()):
            self._turns.hold(hold.host, hold.until)

    async def tick(self, *, gently: bool = False) -> int:
        """Claim what is due, start the visits, and return how many there are; none while the store fails.

        ``gently`` takes a minute to take up what piled up while nobody looked: at a start, or after a sleep.
        """
        async with self._claiming:
            room = min(_IN_HAND - len(self._visits), self._ramp() if gently else _IN_HAND)
            if self._closing or room <= 0:
                return 0
            try:
                claims = await self._claim(room)
            except StoreError as error:
                self._note_store(error)
                return 0
        self._note_store(None)
        self._turns.tidy()
        return len(claims)

    def _ramp(self) -> int:
        """Return how many sources may be claimed at this tick."""
        now = self._clock.now()
        if self._looked is None or now - self._looked > _RAMP:
            self._ramp_ends = now + _RAMP
        self._looked = now
        return _IN_HAND if now >= self._ramp_ends else max(_CROWD, math.ceil(len(self._sources) / _RAMP_TICKS))

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
        try:
            async with self._turns.turn(host_of(source, claim)):
                start = self._clock.now()
                if start + self._longest_visit > lease_ends:
                    return None
                self._under_way.add(_this_task())
                poll = await self._visit(source, claim, start)
                if poll and poll.reading:
                    await self._room.acquire()
                    self._laden.add(_this_task())
                return poll
        except FetchError as error:  # the turn was refused
            return self._poll(source, claim, error, self._clock.now())

    async def _visit(self, source: Source, claim: Claim, start: datetime) -> Poll | None:
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
        return self._poll(source, claim, result, start)

    def _poll(self, source: Source, claim: Claim, result: Fetched | FetchError, start: datetime) -> Poll:
        now = self._clock.now()
        common: dict[str, Any] = {
            "claim": claim,
            "source": source,
            "at": now,
            "reason": result.reason,
            "status": result.status,
            "elapsed": now - start,
            "schedule": partial(_decide, luck=self._luck(), shown=partial(self._shown, source.id)),
        }
        if isinstance(result, FetchError):
            return Poll(
                **common,
                answer=Answer.FAILED,
                detail=self._shown(source.id, result.detail),
                retry_after=result.retry_after,
                validators=claim.validators,
            )
        return Poll(
            **common,
            answer=result.answer,
            size=result.size,
            reading=result.reading,
            validators=result.validators,
            discovered=result.discovered,
            moved_to=result.moved_to,
            fresh_for=result.fresh_for,
        )

    async def _commit(self, poll: Poll) -> None:
        try:
            tally = await self._ingest.commit(poll)
        except StoreError as error:
            self.counts["refused"] += 1
            log.warning("commit-refused", extra={"source": poll.source.id, "detail": str(error)})
            await self._give_back(poll.claim, not_before=self._clock.now() + _AFTER_STORE_TROUBLE)
        except Exception as error:  # the same edge: what was read is read again, but not at once and for ever
            self.counts["lost"] += 1
            log.critical("commit-broke", extra={"source": poll.source.id}, exc_info=error)
            await self._commit_failure(poll, FetchError("internal", repr(error)))
        else:
            self._report(poll, poll.decide(tally))

    async def _commit_failure(self, poll: Poll, failure: FetchError) -> None:
        """Commit a visit that we could not make sense of as failed, so that the schedule says when to try again."""
        if poll.answer is Answer.FAILED:
            await self._give_back(poll.claim, not_before=self._clock.now() + _AFTER_STORE_TROUBLE)
            return
        await self._commit(self._poll(poll.source, poll.claim, failure, poll.at - poll.elapsed))

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

    def _report(self, poll: Poll, plan: Next) -> None:
        """Count the visit, heed what its host asks for, and log what it changes in how its source does."""
        self.counts[poll.answer] += 1
        name = poll.source.id
        facts = {"source": name, "reason": poll.reason, "next": plan.why}
        log.debug("visited", extra=facts | {"status": poll.status, "bytes": poll.size})
        if plan.hold and self._turns.hold(plan.hold.host, plan.hold.until):
            log.warning("host-held", extra={"host": plan.hold.host, "source": name, "until": plan.hold.until})
        if poll.answer is not Answer.FAILED:
            self._reasons.pop(name, None)
        elif plan.standing.failures > poll.claim.failures and self._reasons.get(name) != poll.reason:
            self._reasons[name] = poll.reason
            log.info("failing", extra=facts | {"detail": poll.detail, "url": self._shown(name, poll.source.url)})
        for event in plan.events:
            level = logging.WARNING if event.loud else logging.INFO
            log.log(level, event.name, extra={"source": name, "detail": event.text, "next": plan.why})

    def _shown(self, name: str, text: str) -> str:
        """Return a text about a source as it may be told and kept: of an address that holds a secret, only the host."""
        return tellable(text, concealed=name in self._concealed)

    def _note_address(self, source: Source, address: str) -> None:
        if self._addresses.setdefault(source.id, source.url) != address:
            self._addresses[source.id] = address
            addresses = {"url": source.url, "to": address}
            told = {key: self._shown(source.id, text) for key, text in addresses.items()}
            log.info("redirected", extra={"source": source.id} | told)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._visits.discard(task)
        self._under_way.discard(task)
        self._settling.discard(task)
        if task in self._laden:
            self._laden.discard(task)
            self._room.release()
        if not task.cancelled() and (error := task.exception()):
            log.critical("patrol-broke", exc_info=error)


def _decide(poll: Poll, tally: Tally, *, luck: float, shown: Callable[[str], str]) -> Next:
    """Decide on the next visit; what it has to tell is kept in the store and logged, as ``shown`` has it."""
    plan = next_visit(poll, tally, luck=luck)
    return replace(plan, events=tuple(replace(event, text=shown(event.text)) for event in plan.events))


def _this_task() -> asyncio.Task[None]:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("a visit runs as a task")
    return task
