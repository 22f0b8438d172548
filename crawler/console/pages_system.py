"""System: versions, the store, how far behind all is, what people changed, and what the log says."""

from __future__ import annotations

import logging
import platform
import shutil
import sys
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from starlette.routing import Route

import crawler
from alerts.timing import Stage, promptness
from crawler.console.views import ago, spell
from crawler.log import facts
from crawler.store import crew
from crawler.store.engine import library
from crawler.store.place import shown
from crawler.visits.spans import roughly

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from alerts.timing import Figure, Promptness
    from crawler.config.model import Config
    from crawler.console.room import Room
    from crawler.store.panes import Gauge, Size

NOTES = 200  # lines of the log that are kept in memory
AUDITS = 40
BUSIEST = 5  # sources, and rules, of which it is said how long their alerts take
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A line of the log."""

    at: datetime
    level: str
    event: str
    facts: str


class Notes(logging.Handler):
    """Keeps the last lines of the log, for people who look at the page."""

    def __init__(self, most: int = NOTES) -> None:
        super().__init__(logging.INFO)
        self.kept: deque[Note] = deque(maxlen=most)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        said = " ".join(f"{key}={value}" for key, value in facts(record))
        at = datetime.fromtimestamp(record.created, UTC)
        self.kept.append(Note(at=at, level=record.levelname.lower(), event=record.getMessage(), facts=said))


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long alerts took, of all or of one source or rule: the half of them, and 95 of 100."""

    name: str
    link: str | None
    stages: tuple[str, ...]  # published to seen, to matched, to posted, and the whole
    count: int


def times(told: Promptness) -> tuple[Times, ...]:
    """Return how long alerts took, in all and of the busiest sources and rules."""
    rows = [_times("all", None, told.overall)] if told.overall else []
    for place, named in (("sources", told.sources), ("rules", told.rules)):
        rows += [_times(name, f"/{place}/{name}", of) for name, of in list(named.items())[:BUSIEST]]
    return tuple(rows)


def _times(name: str, link: str | None, of: Mapping[Stage, Figure]) -> Times:
    stages = (Stage.SEEN, Stage.MATCHED, Stage.POSTED, Stage.WHOLE)
    says = tuple(f"{roughly(of[one].p50)} / {roughly(of[one].p95)}" if one in of else "-" for one in stages)
    return Times(name=name, link=link, stages=says, count=max((one.count for one in of.values()), default=0))


class System:
    """Serves the page."""

    def __init__(self, room: Room, notes: Notes, file: Path | None) -> None:
        """``file`` is the store's; None where a server has it."""
        self._room = room
        self._notes = notes
        self._file = file
        self._started = room.now()

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [Route("/system", self.show)]

    async def show(self, request: Request) -> Response:
        """Show how all is."""
        room, now = self._room, self._room.now()
        gauge, size = await room.browse.gauge(now), await room.browse.size()
        return room.page(
            request,
            "system.html",
            facts=tuple(about(room.config(), size, self._file, self._started, now)),
            lags=tuple(lags(gauge, now)),
            crew=await room.browse.ask(partial(crew.look, now=now)),
            ranges=crew.ranges,
            times=times(promptness(await room.browse.walks(now - WEEK))),
            holds=gauge.holds,
            silences=await room.browse.silences(now),
            audits=await room.browse.audits(AUDITS),
            notes=list(reversed(self._notes.kept)),
        )


def about(config: Config, size: Size, file: Path | None, started: datetime, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield what runs, and what it takes."""
    yield "Tocsin", f"{crawler.__version__}, up {roughly(now - started)}"
    yield "Python", f"{platform.python_version()} on {sys.platform}{f', {library()}' if file else ''}"
    yield "Configuration", f"{config.path.name}: {len(config.sources)} sources, {len(config.rules.rules)} rules"
    if config.waits:
        yield "Waits for a restart", f"{', '.join(config.waits)}: until then what was there before stays in force"
    yield "Rules", f"revision {config.rules.revision}"
    if file is None:
        yield "Store", f"{shown(config.store)}, {spell(size.used)}; schema {size.schema}"
        return
    disk, journal = shutil.disk_usage(file.parent), file.with_name(f"{file.name}-wal")
    written = f", {spell(journal.stat().st_size)} of journal" if journal.exists() else ""
    yield "Store", f"{spell(size.used)} used, {spell(size.free)} to be used again{written}; schema {size.schema}"
    yield "Disk", f"{spell(disk.free)} of {spell(disk.total)} free"


def lags(gauge: Gauge, now: datetime) -> Iterator[tuple[str, str, str]]:
    """Yield how far behind all is: name, text, tone."""
    due = gauge.visit_due
    behind = (now - due).total_seconds() if due else 0
    tone = "warn" if behind > 60 else "good"  # noqa: PLR2004 -- a minute
    yield "Visits", f"the longest overdue by {roughly(now - due)}" if due else "none is overdue", tone
    yield "Last visit", ago(gauge.last_visit, now), ""
    oldest = gauge.oldest_waiting
    yield "Messages", f"the oldest waits since {ago(oldest, now)}" if oldest else "none waits", "warn" if oldest else ""
    yield "Pages", f"{gauge.pages_due:,} are to be read, or looked at again", ""
