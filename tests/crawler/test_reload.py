from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.errors import StoreError
from alerts.health import Limits
from crawler.config.loader import read
from crawler.config.model import CardsConfig, LogConfig
from crawler.reload import Reloader, compare, examine, merged
from tests.crawler.config.makers import base, loaded, write

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from crawler.config.loader import Attempt
    from crawler.config.model import Config
    from crawler.reload import Changes


def test_two_readings_of_one_file_differ_in_nothing(tmp_path: Path) -> None:
    assert compare(loaded(tmp_path, base()), loaded(tmp_path, base())).facts() == {}


def test_what_changed_is_told_by_kind_and_name(tmp_path: Path) -> None:
    old = loaded(tmp_path, base())
    rules = [{"id": "japan", "when": "$japan AND talks", "to": "#news"}, {"id": "b", "when": "$quad", "to": "#news"}]
    new = base() | {"rules": rules, "entities": {"japan": {"aliases": ["Nippon"]}, "quad": {"aliases": ["the Quad"]}}}
    changes = compare(old, loaded(tmp_path, new | {"sources": ["https://fiji.example/feed.xml"]}))
    assert changes.facts() == {
        "rules_added": "b",
        "rules_edited": "japan",
        "names_added": "quad",
        "names_edited": "japan",
        "sources_added": "fiji",
        "sources_removed": "example",
    }


def test_a_long_list_of_names_is_cut_and_counted(tmp_path: Path) -> None:
    many = base() | {"rules": [{"id": f"r{number}", "when": f"word{number}", "to": "#n"} for number in range(50)]}
    added = str(compare(loaded(tmp_path, base()), loaded(tmp_path, many)).facts()["rules_added"])
    assert added.startswith("r0, r1, ")
    assert added.endswith("r19 and 30 more")


def test_sections_are_told_by_what_it_takes_to_change_them(tmp_path: Path) -> None:
    old = loaded(tmp_path, base())
    new = replace(
        old,
        store="sqlite:////x.db",
        cards=CardsConfig(same_story=timedelta(1)),
        health=Limits(failing=timedelta(hours=7)),
        log=LogConfig(level="debug"),
    )
    changes = compare(old, new)
    assert (changes.settings, changes.restart) == (("cards", "health", "log"), ("store",))
    assert merged(old, new) == replace(new, store=old.store, waits=("store",))


def test_rules_that_fail_their_tests_cannot_be_used(tmp_path: Path) -> None:
    rule = {"id": "a", "when": "$japan", "to": "#news"}
    sound = write(tmp_path, base() | {"rules": [rule | {"tests": {"match": ["Japan"]}}]})
    assert examine(sound, {}).config is not None
    failing = write(tmp_path, base() | {"rules": [rule | {"tests": {"match": ["France"]}}]})
    attempt = examine(failing, {})
    assert attempt.config is None
    assert [problem.message for problem in attempt.problems] == ["the rule a does not match this test"]
    assert attempt.files == read(failing, {}).files


async def test_a_store_that_cannot_be_written_leaves_the_old_one_in_force_and_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path, base())

    async def adopt(_config: Config) -> Changes:
        raise StoreError("the disk is full")

    reloader = Reloader(read(path, {}).files, lambda: read(path, {}), adopt)
    reloader.ask()
    await reloader.look()
    await reloader.look()
    (record,) = caplog.records
    assert record.getMessage() == "reload-failed"
    assert vars(record)["detail"] == "the disk is full"


async def test_many_mistakes_are_cut_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path, {"sources": [f"nowhere{number}" for number in range(30)], "rules": []})

    async def adopt(_config: Config) -> Changes:
        raise AssertionError("a refused configuration must not be adopted")

    reloader = Reloader(read(path, {}).files, lambda: read(path, {}), adopt)
    reloader.ask()
    await reloader.look()
    (record,) = caplog.records
    assert vars(record)["errors"] == 30
    assert vars(record)["problems"].endswith("; and 20 more")


async def test_what_is_read_when_the_program_ends_is_not_put_in_force(tmp_path: Path) -> None:
    path = write(tmp_path, base())

    async def adopt(_config: Config) -> Changes:
        raise AssertionError("the store may be closed by now")

    def read_and_stop() -> Attempt:
        reloader.stop()
        return read(path, {})

    reloader = Reloader(read(path, {}).files, read_and_stop, adopt)
    reloader.ask()
    await reloader.look()
