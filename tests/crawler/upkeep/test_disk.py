from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crawler.config.care import DiskConfig
from crawler.upkeep.disk import DiskGuard, decide, pause

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = DiskConfig(stop_below=1_000, ballast=100)


class Disk:
    """A disk of which a test says how much is free."""

    def __init__(self, free: int | None) -> None:
        self.free = free

    def __call__(self, folder: Path) -> int:
        assert folder.is_dir()
        if self.free is None:
            raise OSError("gone")
        return self.free


@pytest.mark.parametrize(
    ("free", "was_low", "low"),
    [(999, False, True), (1_000, False, False), (1_050, True, True), (1_100, True, False), (None, True, True)],
)
def test_it_does_not_flutter_at_the_edge(free: int | None, was_low: bool, low: bool) -> None:
    assert decide(free, was_low, CONFIG) is low


def test_the_ballast_is_let_go_once_the_disk_is_low_and_made_again_later(tmp_path: Path) -> None:
    disk = Disk(5_000)
    guard = DiskGuard(tmp_path / "tocsin.db", measure=disk)
    assert not guard.look(CONFIG).low
    assert guard.ballast.stat().st_size == 100
    assert guard.ballast.stat().st_blocks > 0, "a hole would hold no space"
    disk.free = 10
    assert guard.look(CONFIG).low
    assert not guard.ballast.exists()
    assert guard.look(CONFIG).low
    disk.free = 5_000
    assert not guard.look(CONFIG).low
    assert guard.ballast.exists()


def test_no_ballast_is_made_of_the_last_space(tmp_path: Path) -> None:
    guard = DiskGuard(tmp_path / "tocsin.db", measure=Disk(1_150))
    assert not guard.look(CONFIG).low
    assert not guard.ballast.exists()


def test_a_disk_that_cannot_be_measured_stops_nothing(tmp_path: Path) -> None:
    disk = Disk(None)
    guard = DiskGuard(tmp_path / "tocsin.db", measure=disk)
    space = guard.look(CONFIG)
    assert (space.low, space.free) == (False, None)


def test_a_ballast_of_another_size_takes_its_place(tmp_path: Path) -> None:
    guard = DiskGuard(tmp_path / "tocsin.db", measure=Disk(5_000))
    guard.look(CONFIG)
    guard.look(DiskConfig(stop_below=1_000, ballast=300))
    assert guard.ballast.stat().st_size == 300
    guard.look(DiskConfig(stop_below=1_000, ballast=0))
    assert not guard.ballast.exists()


@pytest.mark.parametrize(
    ("free", "told", "says"),
    [(999_000_000, False, "999 MB are free"), (1_050_000_000, True, "and a tenth more must be")],
)
def test_a_pause_is_said_with_its_reason_and_the_way_out(tmp_path: Path, free: int, told: bool, says: str) -> None:
    config = DiskConfig(stop_below=1_000_000_000)
    said = pause(tmp_path / "tocsin.db", config, told=told, measure=Disk(free))
    assert said is not None
    assert says in said
    assert "1,000 MB (`disk.stop_below`)" in said
    assert "make space there" in said


def test_nothing_is_said_of_a_disk_with_room_or_out_of_sight(tmp_path: Path) -> None:
    database = tmp_path / "tocsin.db"
    assert pause(database, CONFIG, measure=Disk(1_050)) is None
    assert pause(database, CONFIG, measure=Disk(None), told=True) is None
    assert pause(None, CONFIG) is None
