"""The disk guard: stops collecting before the disk is full, and keeps some space in hand for what must go on."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.upkeep_cards import megabytes
from crawler.store.backup import free_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from crawler.config.care import DiskConfig

log = logging.getLogger(__name__)

DISK = "disk"  # the subject of what people are told of it
_MARGIN = 1.1  # times what is asked for must be free before collecting goes on, so that it does not flutter
_BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """How it stands with the disk."""

    free: int | None  # bytes; None: nobody can tell
    low: bool  # nothing is collected


def decide(free: int | None, was_low: bool, config: DiskConfig) -> bool:
    """Say whether the disk is too full to collect. What nobody can measure changes nothing."""
    if free is None:
        return was_low
    return free < config.stop_below * (_MARGIN if was_low else 1)


def pause(
    database: Path | None, config: DiskConfig, *, told: bool = False, measure: Callable[[Path], int] = free_at
) -> str | None:
    """Say that nothing is collected for lack of space, and the way out; None while there is room, or nobody can tell.

    ``database`` is the store's file, None where a server has it. ``told`` is whether people were told so and not of
    the end yet: it takes more room to end it.
    """
    try:
        free = measure(database.parent) if database else None
    except OSError:  # the folder is made by the first start
        return None
    if free is None or not decide(free, told, config):
        return None
    needed = f"{megabytes(config.stop_below)} (`disk.stop_below`){' and a tenth more' if told else ''}"
    return (
        f"Nothing is collected: {megabytes(free)} are free on the store's disk, and {needed} must be; "
        "make space there, or set a shorter `retention:`, and sources are visited again by themselves."
    )


class DiskGuard:
    """Looks at the disk that the store is on, and holds a ballast there: a file that can be let go."""

    def __init__(self, database: Path, *, measure: Callable[[Path], int] = free_at) -> None:
        self.ballast = database.with_name(database.name + ".ballast")
        self._folder = database.parent
        self._measure = measure
        self.space = Space(free=None, low=False)

    def look(self, config: DiskConfig) -> Space:
        """Measure the disk; when it is low let the ballast go, when it is not make one. Blocks for a moment."""
        low = decide(self._free(), self.space.low, config)
        if low and not self.space.low:
            self._let_go()
        elif not low:
            self._take(config)
        self.space = Space(free=self._free(), low=low)
        return self.space

    def _free(self) -> int | None:
        try:
            return self._measure(self._folder)
        except OSError as error:
            log.warning("disk-unmeasured", extra={"folder": str(self._folder), "detail": str(error)})
            return None

    def _let_go(self) -> None:
        with suppress(OSError):
            size = self.ballast.stat().st_size
            self.ballast.unlink()
            log.warning("ballast-dropped", extra={"bytes": size, "path": str(self.ballast)})

    def _take(self, config: DiskConfig) -> None:
        """Bring the ballast to its size, really written: a hole in a file holds no space."""
        try:
            if self.ballast.exists() and self.ballast.stat().st_size == config.ballast:
                return
            self.ballast.unlink(missing_ok=True)
            if config.ballast and (self._free() or 0) > config.stop_below * _MARGIN + config.ballast:
                _write(self.ballast, config.ballast)
        except OSError as error:
            log.warning("ballast-refused", extra={"path": str(self.ballast), "detail": str(error)})
            with suppress(OSError):
                self.ballast.unlink(missing_ok=True)


class RestingGuard:
    """Stands in where a server has the store: nobody here can see its disk, so nothing is stopped for this one's."""

    def __init__(self) -> None:
        self.space = Space(free=None, low=False)

    def look(self, _: DiskConfig) -> Space:
        """Measure nothing."""
        return self.space


def _write(path: Path, size: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(descriptor, 0, size)
            return
        for start in range(0, size, _BLOCK):
            os.write(descriptor, bytes(min(_BLOCK, size - start)))
    finally:
        os.close(descriptor)
