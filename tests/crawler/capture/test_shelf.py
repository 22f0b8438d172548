from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from crawler.capture.commits import Act, Commit, commits
from crawler.capture.index import entries, surt
from crawler.capture.shelf import MOST_RULES, Shelf
from tests.crawler.capture.makers import FAILED, exchange, page
from tests.fakes import NOON

if TYPE_CHECKING:
    from pathlib import Path

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_a_file_ends_after_an_hour_and_when_it_is_large(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "capture", DAY, largest=2_000)
    shelf.write([exchange()], NOON)
    shelf.write([exchange(page=page(bytes(range(256)) * 20))], NOON + timedelta(minutes=1))
    shelf.write([exchange()], NOON + timedelta(minutes=2))
    shelf.write([exchange()], NOON + 2 * HOUR)
    shelf.close()
    assert files(tmp_path / "capture") == [
        f"20261102T{time}-0000.{end}"
        for time in ("120000", "120200", "140000")
        for end in ("cdxj", "commits", "warc.gz")
    ]
    assert [one.file[:15] for one in entries(tmp_path / "capture")] == [
        *("20261102T120000", "20261102T120000", "20261102T120200", "20261102T140000"),
    ]


def test_two_files_of_one_second_do_not_overwrite_each_other(tmp_path: Path) -> None:
    for _ in range(2):
        shelf = Shelf(tmp_path, DAY)
        shelf.write([exchange()], NOON)
        shelf.close()
    assert len(entries(tmp_path)) == 2


def test_old_files_go_and_the_log_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    shelf = Shelf(tmp_path, 2 * HOUR)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "something-else.warc.gz").write_text("mine")
    for hour in range(7):
        shelf.write([exchange()], NOON + hour * HOUR)
    shelf.close()
    left = [name for name in files(tmp_path) if name.startswith("2026")]
    assert min(left).startswith("20261102T15")
    assert {"notes.txt", "something-else.warc.gz"} < set(files(tmp_path))
    assert [record.message for record in caplog.records] == ["capture-dropped"] * 3


def test_after_a_disk_error_the_next_file_is_begun(tmp_path: Path) -> None:
    folder = tmp_path / "capture"
    folder.write_text("in the way")
    shelf = Shelf(folder, DAY)
    with pytest.raises(OSError, match="capture"):
        shelf.write([exchange()], NOON)
    folder.unlink()
    shelf.write([exchange()], NOON)
    shelf.close()
    assert len(entries(folder)) == 1


def test_a_clock_that_is_set_back_begins_another_file(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, DAY)
    shelf.write([exchange()], NOON)
    shelf.write([exchange()], NOON - HOUR)
    shelf.close()
    assert len(list(tmp_path.glob("*.cdxj"))) == 2


def test_a_torn_line_of_the_index_hides_no_other(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, DAY)
    shelf.write([exchange(), exchange(page=None, failure=FAILED, occasion=None)], NOON)
    shelf.close()
    (index,) = tmp_path.glob("*.cdxj")
    with index.open("ab") as file:
        file.write(b'example,wire)/x 2026 {"url": "https')
    first, second = entries(tmp_path)
    assert (first.status, first.reason, second.status, second.reason) == (200, None, None, "http-503")
    assert first.occasion is not None
    assert second.occasion is None


def test_commits_are_written_beside_and_go_with_their_file(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, 2 * HOUR)
    first = Commit(run="r", number=1, act=Act.WATCH, now=NOON)
    assert shelf.write([first, exchange(), replace(first, number=2)], NOON) > 0
    assert [one.number for one in commits(tmp_path)] == [1, 2]
    shelf.write([replace(first, number=3)], NOON + 4 * HOUR)
    shelf.write([replace(first, number=4)], NOON + 8 * HOUR)
    shelf.close()
    assert [one.number for one in commits(tmp_path)] == [3, 4]


def test_rules_are_written_once_for_each_revision(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, DAY)
    shelf.keep_rules("a", {"treaty": {"when": "treaty"}}, NOON)
    shelf.keep_rules("a", {"treaty": {"when": "other"}}, NOON)
    assert json.loads((tmp_path / "rules/a.json").read_text())["rules"] == {"treaty": {"when": "treaty"}}
    for number in range(MOST_RULES + 3):
        shelf.keep_rules(f"r{number}", {}, NOON)
    assert len(list((tmp_path / "rules").iterdir())) == MOST_RULES


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.wire.example/a?b=1", "example,wire,www)/a?b=1"),
        ("http://wire.example:8080", "example,wire:8080)/"),
        ("https://u:p@wire.example/ x", "example,wire)/%20x"),
    ],
)
def test_an_address_is_sorted_by_its_host(url: str, key: str) -> None:
    assert surt(url) == key
