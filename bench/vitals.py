"""What a process and those it started hold: memory, descriptors, tasks, threads."""

from __future__ import annotations

import asyncio
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Megabytes of this process and all that it started, those left out that serve as the other side."""

    resident: float  # shared pages counted in each process that has them
    proportional: float  # and shared out among them
    shares: Sequence[float]  # of each process, this one first


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """What is held at one moment; zeros where the system does not say."""

    at: float  # seconds since the trial began
    resident: float  # megabytes, of this process and all that it started
    proportional: float  # megabytes, shared pages shared out
    own: float  # megabytes of this process alone, shared pages shared out
    descriptors: int  # open, of this process
    tasks: int  # of this loop
    threads: int  # of this process
    processes: int  # this one and those it started


def memory(without: bytes = b"bench.web") -> Memory:
    """Return what this process and its descendants hold, without those whose command line names the other side.

    Zeros where the system does not say.
    """
    ours = [process for process in _family(os.getpid()) if without not in _read(process, "cmdline")]
    sums = [_rollup(process) for process in ours]
    return Memory(
        resident=sum(resident for resident, _ in sums) / 1e3,
        proportional=sum(proportional for _, proportional in sums) / 1e3,
        shares=[proportional / 1e3 for _, proportional in sums],
    )


def look(at: float, without: bytes = b"bench.web") -> Vitals:
    """Return what is held now; to be called in the loop whose tasks are counted."""
    held = memory(without)
    folder = Path("/proc/self/fd")
    return Vitals(
        at=at,
        resident=held.resident,
        proportional=held.proportional,
        own=held.shares[0] if held.shares else 0.0,
        descriptors=len(list(folder.iterdir())) if folder.is_dir() else 0,
        tasks=len(asyncio.all_tasks()),
        threads=threading.active_count(),
        processes=len(held.shares),
    )


def _family(root: int) -> list[int]:
    """Return a process and all its descendants."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        stat = _read(int(entry.name), "stat")
        if stat:
            parents[int(entry.name)] = int(stat.rpartition(b")")[2].split()[1])
    family = [root]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return family


def _rollup(process: int) -> tuple[int, int]:
    """Return resident and proportional kilobytes."""
    lines = (line.split() for line in _read(process, "smaps_rollup").splitlines())
    sizes = {fields[0]: int(fields[1]) for fields in lines if len(fields) == 3}
    return sizes.get(b"Rss:", 0), sizes.get(b"Pss:", 0)


def _read(process: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{process}/{name}").read_bytes()
    except OSError:  # it ended meanwhile, or this system has no such file
        return b""
