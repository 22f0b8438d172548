from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.errors import CaptureError
from crawler.capture.index import entries
from crawler.capture.kept import altered, kept
from crawler.capture.redaction import IN_BODY
from crawler.capture.shelf import Shelf
from tests.crawler.capture.makers import exchange, occasion, page
from tests.fakes import NOON

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.capture.index import Entry


def shelved(folder: Path) -> None:
    """Two answers, of which the second was altered."""
    shelf = Shelf(folder, timedelta(days=7))
    whole = exchange(page=page(b"the treaty was signed"))
    cut = exchange(at=NOON + timedelta(seconds=9), page=page(b"REDACTED was signed"), withheld=(IN_BODY, "set-cookie"))
    other = exchange(occasion=replace(occasion("v2"), source="other"), withheld=(IN_BODY,))
    shelf.write([whole, cut, other], NOON)
    shelf.close()


def test_records_are_read_as_they_lie_there_with_what_was_left_out(tmp_path: Path) -> None:
    shelved(tmp_path)
    (file,) = tmp_path.glob("*.warc.gz")
    data = file.read_bytes()
    for entry in entries(tmp_path):
        found = kept(tmp_path, entry)
        assert found.records == data[entry.offset : entry.offset + entry.length]
        assert found.is_altered == (IN_BODY in found.withheld)
    assert [kept(tmp_path, one).withheld for one in entries(tmp_path)][-1] == (IN_BODY, "set-cookie")


def test_altered_answers_are_counted_by_their_sources(tmp_path: Path) -> None:
    shelved(tmp_path)
    found = entries(tmp_path)
    assert [altered(tmp_path, found, names) for names in (["wire"], ["other"], ["wire", "other"], ["none"])] == [
        1,
        1,
        2,
        0,
    ]
    next(tmp_path.glob("*.warc.gz")).unlink()
    assert altered(tmp_path, found, ["wire"]) == 0


def test_a_file_that_is_gone_or_cut_off_is_an_error_that_names_it(tmp_path: Path) -> None:
    shelved(tmp_path)
    (file,) = tmp_path.glob("*.warc.gz")
    entry = entries(tmp_path)[0]
    file.write_bytes(file.read_bytes()[: entry.offset + entry.length - 1])
    with pytest.raises(CaptureError, match=f"{file.name} was cut off"):
        kept(tmp_path, entry)
    file.unlink()
    with pytest.raises(CaptureError, match=f"{file.name} cannot be read"):
        kept(tmp_path, entry)


def fault(folder: Path, entry: Entry) -> str:
    """What is wrong with an answer; "" where it can be read."""
    try:
        kept(folder, entry)
    except CaptureError as error:
        return str(error)
    return ""


def test_a_damaged_record_is_an_error_whatever_is_damaged(tmp_path: Path) -> None:
    shelved(tmp_path)
    (file,) = tmp_path.glob("*.warc.gz")
    entry = entries(tmp_path)[0]
    whole = file.read_bytes()
    chance = random.Random(7)
    faults = set()
    for _ in range(200):
        data = bytearray(whole)
        for _ in range(3):
            data[entry.offset + chance.randrange(entry.length)] ^= 1 << chance.randrange(8)
        file.write_bytes(data)
        faults.add(fault(tmp_path, entry))
    assert faults - {""}
    assert all("is damaged" in one for one in faults - {""})
    file.write_bytes(whole)
    forged = replace(entry, digest="sha256:0")
    assert "the body has another hash" in fault(tmp_path, forged)
