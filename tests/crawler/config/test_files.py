from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from crawler.config.files import FileNotes, Files
from crawler.config.loader import read
from tests.crawler.config.makers import base, write

if TYPE_CHECKING:
    from pathlib import Path


def noted(*paths: Path) -> Files:
    notes = FileNotes()
    for path in paths:
        notes.note(path)
    return notes.files


def test_files_that_nobody_touched_look_the_same(tmp_path: Path) -> None:
    files = noted(write(tmp_path, "a"), tmp_path / "missing.yaml")
    assert files.look() == files


def test_a_file_that_is_written_replaced_made_or_removed_looks_different(tmp_path: Path) -> None:
    path, other = write(tmp_path, "a"), tmp_path / "other.yaml"
    files = noted(path, other)
    path.write_text("ab")
    assert files.look() != files
    files = noted(path, other)
    replacement = write(tmp_path, "ab", "new.yaml")
    os.utime(replacement, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    replacement.replace(path)
    assert files.look() != files
    files = noted(path, other)
    other.write_text("")
    assert files.look() != files
    files = noted(path, other)
    other.unlink()
    assert files.look() != files


def test_what_changes_between_the_note_and_the_look_is_seen_although_it_was_noted_twice(tmp_path: Path) -> None:
    path, notes = write(tmp_path, "a"), FileNotes()
    notes.note(path)
    path.write_text("ab")
    notes.note(path)
    assert notes.files.look() != notes.files


def test_a_file_that_joins_or_leaves_a_glob_is_seen(tmp_path: Path) -> None:
    notes = FileNotes()
    assert notes.find(tmp_path, "*.yaml") == ()
    assert notes.files.look() == notes.files
    path = write(tmp_path, "a")
    assert notes.files.look() != notes.files
    assert notes.find(tmp_path, "*.yaml") == (path,)
    path.unlink()
    assert notes.files.look() != notes.files


def test_a_glob_that_is_none_is_the_callers_affair(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\*\*"):
        FileNotes().find(tmp_path, "a**/b")


def test_every_file_of_a_configuration_is_noted_also_of_one_that_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "rules: x", "rules/a.yaml")
    write(tmp_path, "xoxb-1\n", "token")
    path = write(tmp_path, base() | {"include": ["rules/*.yaml"], "slack": {"token_file": "token"}})
    attempt = read(path, {})
    assert attempt.config is None
    assert set(attempt.files.stamps) == {path, tmp_path / "rules/a.yaml", tmp_path / "token"}
    assert list(attempt.files.globs) == [(tmp_path, "rules/*.yaml")]
    assert attempt.store == f"sqlite:///{tmp_path}/var/tocsin.db"


def test_a_configuration_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    files = read(tmp_path / "config.yaml", {}).files
    assert files.look() == files
    write(tmp_path, base())
    assert files.look() != files
