"""What a run through captured answers needs of a store: visits at known moments, and who was told of what."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from alerts.outbox import Receipt
from crawler.store import Store, pages, reports, visits
from crawler.store.enquiries import Step
from crawler.store.history import editions_of
from crawler.store.rows import spans, words
from crawler.store.schema import delivery_log, outbox, silence, source, story, story_version, stream_alert, verdict
from crawler.store.schema import page as page_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection, Row

    from crawler.store.history import Edition
    from crawler.store.reports import PageStatus, Ruling
    from crawler.visits.page import PageClaim
    from crawler.visits.poll import Claim


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


class CapturedStore(Store):
    """A store that can be visited at moments that are known, and asked who was told."""

    async def claim_now(self, name: str, now: datetime, lease: timedelta) -> Sequence[Claim]:
        """Claim one source, due or not; of none that is configured, none."""
        return await self._write(partial(visits.claim_one, name=name, now=now, lease=lease))

    async def claim_page_now(
        self, source_id: str, is_it: Callable[[str], bool], now: datetime, lease: timedelta
    ) -> Sequence[PageClaim]:
        """Claim the page that is still visited and of which ``is_it`` holds, by its address; source "" is any."""
        return await self._write(partial(_claim_page, source_id=source_id, is_it=is_it, now=now, lease=lease))

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
    connection: Connection, source_id: str, is_it: Callable[[str], bool], now: datetime, lease: timedelta
) -> list[PageClaim]:
    query = select(page_table.c.story_id, page_table.c.url).where(page_table.c.next_due.is_not(None))
    if source_id:
        query = query.where(page_table.c.source_id == source_id)
    rows = connection.execute(query.order_by(page_table.c.next_due, page_table.c.story_id))
    found = next((row.story_id for row in rows if is_it(row.url)), None)
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
