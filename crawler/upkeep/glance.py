"""All that ``tocsin status`` shows, read beside a running daemon or without one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from alerts.timing import promptness
from crawler.store import backup, crew
from crawler.store.copies import made_at
from crawler.store.holder import holder
from crawler.upkeep.canary import LIVING
from crawler.upkeep.disk import DISK, pause
from crawler.upkeep.monitor import WINDOW

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from alerts.timing import Promptness
    from crawler.config.care import CareConfig
    from crawler.store import Overview, SourceStatus, Store
    from crawler.store.copies import Copies
    from crawler.store.crew import Crew


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """How everything does."""

    overview: Overview
    sources: Sequence[SourceStatus]
    time_to_alert: Promptness  # of the last 7 days
    store: str  # where it is
    is_file: bool  # of this machine, and no server's database: only then is anything known of its disk
    daemon: str | None  # who has the store; None: nobody
    store_bytes: int
    disk_free: int | None  # bytes; None: nobody can tell
    disk_low: bool  # a daemon collects nothing, for lack of space
    paused: str | None  # that it is so, why, and the way out
    newest_backup: datetime | None
    canary: datetime | None  # when its message was last posted or edited; None: there is none
    canary_waits: bool  # its last beat has not arrived yet
    crew: Crew | None  # who shares the work; None: one process does it all


async def look(store: Store, copies: Copies, care: CareConfig | None, now: datetime) -> Glance:
    """Read all of it; raises StoreError. Without ``care`` it is not known where ``copies`` are kept."""
    told = await store.ask(lambda memory: memory.health.reports().get(LIVING))
    fate = await store.keeper.fate(told.key) if told else None
    made = copies.existing(care.backup.path) if care else []
    free = free_space(store.file) if store.file else None
    paused = await paused_now(store, care)
    return Glance(
        overview=await store.overview(now),
        sources=await store.sources(),
        time_to_alert=promptness(await store.keeper.walks(now - WINDOW)),
        store=store.shown,
        is_file=store.file is not None,
        daemon=await holder(store),
        store_bytes=await store.keeper.size(),
        disk_free=free,
        disk_low=paused is not None,
        paused=paused,
        newest_backup=made_at(made[-1]) if made else None,
        canary=fate.changed if fate else None,
        crew=await store.read(partial(crew.look, now=now)),
        canary_waits=fate is not None and (fate.edit_due is not None or fate.state != "sent"),
    )


async def paused_now(store: Store, care: CareConfig | None) -> str | None:
    """Return that nothing is collected for lack of space, and the way out; None where all goes on, or unknown."""
    if care is None:
        return None
    told = await store.ask(lambda memory: memory.health.reports().get(DISK))
    return pause(store.file, care.disk, told=told is not None and told.report.is_open)


def free_space(database: Path) -> int | None:
    """Return how many bytes are free beside a database; None when nobody can tell."""
    try:
        return backup.free_at(database.parent)
    except OSError:
        return None
