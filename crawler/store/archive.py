"""The stored past, read fast and in order: every version of every story, for whoever judges it anew."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from alerts.policy import Reason
from alerts.story import DateNote, Story
from crawler.ids import earliest
from crawler.store import engine, migrate, postgres, search
from crawler.store.base import from_ms, to_ms
from crawler.store.calm import read_silence
from crawler.store.rows import outlet, owner
from crawler.store.schema import silence, source, watched
from crawler.store.worker import explained
from spiders.urls import site_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from alerts.routing.silence import Silence
    from alerts.search.query import AllOf
    from alerts.story import Outlet
    from alerts.stream import Stretch

T = TypeVar("T")

PATIENCE = 5.0  # seconds that a locked store is waited for

# As SQLite has it; see ``Archive._rows`` for PostgreSQL.
_EACH = "IN (SELECT value FROM json_each(?))"
# Rows and no objects of SQLAlchemy: to make them costs as much as to judge a story.
_TEXTS = """SELECT s.id, s.source_id, s.group_id, s.event_id, s.published, s.date_note, s.seen, s.version, s.origin_url,
    p.first_read, p.story_id, v.version, v.at, v.url, v.title, v.text, v.language, v.authors, v.tags, v.section
    FROM story s JOIN story_version v ON v.story_id = s.id LEFT JOIN page p ON p.story_id = s.id
    WHERE """
_ORDER = " ORDER BY s.id, v.version"
_IN_STRETCH = "s.id BETWEEN ? AND ? AND s.seen >= ? AND s.seen < ?"
_AMONG = "s.id IN (SELECT value FROM json_each(?))"
_OLDER = "s.id BETWEEN ? AND ? AND s.version > 1 AND v.version < s.version"
_IDS = "SELECT id FROM story WHERE id >= ? AND seen >= ? AND seen < ? ORDER BY id"
_ALREADY = "SELECT v.story_id, v.reason FROM verdict v WHERE v.story_id >= ? AND v.reason IN (?, ?)"
_APART = """SELECT v.story_id, v.group_id FROM verdict v JOIN story s ON s.id = v.story_id
    WHERE v.story_id >= ? AND v.delivery IS NOT NULL AND v.group_id <> s.group_id"""
_TOLD = """SELECT v.story_id, v.version, v.rule, v.channel, v.reason, o.key, o.state, o.queued
    FROM verdict v JOIN outbox o ON o.key = v.delivery WHERE o.queued >= ? AND o.queued < ?
    ORDER BY o.queued, v.story_id, v.rule, v.channel"""
_MEMBERS = "SELECT id FROM story WHERE group_id IN (SELECT value FROM json_each(?)) AND id < ? ORDER BY id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A version of a story with what is kept of it beside its words."""

    story: Story
    at: datetime
    group: int
    event: int | None
    newest: int  # version
    has_page: bool  # its page was wanted
    page_read: datetime | None  # when its page was read first
    home: str  # the address of its source
    origin_url: str | None  # where its page says that it was taken from

    @property
    def owner(self) -> str:
        """Who is behind the story."""
        return owner(self.story.url, self.home, self.story.outlet.id)

    @property
    def origin(self) -> str | None:
        """The site that its page names as its origin."""
        return site_of(self.origin_url) or None if self.origin_url else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What was so when the stories came, as far as it is kept and no rule has a say in it."""

    first_reads: Mapping[str, datetime]  # by source: when its backlog was taken in
    backlog: frozenset[int]  # stories that were taken in as backlog
    flooded: frozenset[int]  # stories that came in a flood
    groups: Mapping[int, int]  # by story: the group of copies that it was told in, where it has another by now
    silences: Sequence[Silence]
    watched: Sequence[Stretch]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldOnce:
    """A verdict that a message tells or told of."""

    story: int
    version: int
    rule: str
    channel: str
    reason: Reason
    key: str  # of the message
    state: str  # of the message
    queued: datetime


class Archive:
    """A store opened for reading by one thread; use it as ``with archive:``.

    Every method raises StoreError when the database is locked, damaged, out of reach or from another version of Tocsin.
    """

    def __init__(self, of: Engine, place: object) -> None:
        """``place`` is where the database is, for people. Raises StoreError."""
        self._place = place
        self._engine = of
        self._on_server = of.dialect.name == "postgresql"
        try:
            self._connection = of.connect()
        except DBAPIError as error:
            raise explained(error, of, place) from error
        self._outlets: dict[str, tuple[Outlet, str]] = {}  # by source, with its address

    @classmethod
    def of(cls, url: str, patience: float = PATIENCE) -> Self | None:
        """Open a store by its SQLAlchemy URL; None when there is none yet. Raises StoreError."""
        if postgres.is_meant(url):
            address = postgres.locate(url)
            archive = cls(postgres.reader(address), postgres.spelled(address))
        else:
            path = engine.locate(url)
            if not path.exists():
                return None
            archive = cls(engine.reader(path, patience), path)
        return archive._opened()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _opened(self) -> Self | None:
        """Make ready; None, and let go, where a server's database holds nothing yet."""
        try:
            if self._on_server and self._run(migrate.revision) is None:
                self.close()
                return None
            self._run(migrate.require_head)
            self._run(self._learn_outlets)
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """Let it go."""
        self._connection.close()
        self._engine.dispose()

    def _run(self, work: Callable[[Connection], T]) -> T:
        try:
            with self._connection.begin():
                return work(self._connection)
        except DBAPIError as error:
            raise explained(error, self._engine, self._place) from error

    def _rows(self, statement: str, *values: object) -> Sequence[Any]:
        if self._on_server:
            statement = statement.replace(_EACH, "= ANY(?)").replace("?", "%s")
        else:
            values = tuple(json.dumps(one) if isinstance(one, list) else one for one in values)
        return self._run(lambda connection: connection.exec_driver_sql(statement, values).fetchall())

    def _learn_outlets(self, connection: Connection) -> None:
        self._outlets = {row.id: (outlet(row), row.url) for row in connection.execute(select(source))}

    # ------------------------------------------------------------ which stories there are

    def ids(self, since: datetime, until: datetime) -> Sequence[int]:
        """Return the stories first seen in a time, oldest first."""
        return [row[0] for row in self._rows(_IDS, earliest(since), to_ms(since), to_ms(until))]

    def first_seen(self) -> datetime | None:
        """Return when the first story of all was seen; None when there is none."""
        ((first,),) = self._rows("SELECT min(seen) FROM story")
        return None if first is None else from_ms(first)

    def last_seen(self) -> datetime | None:
        """Return when the newest story of all was seen; None when there is none."""
        ((last,),) = self._rows("SELECT max(seen) FROM story")
        return None if last is None else from_ms(last)

    def seen(self, story: int) -> datetime:
        """Return when a story was seen, which there must be."""
        ((seen,),) = self._rows("SELECT seen FROM story WHERE id = ?", story)
        return from_ms(seen)

    def having(self, words: Collection[AllOf], since: datetime, most: int) -> set[int] | None:
        """Return the stories seen since a moment of which the newest version has the words of one of some trees.

        Some older ones may be among them. None when there are more than ``most``.
        """
        found: set[int] = set()
        for tree in words:
            ids = self._run(lambda connection, tree=tree: search.having(connection, tree, since, most + 1))  # type: ignore[misc]
            found.update(ids)
            if len(found) > most:
                return None
        return found

    def relatives(self, groups: Iterable[int], before: int) -> Sequence[int]:
        """Return the stories of some groups of copies with ids below one."""
        return [row[0] for row in self._rows(_MEMBERS, list(groups), before)]

    # ------------------------------------------------------------ their texts

    def stretch(self, first: int, last: int, since: datetime, until: datetime) -> Iterator[Text]:
        """Return every version of the stories between two ids, both included, that were first seen in a time."""
        return self._texts(_IN_STRETCH, first, last, to_ms(since), to_ms(until))

    def some(self, ids: Sequence[int]) -> Iterator[Text]:
        """Return every version of some stories."""
        return self._texts(_AMONG, list(ids))

    def older(self, first: int, last: int) -> Iterator[Text]:
        """Return the versions between two ids that the search index does not have: all but each story's newest."""
        return self._texts(_OLDER, first, last)

    def _texts(self, which: str, *values: object) -> Iterator[Text]:
        return map(self._text, self._rows(_TEXTS + which + _ORDER, *values))

    def _text(self, row: Any) -> Text:
        (
            (story_id, source_id, group, event, published, note, seen, newest, origin, page_read, page),
            (version, at, url, title, text, language, authors, tags, section),
        ) = row[:11], row[11:]
        outlet_, home = self._outlets[source_id]
        story = Story(
            id=story_id,
            version=version,
            outlet=outlet_,
            url=url,
            title=title,
            text=text,
            language=language,
            authors=_names(authors),
            tags=_names(tags),
            section=section,
            published=None if published is None else from_ms(published),
            date_note=None if note is None else DateNote(note),
            seen=from_ms(seen),
        )
        return Text(
            story=story,
            at=from_ms(at),
            group=group,
            event=event,
            newest=newest,
            has_page=page is not None,
            page_read=None if page_read is None else from_ms(page_read),
            home=home,
            origin_url=origin,
        )

    # ------------------------------------------------------------ what was so then

    def circumstances(self, first: int, since: datetime) -> Circumstances:
        """Return what is kept of the time since a moment, of stories from an id on."""
        marks = self._rows(_ALREADY, first, Reason.BACKLOG, Reason.FLOOD)
        reads = self._run(lambda connection: connection.execute(select(source.c.id, source.c.first_read)).all())
        quiet = self._run(lambda connection: connection.execute(select(silence).where(silence.c.end > since)).all())
        beats = self._run(lambda connection: connection.execute(select(watched).order_by(watched.c.since)).all())
        return Circumstances(
            first_reads={row.id: row.first_read for row in reads if row.first_read},
            backlog=frozenset(story for story, reason in marks if reason == Reason.BACKLOG),
            flooded=frozenset(story for story, reason in marks if reason == Reason.FLOOD),
            groups=dict(map(tuple, self._rows(_APART, first))),
            silences=[read_silence(row) for row in quiet],
            watched=[(row.since, row.until) for row in beats],
        )

    def told(self, since: datetime, until: datetime) -> Sequence[ToldOnce]:
        """Return the verdicts whose messages were queued in a time, oldest first."""
        return [
            ToldOnce(
                story=row[0],
                version=row[1],
                rule=row[2],
                channel=row[3],
                reason=Reason(row[4]),
                key=row[5],
                state=row[6],
                queued=from_ms(row[7]),
            )
            for row in self._rows(_TOLD, to_ms(since), to_ms(until))
        ]


def _names(stored: str | list[str]) -> tuple[str, ...]:
    """Return what a column of JSON holds, which PostgreSQL's driver has read already."""
    if stored in ("[]", []):
        return ()
    return tuple(json.loads(stored) if isinstance(stored, str) else stored)
