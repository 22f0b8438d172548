"""Reads the sections that say how Tocsin looks after itself."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.config import values
from crawler.config.care import BackupConfig, CareConfig, DiskConfig, MetricsConfig, RetentionConfig
from crawler.config.routing import time_of_day

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.config.nodes import Section

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_LEAST_SEEN = 60 * _DAY  # what is still listed is noted anew each month, so that it is never forgotten


def read_care(main: Section, folder: Path) -> CareConfig:
    """Read them; ``folder`` is the one that relative paths are below."""
    health = main.section("health")
    return CareConfig(
        retention=_retention(main.section("retention")),
        backup=_backup(main.section("backup"), folder),
        disk=_disk(main.section("disk")),
        metrics=MetricsConfig(listen=main.section("metrics").optional("listen", values.listen)),
        canary=_canary(health, main.section("slack")),
    )


def _retention(section: Section) -> RetentionConfig:
    usual = RetentionConfig()

    def read(key: str, default: timedelta | None, least: timedelta) -> timedelta | None:
        kept = section.read(key, _kept(least), default)
        return None if kept == timedelta.max else kept

    kept = RetentionConfig(
        stories=read("stories", usual.stories, _DAY),
        bodies=read("bodies", usual.bodies, _DAY),
        seen=read("seen", usual.seen, _LEAST_SEEN),
        outbox=read("outbox", usual.outbox, _DAY),
    )
    written = section.get("seen") or section.get("stories")
    if written and kept.seen and (kept.stories is None or kept.seen < kept.stories):
        written.error(
            "`seen` is shorter than `stories`", "make it longer: it is what keeps an old story from being new"
        )
    return kept


def _kept(least: timedelta) -> Callable[[str], timedelta]:
    """Read a duration of at least so much, or ``forever``, which is the longest there is."""

    def read(value: str) -> timedelta:
        return timedelta.max if value.strip().lower() == "forever" else values.duration_between(least)(value)

    return read


def _backup(section: Section, folder: Path) -> BackupConfig:
    def path(value: str) -> Path:
        return (folder / Path(values.text(value)).expanduser()).resolve()

    usual = BackupConfig(path=path(str(BackupConfig().path)))
    return BackupConfig(
        path=section.read("path", path, usual.path),
        at=section.optional("at", time_of_day),
        keep=section.read("keep", values.whole(1, 1000), usual.keep),
    )


def _disk(section: Section) -> DiskConfig:
    usual = DiskConfig()
    return DiskConfig(
        stop_below=section.read("stop_below", values.positive_size, usual.stop_below),
        ballast=section.read("ballast", values.size, usual.ballast),
    )


def _canary(health: Section, slack: Section) -> timedelta | None:
    every = health.optional("canary", values.duration_between(_MINUTE, _DAY))
    written = health.get("canary")
    if every and written and not slack.tried("ops_channel"):
        written.error(
            "`canary` has nowhere to go", "set `slack.ops_channel`: its message stands there, edited each time"
        )
    return every
