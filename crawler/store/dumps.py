"""Copies of a PostgreSQL database, by the server's own programs: pg_dump and pg_restore."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from alerts.errors import StoreError
from crawler.store import backup, deliveries, migrate, postgres
from crawler.store.backup import Copied
from crawler.store.schema import HEAD
from crawler.store.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection
    from sqlalchemy.engine import URL

COUNTED = ("source", "story", "seen", "verdict", "outbox")
_DUMP, _RESTORE = "pg_dump", "pg_restore"
INSTALL = "install PostgreSQL's client programs, as new as the server (postgresql-client on Debian)"
_COPY = re.compile(rb"COPY (?:[\w\"]+\.)?\"?(\w+)\"? \(.*\) FROM stdin;\n")
_SAID = 500  # characters of what a program says


def make(url: str, target: Path, *, measure: Callable[[Path], int] = backup.free_at) -> Copied:
    """Copy a database to a file that is not there yet; others may write meanwhile.

    It is of one moment, and there only once it is whole, on the disk and read through. Raises StoreError, also where
    the programs for it are not there.
    """
    address = postgres.locate(url)
    dump, _ = _program(_DUMP), _program(_RESTORE)
    with backup.landing(target) as part:
        backup.require_room(target.parent, 0, measure)
        with open(part, "wb", opener=_private) as file:
            words = [dump, "--format=custom", "--no-password", "--dbname", _without_password(address)]
            _run(words, f"{postgres.spelled(address)} cannot be copied", _environ(address), file.fileno())
            os.fsync(file.fileno())
        copied = verify(part)
    return replace(copied, path=target)


def verify(copy: Path) -> Copied:
    """Read a copy to its end and count its rows; raises StoreError where something is wrong."""
    if not copy.exists():
        raise StoreError(f"there is no {copy}")
    program = _program(_RESTORE)
    what = f"{copy} is no copy of a store of Tocsin, or it is damaged"
    _run([program, "--list", str(copy)], what)
    reading = [program, "--data-only", "--file=-", str(copy)]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(  # noqa: S603 -- no shell, and the words are ours
            reading, stdout=subprocess.PIPE, stderr=said, stdin=subprocess.DEVNULL
        ) as process,
    ):
        schema, counts = _counted(process.stdout or ())
        if process.wait():
            said.seek(0)
            raise StoreError(f"{what}: {_gist(said.read())}")
    missing = [name for name in COUNTED if name not in counts]
    if missing:
        raise StoreError(f"{copy} is no copy of a store of Tocsin: it has no {', '.join(missing)}")
    return Copied(path=copy, size=copy.stat().st_size, schema=schema, counts={name: counts[name] for name in COUNTED})


def restore(copy: Path, url: str, now: datetime) -> Copied:
    """Put a copy into a database that is empty, and bring it to the schema of this program, or change nothing.

    What waits to be sent is looked for first. Raises StoreError, which says what to do where it is not empty.
    """
    copied, address = verify(copy), postgres.locate(url)
    worker = Worker(postgres.writer(address), postgres.spelled(address), "store-restore")
    try:
        if worker.run_now(_holds_something):
            raise StoreError(
                f"{postgres.spelled(address)} is not empty, and nothing is overwritten: make an empty database "
                f"(createdb -O {address.username or 'USER'} {address.database}_restored), name it as `store:`, restore "
                f"again, and keep the old one until all is well; docs/operations.md says what is told twice then"
            )
        words = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", "--no-password"]
        command = [_program(_RESTORE), *words, "--dbname", _without_password(address), str(copy)]
        _run(command, f"{copy} cannot be put into {postgres.spelled(address)}, which is as it was", _environ(address))
        worker.run_now(migrate.upgrade)
        worker.run_now(partial(deliveries.look_first, now=now))
    finally:
        worker.close()
    return copied


def bring_up(url: str, copy_to: Callable[[str], Path]) -> tuple[str | None, Path | None]:
    """Migrate a database that no daemon has, in one transaction, and return its schema from before, and the copy.

    It is copied before, to where ``copy_to`` says for a schema; None where there was nothing to do.
    Raises StoreError.
    """
    address = postgres.locate(url)
    worker = Worker(postgres.writer(address), postgres.spelled(address), "store-migrate")
    try:
        worker.run_now(postgres.require_supported)
        found = worker.run_now(migrate.revision)
        if found is None:
            raise StoreError(f"there is no store in {postgres.spelled(address)} yet: `tocsin run` makes it")
        copy = make(url, copy_to(found)).path if found < HEAD else None
        worker.run_now(migrate.upgrade)
    finally:
        worker.close()
    return found, copy


def _holds_something(connection: Connection) -> bool:
    query = "SELECT 1 FROM pg_class WHERE relnamespace = current_schema()::regnamespace LIMIT 1"
    return connection.exec_driver_sql(query).first() is not None


def _counted(lines: Iterable[bytes]) -> tuple[str, Mapping[str, int]]:
    """Return the schema and the rows of each table, of what pg_restore writes."""
    counts: dict[str, int] = {}
    schema, table = "", ""
    for line in lines:
        if not table:
            found = _COPY.fullmatch(line)
            table = found[1].decode() if found else ""
            counts |= {table: 0} if found else {}
        elif line == b"\\.\n":
            table = ""
        else:
            counts[table] += 1
            schema = line.decode().strip() if table == "alembic_version" else schema
    return schema, counts


def _run(command: list[str], what: str, environ: Mapping[str, str] | None = None, stdout: int | None = None) -> None:
    done = subprocess.run(  # noqa: S603 -- no shell, and the words are ours
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL if stdout is None else stdout,
        stderr=subprocess.PIPE,
        env={**os.environ, **(environ or {})},
        check=False,
    )
    if done.returncode:
        raise StoreError(f"{what}: {_gist(done.stderr)}")


def missing() -> list[str]:
    """Return which of the programs are not on the path."""
    return [name for name in (_DUMP, _RESTORE) if shutil.which(name) is None]


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise StoreError(f"copies of a PostgreSQL store need {name}, which is not on the path: {INSTALL}")
    return found


def _without_password(address: URL) -> str:
    """Return an address as libpq takes it; everybody on this machine can read the words of a command."""
    # set() would keep the password, as None is to it no change, and hiding puts stars in its place: libpq takes those.
    return address._replace(drivername="postgresql", password=None).render_as_string(hide_password=False)


def _environ(address: URL) -> Mapping[str, str]:
    password = address.password
    return {"PGPASSWORD": str(password)} if password else {}


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _gist(said: bytes) -> str:
    text = "; ".join(said.decode(errors="replace").split("\n")).strip("; ")
    return text[:_SAID] or "it says nothing"
