from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from crawler.capture.commits import COMMITS, Act, Commit, commits, line_of, run_of
from tests.fakes import NOON

if TYPE_CHECKING:
    from pathlib import Path

FULL = Commit(
    run="20261102120000000000",
    number=2,
    act=Act.VISIT,
    now=NOON + timedelta(microseconds=3),
    visit="20261102120000000000-7",
    source="wire",
    due=NOON - timedelta(seconds=5),
    ended=NOON,
    fast=True,
    queued=3,
    message="1.2",
    idle=NOON - timedelta(seconds=1),
)
PLAIN = Commit(run="20261102120000000000", number=10, act=Act.WATCH, now=NOON)


def test_commits_are_read_as_they_were_written_in_their_order(tmp_path: Path) -> None:
    later = Commit(run="20261103", number=1, act=Act.END, now=NOON)
    (tmp_path / f"a{COMMITS}").write_text(line_of(later) + line_of(PLAIN))
    (tmp_path / f"b{COMMITS}").write_text(line_of(FULL))
    assert commits(tmp_path) == [FULL, PLAIN, later]


def test_a_torn_line_hides_no_other(tmp_path: Path) -> None:
    torn = line_of(FULL)[:40]
    (tmp_path / f"a{COMMITS}").write_text(f'{line_of(PLAIN)}[1]\n{{"run": 1}}\n{torn}')
    assert commits(tmp_path) == [PLAIN]


def test_a_visit_names_its_run() -> None:
    assert run_of(FULL.visit or "") == FULL.run
