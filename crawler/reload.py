"""Hot reload: a changed configuration is checked whole, and takes the place of the old one only when it is sound."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Protocol

from alerts.errors import Level, StoreError
from alerts.rules.embedded import run_tests
from crawler.config.loader import read
from crawler.config.strangers import watched

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from alerts.errors import Problem
    from crawler.config.files import Files
    from crawler.config.loader import Attempt
    from crawler.config.model import Config
    from spiders.source import Source

log = logging.getLogger(__name__)

_NAMED = 20  # names in one log line; the rest is counted
_TOLD = 10  # problems in one log line
_LIVE = (
    "fetch",
    "cards",
    "wordings",
    "defaults",
    "routing",
    "health",
    "log",
)  # sections that change while everything runs
# What only a start can change.
_FIXED = ("store", "engine", "slack", "timezone", "websub", "console", "capture", "notifiers", "fallback")
_LIVE_CARE = ("retention", "backup", "disk", "canary")  # the same of ``care``


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Which of many things are new, gone or not as they were, by id."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What sets a new configuration apart from the one in force."""

    rules: Difference
    names: Difference  # entities, lists and queries
    sources: Difference
    settings: tuple[str, ...]  # sections that take effect at once
    restart: tuple[str, ...]  # sections that need a restart; what is in force stays until then

    def facts(self) -> dict[str, str | int]:
        """Return what there is to log; empty when nothing changed."""
        facts: dict[str, str | int] = {}
        for kind in ("rules", "names", "sources"):
            difference: Difference = getattr(self, kind)
            for how in ("added", "removed", "edited"):
                if ids := getattr(difference, how):
                    facts[f"{kind}_{how}"] = _listed(ids)
        if self.settings:
            facts["settings"] = _listed(self.settings)
        if self.restart:
            facts["needs_restart"] = _listed(self.restart)
        return facts


def examine(path: Path, environ: Mapping[str, str]) -> Attempt:
    """Read a configuration and run the tests in its rules; a failing one is an error like any other."""
    attempt = read(path, environ)
    config = attempt.config
    failures = run_tests(config.rules, watched(config.sources)).problems if config else ()
    if not failures:
        return attempt
    problems = sorted((*attempt.problems, *failures), key=attrgetter("place"))
    return replace(attempt, config=None, problems=tuple(problems))


def compare(old: Config, new: Config) -> Changes:
    """Find what changed, by content: what only moved within the files is the same."""
    return Changes(
        rules=_difference(old.marks.rules, new.marks.rules),
        names=_difference(old.marks.names, new.marks.names),
        sources=_difference(_by_id(old.sources), _by_id(new.sources)),
        settings=(*_differing(_LIVE, old, new), *_differing(_LIVE_CARE, old.care, new.care)),
        restart=_needing_restart(old, new),
    )


def merged(old: Config, new: Config) -> Config:
    """Return the new configuration with what only a restart can change as it is in force."""
    care = replace(new.care, metrics=old.care.metrics)
    return replace(new, care=care, waits=_needing_restart(old, new), **{name: getattr(old, name) for name in _FIXED})


def _needing_restart(old: Config, new: Config) -> tuple[str, ...]:
    return (*_differing(_FIXED, old, new), *_differing(("metrics",), old.care, new.care))


def _differing(names: Iterable[str], old: object, new: object) -> tuple[str, ...]:
    return tuple(name for name in names if getattr(old, name) != getattr(new, name))


class Hearer(Protocol):
    """Who is told what came of a reload; answered by Health, which raises nothing."""

    async def refused(self, problems: Sequence[Problem]) -> None:
        """Hear that a changed configuration has mistakes."""

    async def adopted(self, changes: Changes) -> None:
        """Hear that a changed configuration is in force."""


class Reloader:
    """Keeps the configuration in force up to date with its files, or as it is while they hold mistakes.

    A change counts once two looks see the same, so that a file half written is left alone; what was refused
    is told once, until its files change again.
    """

    def __init__(
        self,
        files: Files,
        read: Callable[[], Attempt],
        adopt: Callable[[Config], Awaitable[Changes]],
        hearer: Hearer | None = None,
    ) -> None:
        """``files`` are those in force; ``read`` may take its time, it runs on a thread."""
        self._files = files
        self._read = read
        self._adopt = adopt
        self._hearer = hearer
        self._changing: Files | None = None  # as the last look found them, when that was new
        self._asked = False
        self._stopped = False
        self._busy = asyncio.Lock()

    def ask(self) -> None:
        """Have the files read at the next look, changed or not."""
        self._asked = True

    def stop(self) -> None:
        """Put nothing more in force, not even what is being read."""
        self._stopped = True

    async def look(self) -> None:
        """Look at the files once; to be called every second."""
        async with self._busy:
            now = await asyncio.to_thread(self._files.look)
            settled = now != self._files and now == self._changing
            self._changing = None if now == self._files else now
            if settled or self._asked:
                self._asked = False
                self._files = now  # whatever comes of it, once is enough
                await self._reload()

    async def _reload(self) -> None:
        attempt = await asyncio.to_thread(self._read)
        self._files, self._changing = attempt.files, None
        if await asyncio.to_thread(attempt.files.look) != attempt.files:
            return  # written while it was read: the next looks see it, and wait until it is whole
        if self._stopped:
            return
        if attempt.config is None:
            log.error("configuration-refused", extra=_refusal(attempt.problems))
            if self._hearer:
                await self._hearer.refused(attempt.problems)
            return
        try:
            changes = await self._adopt(attempt.config)
        except StoreError as error:
            log.critical("reload-failed", extra={"in_force": "the configuration from before", "detail": str(error)})
            return
        for warning in attempt.config.warnings:
            log.warning("configuration-warning", extra={"place": str(warning.place), "detail": warning.message})
        log.info("reloaded", extra=changes.facts() or {"changed": "nothing"})
        if self._hearer:
            await self._hearer.adopted(changes)


def _refusal(problems: Iterable[Problem]) -> dict[str, str | int]:
    errors = [problem for problem in problems if problem.level is Level.ERROR]
    told = [f"{problem.place}: {problem.message}" for problem in errors[:_TOLD]]
    return {
        "errors": len(errors),
        "in_force": "the configuration from before; `tocsin check` lists every mistake",
        "problems": "; ".join(told) + (f"; and {len(errors) - _TOLD} more" if len(errors) > _TOLD else ""),
    }


def _by_id(sources: Iterable[Source]) -> dict[str, Source]:
    return {source.id: source for source in sources}


def _difference(before: Mapping[str, object], after: Mapping[str, object]) -> Difference:
    return Difference(
        added=tuple(name for name in after if name not in before),
        removed=tuple(name for name in before if name not in after),
        edited=tuple(name for name in after if name in before and after[name] != before[name]),
    )


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
