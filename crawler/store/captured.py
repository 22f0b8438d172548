"""What a run through captured answers needs of a store: visits at known moments, and who was told of what."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from alerts.outbox import Receipt
from crawler.store import Store, pages, reports, visits
from crawler.store.deliveries import EVERY
from crawler.store.enquiries import Step
from crawler.store.history import editions_of
from crawler.store.outbox import StoredOutbox
from crawler.store.rows import spans, words
from crawler.store.schema import delivery_log, outbox, silence, source, story, story_version, stream_alert, verdict
from crawler.store.schema import page as page_table
from crawler.visits.page import PageState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection, Row

    from alerts.outbox import Delivery
    from crawler.store.deliveries import Lane
    from crawler.store.history import Edition
    from crawler.store.people import Transact
    from crawler.store.reports import PageStatus, Ruling
    from crawler.visits.page import PageClaim
    from crawler.visits.poll import Claim


_ALL = 100_000  # messages that are asked for, as those that are hidden may come first


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A channel that was told of a story by a rule."""

    source: str
    url: str | None  # of the story, when it was told
    title: str
    rule: str
    condition: str  # on the stream; "": the rule speaks of each story by itself
    channel: str
    severity: int
    words: tuple[str, ...]
    at: datetime  # when the version came in by which it was told


@dataclass(frozen=True, slots=True)
class Known:
    """A story by what stays the same from one store to another."""

    source: str
    name: str  # its address, or its headline where it has none


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundOut:
    """What visits have found out about a source."""

    read_as: str | None  # of `kind: auto`: feed, sitemap or listing
    moved_to: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message that told of a story, and its way."""

    key: str
    channel: str
    state: str
    queued: datetime
    receipt: Receipt | None  # where it stands
    steps: Sequence[Step]  # what the courier wrote down, the oldest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All that a store has of one story."""

    source: str
    story: Mapping[str, object]  # of its row
    page: PageStatus | None
    editions: Sequence[Edition]  # oldest first, one at least
    decisions: Sequence[Ruling]
    deliveries: Sequence[Sent]

    @property
    def addresses(self) -> frozenset[str]:
        """Every address that it has, or had."""
        own = {one.url for one in self.editions if one.url}
        return frozenset(own | ({self.page.url} if self.page else set()))

    def words_of(self, decision: Ruling) -> tuple[str, ...]:
        """Return the words that a rule held by."""
        edition = next((one for one in self.editions if one.version == decision.version), None)
        if edition is None:
            return ()
        return words(spans(decision.match), edition.title, edition.text)


class GatedOutbox(StoredOutbox):
    """An outbox of which some messages are not due."""

    def __init__(self, read: Transact, write: Transact, lane: Lane, hides: Callable[[str], bool]) -> None:
        super().__init__(read, write, lane)
        self._hides = hides

    def of(self, lane: Lane) -> GatedOutbox:
        """Return the outbox of the courier that looks after some channels."""
        return GatedOutbox(self._read, self._write, lane, self._hides)

    async def due(self, now: datetime, limit: int) -> Sequence[Delivery]:
        """Return what is due and not hidden, be it more than ``limit``."""
        return [one for one in await super().due(now, max(limit, _ALL)) if not self._hides(one.key)]

    async def next_due(self) -> datetime | None:
        """Return None: what is hidden would be due at once."""
        return None


class PagesByAddress:
    """Finds pages by their addresses without secrets, and spells each address of the store once."""

    def __init__(self, spelt: Callable[[str], str]) -> None:
        """``spelt`` takes the secrets out of an address."""
        self._spelt = spelt
        self._stories: dict[str, set[int]] = defaultdict(set)  # by address, some of which they have no more
        self._addresses: dict[str, str] = {}  # as they are spelt
        self._newest = 0  # story whose page was read

    def find(self, connection: Connection, source_id: str, url: str) -> int | None:
        """Return the story whose page has an address, the longest overdue of several; source "" is any.

        Stories' ids grow, so those of new pages are mostly above all that were read. Where that finds none, those
        that wait to be read are looked through: an old story may have come by a page, or its page by another address.
        """
        followed = select(page_table.c.story_id, page_table.c.url).where(page_table.c.next_due.is_not(None))
        waiting = followed.where(page_table.c.state == PageState.DUE)
        for rows in (followed.where(page_table.c.story_id > self._newest), waiting):
            self._learn(connection.execute(rows).all())
            stories = self._stories.get(url)
            found = self._followed(connection, source_id, url, stories) if stories else None
            if found is not None:
                return found
        return None

    def _learn(self, rows: Sequence[Row[Any, Any]]) -> None:
        for row in rows:
            self._newest = max(self._newest, row.story_id)
            self._stories[self._as_spelt(row.url)].add(row.story_id)

    def _followed(self, connection: Connection, source_id: str, url: str, stories: set[int]) -> int | None:
        query = select(page_table.c.story_id, page_table.c.url).where(
            page_table.c.story_id.in_(stories), page_table.c.next_due.is_not(None)
        )
        if source_id:
            query = query.where(page_table.c.source_id == source_id)
        rows = connection.execute(query.order_by(page_table.c.next_due, page_table.c.story_id))
        return next((row.story_id for row in rows if self._as_spelt(row.url) == url), None)

    def _as_spelt(self, url: str) -> str:
        if url not in self._addresses:
            self._addresses[url] = self._spelt(url)
        return self._addresses[url]


class CapturedStore(Store):
    """A store that can be visited at moments that are known, and asked who was told."""

    def gated(self, hides: Callable[[str], bool]) -> GatedOutbox:
        """Return an outbox without the messages whose keys are hidden for now."""
        return GatedOutbox(self._reader.run, self._write, EVERY, hides)

    async def claim_now(self, name: str, now: datetime, lease: timedelta) -> Sequence[Claim]:
        """Claim one source, due or not; of none that is configured, none."""
        return await self._write(partial(visits.claim_one, name=name, now=now, lease=lease))

    async def claim_page_now(
        self, source_id: str, url: str, index: PagesByAddress, now: datetime, lease: timedelta
    ) -> Sequence[PageClaim]:
        """Claim the page that is still visited and has this address, as ``index`` spells it; source "" is any."""
        find = partial(index.find, source_id=source_id, url=url)
        return await self._write(partial(_claim_page, find=find, now=now, lease=lease))

    async def told(self, since: datetime, until: datetime) -> Sequence[Told]:
        """Return who was told of what by versions that came in between two moments, both included."""
        return await self._reader.run(partial(_told, since=since, until=until))

    async def known_before(self, moment: datetime) -> frozenset[Known]:
        """Return the stories whose text was first seen before a moment, be it as another outlet's."""
        return await self._reader.run(partial(_known_before, moment=moment))

    async def found_out(self) -> Mapping[str, FoundOut]:
        """Return what visits have found out about each source, by its id."""
        query = select(source.c.id, source.c.read_as, source.c.moved_to)
        rows = await self._reader.run(lambda connection: connection.execute(query).all())
        return {row.id: FoundOut(read_as=row.read_as, moved_to=row.moved_to) for row in rows}

    async def record(self, story_id: int) -> Record | None:
        """Return all that is known of a story, None when there is no such story."""
        return await self._reader.run(partial(_record, story_id=story_id))

    async def silences(self) -> Sequence[Mapping[str, Any]]:
        """Return every silence that was ever asked for."""
        return await self._reader.run(
            lambda connection: [dict(row) for row in connection.execute(select(silence)).mappings()]
        )

    async def take_silences(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep silences that another store has."""
        if rows:
            await self._write(lambda connection: connection.execute(insert(silence), [dict(row) for row in rows]))

    async def wanted_pages(self, until: datetime) -> int:
        """Count the pages that were due and were never visited."""
        query = select(page_table.c.story_id).where(page_table.c.at.is_(None), page_table.c.next_due <= until)
        return len(await self._reader.run(lambda connection: connection.execute(query).all()))


def _claim_page(
    connection: Connection, find: Callable[[Connection], int | None], now: datetime, lease: timedelta
) -> list[PageClaim]:
    found = find(connection)
    return [] if found is None else pages.claim_one(connection, found, now, lease)


def _record(connection: Connection, story_id: int) -> Record | None:
    row = connection.execute(select(story).where(story.c.id == story_id)).mappings().one_or_none()
    editions = editions_of(connection, story_id)
    if row is None or not editions:
        return None
    messages = connection.execute(select(outbox).where(outbox.c.story_id == story_id).order_by(outbox.c.key)).all()
    return Record(
        source=row["source_id"],
        story={name: value for name, value in row.items() if name != "id"},
        page=reports.page_of(connection, story_id),
        editions=editions,
        decisions=reports.rulings(connection, story.c.id == story_id).get(story_id, []),
        deliveries=[_sent(connection, one) for one in messages],
    )


def _sent(connection: Connection, row: Row[Any]) -> Sent:
    lines = connection.execute(select(delivery_log).where(delivery_log.c.key == row.key).order_by(delivery_log.c.id))
    stands = row.receipt_message is not None
    return Sent(
        key=row.key,
        channel=row.channel,
        state=row.state,
        queued=row.queued,
        receipt=Receipt(channel=row.receipt_channel, message=row.receipt_message) if stands else None,
        steps=[Step(at=one.at, state=one.state, reason=one.reason, detail=one.detail) for one in lines],
    )


_VERSION = (story_version.c.url, story_version.c.title, story_version.c.text, story_version.c.at, story.c.source_id)


def _told(connection: Connection, since: datetime, until: datetime) -> list[Told]:
    singly = (
        select(verdict, *_VERSION)
        .join(story, story.c.id == verdict.c.story_id)
        .join(
            story_version,
            (story_version.c.story_id == verdict.c.story_id) & (story_version.c.version == verdict.c.version),
        )
        .where(verdict.c.delivery.is_not(None), verdict.c.channel != "")
    )
    together = (
        select(stream_alert, *_VERSION)
        .join(story, story.c.id == stream_alert.c.story_id)
        .join(story_version, (story_version.c.story_id == story.c.id) & (story_version.c.version == story.c.version))
        .where(stream_alert.c.delivery.is_not(None))
    )
    between = story_version.c.at.between(since, until)
    found = [_one(row, "") for row in connection.execute(singly.where(between))]
    found += [_one(row, row.condition) for row in connection.execute(together.where(between))]
    return sorted(found, key=lambda one: (one.at, one.source, one.title, one.rule, one.channel))


def _one(row: Row[Any], condition: str) -> Told:
    return Told(
        source=row.source_id,
        url=row.url,
        title=row.title,
        rule=row.rule,
        condition=condition,
        channel=row.channel,
        severity=row.severity,
        words=words(row.spans, row.title, row.text),
        at=row.at,
    )


def _known_before(connection: Connection, moment: datetime) -> frozenset[Known]:
    first = story.alias("first")
    query = (
        select(story.c.source_id, story_version.c.url, story_version.c.title)
        .join(story_version, story_version.c.story_id == story.c.id)
        .join(first, first.c.id == story.c.group_id)
        .join(source, source.c.id == story.c.source_id)
        .where(first.c.seen < moment)
    )
    return frozenset(Known(row.source_id, row.url or row.title) for row in connection.execute(query))
