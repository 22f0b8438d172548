"""What the commands show of the store."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, or_, select

from alerts.outbox import Receipt, State
from alerts.policy import Reason
from crawler.store import versions
from crawler.store.deliveries import EVERYBODY, WAITING, assemble, chosen
from crawler.store.families import Pulse, pulse
from crawler.store.quiet import StoredQuiet
from crawler.store.rows import match, outlet
from crawler.store.schema import hold, outbox, page, source, story, story_version, verdict
from crawler.visits.page import PageState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

    from alerts.outbox import Delivery
    from alerts.story import Match, Outlet, Story

DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A channel that is kept back for now."""

    channel: str | None  # None: every channel
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """Stories that a rule's limit holds back from a channel until the next summary."""

    rule: str
    channel: str
    stories: int
    since: datetime  # when the first of them was seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """How many article pages are due, and what came of those that were visited of late."""

    due: int  # to be read, or tried again
    read: int
    failed: int  # for good
    reasons: Mapping[str, int]  # why they failed, the commonest first


@dataclass(frozen=True, slots=True, kw_only=True)
class PageStatus:
    """How the page of one story does."""

    url: str
    state: PageState
    reason: str  # of the last visit, as PageVisit has it; "" before the first
    detail: str  # of the last visit; before the first, why the page is wanted
    at: datetime | None  # of the last visit
    next_due: datetime | None  # None: it is visited no more
    reading: str = ""  # how its text was found when it was last read, and what was left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The whole at a glance."""

    sources: Mapping[str, int]  # by condition, see SourceStatus
    stories: int
    stories_24h: int
    verdicts: Mapping[Reason, int]  # only the reasons that occur
    outbox: Mapping[State, int]  # every state
    oldest_waiting: datetime | None  # when the oldest delivery was queued that is not yet sent or dead
    holds: tuple[Hold, ...]  # those in force
    pages: Pages  # of the last 24 hours
    pulse: Pulse
    held_back: tuple[HeldBack, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """How one source does."""

    id: str
    name: str
    url: str
    condition: str  # ok, silent, failing, gone (410), new (never answered) or disabled (not configured any more)
    last_at: datetime | None  # the last visit, however it ended
    last_ok: datetime | None
    last_reason: str | None
    last_detail: str | None
    failures: int  # in a row
    next_due: datetime | None  # None: it is visited no more
    next_why: str
    stories: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryStatus:
    """A delivery, and how it came to where it is."""

    delivery: Delivery
    reason: str
    detail: str
    changed: datetime
    not_before: datetime | None
    receipt: Receipt | None
    page_until: datetime | None = None  # it waits for its story's page, at the longest until then


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What was decided about one rule that holds for one version of a story, and one channel."""

    version: int
    match: Match
    channel: str  # "" when the rule names none
    reason: Reason
    delivery: str | None  # key
    state: State | None  # of that delivery
    says: str = ""  # what kept it back, or how it is told, for people
    until: datetime | None = None  # when what keeps it back ends
    route: str = ""  # what chose the channel, for people


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one story; without rulings no rule holds for it."""

    story: int
    version: int  # the newest
    outlet: Outlet
    url: str | None
    title: str  # of the newest version
    published: datetime | None
    seen: datetime
    copy_of: int | None  # the first story of its group
    ignored: int  # changes after the last version that is kept
    rulings: tuple[Ruling, ...]


def overview(connection: Connection, now: datetime) -> Overview:
    """Count what there is."""
    stories, recent = connection.execute(
        select(func.count(), func.count().filter(story.c.seen > now - DAY)).select_from(story)
    ).one()
    conditions = connection.execute(
        select(CONDITION, func.count().label("number")).select_from(source).group_by(CONDITION)
    )
    reasons = connection.execute(select(verdict.c.reason, func.count()).group_by(verdict.c.reason))
    states = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    open_states = (*WAITING, State.SENDING)
    return Overview(
        sources={row.condition: row.number for row in conditions},
        stories=stories,
        stories_24h=recent,
        verdicts={Reason(reason): count for reason, count in reasons},
        outbox=dict.fromkeys(State, 0) | {State(state): count for state, count in states},
        oldest_waiting=connection.scalar(select(func.min(outbox.c.queued)).where(outbox.c.state.in_(open_states))),
        holds=tuple(
            Hold(channel=None if row.channel == EVERYBODY else row.channel, until=row.until, reason=row.reason)
            for row in connection.execute(select(hold).where(hold.c.until > now).order_by(hold.c.channel))
        ),
        pages=pages(connection, now - DAY),
        pulse=pulse(connection, now),
        held_back=tuple(_held_back(connection)),
    )


def pages(connection: Connection, since: datetime, only: str | None = None) -> Pages:
    """Count the article pages that are due now, and those read or given up since a moment; of all sources or of one."""
    number = func.count()
    query = (
        select(page.c.state, page.c.reason, number)
        .where(or_(page.c.next_due.is_not(None), page.c.at > since))
        .group_by(page.c.state, page.c.reason)
        .order_by(number.desc(), page.c.reason)
    )
    rows = connection.execute(query if only is None else query.where(page.c.source_id == only)).all()
    counts = {state: sum(count for of, _, count in rows if of == state) for state in PageState}
    return Pages(
        due=counts[PageState.DUE],
        read=counts[PageState.READ],
        failed=counts[PageState.FAILED],
        reasons={reason: count for state, reason, count in rows if state == PageState.FAILED},
    )


def page_of(connection: Connection, story_id: int) -> PageStatus | None:
    """Return how a story's page does; None when it is not wanted."""
    row = connection.execute(select(page).where(page.c.story_id == story_id)).one_or_none()
    return None if row is None else _page(row)


def last_failed_page(connection: Connection, name: str) -> PageStatus | None:
    """Return the page of a source that was given up last; None when none ever was."""
    query = select(page).where(page.c.source_id == name, page.c.state == PageState.FAILED)
    row = connection.execute(query.order_by(page.c.at.desc(), page.c.story_id.desc()).limit(1)).one_or_none()
    return None if row is None else _page(row)


def first_read(connection: Connection, name: str) -> datetime | None:
    """Return when a source was first read, by its id; None when it never was."""
    at: datetime | None = connection.scalar(select(source.c.first_read).where(source.c.id == name))
    return at


def _page(row: Row[Any]) -> PageStatus:
    return PageStatus(
        url=row.url,
        state=PageState(row.state),
        reason=row.reason,
        detail=row.detail,
        at=row.at,
        next_due=row.next_due,
        reading=row.reading,
    )


def _held_back(connection: Connection) -> Iterator[HeldBack]:
    quiet = StoredQuiet(connection)
    for rule, channel in quiet.waiting():
        held = quiet.held_back(rule, channel)
        yield HeldBack(rule=rule, channel=channel, stories=len(held), since=min(one.seen for one in held))


def sources(connection: Connection) -> list[SourceStatus]:
    """Return every source that was ever configured."""
    count = select(story.c.source_id, func.count().label("stories")).group_by(story.c.source_id).subquery()
    rows = connection.execute(
        select(source, CONDITION, func.coalesce(count.c.stories, 0).label("stories"))
        .outerjoin(count, count.c.source_id == source.c.id)
        .order_by(source.c.id)
    )
    return [
        SourceStatus(
            id=row.id,
            name=row.name,
            url=row.url,
            condition=row.condition,
            last_at=row.last_at,
            last_ok=row.last_ok,
            last_reason=row.last_reason,
            last_detail=row.last_detail,
            failures=row.failures,
            next_due=row.next_due if row.enabled and not row.given_up else None,
            next_why=row.next_why,
            stories=row.stories,
        )
        for row in rows
    ]


def deliveries(connection: Connection, state: State | None, limit: int) -> list[DeliveryStatus]:
    """Return the newest deliveries, newest first."""
    query = chosen().order_by(outbox.c.queued.desc(), outbox.c.key.desc()).limit(limit)
    rows = connection.execute(query if state is None else query.where(outbox.c.state == state)).all()
    waiting = _waiting_for_pages(connection, rows)
    return [
        DeliveryStatus(
            delivery=delivery,
            reason=row.reason,
            detail=row.detail,
            changed=row.changed,
            not_before=row.not_before,
            receipt=None
            if row.receipt_message is None
            else Receipt(channel=row.receipt_channel, message=row.receipt_message),
            page_until=row.not_before if row.key in waiting else None,
        )
        for row, delivery in zip(rows, assemble(connection, rows), strict=True)
    ]


def _waiting_for_pages(connection: Connection, rows: Sequence[Row[Any]]) -> set[str]:
    """Return the keys of the deliveries that were put off, and not yet tried, because their page is still due."""
    untried = [row for row in rows if row.state == State.PENDING and not row.attempts]
    put_off = {row.key: row.story_id for row in untried if row.not_before and row.not_before > row.queued}
    query = select(page.c.story_id).where(page.c.story_id.in_(put_off.values()), page.c.state == PageState.DUE)
    due = set(connection.scalars(query))
    return {key for key, story_id in put_off.items() if story_id in due}


def newest(connection: Connection, story_id: int) -> Story | None:
    """Return the newest version of a story; None when there is no such story."""
    found = versions.newest(connection, story.c.id == story_id)
    return found[0] if found else None


def outcomes(connection: Connection, since: datetime) -> list[Outcome]:
    """Return what became of every story seen since a moment, oldest first."""
    newest = (story_version.c.story_id == story.c.id) & (story_version.c.version == story.c.version)
    rows = connection.execute(
        select(
            story,
            story_version.c.url.label("link"),
            story_version.c.title,
            *(column.label(f"source_{column.name}") for column in source.c if column.name != "id"),
        )
        .join(story_version, newest)
        .join(source, source.c.id == story.c.source_id)
        .where(story.c.seen >= since)
        .order_by(story.c.id)
    ).all()
    decided = rulings(connection, story.c.seen >= since)
    return [
        Outcome(
            story=row.id,
            version=row.version,
            outlet=outlet(row, "source_"),
            url=row.link,
            title=row.title,
            published=row.published,
            seen=row.seen,
            copy_of=None if row.group_id == row.id else row.group_id,
            ignored=row.ignored,
            rulings=tuple(decided[row.id]),
        )
        for row in rows
    ]


def rulings(connection: Connection, *conditions: ColumnElement[bool]) -> dict[int, list[Ruling]]:
    """Return what was decided about the stories for which the conditions hold."""
    rows = connection.execute(
        select(verdict, outbox.c.state)
        .join(story, story.c.id == verdict.c.story_id)
        .outerjoin(outbox, outbox.c.key == verdict.c.delivery)
        .where(*conditions)
        .order_by(verdict.c.story_id, verdict.c.version, verdict.c.severity.desc(), verdict.c.rule, verdict.c.channel)
    )
    found: dict[int, list[Ruling]] = defaultdict(list)
    for row in rows:
        found[row.story_id].append(_ruling(row))
    return found


def _ruling(row: Row[Any]) -> Ruling:
    return Ruling(
        version=row.version,
        match=match(row),
        channel=row.channel,
        reason=Reason(row.reason),
        delivery=row.delivery,
        state=None if row.state is None else State(row.state),
        says=row.says,
        until=row.until,
        route=row.route,
    )


CONDITION = case(
    (source.c.enabled.is_(False), "disabled"),
    (source.c.gone > 0, "gone"),
    (source.c.failures > 0, "failing"),
    (source.c.last_ok.is_(None), "new"),
    (source.c.silent.is_not(None), "silent"),
    else_="ok",
).label("condition")
