"""Makes a database equal to a store: at first, after an interruption, and once more when the store's daemon stopped."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import Table, inspect, select

from alerts.errors import StoreError
from crawler.store import migrate, months, postgres, unfinished
from crawler.store.moving import frame
from crawler.store.moving.ends import Source, Target, name_of
from crawler.store.moving.rows import Shape
from crawler.store.moving.walk import Key, Row, Step, steps
from crawler.store.schema import HEAD, lease, metadata, worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    Tell = Callable[[str, int, int], None]  # what is done now, how many of how many rows or things


LEFT = (lease, worker)  # who works on a store, and what each holds
_ROUNDS = 3  # in the last of which nothing may be left to do
_AT_ONCE = 1_000  # rows that wait to be written


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """What was found and done in a table."""

    name: str
    rows: int  # that the source has
    there: int = 0  # that the copy has, counted by its database at the end
    written: int
    removed: int  # that the source has no more

    def after(self, before: Walked | None) -> Walked:
        """Return what this walk and one before did together."""
        if before is None:
            return self
        return replace(self, written=self.written + before.written, removed=self.removed + before.removed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A copy."""

    source: str
    target: str
    as_of: datetime
    company: str  # who worked on the source meanwhile; "": nobody
    complete: bool  # all is there, and nobody works on the source: the copy can be used
    tables: Sequence[Walked]
    replaced: Mapping[str, int]  # characters that the target cannot keep, by column
    took: timedelta
    size: int  # bytes of the copy


def carried() -> list[Table]:
    """Return the tables that are copied, parents before children."""
    return [table for table in metadata.sorted_tables if table not in LEFT]


def move(
    source_url: str, target_url: str, now: Callable[[], datetime], tell: Tell, *, page: int | None = None
) -> Moved:
    """Make the target equal to the source, as far as it is not, and say what was done.

    While a daemon works on the source the copy is as of one moment, and not complete. Without one the tables are walked
    again until nothing is left to do: what is complete was read on both sides and found equal. Whatever ends it, what
    was copied stays. ``page`` is how many rows are read and written at a time, if not what is best. Raises StoreError.
    """
    begun, name = now(), name_of(source_url)
    if name == name_of(target_url):
        raise StoreError(f"{name} is the store itself: name another one with --to")
    with Source(source_url, begun) as source, Target(target_url, begun) as target:
        with source.snapshot() as reading:
            migrate.require_head(reading)
            lived = months.lived(reading)
        anew = target.run(partial(_prepare, name=name))
        coming = months.ahead(begun)  # what lies beyond was made by a clock that was wrong
        target.run(partial(months.make, wanted=[*(one for one in lived if one < coming[0]), *coming]))
        target.run(partial(frame.loosen, anew=anew))
        copy = _Copy(source, target, tell, page)
        as_of = copy.make(now)
        copy.settle()
        size = target.run(frame.size)
    return Moved(
        source=source.place,
        target=target.place,
        as_of=as_of,
        company=source.company,
        complete=not source.company,
        tables=list(copy.walked.values()),
        replaced=copy.replaced,
        took=now() - begun,
        size=size,
    )


class _Copy:
    """The rows of a source on their way."""

    def __init__(self, source: Source, target: Target, tell: Tell, page: int | None) -> None:
        self._source = source
        self._target = target
        self._tell = tell
        self._page = page
        self.walked: dict[str, Walked] = {}
        self.replaced: Mapping[str, int] = {}

    def make(self, now: Callable[[], datetime]) -> datetime:
        """Bring all rows over, and return as of when they are."""
        left = carried()
        for _ in range(_ROUNDS):
            as_of = now()
            found = self._walk(left)
            self.walked |= {one.name: one.after(self.walked.get(one.name)) for one in found}
            left = [table for table, one in zip(left, found, strict=True) if one.written or one.removed]
            if self._source.company or not left:
                return as_of
        raise StoreError(
            f"{self._source.place} goes on changing: close what works on it, and run the same command again"
        )

    def settle(self) -> None:
        """Put up again what was taken down, count once more, and note whether the copy is whole; raises StoreError."""
        missing = self._target.run(lambda connection: list(frame.missing(connection)))
        for number, (name, work) in enumerate(missing):
            self._tell(name, number, len(missing))
            self._target.run(work)
        self._target.run(frame.require_references)
        counts = self._target.run(lambda connection: {one.name: Shape(one).count(connection) for one in carried()})
        if wrong := [name for name, one in self.walked.items() if one.rows != counts[name]]:
            raise StoreError(f"{', '.join(wrong)} has other rows than were written: run the same command again")
        self.walked = {name: replace(one, there=counts[name]) for name, one in self.walked.items()}
        if not self._source.company:
            self._target.run(unfinished.finish)

    def _walk(self, tables: Sequence[Table]) -> list[Walked]:
        replaced = Counter[str]()
        with self._source.snapshot() as reading:
            shapes = [Shape(table, self._page) for table in tables]
            counts = [shape.count(reading) for shape in shapes]
            found, before = list[Walked](), 0
            for shape, count in zip(shapes, counts, strict=True):
                told = partial(_told, self._tell, shape.table.name, before, sum(counts))
                found.append(self._equalise(shape, reading, replaced, told))
                before += count
        self.replaced = self.replaced or replaced  # of the first round, which sees all tables
        return found

    def _equalise(
        self, shape: Shape, reading: Connection, replaced: Counter[str], told: Callable[[int], None]
    ) -> Walked:
        rows, written, removed, nul = 0, 0, 0, not self._target.takes_nul
        pages = (shape.cleaned(page, replaced, nul=nul) for page in shape.pages(reading, copied=True))
        with self._target.reading() as there:
            for step in _gathered(steps(pages, shape.pages(there), shape.key), self._page or _AT_ONCE):
                if step.drop or step.put:
                    self._target.run(partial(_apply, shape=shape, step=step))
                rows += step.equal + len(step.put)
                written += len(step.put)
                removed += len(set(step.drop) - {shape.key(row) for row in step.put}) if step.drop else 0
                told(rows)
        return Walked(name=shape.table.name, rows=rows, written=written, removed=removed)


def _prepare(connection: Connection, name: str) -> bool:
    """Make the target ready, and say whether it is empty; raises StoreError where something else lives in it."""
    if connection.dialect.name == "postgresql":
        postgres.require_supported(connection)
    mark = unfinished.read(connection)
    if mark is None:
        _require_empty(connection)
        migrate.upgrade(connection)
    elif mark.source != name:
        raise StoreError(
            f"a copy of {mark.source} was begun there, and not of {name}: name an empty database with --to"
        )
    elif (found := migrate.revision(connection)) != HEAD:
        raise StoreError(
            f"the copy was begun with the schema {found}, and this Tocsin has {HEAD}: name an empty database with --to"
        )
    if used := [table.name for table in LEFT if _has_rows(connection, table)]:
        raise StoreError(f"a Tocsin has worked there since ({', '.join(used)}): name an empty database with --to")
    unfinished.begin(connection, name)
    return mark is None or not any(_has_rows(connection, table) for table in carried())


def _require_empty(connection: Connection) -> None:
    """Raise StoreError unless nobody keeps anything here that bears one of our names."""
    there = set(inspect(connection).get_table_names())
    if "alembic_version" not in there:
        if taken := sorted(there & set(metadata.tables)):
            raise StoreError(f"there is a table {taken[0]!r} of another program: name an empty database with --to")
        return
    used = [table.name for table in metadata.sorted_tables if table.name in there and _has_rows(connection, table)]
    if used:
        raise StoreError(
            f"a store is there already, with rows in {', '.join(used[:3])}{' …' if used[3:] else ''}: it is used, and "
            f"nothing is copied over it; name an empty database with --to"
        )


def _has_rows(connection: Connection, table: Table) -> bool:
    return connection.execute(select(table.primary_key.columns[0]).limit(1)).first() is not None


def _told(tell: Tell, name: str, before: int, of: int, done: int) -> None:
    tell(name, before + done, of)


def _gathered(found: Iterator[Step], at_once: int) -> Iterator[Step]:
    """Yield steps with so much to do that a transaction is worth it."""
    equal, drop, put = 0, list[Key](), list[Row]()
    for step in found:
        equal += step.equal
        drop += step.drop
        put += step.put
        if len(drop) + len(put) >= at_once or not (drop or put):
            yield Step(equal=equal, drop=drop, put=put)
            equal, drop, put = 0, [], []
    yield Step(equal=equal, drop=drop, put=put)


def _apply(connection: Connection, shape: Shape, step: Step) -> None:
    if step.drop:
        shape.drop(connection, step.drop)
    if step.put:
        shape.put(connection, step.put)
