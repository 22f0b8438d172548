"""Which files a configuration was read from, and how they looked then."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Stamp = tuple[int, int, int]  # time of the last change (ns), size, inode


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Files and globs at one moment; two moments are equal when nothing was written in between."""

    stamps: Mapping[Path, Stamp | None] = field(default_factory=dict)  # None: there is no such file
    globs: Mapping[tuple[Path, str], tuple[Path, ...]] = field(default_factory=dict)  # (folder, pattern) → found

    def look(self) -> Files:
        """Return the same files and globs as they are now."""
        return Files(
            stamps={path: stamp(path) for path in self.stamps},
            globs={(folder, pattern): matches(folder, pattern) for folder, pattern in self.globs},
        )


class FileNotes:
    """Takes note of every file just before it is read, so that a later change cannot be missed."""

    def __init__(self) -> None:
        self._stamps: dict[Path, Stamp | None] = {}
        self._globs: dict[tuple[Path, str], tuple[Path, ...]] = {}

    def note(self, path: Path) -> None:
        """Note a file that is about to be read; the first time counts."""
        if path not in self._stamps:
            self._stamps[path] = stamp(path)

    def find(self, folder: Path, pattern: str) -> tuple[Path, ...]:
        """Return the files that a glob finds, and note them; raises ValueError or OSError when it is none."""
        found = self._globs[folder, pattern] = _matches(folder, pattern)
        return found

    @property
    def files(self) -> Files:
        """All that was noted."""
        return Files(stamps=dict(self._stamps), globs=dict(self._globs))


def stamp(path: Path) -> Stamp | None:
    """Return what changes when a file is written or replaced; None when it cannot be looked at."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def matches(folder: Path, pattern: str) -> tuple[Path, ...]:
    """Return the files that a glob finds, sorted; none when the folder cannot be looked at."""
    try:
        return _matches(folder, pattern)
    except OSError:
        return ()


def _matches(folder: Path, pattern: str) -> tuple[Path, ...]:
    return tuple(sorted(path for path in folder.glob(pattern) if path.is_file()))
