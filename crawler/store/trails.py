"""All that is written down about one story, one message or one address, read for whoever asks why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from alerts.cluster import fingerprint
from alerts.cluster.groups import independent
from alerts.stream import Condition
from crawler.ids import encode
from crawler.store import enquiries, families, ledger, leftovers, opening, reports, versions
from crawler.store.deliveries import EVERYBODY
from crawler.store.history import editions_of, stories_at
from crawler.store.nearby import near
from crawler.store.schema import (
    hold,
    likeness,
    outbox,
    poll_log,
    source,
    story,
    story_version,
    stream_alert,
    verdict,
)
from crawler.store.stories import StoredMemory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from alerts.outbox import Receipt
    from alerts.story import Story
    from alerts.stream import StreamRule
    from crawler.store.enquiries import Enquiry
    from crawler.store.families import Kin
    from crawler.store.history import Edition
    from crawler.store.ledger import Account, VisitLine
    from crawler.store.nearby import Near
    from crawler.store.reports import Hold, PageStatus, Ruling
    from crawler.store.worker import Worker
    from spiders.cuts import Cut

_MOST = 5  # stories of one address that are looked at
_MESSAGES = 40  # that are read of one story
_CONDITIONS = frozenset(Condition)  # beside them stands what a rule's limit held back
_LINKS = select(story_version.c.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """By which message a channel heard of a story before."""

    key: str
    story: int
    outlet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How far one condition on many stories had come when a story was counted."""

    rule: str
    condition: Condition
    number: int
    needed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An alert that a rule made of many stories, after it counted one."""

    rule: str
    channel: str  # "": the rule names nobody to tell
    at: datetime
    says: str
    key: str | None  # of its message


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """What is written down about one story."""

    story: Story  # as it now reads
    editions: tuple[Edition, ...]  # oldest first
    kin: Kin
    page: PageStatus | None  # None: it was not wanted
    cuts: tuple[Cut, ...]  # what was left out of it
    first_read: datetime | None  # when its source was visited first
    account: Account  # of its source
    visit: VisitLine | None  # that brought it; None: that is no longer known, or it came with a page
    ignored: int  # changes after the last version that is kept
    gone: datetime | None  # when it was believed that its outlet has removed it
    wordless: bool  # it had words, which are no longer kept
    rulings: tuple[Ruling, ...]
    messages: Mapping[str, Enquiry] = field(default_factory=dict)  # by key: its own, and those that tell of it
    folded: Mapping[str, str] = field(default_factory=dict)  # messages, and those of storms that list them
    merged: Mapping[str, str] = field(default_factory=dict)  # messages, and those that go on in their place
    heard: Mapping[tuple[str, str], Heard] = field(default_factory=dict)  # by rule and channel
    tallies: tuple[Tally, ...] = ()
    told: tuple[Told, ...] = ()
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletins:
    """One message that tells of many stories, or of Tocsin itself."""

    enquiry: Enquiry
    lists: int  # stories


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for: a story, an address or a message."""

    story: int | None = None
    url: str | None = None
    spellings: tuple[str, ...] = ()  # of the address
    key: bytes | None = None  # that all spellings share; None: it names no one story
    identities: Callable[[str], Sequence[bytes]] = lambda _source: ()  # keys of entries of a source with this address
    message: Receipt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What there is of it; nothing: no story has that id, or no message of ours stands there."""

    trails: tuple[Trail, ...] = ()  # more than one where stories share an address, first seen first
    bulletin: Bulletins | None = None  # the message that was meant, where no one story is behind it
    near: tuple[Near, ...] = ()  # where no story has the address, the likeliest first


class Trails:
    """Looks things up in a store, beside a daemon or without one, and changes nothing; raises StoreError."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    @classmethod
    def open(cls, url: str) -> Trails:
        """Open a store by its SQLAlchemy URL; raises StoreError, which says what to do."""
        return cls(opening.to_read(url))

    def close(self) -> None:
        """Let go of the store."""
        self._worker.close()

    def look(self, wanted: Wanted, streams: Mapping[str, StreamRule], now: datetime) -> Found:
        """Return what there is, read in one transaction; ``streams`` are rules about many stories, by id."""
        return self._worker.run_now(lambda connection: _look(connection, wanted, streams, now))


def _look(connection: Connection, wanted: Wanted, streams: Mapping[str, StreamRule], now: datetime) -> Found:
    stands = _message_at(connection, wanted.message) if wanted.message else None
    if wanted.url is not None:
        numbers = sorted(stories_at(connection, wanted.spellings, wanted.key))
    else:
        number = stands[0] if stands else wanted.story
        numbers = [] if number is None else [number]
    trails = [found for one in numbers[:_MOST] if (found := _trail_of(connection, one, streams, now))]
    return Found(
        trails=tuple(trails),
        bulletin=stands[1] if stands and not trails else None,
        near=tuple(near(connection, wanted.url, wanted.identities, now)) if wanted.url and not trails else (),
    )


def _message_at(connection: Connection, receipt: Receipt) -> tuple[int | None, Bulletins] | None:
    """Return the story of the message that stands there, None for one of many, and the message; None: not ours."""
    key = enquiries.standing_at(connection, receipt)
    found = key and enquiries.message(connection, key)
    if not key or not found:
        return None
    listed = select(func.count(func.distinct(verdict.c.story_id))).where(verdict.c.delivery == key)
    folded = select(func.count()).where(outbox.c.folded_into == key)
    number = connection.scalar(listed) or connection.scalar(folded) or 0
    about = connection.scalar(select(outbox.c.story_id).where(outbox.c.key == key))
    return about, Bulletins(enquiry=found, lists=number)


def _trail_of(connection: Connection, story_id: int, streams: Mapping[str, StreamRule], now: datetime) -> Trail | None:
    """Return all that is written down about a story; None when there is none of that id.

    ``streams`` are the rules with conditions on many stories, by id.
    """
    kin = families.kin_of(connection, story_id, now)
    row = connection.execute(select(story).where(story.c.id == story_id)).one_or_none()
    if kin is None or row is None:
        return None
    editions = tuple(editions_of(connection, story_id))
    rulings = tuple(reports.rulings(connection, story.c.id == story_id).get(story_id, ()))
    heard = _heard(connection, story_id, row.group_id)
    counting = {one.match.rule: streams[one.match.rule] for one in rulings if one.match.rule in streams}
    told = _told(connection, row, counting)
    keys = [one.delivery for one in rulings] + [one.key for one in heard.values()] + [one.key for one in told]
    keys += connection.scalars(select(outbox.c.key).where(outbox.c.story_id == story_id).order_by(outbox.c.key))
    messages, folded, merged = _messages(connection, [one for one in dict.fromkeys(keys) if one])
    return Trail(
        story=versions.newest(connection, story.c.id == story_id)[0],
        editions=editions,
        kin=kin,
        page=reports.page_of(connection, story_id),
        cuts=leftovers.kept(connection, story_id),
        first_read=reports.first_read(connection, row.source_id),
        account=ledger.accounts(connection, now, row.source_id)[0],
        visit=_visit(connection, row.source_id, row.seen),
        ignored=row.ignored,
        gone=row.gone,
        wordless=_is_wordless(connection, story_id, editions),
        rulings=rulings,
        messages=messages,
        folded=folded,
        merged=merged,
        heard=heard,
        tallies=tuple(_tallies(connection, story_id, row.seen, rulings, streams)),
        told=told,
        holds=tuple(_holds(connection, now)),
    )


def _is_wordless(connection: Connection, story_id: int, editions: Sequence[Edition]) -> bool:
    """Say whether retention has taken the words of a story: what it was compared by tells of some."""
    if any(one.text for one in editions):
        return False
    known = set(connection.scalars(select(likeness.c.fingerprint).where(likeness.c.story_id == story_id)))
    return bool(known) and known.isdisjoint(fingerprint(one.title, "") for one in editions)


def _visit(connection: Connection, source_id: str, at: datetime) -> VisitLine | None:
    query = select(poll_log).where(poll_log.c.source_id == source_id, poll_log.c.at == at).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else ledger.visit_line(row)


def _heard(connection: Connection, story_id: int, group: int) -> dict[tuple[str, str], Heard]:
    """Return by which messages channels heard of a story's copies, and of what said the same long ago."""
    own_keys = select(likeness.c.key).where(likeness.c.story_id == story_id)
    alike = connection.scalars(select(likeness.c.story_id).where(likeness.c.key.in_(own_keys)))
    copies = connection.scalars(select(story.c.id).where(story.c.group_id == group))
    relatives = {*alike, *copies} - {story_id}
    rows = connection.execute(
        select(verdict.c.rule, verdict.c.channel, verdict.c.delivery, verdict.c.story_id, source.c.name)
        .join(story, story.c.id == verdict.c.story_id)
        .join(source, source.c.id == story.c.source_id)
        .where(verdict.c.delivery.is_not(None), verdict.c.story_id != story_id)
        .where(or_(verdict.c.group_id == group, verdict.c.story_id.in_(relatives)))
        .order_by(verdict.c.story_id)
    )
    found: dict[tuple[str, str], Heard] = {}
    for row in rows:
        found.setdefault((row.rule, row.channel), Heard(key=row.delivery, story=row.story_id, outlet=row.name))
    return found


def _told(connection: Connection, about: Row[Any], streams: Mapping[str, StreamRule]) -> tuple[Told, ...]:
    """Return the first alert to each channel that each of some rules made of many stories, one among them.

    It is by the window of a count, by the event, or by name.
    """
    rows = connection.execute(
        select(stream_alert)
        .where(stream_alert.c.rule.in_(streams), stream_alert.c.at >= about.seen)
        .order_by(stream_alert.c.at)
    )
    urls = {row.url for row in connection.execute(_LINKS.where(story_version.c.story_id == about.id)) if row.url}
    found: dict[tuple[str, str], Told] = {}
    for row in rows:
        window = streams[row.rule].window(Condition(row.condition)) if row.condition in _CONDITIONS else None
        in_window = window is not None and row.at - about.seen <= window
        of_event = about.event_id is not None and row.occasion == f"event {encode(about.event_id)}"
        by_name = row.story_id == about.id or any(url in urls for _, url, _ in row.top)
        if in_window or of_event or by_name:
            one = Told(rule=row.rule, channel=row.channel, at=row.at, says=row.says, key=row.delivery)
            found.setdefault((row.rule, row.channel), one)
    return tuple(found.values())


def _messages(connection: Connection, keys: Sequence[str]) -> tuple[dict[str, Enquiry], dict[str, str], dict[str, str]]:
    """Return messages by their keys, with those that list them and those that go on in their place."""
    links = connection.execute(
        select(outbox.c.key, outbox.c.folded_into, outbox.c.merged_into).where(outbox.c.key.in_(keys))
    ).all()
    folded = {row.key: row.folded_into for row in links if row.folded_into}
    merged = {row.key: row.merged_into for row in links if row.merged_into}
    wanted = dict.fromkeys([*keys[:_MESSAGES], *folded.values(), *merged.values()])
    found = {key: enquiries.message(connection, key) for key in wanted}
    return {key: one for key, one in found.items() if one}, folded, merged


def _tallies(
    connection: Connection, story_id: int, seen: datetime, rulings: Sequence[Ruling], streams: Mapping[str, StreamRule]
) -> Iterator[Tally]:
    """Yield how far the conditions had come of the rules that counted a story."""
    memory = StoredMemory(connection).stream
    for rule in dict.fromkeys(one.match.rule for one in rulings):
        known = streams.get(rule)
        if known and known.spec.count:
            held = memory.firsts(rule, seen - known.spec.count.per)
            number = sum(first <= seen for first in held.values())
            yield Tally(rule=rule, condition=Condition.COUNT, number=number, needed=known.spec.count.count)
        if known and known.spec.independent_sources:
            voices = [independent(groups.values()) for groups in memory.voices(rule, [story_id]).values()]
            number = max(map(len, voices), default=1)
            yield Tally(rule=rule, condition=Condition.SOURCES, number=number, needed=known.spec.independent_sources)


def _holds(connection: Connection, now: datetime) -> Iterator[Hold]:
    for row in connection.execute(select(hold).where(hold.c.until > now).order_by(hold.c.channel)):
        channel = None if row.channel == EVERYBODY else row.channel
        yield reports.Hold(channel=channel, until=row.until, reason=row.reason)
