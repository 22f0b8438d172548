from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crawler.config.care import BackupConfig
from crawler.store.copies import Copies
from crawler.upkeep import checkup
from crawler.upkeep.checkup import Level
from tests.crawler.config.makers import base, loaded
from tests.fakes import NOON

if TYPE_CHECKING:
    from crawler.upkeep.checkup import Finding

DATE = "Mon, 02 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("version", "level"),
    [((3, 34, 0), Level.FAIL), ((3, 40, 1), Level.WARN), ((3, 50, 7), Level.OK), ((3, 53, 4), Level.OK)],
)
def test_sqlite_is_judged_by_its_known_bugs(version: tuple[int, int, int], level: Level) -> None:
    assert checkup.sqlite(version, "SQLite").level is level


@pytest.mark.parametrize(
    ("free", "level"), [(999, Level.FAIL), (1_500, Level.WARN), (2_099, Level.WARN), (2_100, Level.OK)]
)
def test_the_disk_is_judged_by_what_stops_collecting(free: int, level: Level) -> None:
    assert checkup.disk(free, 1_000, 100, Path("/var/lib/tocsin/tocsin.db")).level is level


@pytest.mark.parametrize(
    ("seconds", "level"),
    [(0, Level.OK), (5, Level.OK), (30, Level.WARN), (-30, Level.WARN), (3_600, Level.FAIL), (-3_600, Level.FAIL)],
)
def test_the_clock_is_judged_by_a_servers_date(seconds: int, level: Level) -> None:
    assert checkup.clock(NOON + timedelta(seconds=seconds), DATE, None).level is level


def test_a_clock_that_nobody_can_check_is_worth_a_word_and_one_before_the_news_is_wrong() -> None:
    assert checkup.clock(NOON, None, None).level is Level.WARN
    assert checkup.clock(NOON, "soon", None).level is Level.WARN
    assert checkup.clock(NOON, DATE, NOON + timedelta(hours=1)).level is Level.FAIL


async def ask(*unknown: str) -> Finding:
    def lookup(host: str) -> object:
        if host in unknown:
            raise OSError(-2, "Name or service not known")
        return []

    return await checkup.dns(["a.example", "b.example", "a.example"], lookup)


async def test_names_are_looked_up() -> None:
    assert (await ask()).text == "2 names were found"
    some = await ask("a.example")
    assert (some.level, some.text) == (Level.WARN, "a.example: Name or service not known")
    assert (await ask("a.example", "b.example")).level is Level.FAIL


def test_packages_are_followed_all_the_way_down() -> None:
    wants = {"tocsin": ["one>=2", 'later>=1; python_version < "3"', "extra; extra == 'x'"], "one": ["two<5"], "two": []}
    have = {"one": "2.1", "two": "4.9"}

    def version(name: str) -> str:
        if name not in have:
            raise metadata.PackageNotFoundError(name)
        return have[name]

    assert checkup.packages(wants.get, version).text == "3 packages fit together"
    have["two"] = "5.0"
    assert checkup.packages(wants.get, version).text == "one needs two<5, and 5.0 is installed"
    del have["one"]
    assert checkup.packages(wants.get, version).text == "tocsin needs one, which is not installed"


def test_what_is_installed_here_fits_together() -> None:
    assert checkup.packages(metadata.requires, metadata.version).level is Level.OK


def test_who_may_read_secrets_and_change_the_configuration(tmp_path: Path) -> None:
    config, secret = tmp_path / "config.yaml", tmp_path / "token"
    config.write_text("slack: {token_file: token}\nsources: [{auth: {basic_file: none}}]")
    secret.write_text("xoxb-1")
    secret.chmod(0o600)
    config.chmod(0o644)

    def levels() -> list[Level]:
        written = config.read_text()
        found = checkup.permissions(config, written, checkup.secret_files(written, tmp_path))
        return [one.level for one in found]

    assert levels() == [Level.OK, Level.OK]
    secret.chmod(0o604)
    config.chmod(0o646)
    assert levels() == [Level.FAIL, Level.FAIL]
    config.chmod(0o644)
    config.write_text("slack: {token: xoxb-1}")
    assert levels() == [Level.WARN]
    config.write_text("slack: [")
    assert levels() == [Level.OK]


def test_the_newest_copy_must_be_young(sqlite_url: str, tmp_path: Path) -> None:
    config = replace(loaded(tmp_path, base()), store=sqlite_url)
    config = replace(config, care=replace(config.care, backup=BackupConfig(path=tmp_path / "copies")))
    assert checkup.copies(config, NOON).level is Level.WARN
    copies = Copies(sqlite_url)
    copies.make(tmp_path / "copies" / copies.name_for(NOON))
    assert checkup.copies(config, NOON + timedelta(hours=20)).level is Level.OK
    assert checkup.copies(config, NOON + timedelta(days=3)).level is Level.WARN


def test_the_store_and_who_has_it(tmp_path: Path) -> None:
    path = tmp_path / "tocsin.db"
    assert [one.level for one in checkup.store(path, None)] == [Level.WARN]
    path.touch(0o600)
    assert [one.level for one in checkup.store(path, "process 1")] == [Level.OK, Level.OK]
    path.chmod(0o666)
    assert [one.level for one in checkup.store(path, None)] == [Level.WARN, Level.WARN]


def test_open_files_and_the_configuration() -> None:
    assert checkup.files(64, 1_024).level is Level.OK
    assert checkup.files(1_000, 1_024).level is Level.WARN
    levels = [checkup.configuration(*counts).level for counts in ((0, 0), (0, 1), (1, 1))]
    assert levels == [Level.OK, Level.WARN, Level.FAIL]
