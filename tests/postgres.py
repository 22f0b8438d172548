"""A PostgreSQL server of our own on loopback, for as long as the tests run, with databases that cost little to make."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

_USER = "tocsin"
_GUARDED, _PASSWORD = "keeper", "a:b@c"  # who has to say a password
# Nothing here outlives the tests, so nothing need reach the disk.
_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60", "shared_buffers=64MB")


def programs() -> Path | None:
    """Return where the server's programs are, the newest; None where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    return Path(on_path).resolve().parent if on_path else None


class Server:
    """Use it as ``with Server(programs(), folder) as server``."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._data = folder / "data"
        self.port = _free_port()
        self._running: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:  # the server refuses to run as root
            self._give_away()
        self._do("initdb", "--no-sync", "-A", "trust", "-U", _USER, "-E", "UTF8", "--locale=C", "-D", str(self._data))
        rules = self._data / "pg_hba.conf"  # the first that fits counts
        rules.write_text(f"host all {_GUARDED} 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        options = [
            f"-c{one}" for one in (*_QUICK, "listen_addresses=127.0.0.1", f"unix_socket_directories={self._folder}")
        ]
        self._do(
            "pg_ctl",
            "-D",
            str(self._data),
            "-w",
            "-o",
            f"-p {self.port} {' '.join(options)}",
            "-l",
            str(self._folder / "log"),
            "start",
        )

    def stop(self, how: str = "immediate") -> None:
        """Stop it as ``pg_ctl stop -m`` does."""
        self._do("pg_ctl", "-D", str(self._data), "-w", "-m", how, "stop")

    def url(self, database: str) -> str:
        """Return the address of a database, as ``store:`` takes it."""
        return f"postgresql+psycopg://{_USER}@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def guarded(self, database: str) -> Iterator[str]:
        """Lend the address of a database with a user who has to say a password."""
        self._sql(f"CREATE ROLE {_GUARDED} LOGIN SUPERUSER PASSWORD '{_PASSWORD}'")
        try:
            yield self.url(database).replace(f"{_USER}@", f"{_GUARDED}:{quote(_PASSWORD)}@")
        finally:
            self._sql(f"DROP ROLE {_GUARDED}")

    def make(self, template: str = "template1") -> str:
        """Make a database, a copy of another that nobody is connected to, and return its name."""
        name = f"t{uuid4().hex}"
        self._sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, database: str) -> None:
        """Remove a database, whoever is connected to it."""
        self._sql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def _sql(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _do(self, program: str, *words: str) -> None:
        command = [str(self._programs / program), *words]
        user = "postgres" if os.geteuid() == 0 else None
        done = subprocess.run(
            command,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            capture_output=True,
            text=True,
            check=False,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")

    def _give_away(self) -> None:
        owner = pwd.getpwnam("postgres")
        os.chown(self._folder, owner.pw_uid, owner.pw_gid)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
