"""What the commands show of copies and events."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from alerts.cluster import events
from alerts.cluster.groups import Member, choose_lead, independent
from alerts.cluster.phase import DAY, PATIENT, Arrival, Phase, phase_of
from crawler.ids import earliest
from crawler.store.kinship import event
from crawler.store.rows import owner
from crawler.store.schema import source, story, story_version
from crawler.store.search import IS_NEWEST, LAST, narrowed
from spiders.urls import site_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

    from alerts.cluster.phase import Standing
    from crawler.store.search import Search

_PAGE = 500  # stories that are looked through at a time for the newest texts

_TOLD = (
    select(
        story,
        story_version.c.url,
        story_version.c.title,
        story_version.c.language,
        *(column.label(f"source_{column.name}") for column in source.c if column.name != "id"),
    )
    .join(story_version, IS_NEWEST)
    .join(source, source.c.id == story.c.source_id)
    .order_by(story.c.seen, story.c.id)
)
_HEARD = (
    select(*(story.c[name] for name in ("id", "group_id", "event_id", "seen", "source_id", "origin_url")))
    .add_columns(story_version.c.url)
    .add_columns(*(source.c[name].label(f"source_{name}") for name in ("name", "type", "url")))
    .join(story_version, IS_NEWEST)
    .join(source, source.c.id == story.c.source_id)
)
_SCHEMES = select(event.c.id, event.c.scheme)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One story, as far as it takes to show it among others; all but the group and the event as it now reads."""

    member: Member
    source: str  # its id
    title: str
    url: str | None
    language: str | None
    published: datetime | None
    group: int
    group_why: str  # "": it is no copy, or nobody wrote down why
    event: int | None  # None: it was not looked for
    event_why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """One text, wherever it stands: a copy group, often of one story."""

    lead: Told
    reason: str  # why that one leads
    stories: tuple[Told, ...]  # the lead among them, first seen first

    @property
    def outlets(self) -> int:
        """How many outlets have it, those of one domain being one."""
        return len({one.member.owner for one in self.stories})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Stories that tell of one event."""

    id: int  # of its first story
    texts: tuple[Copies, ...]  # in the order in which they began
    standing: Standing
    independent: int  # outlets that tell of it on their own account
    outdated: str | None  # the scheme by which it was found, where that is kept and not today's: nothing joins it

    @property
    def stories(self) -> int:
        """How many stories it has, copies included."""
        return sum(len(one.stories) for one in self.texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kin:
    """What one story has in common with others."""

    story: Told
    copies: Copies
    event: Event | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One text, and the event that it tells of."""

    copies: Copies
    event: Event | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """What the last day came to."""

    stories: int
    copies: int  # of those stories
    phases: Mapping[Phase, int]  # events that go on, of several stories each: all but the fading ones


def kin_of(connection: Connection, story_id: int, now: datetime) -> Kin | None:
    """Return what a story has in common with others; None when there is no such story."""
    found = _told(connection, story.c.id == story_id)
    if not found:
        return None
    (one,) = found
    (copies,) = _texts(_told(connection, story.c.group_id == one.group))
    wanted = () if one.event is None else (one.event,)
    return Kin(story=one, copies=copies, event=_events(connection, wanted, now).get(one.event or 0))


def newest_texts(connection: Connection, wanted: Search, now: datetime) -> list[Listed]:
    """Return the texts of which the newest stories are copies, those first of which the newest came last.

    The words of a search do not matter here. A text is there when one of its stories is asked for, and it is whole
    then. Raises QueryError for a source that there never was.
    """
    groups = _newest_groups(connection, wanted)
    texts = {one.stories[0].group: one for one in _texts(_told(connection, story.c.group_id.in_(groups)))}
    told_of = {group: _event_of(text) for group, text in texts.items()}
    found = _events(connection, {one for one in told_of.values() if one is not None}, now)
    return [Listed(copies=texts[group], event=found.get(told_of[group] or 0)) for group in groups]


def pulse(connection: Connection, now: datetime) -> Pulse:
    """Count the stories of the last day, the copies among them, and the events that go on."""
    number, copies = connection.execute(
        select(func.count(), func.count().filter(story.c.group_id != story.c.id)).where(story.c.seen > now - DAY)
    ).one()
    _, longest = PATIENT
    recent = select(story.c.event_id).where(story.c.seen > now - longest, story.c.event_id.is_not(None))
    several = select(story.c.event_id).where(story.c.event_id.in_(recent)).group_by(story.c.event_id)
    rows = connection.execute(_HEARD.where(story.c.event_id.in_(several.having(func.count() > 1))))
    groups: dict[int, dict[int, list[Member]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        groups[row.event_id][row.group_id].append(_member(row))
    phases = Counter(_standing(one.values(), now).phase for one in groups.values())
    alive: dict[Phase, int] = {phase: phases[phase] for phase in Phase if phases[phase]}
    alive.pop(Phase.FADING, None)
    return Pulse(stories=number, copies=copies, phases=alive)


def _newest_groups(connection: Connection, wanted: Search) -> list[int]:
    """Return copy groups, newest first, looking at no more stories than it takes."""
    query = select(story.c.id, story.c.group_id).where(*narrowed(connection, wanted.query))
    if wanted.query.languages:
        query = query.join(story_version, IS_NEWEST)
    if wanted.since is not None:
        query = query.where(story.c.id >= min(earliest(wanted.since), LAST), story.c.seen >= wanted.since)
    if wanted.until is not None:
        query = query.where(story.c.seen < wanted.until)
    query = query.order_by(story.c.id.desc()).limit(_PAGE)
    found: dict[int, None] = {}
    rows = connection.execute(query).all()
    while rows and len(found) < wanted.limit:
        found |= dict.fromkeys(row.group_id for row in rows)
        rows = connection.execute(query.where(story.c.id < rows[-1].id)).all() if len(rows) == _PAGE else []
    return list(found)[: wanted.limit]


def _told(connection: Connection, *conditions: ColumnElement[bool]) -> list[Told]:
    """Return the stories for which the conditions hold, first seen first."""
    return [
        Told(
            member=_member(row),
            source=row.source_id,
            title=row.title,
            url=row.url,
            language=row.language,
            published=row.published,
            group=row.group_id,
            group_why=row.group_why,
            event=row.event_id,
            event_why=row.event_why,
        )
        for row in connection.execute(_TOLD.where(*conditions))
    ]


def _texts(stories: Iterable[Told]) -> list[Copies]:
    """Put stories that are copies together, in the order in which they come."""
    groups: dict[int, list[Told]] = defaultdict(list)
    for one in stories:
        groups[one.group].append(one)
    return [_copies(group) for group in groups.values()]


def _copies(group: Sequence[Told]) -> Copies:
    lead = choose_lead([one.member for one in group])
    (leading,) = (one for one in group if one.member.story == lead.member.story)
    return Copies(lead=leading, reason=lead.reason, stories=tuple(group))


def _event_of(text: Copies) -> int | None:
    """Return the event that a text tells of: its lead's, else that of the first copy that has one."""
    return next((one.event for one in (text.lead, *text.stories) if one.event is not None), None)


def _events(connection: Connection, ids: Collection[int], now: datetime) -> dict[int, Event]:
    if not ids:
        return {}
    found: dict[int, list[Told]] = defaultdict(list)
    for one in _told(connection, story.c.event_id.in_(ids)):
        found[one.event or 0].append(one)
    schemes = {row.id: row.scheme for row in connection.execute(_SCHEMES.where(event.c.id.in_(ids)))}
    return {one: _event(one, stories, schemes.get(one), now) for one, stories in found.items()}


def _event(number: int, stories: Sequence[Told], scheme: str | None, now: datetime) -> Event:
    texts = _texts(stories)
    groups = [[one.member for one in text.stories] for text in texts]
    return Event(
        id=number,
        texts=tuple(texts),
        standing=_standing(groups, now),
        independent=len(independent(groups)),
        outdated=None if scheme == events.SCHEME else scheme,
    )


def _standing(groups: Collection[Sequence[Member]], now: datetime) -> Standing:
    """Judge an event by its stories; of copies only the lead counts as an outlet that tells of it."""
    latest = max(one.seen for group in groups for one in group)
    return phase_of(_arrivals(groups), max(now, latest))  # a clock that was set back does not undo what came


def _arrivals(groups: Iterable[Sequence[Member]]) -> Iterator[Arrival]:
    for group in groups:
        lead = choose_lead(group).member
        for one in group:
            yield Arrival(at=one.seen, outlet=one.owner if one is lead else None)


def _member(row: Row[Any]) -> Member:
    return Member(
        story=row.id,
        outlet=row.source_name,
        owner=owner(row.url, row.source_url, row.source_id),
        origin=site_of(row.origin_url) or None if row.origin_url else None,
        kind=row.source_type,
        seen=row.seen,
    )
