"""The copies of a store in a folder, whatever database it is: their names, the newest, and which are spare."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from alerts.errors import StoreError
from crawler.store import backup, dumps, postgres
from crawler.store.place import file_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from crawler.store.backup import Copied

_STAMP = "%Y%m%dT%H%M%SZ"
_DUMP = ".dump"


class Copies:
    """Makes copies of one store, and knows them again by their names."""

    def __init__(self, url: str) -> None:
        """``url`` is the store's. Raises StoreError for what is no store."""
        self._url = url
        self._file = file_of(url)
        self.stem = self._file.stem if self._file else str(postgres.locate(url).database).replace("/", "_")
        self._suffix = ".db" if self._file else _DUMP

    def name_for(self, now: datetime) -> str:
        """Return the name of a copy made now; names sort by time."""
        return f"{self.stem}-{now.strftime(_STAMP)}{self._suffix}"

    def make(self, target: Path, *, measure: Callable[[Path], int] = backup.free_at) -> Copied:
        """Copy the store to a file that is not there yet, and verify it; raises StoreError."""
        if self._file:
            return backup.make(self._file, target, measure=measure)
        return dumps.make(self._url, target, measure=measure)

    def existing(self, folder: Path) -> list[Path]:
        """Return the copies in a folder, oldest first."""
        stamp = re.compile(re.escape(self.stem) + r"-\d{8}T\d{6}Z" + re.escape(self._suffix))
        return sorted(one for one in folder.glob(f"*{self._suffix}") if stamp.fullmatch(one.name))

    def prune(self, folder: Path, keep: int) -> Sequence[Path]:
        """Remove all but the newest copies and return what was removed; raises StoreError."""
        spare = self.existing(folder)[:-keep]
        try:
            for one in spare:
                one.unlink(missing_ok=True)  # `tocsin backup` may do the same beside a daemon
        except OSError as error:
            raise StoreError(f"{folder}: old copies cannot be removed: {error.strerror}") from error
        return spare


def made_at(copy: Path) -> datetime:
    """Return when a copy was made, by its name; raises StoreError for a name of another kind."""
    try:
        return datetime.strptime(copy.stem.rpartition("-")[2], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        raise StoreError(f"{copy.name} does not say when it was made") from None


def verify(copy: Path) -> Copied:
    """Read a copy of either kind, told by its first bytes, from end to end; raises StoreError where it is not sound."""
    return dumps.verify(copy) if is_dump(copy) else backup.verify(copy)


def require_kind(copy: Path, url: str) -> None:
    """Raise StoreError for a copy of another kind of database than a store is."""
    is_server = file_of(url) is None
    if is_dump(copy) != is_server:
        kinds = ("PostgreSQL", "SQLite") if is_server else ("SQLite", "PostgreSQL")
        raise StoreError(f"{copy} is no copy of a {kinds[0]} database, which `store:` names, but of a {kinds[1]} one")


def is_dump(copy: Path) -> bool:
    """Say whether a file was made by pg_dump. Raises StoreError where it cannot be read."""
    try:
        with copy.open("rb") as file:
            return file.read(5) == b"PGDMP"
    except OSError as error:
        raise StoreError(f"{copy} cannot be read: {error.strerror}") from error
