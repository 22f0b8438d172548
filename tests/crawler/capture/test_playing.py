from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import FetchError
from crawler.capture.commits import Act, Commit, line_of
from crawler.capture.commits import commits as commits_in
from crawler.capture.index import INDEX, entries
from crawler.capture.playing import MISSING, PlayedClock, Player, visits_of
from crawler.capture.redaction import Redactor
from crawler.capture.shelf import Shelf
from crawler.config.credentials import Secrets
from tests.crawler.capture.makers import URL, exchange, page
from tests.fakes import NOON

if TYPE_CHECKING:
    from pathlib import Path


def captured(folder: Path) -> Path:
    """Capture one answer, and return its file."""
    shelf = Shelf(folder, timedelta(days=7))
    shelf.write([exchange(page=page(b"<rss>one</rss>" * 30))], NOON)
    shelf.close()
    return next(folder.glob("*.warc.gz"))


@pytest.mark.parametrize("kind", ["cut", "flipped", "gone", "of another"])
async def test_an_answer_that_cannot_be_read_is_counted_and_missing(tmp_path: Path, kind: str) -> None:
    path = captured(tmp_path)
    data = path.read_bytes()
    (entry,) = entries(tmp_path)
    middle = entry.offset + entry.length // 3
    if kind == "cut":
        path.write_bytes(data[:middle])
    elif kind == "flipped":
        path.write_bytes(data[:middle] + bytes([data[middle] ^ 255]) + data[middle + 1 :])
    elif kind == "gone":
        path.unlink()
    else:
        other = tmp_path / "other"
        shelf = Shelf(other, timedelta(days=7))
        shelf.write([exchange(page=page(b"<rss>two</rss>" * 30))], NOON)
        shelf.close()
        path.write_bytes(next(other.glob("*.warc.gz")).read_bytes())
    found = entries(tmp_path)
    player = Player(tmp_path, found, Redactor(Secrets(everywhere=frozenset())), PlayedClock(NOON))
    player.begin(visits_of(found)[0])
    with pytest.raises(FetchError) as refused:
        await player.fetch(URL, {})
    assert refused.value.reason == MISSING
    assert player.damaged == {path.name: 1}


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(32, 126)), min_size=1, max_size=12))
def test_lines_that_are_not_what_they_were_are_left_out(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("capture")
    captured(folder)
    (folder / "x.commits").write_text(line_of(Commit(run="r", number=1, act=Act.WATCH, now=NOON)))
    for path in (next(folder.glob(f"*{INDEX}")), folder / "x.commits"):
        data = bytearray(path.read_bytes())
        for at, byte in changes:
            data[at % len(data)] = byte
        path.write_bytes(bytes(data))
    assert all(one.at.tzinfo and one.length > 0 for one in entries(folder))
    visits_of(entries(folder))
    assert all(one.now.tzinfo for one in commits_in(folder))
