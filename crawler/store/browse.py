"""The store as the console reads it: on a connection of its own, so that nobody waits for a reader's curiosity."""

from __future__ import annotations

from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from crawler.store import (
    deeds,
    enquiries,
    families,
    ledger,
    migrate,
    opinions,
    panes,
    reports,
    search,
    versions,
    walks,
)
from crawler.store.patience import within
from crawler.store.schema import story

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from alerts.outbox import State
    from alerts.routing.silence import Silence
    from alerts.slack.desk import Audit
    from alerts.story import Story
    from alerts.timing import Walk
    from alerts.tuning.precision import Precision
    from crawler.store import Store
    from crawler.store.enquiries import Enquiry
    from crawler.store.families import Kin
    from crawler.store.health_plan import Reported
    from crawler.store.ledger import Dossier
    from crawler.store.panes import Edition, Gauge, Size, SourceLine, Volume
    from crawler.store.people import Transact
    from crawler.store.reports import DeliveryStatus, PageStatus, Ruling
    from crawler.store.search import Search

T = TypeVar("T")


SECONDS = 4.0  # that one look may take


class Browse:
    """Reads a store for people who look around in it; all methods raise StoreError, and TooSlow where it takes long."""

    def __init__(
        self,
        read: Transact,
        close: Callable[[], None] = lambda: None,
        *,
        search: Transact | None = None,
        seconds: float = SECONDS,
        elapsed: Callable[[], float] = monotonic,
    ) -> None:
        """``search`` is a way of its own for searches; a look may take so many ``seconds``, as ``elapsed`` has them."""
        self._reading = read
        self._searching = search or read
        self._seconds = seconds
        self._elapsed = elapsed
        self.close = close

    @classmethod
    def beside(cls, store: Store, *, seconds: float = SECONDS, elapsed: Callable[[], float] = monotonic) -> Browse:
        """Read beside what else is asked of an open store; where the library cannot bear that, in turn with it.

        Searches, which may take long, have a connection of their own, so that no page waits for one.
        """
        readers = store.more_readers("store-console", "store-search")
        if readers is None:
            return cls(store.read, seconds=seconds, elapsed=elapsed)
        reads, searches = readers

        def close() -> None:
            reads.close()
            searches.close()

        reads.run_now(migrate.require_head)
        return cls(reads.run, close, search=searches.run, seconds=seconds, elapsed=elapsed)

    async def _read(self, work: Callable[[Connection], T]) -> T:
        return await self._reading(partial(within, work=work, seconds=self._seconds, elapsed=self._elapsed))

    async def search(self, wanted: Search) -> Sequence[Story]:
        """Return the stories that are looked for; raises QueryError for a source that there never was."""
        work = partial(search.find, search=wanted)
        return await self._searching(partial(within, work=work, seconds=self._seconds, elapsed=self._elapsed))

    async def story(self, story_id: int) -> Story | None:
        """Return the newest version of a story, None when there is no such story."""
        return await self._read(partial(reports.newest, story_id=story_id))

    async def some(self, stories: Collection[int]) -> Sequence[Story]:
        """Return these stories in their newest version, as far as they are kept, the newest first."""
        found = await self._read(lambda connection: versions.newest(connection, story.c.id.in_(stories)))
        return sorted(found, key=lambda one: one.id, reverse=True)

    async def walks(self, since: datetime) -> Sequence[Walk]:
        """Return the ways of the stories seen since a moment, as far as somebody was told of them."""
        return await self._read(partial(walks.walks, since=since))

    async def rulings(self, stories: Collection[int]) -> Mapping[int, Sequence[Ruling]]:
        """Return what was decided about some stories, by story."""
        if not stories:
            return {}
        return await self._read(lambda connection: reports.rulings(connection, story.c.id.in_(stories)))

    async def kin(self, story_id: int, now: datetime) -> Kin | None:
        """Return which stories are copies of a story, and of its event; None when there is no such story."""
        return await self._read(partial(families.kin_of, story_id=story_id, now=now))

    async def page(self, story_id: int) -> PageStatus | None:
        """Return how the page of a story does, None when it is not wanted."""
        return await self._read(partial(reports.page_of, story_id=story_id))

    async def editions(self, story_id: int) -> Sequence[Edition]:
        """Return the versions of a story, the oldest first."""
        return await self._read(partial(panes.editions, story_id=story_id))

    async def matches(self, rule: str | None, below: int | None, limit: int) -> Sequence[Story]:
        """Return the newest stories with an id below one that a rule, or any, holds for, the newest first."""
        return await self._read(partial(panes.matches, rule=rule, below=below, limit=limit))

    async def touched(self, stories: Collection[int]) -> Mapping[int, datetime]:
        """Return when the newest version of each story came."""
        return await self._read(partial(panes.touched, stories=stories)) if stories else {}

    async def volumes(self, rules: Collection[str], days: int, now: datetime) -> Mapping[str, Volume]:
        """Count what rules found in the last days."""
        return await self._read(partial(panes.volumes, rules=rules, days=days, now=now))

    async def deliveries(
        self, *, states: Collection[State] = (), below: str | None = None, limit: int, about: bool | None = None
    ) -> Sequence[DeliveryStatus]:
        """Return deliveries with a key below one, the newest first; with ``about`` only those about a story or none."""
        return await self._read(
            partial(panes.deliveries, states=frozenset(states), below=below, limit=limit, about=about)
        )

    async def message(self, key: str) -> Enquiry | None:
        """Return what was written down about a message; None when there is none of that key."""
        return await self._read(partial(enquiries.message, key=key))

    async def sources(self, now: datetime) -> Sequence[SourceLine]:
        """Return every source that was ever configured, by id."""
        return await self._read(partial(panes.sources, now=now))

    async def dossier(self, name: str, now: datetime) -> Dossier | None:
        """Return all that is known of one source, None when there is no such source."""
        return await self._read(partial(ledger.dossier, name=name, now=now))

    async def gauge(self, now: datetime) -> Gauge:
        """Return what waits, and how far behind it all is."""
        return await self._read(partial(panes.gauge, now=now))

    async def size(self) -> Size:
        """Return what the database takes."""
        return await self._read(panes.size)

    async def troubles(self) -> Sequence[Reported]:
        """Return what people were told last of each subject, the newest first."""
        return await self._read(panes.troubles)

    async def precisions(self) -> Mapping[str, Precision]:
        """Return how right the rules are that people spoke about."""
        return await self._read(opinions.precisions)

    async def silences(self, now: datetime) -> Sequence[Silence]:
        """Return the silences that are in force or to come."""
        return await self._read(partial(deeds.silences, now=now, ended=False))

    async def audits(self, limit: int) -> Sequence[Audit]:
        """Return what people changed last, the newest first."""
        return await self._read(partial(deeds.audits, limit=limit))

    async def ask(self, question: Callable[[Connection], T]) -> T:
        """Return what a question makes of the database, for what others know how to ask."""
        return await self._read(question)
