"""Keeps a second daemon off the same data."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from alerts.errors import StoreError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


class DataLock:
    """An flock beside the database; the system frees it when its holder dies, however that happens."""

    def __init__(self, database: Path, now: datetime) -> None:
        self.path = database.with_name(database.name + ".lock")
        try:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError(
                f"{self.path} cannot be written: {error.strerror}; look at its owner and mode, or name another `store:`"
            ) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._descriptor, 200, 0).decode(errors="replace").strip()
            os.close(self._descriptor)
            raise StoreError(
                f"{database} is in use by another Tocsin ({holder or 'not yet known which'}); two would tell "
                f"everything twice: stop that one first, or give this one a `store:` of its own"
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"process {os.getpid()} since {now:%Y-%m-%d %H:%M:%S} UTC\n".encode(), 0)

    def release(self) -> None:
        """Let others in. The file stays: to remove it would let two hold two files of one name."""
        os.close(self._descriptor)


def holder(database: Path) -> str | None:
    """Return who holds the lock of a database, as it said itself; None when nobody does, or nobody ever did."""
    path = database.with_name(database.name + ".lock")
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(descriptor, 200, 0).decode(errors="replace").strip() or "not yet known which"
    finally:
        os.close(descriptor)
    return None
