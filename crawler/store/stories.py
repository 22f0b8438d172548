"""Stories in the database: what is known of them, and what a poll adds."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, bindparam, insert, select, union, update
from sqlalchemy.dialects import postgresql, sqlite

from alerts.outbox import State
from alerts.policy import Reason
from crawler.store import calm, calming, changes, health, kinship, pages, quiet, regroup, search
from crawler.store.kin import StoryState
from crawler.store.plan import Kin, Past, Seen
from crawler.store.rows import spans, state
from crawler.store.schema import likeness, outbox, seen, story, story_version, verdict
from crawler.store.streams import StoredStream
from crawler.store.streams import write as write_stream
from crawler.store.versions import newest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection, Executable, Row

    from alerts.story import Story
    from crawler.store.following import Told
    from crawler.store.plan import Draft, Likeness, NewDelivery, Plan, Redated, Sighting, Verdict, Version

# Built once: to build a statement costs more than to run it.
_SEEN = (
    select(seen, story)
    .outerjoin(story, story.c.id == seen.c.story_id)
    .where(seen.c.key.in_(bindparam("keys", expanding=True)))
)
_FINGERPRINTS = select(seen.c.key, seen.c.fingerprint).where(seen.c.key.in_(bindparam("keys", expanding=True)))
_ALIKE = (
    select(likeness.c.key, likeness.c.fingerprint, likeness.c.at, story)
    .join(story, story.c.id == likeness.c.story_id)
    .where(likeness.c.key.in_(bindparam("keys", expanding=True)))
    .order_by(story.c.id)
)
_VERDICTS = select(
    verdict.c.story_id, verdict.c.group_id, verdict.c.rule, verdict.c.channel, verdict.c.reason, outbox.c.queued
).outerjoin(outbox, outbox.c.key == verdict.c.delivery)
_OF_GROUPS = verdict.c.group_id.in_(bindparam("groups", expanding=True))
_PAST = union(  # each part has its index, which an OR of them would not use
    _VERDICTS.where(verdict.c.story_id.in_(bindparam("stories", expanding=True))),
    _VERDICTS.where(_OF_GROUPS, verdict.c.delivery.is_not(None)),
    _VERDICTS.where(_OF_GROUPS, quiet.HELD_BACK, verdict.c.rule >= ""),
)
_CHANGE = update(story).where(story.c.id == bindparam("of"))
_REGROUP = _CHANGE.values(group_why=bindparam("group_why"))
_ORIGIN = _CHANGE.values(origin_url=bindparam("origin"))
_IGNORE = _CHANGE.values(ignored=story.c.ignored + 1)


class StoredMemory:
    """The Memory of a poll, read inside the transaction that takes it in."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.stream = StoredStream(connection)
        self.quiet = quiet.StoredQuiet(connection)
        self.calm = calm.StoredCalm(connection)
        self.kinship = kinship.StoredKinship(connection)
        self.health = health.StoredHealth(connection)

    def seen(self, keys: Collection[bytes]) -> Mapping[bytes, Seen]:
        """Return what identity keys stand for."""
        rows = self._connection.execute(_SEEN, {"keys": list(keys)})
        return {row.key: Seen(story=_known(row), fingerprint=row.fingerprint, at=row.first_seen) for row in rows}

    def alike(self, keys: Collection[bytes]) -> Mapping[bytes, Sequence[Kin]]:
        """Return the stories with these likeness keys, oldest first."""
        found: dict[bytes, list[Kin]] = defaultdict(list)
        for row in self._connection.execute(_ALIKE, {"keys": list(keys)}):
            found[row.key].append(Kin(story=state(row), fingerprint=row.fingerprint, at=row.at))
        return found

    def past(self, stories: Collection[int], groups: Collection[int]) -> Sequence[Past]:
        """Return all verdicts on these stories, and those on others of these groups that told somebody, or will."""
        rows = self._connection.execute(_PAST, {"stories": list(stories), "groups": list(groups)})
        return [
            Past(
                story=row.story_id,
                group=row.group_id,
                rule=row.rule,
                channel=row.channel,
                reason=Reason(row.reason),
                told=row.queued,
            )
            for row in rows
        ]

    def draft(self, story: int) -> Draft | None:
        """Return a story as it reads now, and the messages about it that were not sent yet."""
        return pages.draft(self._connection, story)

    def told_in(self, story: int) -> Sequence[Told]:
        """Return the messages that tell of a story and of no other, oldest first."""
        return pages.told_in(self._connection, story)

    def judged_otherwise(self, stories: Collection[int], rules: str) -> Mapping[int, Story]:
        """Return the newest version of those of these stories that were judged by other rules than this revision."""
        found = newest(self._connection, story.c.id.in_(stories), story_version.c.rules != rules)
        return {one.id: one for one in found}


def _known(row: Row[Any]) -> StoryState:
    """Return what an identity key stands for, though retention may have removed the story."""
    if row.id is not None:
        return state(row)
    return StoryState(
        id=row.story_id,
        source=row.source_id or "",
        group=row.story_id,
        version=0,
        published=None,
        date_note=None,
        seen=row.first_seen,
        is_forgotten=True,
    )


def fingerprints(connection: Connection, keys: Collection[bytes]) -> dict[bytes, bytes]:
    """Return what was last seen under identity keys."""
    rows = connection.execute(_FINGERPRINTS, {"keys": list(keys)})
    return {row.key: row.fingerprint for row in rows}


def write(connection: Connection, plan: Plan) -> None:
    """Write everything that a plan holds, parents before children."""
    first = [version for version in plan.versions if version.story.version == 1]
    later = [version for version in plan.versions if version.story.version > 1]
    dialect = connection.dialect.name
    pages.shift(connection, plan.shifts)  # first: a verdict must let go of its message before another takes it
    regroup.part(connection, plan.regroupings)  # before others tell of the groups that are left
    for statement, rows in (
        (insert(story), [_story(version) for version in first]),
        (_CHANGE, [_progress(version) for version in later]),
        (insert(story_version), [_version(version) for version in plan.versions]),
        (insert(outbox), [_delivery(delivery) for delivery in plan.deliveries]),
        (insert(verdict), [_verdict(one) for one in plan.verdicts]),
        (_upsert(dialect, likeness, "fingerprint", "at"), [_likeness(one) for one in plan.likenesses]),
        (_upsert(dialect, seen, "story_id", "fingerprint", "first_seen"), [_sighting(one) for one in plan.sightings]),
        (_CHANGE, [_redated(one) for one in plan.redated]),
        (_IGNORE, [{"of": one} for one in plan.ignored]),
        (_ORIGIN, [{"of": one, "origin": origin} for one, origin in plan.origins.items()]),
        (_REGROUP, [_regrouped(version) for version in later if version.group_why is not None]),
    ):
        if rows:
            connection.execute(statement, rows)
    regroup.merge(connection, plan.regroupings)
    search.write(connection, [version.story for version in plan.versions])
    pages.want(connection, plan.pages)
    pages.follow(connection, plan.followed)
    pages.list_(connection, plan.listing)
    changes.touch(connection, plan.touches)
    kinship.write(connection, plan.sketches)
    kinship.thread(connection, plan.threads, plan.frequencies)
    kinship.meet(connection, plan.met)
    quiet.write(connection, plan.summaries)
    write_stream(connection, plan.stream)
    calming.write(connection, plan.calm)


@cache
def _upsert(dialect: str, table: Table, *renewed: str) -> Executable:
    statement = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(table)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key), set_={name: statement.excluded[name] for name in renewed}
    )


def _story(version: Version) -> dict[str, Any]:
    one = version.story
    return {
        "id": one.id,
        "source_id": one.outlet.id,
        "group_id": version.group,
        "version": one.version,
        "published": one.published,
        "date_note": one.date_note,
        "seen": one.seen,
        "ignored": 0,
        "group_why": version.group_why or "",
    }


def _progress(version: Version) -> dict[str, Any]:
    one = version.story
    return {
        "of": one.id,
        "group_id": version.group,
        "version": one.version,
        "published": one.published,
        "date_note": one.date_note,
    }


def _regrouped(version: Version) -> dict[str, Any]:
    return {"of": version.story.id, "group_why": version.group_why}


def _version(version: Version) -> dict[str, Any]:
    one = version.story
    return {
        "story_id": one.id,
        "version": one.version,
        "at": version.at,
        "url": one.url,
        "title": one.title,
        "text": one.text,
        "language": one.language,
        "authors": one.authors,
        "tags": one.tags,
        "section": one.section,
        "rules": version.rules,
    }


def _likeness(one: Likeness) -> dict[str, Any]:
    return {"key": one.key, "story_id": one.story, "fingerprint": one.fingerprint, "at": one.at}


def _sighting(one: Sighting) -> dict[str, Any]:
    return {"key": one.key, "story_id": one.story, "fingerprint": one.fingerprint, "first_seen": one.at}


def _redated(one: Redated) -> dict[str, Any]:
    return {"of": one.story, "published": one.published, "date_note": one.date_note}


def _delivery(one: NewDelivery) -> dict[str, Any]:
    return {
        "key": one.key,
        "group_id": one.group,
        "story_id": one.story,
        "version": one.version,
        "channel": one.channel,
        "severity": one.severity,
        "state": State.PENDING,
        "reason": "queued",
        "detail": "",
        "queued": one.queued,
        "changed": one.queued,
        "not_before": one.not_before or one.queued,
        "attempts": 0,
        "looks": 0,
        "resent": False,
        "rung": 0,
        "parent": one.parent,
        "broadcast": one.broadcast,
        "note": one.note,
        "occasion": one.occasion,
        "style": one.style,
        "template": one.template,
    }


def _verdict(one: Verdict) -> dict[str, Any]:
    return {
        "story_id": one.story,
        "version": one.version,
        "rule": one.match.rule,
        "channel": one.channel,
        "group_id": one.group,
        "name": one.match.name,
        "severity": int(one.match.severity),
        "tags": one.match.tags,
        "spans": spans(one.match),
        "reason": one.reason,
        "delivery": one.delivery,
        "says": one.says,
        "until": one.until,
        "route": one.route,
    }
