"""Reads the past in several processes, each with the rules and a connection of its own."""

from __future__ import annotations

import os
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from typing import TYPE_CHECKING

from alerts.errors import StoreError, TocsinError
from crawler.replay.finder import Finder
from crawler.store.archive import Archive

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from crawler.replay.finder import Stretch
    from crawler.replay.nouns import Batch

_AHEAD = 2  # stretches that wait for each process
_PREPARED: list[Finder | str] = []  # of this process, or what was in the way: an initializer can leave it nowhere else


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """From what a process makes its finder: everything here can be sent to it."""

    store: str
    configs: tuple[tuple[Path, str], ...]  # each with the revision that it must have
    rules: frozenset[str] | None
    since: datetime
    until: datetime


def processors() -> int:
    """Return how many processes can work at the same time."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def prepare(recipe: Recipe) -> None:
    """Make the finder of this process, or keep what is in the way: a process that cannot begin says nothing of why."""
    try:
        _PREPARED[:] = [finder_of(recipe)]
    except TocsinError as error:
        _PREPARED[:] = [str(error)]


def finder_of(recipe: Recipe) -> Finder:
    """Return a finder with rules and a connection of its own; raises StoreError and ConfigError."""
    from crawler.config import load

    judges = []
    for path, revision in recipe.configs:
        judge = load(path, os.environ).judge
        if judge.revision != revision:
            raise StoreError(f"{path} was changed while its rules were about to be replayed: try again")
        judges.append(judge)
    archive = Archive.of(recipe.store)
    if archive is None:
        raise StoreError("the store is gone")
    return Finder(archive, judges, recipe.rules, recipe.since, recipe.until)


def look(stretch: Stretch) -> Batch:
    """Judge a stretch in this process; raises StoreError."""
    (prepared,) = _PREPARED
    if isinstance(prepared, str):
        raise StoreError(prepared)
    return prepared.look(stretch)


def read(recipe: Recipe, stretches: Iterable[tuple[Stretch, int]], workers: int) -> Iterator[tuple[Batch, int]]:
    """Yield what stretches bring as soon as it is there, each with its number of stories.

    Raises StoreError when the store cannot be read, or when a process is ended from outside.
    """
    left = iter(stretches)
    context = get_context("forkserver")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=prepare, initargs=(recipe,))
    try:
        running: dict[Future[Batch], int] = {}
        while True:
            for stretch, size in islice(left, workers * _AHEAD - len(running)):
                running[pool.submit(look, stretch)] = size
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result(), running.pop(future)
    except BrokenProcessPool as error:
        raise StoreError("a process that read the past was ended: try again with --workers 1") from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
