"""What a database that is replaced by an older copy knows and the copy does not, above all what people were told."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alerts.errors import StoreError
from crawler.store import engine
from crawler.store.doubled import Twin
from crawler.store.schema import metadata, source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Column, Table

# Of these the copy's own rows stand. A source's say what was read last: an ETag must never be newer than its stories.
_STAY = frozenset({"source", "frequency", "line"})
_LINES = frozenset({"delivery_log", "audit"})  # their ids are counted, so that two stores give the same to two lines
_LEFT = frozenset({"poll_log", "host", "hold"})  # the log of visits, and what passes by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What was carried over."""

    rows: Mapping[str, int]  # by table
    unread: str = ""  # what of the replaced one could not be read, as a sentence
    twins: Sequence[Twin] = ()  # what both took in by the same key, as two stories
    strange: Sequence[str] | None = None  # messages that wait and that the replaced one does not know; None: all, maybe


def carry(replaced: Path, copy: Path) -> Carried:
    """Write into ``copy`` what ``replaced`` has beyond it.

    Where some of ``replaced`` cannot be read, every source starts over with a first visit. Both may have other
    schemas: columns that both have are carried. Raises StoreError, above all where ``copy`` cannot be written.
    """
    try:
        return _carry(replaced, copy)
    except engine.Error as error:
        raise StoreError(f"{copy} cannot be written: {engine.way_out(error) or error}") from error


def _carry(replaced: Path, copy: Path) -> Carried:
    carried, unread, twins, strange = dict[str, int](), list[str](), list[Twin](), list[str]()
    with closing(engine.connect(copy.absolute(), "rw", 30.0)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA recursive_triggers = ON")  # or the index of words would not hear what is replaced
        connection.execute("PRAGMA synchronous = FULL")
        try:
            connection.execute("ATTACH ? AS replaced", (f"{replaced.absolute().as_uri()}?mode=ro",))
            connection.execute("SELECT count(*) FROM replaced.sqlite_master").fetchone()
        except engine.Error as error:
            unread.append(str(error))
        else:
            twins, strange = _twins(connection, unread), _strange(connection, unread)
            for table in metadata.sorted_tables:
                _carry_table(connection, table, carried, unread)
        if unread:
            carried["story"] = carried.get("story", 0) - _drop_torn(connection)
            _start_over(connection)
        if connection.execute("PRAGMA foreign_key_check").fetchone():
            raise StoreError(
                f"{replaced} and the copy do not fit together: move {replaced.name} away, and restore again"
            )
        connection.execute("PRAGMA main.wal_checkpoint(TRUNCATE)").fetchall()
    rows = {name: number for name, number in carried.items() if number}
    return Carried(rows=rows, unread="; ".join(dict.fromkeys(unread)), twins=twins, strange=None if unread else strange)


def _twins(connection: Any, unread: list[str]) -> list[Twin]:
    query = (
        "SELECT DISTINCT mine.story_id, theirs.story_id FROM replaced.seen theirs "
        "JOIN main.seen mine ON mine.key = theirs.key WHERE mine.story_id <> theirs.story_id"
    )
    try:
        return [Twin(kept=kept, other=other) for kept, other in connection.execute(query)]
    except engine.Error as error:
        unread.append(f"seen: {error}")
        return []


def _strange(connection: Any, unread: list[str]) -> list[str]:
    query = (
        "SELECT key FROM main.outbox WHERE state IN ('pending', 'sending') "
        "AND key NOT IN (SELECT key FROM replaced.outbox)"
    )
    try:
        return [key for (key,) in connection.execute(query)]
    except engine.Error as error:
        unread.append(f"outbox: {error}")
        return []


def _carry_table(connection: Any, table: Table, carried: dict[str, int], unread: list[str]) -> None:
    columns = [name for name in _columns(connection, "main", table) if name in _columns(connection, "replaced", table)]
    if table.name in _LEFT or not columns:
        return
    statement = _statement(table, columns)
    before = _count(connection, table)
    try:
        _transact(connection, statement)
    except engine.Error as error:
        if _is_of_copy(error):
            raise
        unread.append(f"{table.name}: {error}")
        _piecemeal(connection, table, statement)
    carried[table.name] = _count(connection, table) - before


def _statement(table: Table, columns: Sequence[str]) -> str:
    """Return what carries all rows of a table; another condition can be put at its end."""
    wanted = [_has_parent(column) for column in table.c if column.foreign_keys and column.name in columns]
    verb = "INSERT OR IGNORE" if table.name in _STAY else "INSERT OR REPLACE"
    if table.name == "seen":  # the copy's story goes on: it says what people were told
        wanted.append("NOT EXISTS (SELECT 1 FROM main.seen m WHERE m.key = r.key AND m.story_id <> r.story_id)")
    if table.name == "gap":  # its ids are counted too; one that both know is filled again, which finds nothing new
        verb, columns = "INSERT", [name for name in columns if name != "id"]
        wanted.append("NOT EXISTS (SELECT 1 FROM main.gap m WHERE m.source_id = r.source_id AND m.since = r.since)")
    if table.name in _LINES:
        verb, columns = "INSERT", [name for name in columns if name != "id"]
        same = " AND ".join(f'm."{name}" IS r."{name}"' for name in columns)
        known = f'SELECT 1 FROM main."{table.name}" m WHERE {same}'  # noqa: S608 -- the names are our own
        wanted += [f"NOT EXISTS ({known} AND m.id = r.id)", f"NOT EXISTS ({known})"]  # the first is found at once
    names = ", ".join(f'"{name}"' for name in columns)
    where = " AND ".join(wanted) or "true"
    return f'{verb} INTO main."{table.name}" ({names}) SELECT {names} FROM replaced."{table.name}" r WHERE {where}'  # noqa: S608 -- the names are our own


def _is_of_copy(error: Exception) -> bool:
    """Say whether the copy cannot be written, which is no fault of what is only read."""
    name = engine.name_of(error)
    reads = ("SQLITE_IOERR_READ", "SQLITE_IOERR_SHORT_READ", "SQLITE_IOERR_CORRUPTFS")
    return name.startswith(("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_IOERR")) and name not in reads


def _transact(connection: Any, statement: str, *values: object) -> None:
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(statement, values)
        connection.execute("COMMIT")
    except engine.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _piecemeal(connection: Any, table: Table, statement: str) -> None:
    """Carry what belongs to one story or message after the other, and leave out what cannot be read."""
    column = next((one for one in table.c if one.foreign_keys), None)
    if column is None:
        return
    parent = next(iter(column.foreign_keys)).column
    keys = connection.execute(f'SELECT "{parent.name}" FROM main."{parent.table.name}"').fetchall()  # noqa: S608 -- the names are our own
    for (key,) in keys:
        try:
            _transact(connection, f'{statement} AND r."{column.name}" = ?', key)
        except engine.Error as error:
            if _is_of_copy(error):
                raise


def _has_parent(column: Column[Any]) -> str:
    parents = [(key.column.table.name, key.column.name) for key in column.foreign_keys]
    own = f'r."{column.name}"'
    return " AND ".join(
        f'({own} IS NULL OR {own} IN (SELECT "{name}" FROM main."{parent}"))'  # noqa: S608 -- the names are our own
        for parent, name in parents
    )


def _drop_torn(connection: Any) -> int:
    """Remove stories of which no version could be read, and say how many: found again, they are as if never seen.

    Those that people were told of stay known, so that they are not told again.
    """
    torn = (
        "SELECT id FROM story WHERE NOT EXISTS "
        "(SELECT 1 FROM story_version v WHERE v.story_id = story.id AND v.version = story.version)"
    )
    told = f"SELECT story_id FROM outbox WHERE state = 'sent' AND story_id IN ({torn})"  # noqa: S608 -- our own words
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"DELETE FROM seen WHERE story_id IN ({torn}) AND story_id NOT IN ({told})")  # noqa: S608 -- our own words
    connection.execute("CREATE TEMP TABLE torn AS " + torn)
    _hand_over(connection)
    messages = "SELECT key FROM outbox WHERE story_id IN (SELECT id FROM torn)"
    for parent, keys in (("outbox", messages), ("story", "SELECT id FROM torn")):
        for table in reversed(metadata.sorted_tables):
            for column in table.c:
                if any(key.column.table.name == parent for key in column.foreign_keys) and column.name != "delivery":
                    connection.execute(f'DELETE FROM main."{table.name}" WHERE "{column.name}" IN ({keys})')  # noqa: S608 -- the names are our own
    number = connection.execute("DELETE FROM story WHERE id IN (SELECT id FROM torn)").rowcount
    connection.execute("COMMIT")
    return int(number)


def _hand_over(connection: Any) -> None:
    """Give messages of torn stories that tell of whole ones as well to the newest of these: they were told by them."""
    whole = (
        "SELECT s.id, s.group_id, s.version FROM verdict v JOIN story s ON s.id = v.story_id "
        "WHERE v.delivery = outbox.key AND s.id NOT IN (SELECT id FROM torn) ORDER BY s.id DESC LIMIT 1"
    )
    connection.execute(
        f"UPDATE outbox SET (story_id, group_id, version) = ({whole}) "  # noqa: S608 -- our own words
        f"WHERE story_id IN (SELECT id FROM torn) AND EXISTS ({whole})"
    )


def _start_over(connection: Any) -> None:
    """Let every source's next visit be a first one: ``backlog:`` says what of it is told."""
    connection.execute(f"UPDATE {source.name} SET first_read = NULL, etag = NULL, last_modified = NULL")  # noqa: S608 -- the name is our own


def _columns(connection: Any, of: str, table: Table) -> list[str]:
    return [row[1] for row in connection.execute(f'PRAGMA {of}.table_info("{table.name}")')]


def _count(connection: Any, table: Table) -> int:
    return int(connection.execute(f'SELECT count(*) FROM main."{table.name}"').fetchone()[0])  # noqa: S608 -- the name is our own
