from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.errors import ConfigError
from crawler.config.care import BackupConfig, CareConfig, DiskConfig, MetricsConfig, RetentionConfig
from tests.crawler.config.makers import base, loaded

if TYPE_CHECKING:
    from pathlib import Path

DAY = timedelta(days=1)


def test_all_sections_are_read(tmp_path: Path) -> None:
    care = loaded(
        tmp_path,
        base()
        | {
            "retention": {"stories": "365d", "bodies": "forever", "seen": "forever", "outbox": "7d"},
            "backup": {"path": "copies", "at": "03:40", "keep": "3"},
            "disk": {"stop_below": "5GB", "ballast": "0MB"},
            "metrics": {"listen": "127.0.0.1:8390"},
            "health": {"canary": "10m"},
            "slack": {"ops_channel": "#ops"},
        },
    ).care
    assert care == CareConfig(
        retention=RetentionConfig(stories=365 * DAY, bodies=None, seen=None, outbox=7 * DAY),
        backup=BackupConfig(path=tmp_path / "copies", at=time(3, 40), keep=3),
        disk=DiskConfig(stop_below=5_000_000_000, ballast=0),
        metrics=MetricsConfig(listen=("127.0.0.1", 8390)),
        canary=timedelta(minutes=10),
    )


def test_without_a_word_it_looks_after_itself(tmp_path: Path) -> None:
    care = loaded(tmp_path, base()).care
    assert care == CareConfig(backup=BackupConfig(path=tmp_path / "var/backups"))
    assert care.retention == RetentionConfig(stories=90 * DAY, bodies=30 * DAY, seen=400 * DAY, outbox=30 * DAY)


@pytest.mark.parametrize(
    ("section", "value", "message"),
    [
        ("retention", {"seen": "80d"}, "`seen` is shorter than `stories`"),
        ("retention", {"stories": "forever"}, "`seen` is shorter than `stories`"),
        ("retention", {"seen": "30d"}, "is shorter than 60d"),
        ("retention", {"stories": "soon"}, "is not a duration"),
        ("backup", {"at": "noon"}, "is not a time of the day"),
        ("backup", {"keep": "0"}, "is not a whole number"),
        ("disk", {"stop_below": "0MB"}, "lets nothing through"),
        ("health", {"canary": "10s"}, "is shorter than 1m"),
        ("metrics", {"listen": "8390"}, "is not a place to listen at"),
    ],
)
def test_what_cannot_be_meant_is_said(tmp_path: Path, section: str, value: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        loaded(tmp_path, base() | {section: value})


def test_a_canary_needs_an_ops_channel(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere to go(.|\n)*slack\.ops_channel"):
        loaded(tmp_path, base() | {"health": {"canary": "10m"}})
