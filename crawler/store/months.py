"""The months by which PostgreSQL parts what hangs on a story, made ahead and dropped when they are over."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, column, delete, func, insert, select, table, text

from alerts.errors import StoreError
from crawler.ids import CLOCK_SLACK, STORY_EPOCH, STORY_TAIL, earliest
from crawler.store.schema import metadata, story

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy import ColumnElement, Connection, Select, TableClause

# Large, keyed by the story, and nothing refers to them. Verdicts are not among them: that a channel is told once is a
# unique index without the story in it, which a parted table cannot have.
PARTED = ("story_version", "story_search", "sketch", "left_out")
AHEAD = 2  # months after this one that are there before they begin
LEFT = 1_000  # stories of an old month that are still needed, and do not keep it from being dropped
_PART = re.compile(rf"(?:{'|'.join(PARTED)})_(?:default|(\d{{4}})_(\d\d))")
# Less than the second after which the server looks for a deadlock: it is we who give way, and nobody waits for long.
_PATIENCE = "SET LOCAL lock_timeout = '400ms'"
LONG = 30.0  # seconds: all who read are done by then, but for copies and dumps
_THERE = text(
    "SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid "
    "JOIN pg_class AS p ON p.oid = i.inhparent "
    "WHERE p.relnamespace = current_schema()::regnamespace AND p.relname IN :tables"
).bindparams(bindparam("tables", PARTED, expanding=True))
_READ = text(
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND backend_xmin IS NOT NULL AND backend_type = 'client backend' "
    "AND xact_start < clock_timestamp() - make_interval(secs => :long))"
)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of UTC, and an hour more before it: no clock that is set back by less puts a story in another one."""

    year: int
    number: int  # 1 to 12

    @property
    def first(self) -> int:
        """The lowest id of a story that belongs to it."""
        return earliest(datetime(self.year, self.number, 1, tzinfo=UTC))

    @property
    def end(self) -> int:
        """The lowest id that belongs to the next."""
        return self.after(1).first

    def after(self, months: int) -> Month:
        """Return the month that is so many later."""
        years, rest = divmod(self.number - 1 + months, 12)
        return Month(self.year + years, rest + 1)

    def part_of(self, table: str) -> str:
        """Return the name of a table's part for it."""
        return f"{table}_{self.year}_{self.number:02}"

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02}"


def month_at(moment: datetime) -> Month:
    """Return the month to which a story belongs that is seen now."""
    there = (moment + CLOCK_SLACK).astimezone(UTC)
    return Month(there.year, there.month)


def month_of(story_id: int) -> Month:
    """Return the month to which a story belongs."""
    return month_at(STORY_EPOCH + timedelta(milliseconds=max(story_id, 0) >> STORY_TAIL))


def ahead(now: datetime) -> list[Month]:
    """Return the months that should be there: this one and the next."""
    return [month_at(now).after(number) for number in range(AHEAD + 1)]


def is_part(name: str | None) -> bool:
    """Tell whether a table is a part of another, of which the schema says nothing."""
    return name is not None and _PART.fullmatch(name) is not None


def lived(connection: Connection) -> list[Month]:
    """Return the months of which there are stories, of any database; one look at the index for each."""
    found: list[Month] = []
    first = connection.scalar(select(func.min(story.c.id)))
    while first is not None:
        found.append(month_of(first))
        first = connection.scalar(select(func.min(story.c.id)).where(story.c.id >= found[-1].end))
    return found


def make(connection: Connection, wanted: Iterable[Month], *, long: float = LONG) -> list[Month]:
    """Make the months that are not there, with the rows that have come for them already, and return them.

    To be called in a transaction that others who write wait for. Raises what the database does when a lock cannot be
    had at once, and StoreError while rows have to be moved and somebody has read for more than ``long`` seconds: his
    snapshot would find them in neither place.
    """
    if connection.dialect.name != "postgresql":
        return []
    there = _parts(connection)
    lacking = [one for one in sorted(set(wanted)) if any(one.part_of(name) not in there for name in PARTED)]
    if not lacking:
        return []
    _lock(connection, "story", "SHARE ROW EXCLUSIVE")
    _lock(connection, ", ".join(f"{name}_default" for name in PARTED), "ACCESS EXCLUSIVE")
    if any(_have_come(connection, name, one) for one in lacking for name in PARTED):
        _require_unread(connection, long)
    for month in lacking:
        for name in PARTED:
            if month.part_of(name) not in there:
                _make(connection, name, month)
    return lacking


def drop(connection: Connection, before: datetime, left: int = LEFT, *, long: float = LONG) -> Month | None:
    """Drop the oldest month that is over, seen before a moment and all but empty; None: there is none.

    It is a month of which no more than ``left`` stories are still there, because something needs them; these move to
    the part for what has no month of its own. Raises as ``make`` does: who has read for long may see rows in it that
    were removed since.
    """
    if connection.dialect.name != "postgresql":
        return None
    there = _parts(connection)
    over = sorted({one for one in map(_named, there) if one is not None and one.end <= earliest(before)})
    for month in over:
        of_it = select(story.c.id).where(story.c.id >= month.first, story.c.id < month.end)
        ids = connection.scalars(of_it.limit(left + 1)).all()
        if len(ids) <= left:
            _require_unread(connection, long)
            _drop(connection, month, ids, there)
            return month
    return None


def look_through(connection: Connection) -> None:
    """Tell the server's planner of the parted tables as wholes, of which it does not learn by itself."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL default_statistics_target = 10")  # a sample of 3,000 rows a part
        for name in PARTED:
            connection.exec_driver_sql(f"ANALYZE (SKIP_LOCKED) {name} (story_id)")


def _drop(connection: Connection, month: Month, ids: Sequence[int], there: Collection[str]) -> None:
    _lock(connection, ", ".join(["story", *PARTED]), "ACCESS EXCLUSIVE")
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # of a month that was full a while ago
    for name in PARTED:
        part = month.part_of(name)
        if part in there:
            connection.exec_driver_sql(f"ALTER TABLE {name} DETACH PARTITION {part}")
            if ids:
                rows = _alike(name, part)
                _put(connection, _alike(name), select(rows).where(rows.c.story_id.in_(ids)))
            connection.exec_driver_sql(f"DROP TABLE {part}")


def _make(connection: Connection, name: str, month: Month) -> None:
    # Attached, not made as a part: that would lock the whole table. The keys to `story` come with it.
    part, rest = month.part_of(name), _alike(name, f"{name}_default")
    connection.exec_driver_sql(f"CREATE TABLE {part} (LIKE {name} INCLUDING ALL)")
    come = delete(rest).where(_is_of(rest, month)).returning(*rest.c).cte()
    _put(connection, _alike(name, part), select(come))
    connection.exec_driver_sql(
        f"ALTER TABLE {name} ATTACH PARTITION {part} FOR VALUES FROM ({month.first}) TO ({month.end})"
    )


def _have_come(connection: Connection, name: str, month: Month) -> bool:
    rest = _alike(name, f"{name}_default")
    return bool(connection.scalar(select(select(rest).where(_is_of(rest, month)).exists())))


def _is_of(part: TableClause, month: Month) -> ColumnElement[bool]:
    return and_(part.c.story_id >= month.first, part.c.story_id < month.end)


def _alike(name: str, part: str | None = None) -> TableClause:
    """Return a table, or a part of it, whose values go from one to another as they are."""
    return table(part or name, *(column(one.name) for one in metadata.tables[name].c))


def _put(connection: Connection, into: TableClause, rows: Select[Any]) -> None:
    connection.execute(insert(into).from_select(list(into.c.keys()), rows))


def _lock(connection: Connection, tables: str, mode: str) -> None:
    connection.exec_driver_sql(_PATIENCE)
    connection.exec_driver_sql(f"LOCK TABLE {tables} IN {mode} MODE")


def _require_unread(connection: Connection, long: float) -> None:
    if connection.execute(_READ, {"long": long}).scalar_one():
        raise StoreError(f"somebody has read in one transaction for more than {long:.0f} s, and may see what is to go")


def _parts(connection: Connection) -> set[str]:
    return set(connection.scalars(_THERE))


def _named(part: str) -> Month | None:
    found = _PART.fullmatch(part)
    return Month(int(found[1]), int(found[2])) if found and found[1] else None
