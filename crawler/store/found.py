"""What rules found in a time, for digests: each story once, when a rule first held for it."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, distinct, exists, func, select

from alerts.policy import Reason
from alerts.routing.digest import Line
from alerts.story import Severity
from crawler.ids import earliest
from crawler.store.calm_plan import Found
from crawler.store.schema import source, story, story_version, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Select
    from sqlalchemy import Row as Record

_NOTHING = (Reason.BACKLOG, Reason.SHADOW, Reason.EARLIER, Reason.UNDONE)
_CHANGES = timedelta(days=60)  # for which a story may be edited, or its page read, and a rule find it by that

_outlets = story.alias("outlets")
_before = verdict.alias("before")
_FIRST = ~exists().where(
    _before.c.story_id == verdict.c.story_id,
    _before.c.rule == verdict.c.rule,
    _before.c.version < verdict.c.version,
    _before.c.reason.not_in(_NOTHING),
)
_JUDGED = and_(story_version.c.story_id == verdict.c.story_id, story_version.c.version == verdict.c.version)


def read(connection: Connection, since: datetime, until: datetime) -> list[Found]:
    """Return what each rule found in a time, whoever was told; one line for each group of copies."""
    query = with_line(select(verdict)).where(_in(since, until))
    lines: dict[str, dict[int, Line]] = defaultdict(dict)
    names: dict[str, str] = {}
    for row in connection.execute(query.order_by(verdict.c.severity, verdict.c.story_id.desc())):
        lines[row.rule][row.family] = line_of(row)
        names[row.rule] = row.name
    return [Found(rule=rule, name=names[rule], lines=tuple(lines[rule].values())) for rule in sorted(lines)]


def counts(connection: Connection, since: datetime, until: datetime) -> Mapping[str, int]:
    """Return how many groups of copies each rule found in a time."""
    rows = connection.execute(
        select(verdict.c.rule, func.count(distinct(story.c.group_id)).label("number"))
        .join(story, story.c.id == verdict.c.story_id)
        .join(story_version, _JUDGED)
        .where(_in(since, until))
        .group_by(verdict.c.rule)
    )
    return {row.rule: row.number for row in rows}


def with_line(query: Select[Any]) -> Select[Any]:
    """Add to a query of verdicts what a line about their story needs."""
    others = (
        select(func.count(distinct(_outlets.c.source_id)) - 1)
        .where(_outlets.c.group_id == story.c.group_id)
        .scalar_subquery()
    )
    return (
        query.add_columns(
            story.c.group_id.label("family"),
            story.c.seen,
            story_version.c.title,
            story_version.c.url,
            source.c.name.label("outlet"),
            others.label("others"),
        )
        .join(story, story.c.id == verdict.c.story_id)
        .join(story_version, _JUDGED)
        .join(source, source.c.id == story.c.source_id)
    )


def line_of(row: Record[Any]) -> Line:
    """Return the line that a row of such a query describes."""
    return Line(
        story=row.story_id,
        title=row.title,
        url=row.url,
        outlet=row.outlet,
        others=row.others,
        severity=Severity(row.severity),
        seen=row.seen,
    )


def _in(since: datetime, until: datetime) -> ColumnElement[bool]:
    """Return which verdicts say that a rule first held for a story in a time: by its first version or a later one."""
    at, recent = story_version.c.at, verdict.c.story_id >= earliest(since - _CHANGES)
    return and_(verdict.c.reason.not_in(_NOTHING), _FIRST, recent, at >= since, at < until)
