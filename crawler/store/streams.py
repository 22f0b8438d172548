"""Conditions on the stream in the database: what they know, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, func, insert, select

from alerts.cluster.groups import Member
from alerts.policy import Reason
from alerts.stream import Condition, StreamState
from crawler.ids import earliest
from crawler.store.base import insert_or
from crawler.store.plan import Trace, Witness
from crawler.store.rows import match, owner, spans, words
from crawler.store.schema import (
    source,
    story,
    story_version,
    stream,
    stream_alert,
    stream_known,
    verdict,
    watched,
)
from spiders.urls import site_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from alerts.stream import Stretch
    from crawler.store.plan import StreamAlert, StreamPlan

# Built once: to build a statement costs more than to run it.
_OF_RULE = and_(verdict.c.story_id == story.c.id, verdict.c.rule == bindparam("rule"))
# Where the story is known first: an expression keeps SQLite from reading all that the rule ever held for.
_OF_STORY = and_(verdict.c.story_id == story.c.id, verdict.c.rule.concat("") == bindparam("rule"))
_COUNTS = verdict.c.reason != Reason.BACKLOG
_AFTER = bindparam("after", type_=story.c.seen.type)
_RECENT = (  # ids follow the time, so the rule's index need not be read from its beginning
    select(story.c.group_id)
    .join(verdict, and_(_OF_RULE, _COUNTS))
    .where(verdict.c.story_id >= bindparam("from_id"), story.c.seen > _AFTER)
)
_FIRSTS = (
    select(story.c.group_id, func.min(story.c.seen, type_=story.c.seen.type))
    .join(verdict, and_(_OF_STORY, _COUNTS))
    .where(story.c.group_id.in_(_RECENT))
    .group_by(story.c.group_id)
    .having(func.min(story.c.seen) > _AFTER)
)
_ENDS = select(story.c.group_id, story.c.seen).join(verdict, _OF_RULE).limit(1)
_FIRST, _LAST = _ENDS.order_by(verdict.c.story_id), _ENDS.order_by(verdict.c.story_id.desc())
_TEXT = and_(story_version.c.story_id == verdict.c.story_id, story_version.c.version == verdict.c.version)
_TRACES = (
    select(story.c.source_id, verdict.c.spans, story_version.c.title, story_version.c.text)
    .join(verdict, _OF_RULE)
    .join(story_version, _TEXT)
)
_WITNESSES = (
    select(
        verdict,
        story.c.group_id.label("family"),
        story.c.seen,
        story_version.c.title,
        story_version.c.url,
        source.c.name.label("outlet"),
        source.c.tier,
    )
    .join(story, _OF_STORY)
    .join(story_version, _TEXT)
    .join(source, source.c.id == story.c.source_id)
    .where(story.c.group_id.in_(bindparam("groups", expanding=True)))
    .order_by(story.c.id, verdict.c.version, verdict.c.channel)
)
_COUNTED = (
    select(verdict.c.rule, story.c.id)
    .join(story, and_(verdict.c.story_id == story.c.id, _COUNTS))
    .where(story.c.group_id.in_(bindparam("groups", expanding=True)))
    .distinct()
    .order_by(verdict.c.rule, story.c.id)
)
_EVENTS = select(story.c.event_id).where(
    story.c.id.in_(bindparam("stories", expanding=True)), story.c.event_id.is_not(None)
)
_VOICES = (
    select(
        story,
        story_version.c.url,
        source.c.name.label("outlet"),
        source.c.url.label("home"),
        source.c.type,
    )
    .join(verdict, and_(_OF_STORY, _COUNTS))
    .join(story_version, _TEXT)
    .join(source, source.c.id == story.c.source_id)
    .where(story.c.event_id.in_(_EVENTS))
    .order_by(story.c.id, verdict.c.version)
)
_KNOWN = select(stream_known.c.value).where(
    stream_known.c.rule == bindparam("rule"),
    stream_known.c.condition == bindparam("condition"),
    stream_known.c.value.in_(bindparam("values", expanding=True)),
)


class StoredStream:
    """The StreamMemory, read inside the transaction that asks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def states(self, rules: Collection[str] | None = None) -> Mapping[tuple[str, Condition], StreamState]:
        """Return the state of every condition, of these rules or of all."""
        query = select(stream) if rules is None else select(stream).where(stream.c.rule.in_(rules))
        rows = self._connection.execute(query)
        states = (
            StreamState(
                rule=row.rule,
                condition=Condition(row.condition),
                since=row.since,
                armed=row.armed,
                told=row.told,
                taught=row.taught,
            )
            for row in rows
        )
        return {(one.rule, one.condition): one for one in states}

    def firsts(self, rule: str, after: datetime) -> Mapping[int, datetime]:
        """Return the groups first seen after a moment, and when."""
        rows = self._connection.execute(_FIRSTS, {"rule": rule, "after": after, "from_id": earliest(after)})
        return {group: first for group, first in rows}  # noqa: C416  a Row is no pair to mypy

    def first(self, rule: str) -> datetime | None:
        """Return when the first story was seen."""
        row = self._connection.execute(_FIRST, {"rule": rule}).first()
        return row.seen if row else None

    def last(self, rule: str) -> tuple[int, datetime] | None:
        """Return the group of the last story, and when it was seen."""
        row = self._connection.execute(_LAST, {"rule": rule}).first()
        return (row.group_id, row.seen) if row else None

    def known(self, rule: str, condition: Condition, values: Collection[str]) -> set[str]:
        """Return those of ``values`` that are recorded as met before."""
        asked = {"rule": rule, "condition": condition, "values": list(values)}
        return set(self._connection.scalars(_KNOWN, asked))

    def traces(self, rule: str) -> Iterator[Trace]:
        """Return what every verdict of the past says about terms and sources."""
        for row in self._connection.execute(_TRACES, {"rule": rule}):
            yield Trace(source=row.source_id, words=words(row.spans, row.title, row.text))

    def witnesses(self, rule: str, groups: Collection[int]) -> Sequence[Witness]:
        """Return the stories of these groups, each in its newest version that the rule holds for."""
        found: dict[int, Witness] = {}
        for row in self._connection.execute(_WITNESSES, {"rule": rule, "groups": list(groups)}):
            found[row.story_id] = Witness(
                story=row.story_id,
                version=row.version,
                group=row.family,
                outlet=row.outlet,
                tier=row.tier,
                url=row.url,
                title=row.title,
                seen=row.seen,
                match=match(row),
            )
        return list(found.values())

    def counted(self, groups: Collection[int]) -> Mapping[str, Sequence[int]]:
        """Return the stories of some groups that rules count, by rule."""
        found: dict[str, list[int]] = {}
        for row in self._connection.execute(_COUNTED, {"groups": list(groups)}):
            found.setdefault(row.rule, []).append(row.id)
        return found

    def voices(self, rule: str, stories: Collection[int]) -> Mapping[int, Mapping[int, Sequence[Member]]]:
        """Return who tells of the events of some stories: by event and group of copies, first seen first."""
        found: dict[int, dict[int, dict[int, Member]]] = {}
        for row in self._connection.execute(_VOICES, {"rule": rule, "stories": list(stories)}):
            member = Member(
                story=row.id,
                outlet=row.outlet,
                owner=owner(row.url, row.home, row.source_id),
                origin=site_of(row.origin_url) or None if row.origin_url else None,
                kind=row.type,
                seen=row.seen,
            )
            found.setdefault(row.event_id, {}).setdefault(row.group_id, {})[row.id] = member
        return {
            event: {group: [*members.values()] for group, members in groups.items()} for event, groups in found.items()
        }

    def alerted(self, rule: str, condition: Condition, occasion: str) -> bool:
        """Return whether an alert was made on an occasion."""
        made = select(stream_alert.c.rule).where(
            stream_alert.c.rule == rule, stream_alert.c.condition == condition, stream_alert.c.occasion == occasion
        )
        return self._connection.scalar(made.limit(1)) is not None

    def watched(self, after: datetime | None) -> Sequence[Stretch]:
        """Return when Tocsin watched, in order."""
        query = select(watched).order_by(watched.c.since)
        rows = self._connection.execute(query if after is None else query.where(watched.c.until > after))
        return [(row.since, row.until) for row in rows]


def write(connection: Connection, plan: StreamPlan) -> None:
    """Write what changes; the deliveries of its alerts must be there already."""
    for rule, condition in plan.ended:
        for table in (stream, stream_known):
            connection.execute(delete(table).where(table.c.rule == rule, table.c.condition == condition))
    if plan.states:
        upsert = insert_or(connection, stream)
        changes = {name: upsert.excluded[name] for name in ("since", "armed", "told", "taught")}
        upsert = upsert.on_conflict_do_update(index_elements=list(stream.primary_key), set_=changes)
        connection.execute(upsert, [_state(one) for one in plan.states])
    if plan.known:
        rows = [{"rule": rule, "condition": condition, "value": value} for rule, condition, value in plan.known]
        connection.execute(insert_or(connection, stream_known).on_conflict_do_nothing(), rows)
    if plan.alerts:
        connection.execute(insert(stream_alert), [_alert(one) for one in plan.alerts])
    if plan.watched:
        since, until = plan.watched
        beat = insert_or(connection, watched).on_conflict_do_update(index_elements=["since"], set_={"until": until})
        connection.execute(beat, [{"since": since, "until": until}])


def _state(one: StreamState) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "condition": one.condition,
        "since": one.since,
        "armed": one.armed,
        "told": one.told,
        "taught": one.taught,
    }


def _alert(one: StreamAlert) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "condition": one.condition,
        "channel": one.channel,
        "occasion": one.occasion,
        "at": one.at,
        "story_id": one.story,
        "name": one.match.name,
        "severity": int(one.match.severity),
        "tags": one.match.tags,
        "spans": spans(one.match),
        "says": one.trend.says,
        "number": one.trend.number,
        "usual": one.trend.usual,
        "top": [(headline.title, headline.url, headline.outlet) for headline in one.trend.top],
        "delivery": one.delivery,
    }
