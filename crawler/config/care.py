"""How Tocsin looks after itself, as config.yaml says: retention, copies, disk, numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path

_DAY = timedelta(days=1)
_MB = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionConfig:
    """The ``retention:`` section; None: kept for ever."""

    stories: timedelta | None = 90 * _DAY  # title, link, and what was decided
    bodies: timedelta | None = 30 * _DAY  # the words
    seen: timedelta | None = 400 * _DAY  # that a story is known, after it is gone itself
    outbox: timedelta | None = 30 * _DAY  # messages that tell of no story, and the logs of deliveries and visits


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupConfig:
    """The ``backup:`` section."""

    path: Path = Path("var/backups")  # a folder; absolute where it was read from a file
    at: time | None = None  # None: only when somebody asks for it
    keep: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskConfig:
    """The ``disk:`` section."""

    stop_below: int = 1_000 * _MB  # bytes that are free where the store is
    ballast: int = 64 * _MB  # bytes that are set aside


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsConfig:
    """The ``metrics:`` section."""

    listen: tuple[str, int] | None = None  # None: on the console's port


@dataclass(frozen=True, slots=True, kw_only=True)
class CareConfig:
    """All of them."""

    retention: RetentionConfig = RetentionConfig()
    backup: BackupConfig = BackupConfig()
    disk: DiskConfig = DiskConfig()
    metrics: MetricsConfig = MetricsConfig()
    canary: timedelta | None = None  # ``health.canary``; None: there is none
