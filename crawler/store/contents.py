"""What messages carry, rebuilt from what is stored: a bulletin, or a story as it reads by now with what rules found."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from alerts.bulletin import decode
from alerts.cluster.updates import compare
from alerts.notify.fallback import origin_of
from alerts.policy import Reason
from alerts.story import Alert, DateNote, Story
from crawler.store.carriers import carriers, others
from crawler.store.rows import match, outlet, trend
from crawler.store.schema import story, story_version, stream_alert, verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection, Row

    from alerts.bulletin import Bulletin
    from alerts.story import Match, Outlet, Span, Trend

    Versions = dict[tuple[int, int], Story]  # by story and version
    Places = dict[tuple[int, int], dict[str, tuple[Span, ...]]]  # where rules hold in them


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What was asked once for all of some messages."""

    matches: Mapping[str, Sequence[tuple[tuple[int, int], Match]]]  # by message; each with its story and version
    trends: Mapping[str, tuple[Match, Trend]]
    outlets: Mapping[int, Mapping[str, Outlet]]
    newer: Versions
    places: Places
    edited: Collection[str]


def contents(connection: Connection, rows: Sequence[Row[Any]]) -> dict[str, Alert | Bulletin]:
    """Return what messages carry, by their keys, from rows of ``deliveries.chosen``.

    A copy for the fallback tells what its original does.
    """
    origins = {origin_of(row.key) for row in rows}
    newer = _newer(connection, rows)
    told = {(row.story_id, row.version) for row in rows if row.story_id is not None}
    known = _Known(
        matches=_matches(connection, origins),
        trends=_trends(connection, origins),
        outlets=carriers(connection, {row.story_group_id for row in rows if row.story_id is not None}),
        newer=newer,
        places=_places(connection, told | newer.keys()),
        edited=_edited(connection, origins),
    )
    return {row.key: _content(connection, row, known) for row in rows}


def _content(connection: Connection, row: Row[Any], known: _Known) -> Alert | Bulletin:
    if row.story_id is None:
        return decode(row.content, row.channel)
    key, first = origin_of(row.key), _story(row)
    together = known.trends.get(key)
    matches = [together[0]] if together else _placed(first, known.matches.get(key, ()), known.places)
    newest = known.newer.get((row.story_id, row.story_version), first)
    told = Alert(
        channel=row.channel,
        story=first,
        matches=tuple(matches),
        also=others(known.outlets.get(row.story_group_id, {}), first),
        trend=together[1] if together else None,
    )
    if newest is not first:
        told = _by_now(told, newest, known.places.get((newest.id, newest.version), {}))
    return _with_added(connection, told, row.version) if key in known.edited else told


def _placed(first: Story, matches: Sequence[tuple[tuple[int, int], Match]], places: Places) -> list[Match]:
    """Return matches with the places where they hold in the story that is shown.

    What had waited for its channel may be told by the copy of another outlet, whose text has other offsets.
    """
    here = places.get((first.id, first.version), {})
    return [
        one if of == (first.id, first.version) else replace(one, spans=here.get(one.rule, ())) for of, one in matches
    ]


def _by_now(told: Alert, newest: Story, places: Mapping[str, tuple[Span, ...]]) -> Alert:
    """Return an alert as its outlet has the story by now, where every rule holds for that, too.

    Else its words stay as they were told, so that they show why it was, and it says so.
    """
    first = told.story
    titled = newest if newest.title else replace(newest, title=first.title)
    before = first.title if titled.title != first.title else None
    if told.trend is None and all(one.rule in places for one in told.matches):
        found = tuple(replace(one, spans=places[one.rule]) for one in told.matches)
        return replace(told, story=titled, matches=found, before=before)
    return replace(told, retitled=titled.title if before is not None else None, outdated=newest.text != first.text)


def _with_added(connection: Connection, alert: Alert, version: int) -> Alert:
    """Add what an edit brought: the sentences with the words in them that the version before did not have."""
    before = connection.execute(
        select(story_version.c.title, story_version.c.text).where(
            story_version.c.story_id == alert.story.id, story_version.c.version == version - 1
        )
    ).one_or_none()
    if before is None:
        return alert
    change = compare(title=before.title, text=before.text, new_title=alert.story.title, new_text=alert.story.text)
    return replace(alert, added=change.quoted(span for one in alert.matches for span in one.spans))


# ---------------------------------------------------------------- what is asked


def _newer(connection: Connection, rows: Sequence[Row[Any]]) -> Versions:
    """Return the newest versions of stories of which messages tell an older one."""
    behind = {row.story_id: row for row in rows if row.story_id is not None and row.story_version > row.version}
    found = connection.execute(
        select(story_version)
        .join(story, (story.c.id == story_version.c.story_id) & (story.c.version == story_version.c.version))
        .where(story.c.id.in_(list(behind)))
    )
    return {
        (one.story_id, one.version): replace(
            _story(behind[one.story_id]),
            version=one.version,
            url=one.url,
            title=one.title,
            text=one.text,
            language=one.language,
            authors=tuple(one.authors),
            tags=tuple(one.tags),
            section=one.section,
        )
        for one in (found if behind else ())
    }


def _places(connection: Connection, versions: Collection[tuple[int, int]]) -> Places:
    found: Places = defaultdict(dict)
    rows = connection.execute(select(verdict).where(verdict.c.story_id.in_({number for number, _ in versions})))
    for row in rows if versions else ():
        if (row.story_id, row.version) in versions:
            found[row.story_id, row.version][row.rule] = match(row).spans
    return found


def _matches(connection: Connection, keys: Collection[str]) -> dict[str, list[tuple[tuple[int, int], Match]]]:
    found: dict[str, list[tuple[tuple[int, int], Match]]] = defaultdict(list)
    rows = connection.execute(
        select(verdict).where(verdict.c.delivery.in_(keys)).order_by(verdict.c.severity.desc(), verdict.c.rule)
    )
    for row in rows:
        found[row.delivery].append(((row.story_id, row.version), match(row)))
    return found


def _edited(connection: Connection, keys: Collection[str]) -> set[str]:
    """Return those of the messages that tell of nothing but what an edit brought about."""
    rows = connection.execute(
        select(verdict.c.delivery, func.min(verdict.c.reason), func.max(verdict.c.reason))
        .where(verdict.c.delivery.in_(keys))
        .group_by(verdict.c.delivery)
    )
    return {key for key, *reasons in rows if set(reasons) == {Reason.EDITED}}


def _trends(connection: Connection, keys: Collection[str]) -> dict[str, tuple[Match, Trend]]:
    """Return what the messages tell that tell of many stories: each the match of its one rule, and the rest."""
    rows = connection.execute(select(stream_alert).where(stream_alert.c.delivery.in_(keys)))
    return {row.delivery: (match(row), trend(row)) for row in rows}


def _story(row: Row[Any]) -> Story:
    return Story(
        id=row.story_id,
        version=row.version,
        outlet=outlet(row, "source_"),
        url=row.version_url,
        title=row.version_title,
        text=row.version_text,
        language=row.version_language,
        authors=tuple(row.version_authors),
        tags=tuple(row.version_tags),
        section=row.version_section,
        published=row.story_published,
        date_note=None if row.story_date_note is None else DateNote(row.story_date_note),
        seen=row.story_seen,
    )
