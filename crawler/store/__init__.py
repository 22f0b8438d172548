"""What Tocsin remembers, in one database."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from alerts.errors import StoreError
from crawler.store import (
    engine,
    families,
    handover,
    kinship,
    ledger,
    opening,
    pages,
    reports,
    search,
    stories,
    subscriptions,
    taking,
    versions,
    visits,
)
from crawler.store.families import Copies, Event, Kin, Listed, Pulse, Told
from crawler.store.gaps import Gaps
from crawler.store.keeper import Keeper
from crawler.store.ledger import Account, Dossier, Latency, VisitLine
from crawler.store.outbox import StoredOutbox
from crawler.store.people import People
from crawler.store.reports import (
    DeliveryStatus,
    HeldBack,
    Hold,
    Outcome,
    Overview,
    Pages,
    PageStatus,
    Ruling,
    SourceStatus,
)
from crawler.store.schema import story
from crawler.store.shared import Shared
from crawler.store.tuning import Tuning
from crawler.store.worker import while_ours

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from alerts.outbox import State
    from alerts.story import Story
    from alerts.stream import Condition, StreamState
    from crawler.clock import Clock
    from crawler.store.lock import DataLock
    from crawler.store.plan import Memory, Plan
    from crawler.store.search import Search
    from crawler.store.worker import Fence, Worker
    from crawler.visits.page import PageClaim, PageVisit
    from crawler.visits.poll import Claim, Poll, Tally
    from crawler.visits.standing import HostHold
    from crawler.visits.subscription import Offer, Subscription
    from spiders.source import Source

__all__ = [
    "Account",
    "Copies",
    "DeliveryStatus",
    "Dossier",
    "Event",
    "HeldBack",
    "Hold",
    "Kin",
    "Latency",
    "Listed",
    "Outcome",
    "Overview",
    "PageStatus",
    "Pages",
    "Pulse",
    "Ruling",
    "SourceStatus",
    "Store",
    "Told",
    "VisitLine",
]

T = TypeVar("T")


class Store:
    """The database: the patrol's Frontier, couriers' Outboxes, and what ingest and the commands need.

    Every method that writes is one transaction, committed before it returns. All raise StoreError when
    the disk is full, the file is locked or damaged, or the like; nothing was written then.
    """

    def __init__(
        self,
        reader: Worker,
        writer: Worker | None,
        lock: DataLock | None,
        unordered: Worker | None = None,
        fence: Fence | None = None,
    ) -> None:
        """``unordered`` runs what need not wait for the writer's turn; without one, the writer does."""
        self._reader = reader
        self._writer = writer
        self._lock = lock
        self._unordered = unordered
        self._fence = fence

    @classmethod
    def open(cls, url: str, *, clock: Clock, exclusive: bool = True, patience: float = engine.BUSY_TIMEOUT) -> Self:
        """Open a store by its SQLAlchemy URL.

        With ``exclusive`` it is made or migrated as needed, locked against a second daemon, and every
        lease of the last one is taken back. Without, it can only be read, beside a daemon or not, and
        ``patience`` says for how many seconds a lock is waited for.
        Raises StoreError, which says what to do.
        """
        if not exclusive:
            return cls(opening.to_read(url, patience), None, None)
        return cls(*opening.to_have(url, clock.now()))

    @classmethod
    def share(cls, url: str, prepare: Callable[[Any], None]) -> Self:
        """Open a store for one of several workers that have it together.

        ``prepare`` makes further tables, on a connection of the driver. Raises StoreError, which says what to do.
        """
        reader, writer, unordered = opening.to_share(url, prepare)
        return cls(reader, writer, None, unordered)

    def fenced(self, fence: Fence) -> Self:
        """Return the same store for work that is ours for now: what is written late is refused with StoreError."""
        return type(self)(self._reader, self._writer, None, self._unordered, fence)

    @property
    def file(self) -> Path | None:
        """Return the file in which everything is; None where a server has it."""
        return self._reader.place if isinstance(self._reader.place, Path) else None

    @property
    def path(self) -> Path:
        """Return the same; raises StoreError where there is none."""
        if self.file is None:
            raise StoreError(f"{self._reader.place} is no file")
        return self.file

    @property
    def shown(self) -> str:
        """Return where it is, for people."""
        return str(self._reader.place)

    def more_readers(self, *names: str) -> Sequence[Worker] | None:
        """Return further readers, each with a connection of its own; None where the library cannot bear that."""
        is_safe = self.file is None or engine.wal_reset_is_safe(engine.version())
        return [self._reader.twin(name) for name in names] if is_safe and self._reader is not self._writer else None

    async def close(self) -> None:
        """Finish what is queued and let go; the writer last, which folds the WAL into the file."""
        self._reader.close()
        if self._unordered:
            self._unordered.close()
        if self._writer not in {None, self._reader}:
            self._writer.close()
        if self._lock:
            self._lock.release()

    async def _write(self, work: Callable[[Connection], T]) -> T:
        if self._writer is None:
            raise StoreError(f"{self._reader.place} was opened only to read")
        return await self._writer.run(while_ours(self._fence, work) if self._fence else work)

    # ------------------------------------------------------------ the patrol's Frontier

    async def sync_sources(self, sources: Sequence[Source], now: datetime) -> None:
        """Make the known sources agree with the configuration.

        New ones are due now, spread over a minute when they are many. A new address, and a source that was gone
        for a while, start over with a first visit. What left the configuration is no longer visited; its
        history stays.
        """
        await self._write(partial(visits.sync, sources=sources, now=now))

    async def unblock(self, now: datetime) -> int:
        """Make those sources due whose address could not be fetched by the configuration, and say how many."""
        return await self._write(partial(visits.unblock, now=now))

    async def claim(self, now: datetime, limit: int, lease: timedelta) -> Sequence[Claim]:
        """Claim up to ``limit`` due sources, longest overdue first, each until ``now + lease``."""
        return await self._write(partial(visits.claim, now=now, limit=limit, lease=lease))

    async def release(self, claim: Claim, *, not_before: datetime | None = None) -> None:
        """Give a claim back unvisited: it is due again at once, or at ``not_before``."""
        await self._write(partial(visits.release, claimed=claim, not_before=not_before))

    async def host_holds(self, now: datetime) -> Sequence[HostHold]:
        """Return the hosts that still want to be left alone."""
        return await self._reader.run(partial(visits.host_holds, now=now))

    async def claim_pages(self, now: datetime, limit: int, lease: timedelta) -> Sequence[PageClaim]:
        """Claim up to ``limit`` due pages, each until ``now + lease``.

        Those that are only looked at again come last; otherwise the longest overdue comes first.
        """
        return await self._write(partial(pages.claim, now=now, limit=limit, lease=lease))

    async def release_page(self, claim: PageClaim, *, not_before: datetime | None = None) -> None:
        """Give a claim back unvisited: it is due again at once, or at ``not_before``."""
        await self._write(partial(pages.release, claimed=claim, not_before=not_before))

    # ------------------------------------------------------------ ingest

    async def commit(self, poll: Poll, *steps: Callable[[Memory], Plan]) -> Tally:
        """Take a poll in: what each step plans from what is known then, and the source's next visit, or nothing.

        Steps run on the writer's thread, inside the transaction, so that nobody can change what they were
        told; what one plans is written before the next is asked. Raises StoreError when the claim is
        outdated, and whatever a step raises.
        """
        work = partial(taking.take_in, poll=poll, steps=steps)
        if self._unordered and poll.reading is None:  # what it changes, nobody decides anything by
            return await self._unordered.run(work)
        return await self._write(work)

    async def commit_page(self, visit: PageVisit, *steps: Callable[[Memory], Plan]) -> Tally:
        """Take a page in, as ``commit`` does a poll. Raises StoreError when the claim is outdated."""

        def take_page_in(connection: Connection) -> Tally:
            pages.settle(connection, visit)
            return taking.take(connection, steps)[0]

        return await self._write(take_page_in)

    async def apply(self, *steps: Callable[[Memory], Plan]) -> Tally:
        """Write what steps plan that no poll is the cause of, in one transaction; raises whatever they raise."""
        return await self._write(lambda connection: taking.take(connection, steps)[0])

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Return what is read in one transaction, for the modules beside this one."""
        return await self._reader.run(work)

    async def ask(self, question: Callable[[Memory], T]) -> T:
        """Return what is made of all that is written by now."""
        return await self._reader.run(lambda connection: question(stories.StoredMemory(connection)))

    async def fingerprints(self, keys: Collection[bytes]) -> Mapping[bytes, bytes]:
        """Return what was last seen under identity keys, as far as they are known."""
        return await self._reader.run(partial(stories.fingerprints, keys=keys))

    async def common_lines(self, source: str, keys: Collection[int]) -> frozenset[int]:
        """Return those of some lines' keys that a source has put under many of its stories."""
        if not keys:
            return frozenset()
        found = await self._reader.run(partial(kinship.common, lines={source: keys}))
        return found[source]

    async def forget_bands(self, before: datetime, limit: int, after: int) -> Sequence[int]:
        """Forget what up to ``limit`` stories seen before a moment, their ids above ``after``, are found by.

        Returns their ids in order.
        """
        return await self._write(partial(kinship.forget_bands, before=before, limit=limit, after=after))

    async def forget_events(self, before: datetime, limit: int) -> int:
        """Forget by which words up to ``limit`` events were found that ended before a moment, and say how many."""
        return await self._write(partial(kinship.forget_events, before=before, limit=limit))

    async def conditions(self) -> Mapping[tuple[str, Condition], StreamState]:
        """Return the state of every condition on the stream, by rule and condition."""
        return await self._reader.run(lambda connection: stories.StoredMemory(connection).stream.states())

    async def kept(self, before: int | None, after: datetime, limit: int) -> Sequence[Story]:
        """Return the newest stories of those seen after a moment and older than one, in their newest version."""
        return await self._reader.run(partial(versions.before, story_id=before, after=after, limit=limit))

    # ------------------------------------------------------------ WebSub's Subscriptions

    async def subscriptions(self) -> Sequence[Subscription]:
        """Return all that are kept."""
        return await self._reader.run(subscriptions.load)

    async def keep_subscription(self, subscription: Subscription) -> None:
        """Keep one, in place of what was kept of it."""
        await self._write(partial(subscriptions.keep, kept=subscription))

    async def drop_subscription(self, path: str | None) -> int:
        """Forget one, or with None all of them, and say how many."""
        return await self._write(partial(subscriptions.drop, path=path))

    async def offers(self) -> Sequence[Offer]:
        """Return the sources that are visited and whose documents name a hub."""
        return await self._reader.run(subscriptions.offers)

    async def visit_soon(self, source: str, now: datetime) -> bool:
        """Make a source due, unless it is held back; tell whether it is due now."""
        return await self._write(partial(subscriptions.visit_soon, name=source, now=now))

    # ------------------------------------------------------------ deliveries, and the commands

    @property
    def outbox(self) -> StoredOutbox:
        """Return the Outbox of a courier that looks after every channel."""
        return StoredOutbox(self._reader.run, self._write)

    async def hand_over(self, to: str, now: datetime) -> Sequence[str]:
        """Queue copies of critical messages that have been refused for a while; the fallback's Waitlist."""
        return await self._write(partial(handover.hand_over, to=to, now=now))

    # ------------------------------------------------------------ people

    @property
    def people(self) -> People:
        """What people change and ask."""
        return People(self._reader.run, self._write)

    @property
    def tuning(self) -> Tuning:
        """What those ask who tune rules."""
        return Tuning(self._reader.run, self._write)

    @property
    def gaps(self) -> Gaps:
        """What who fills gaps asks and writes."""
        return Gaps(self._reader.run, self._write, taking.take)

    @property
    def shared(self) -> Shared:
        """What workers that share it ask and write."""
        return Shared(self._unordered.run if self._unordered else self._write)

    @property
    def keeper(self) -> Keeper:
        """What keeps it small and sound."""
        return Keeper(self._reader.run, self._write)

    async def others_wrote(self) -> int:
        """Return a number that changes whenever another process has written, or has deliveries changed."""
        return await self._write(opening.others_wrote)

    async def overview(self, now: datetime) -> Overview:
        """Count sources, stories, verdicts and deliveries."""
        return await self._reader.run(partial(reports.overview, now=now))

    async def sources(self) -> Sequence[SourceStatus]:
        """Return every source that was ever configured, by id."""
        return await self._reader.run(reports.sources)

    async def accounts(self, now: datetime) -> Sequence[Account]:
        """Return how every source that was ever configured does and what it brings, by id."""
        return await self._reader.run(partial(ledger.accounts, now=now))

    async def dossier(self, name: str, now: datetime) -> Dossier | None:
        """Return all that is known of one source, None when there is no such source."""
        return await self._reader.run(partial(ledger.dossier, name=name, now=now))

    async def deliveries(self, state: State | None = None, limit: int = 50) -> Sequence[DeliveryStatus]:
        """Return the newest deliveries, newest first, of one state or of all."""
        return await self._reader.run(partial(reports.deliveries, state=state, limit=limit))

    async def story(self, story_id: int) -> Story | None:
        """Return the newest version of a story, None when there is no such story."""
        return await self._reader.run(partial(reports.newest, story_id=story_id))

    async def search(self, wanted: Search) -> Sequence[Story]:
        """Return the stories that are looked for; raises QueryError for a source that there never was."""
        return await self._reader.run(partial(search.find, search=wanted))

    async def kin(self, story_id: int, now: datetime) -> Kin | None:
        """Return which stories are copies of a story, and of its event; None when there is no such story."""
        return await self._reader.run(partial(families.kin_of, story_id=story_id, now=now))

    async def texts(self, wanted: Search, now: datetime) -> Sequence[Listed]:
        """Return the newest texts, copies put together; raises QueryError for a source that there never was."""
        return await self._reader.run(partial(families.newest_texts, wanted=wanted, now=now))

    async def rulings(self, story_id: int) -> Sequence[Ruling]:
        """Return what was decided about a story: each version, rule and channel."""
        found = await self._reader.run(lambda connection: reports.rulings(connection, story.c.id == story_id))
        return found.get(story_id, ())

    async def page(self, story_id: int) -> PageStatus | None:
        """Return how the page of a story does, None when it is not wanted."""
        return await self._reader.run(partial(reports.page_of, story_id=story_id))

    async def outcomes(self, since: datetime) -> Sequence[Outcome]:
        """Return what became of every story that was seen since a moment, oldest first."""
        return await self._reader.run(partial(reports.outcomes, since=since))
