from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.errors import StoreError
from alerts.search.patterns import asked
from crawler.store.archive import Archive
from tests.crawler.store.makers import HOUR, entry, source

if TYPE_CHECKING:
    from pathlib import Path

    from tests.crawler.store.makers import Newsroom


def opened(url: str) -> Archive:
    archive = Archive.of(url)
    assert archive
    return archive


async def filled(newsroom: Newsroom) -> None:
    await newsroom.add(source(), source("nhk", tier=1, country="jp"))
    await newsroom.visit("bbc", entry("a", "Peace talks", "In Paris", authors=("Ada",), tags=("world",)))
    newsroom.clock.advance(HOUR)
    await newsroom.visit("nhk", entry("b", "Peace talks", "In Paris"))
    newsroom.clock.advance(HOUR)
    await newsroom.visit("bbc", entry("a", "Peace talks end", "In Paris", authors=("Ada",), tags=("world",)))


async def test_every_version_is_read_as_the_store_reads_it(newsroom: Newsroom, store_url: str) -> None:
    start = newsroom.clock.now()
    await filled(newsroom)
    with opened(store_url) as archive:
        ids = archive.ids(start, start + 9 * HOUR)
        texts = list(archive.stretch(ids[0], ids[-1], start, start + 9 * HOUR))
        assert [(one.story.title, one.story.version) for one in texts] == [
            ("Peace talks", 1),
            ("Peace talks end", 2),
            ("Peace talks", 1),
        ]
        assert texts[1].story == await newsroom.store.story(ids[0])
        assert texts[2].story == await newsroom.store.story(ids[1])
        assert [one.at - start for one in texts] == [0 * HOUR, 2 * HOUR, HOUR]
        assert [one.group for one in texts[:2]] == [ids[0], ids[0]]
        assert [one.story.version for one in archive.older(ids[0], ids[-1])] == [1]
        assert [one.story.id for one in archive.some([ids[1]])] == [ids[1]]


async def test_a_time_ends_before_its_end(newsroom: Newsroom, store_url: str) -> None:
    start = newsroom.clock.now()
    await filled(newsroom)
    with opened(store_url) as archive:
        assert len(archive.ids(start, start + HOUR)) == 1
        assert len(archive.ids(start + HOUR, start + 2 * HOUR)) == 1
        assert archive.first_seen() == start
        assert archive.seen(archive.ids(start, start + HOUR)[0]) == start


async def test_the_index_knows_the_newest_version_alone(newsroom: Newsroom, store_url: str) -> None:
    start = newsroom.clock.now()
    await filled(newsroom)
    with opened(store_url) as archive:
        first, second = archive.ids(start, start + 9 * HOUR)
        for words, found in ((" end ", {first}), (" talks ", {first, second}), (" war ", set())):
            tree = asked([[words]])
            assert tree
            assert archive.having([tree], start, 10) == found
        tree = asked([[" talks "]])
        assert tree
        assert archive.having([tree], start, 1) is None


async def test_what_was_so_then_is_told(newsroom: Newsroom, store_url: str) -> None:
    start = newsroom.clock.now()
    await newsroom.add(source(), visited=False)
    old = entry("o", "Old talks", published=start - timedelta(days=9))
    await newsroom.visit("bbc", old, entry("n", "New talks"))
    with opened(store_url) as archive:
        then = archive.circumstances(0, start)
        assert then.first_reads == {"bbc": start}
        assert len(then.backlog) == 1
        (told,) = archive.told(start, start + HOUR)
        assert (told.rule, told.channel, told.state) == ("talks", "#news", "pending")
        assert told.story not in then.backlog


async def test_older_copies_are_found_by_their_group(newsroom: Newsroom, store_url: str) -> None:
    start = newsroom.clock.now()
    await filled(newsroom)
    with opened(store_url) as archive:
        first, second = archive.ids(start, start + 9 * HOUR)
        assert list(archive.relatives([first], second)) == [first]


def test_where_there_is_no_store_there_is_no_archive(tmp_path: Path) -> None:
    assert Archive.of(f"sqlite:///{tmp_path / 'none.db'}") is None
    (tmp_path / "odd.db").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(StoreError, match="no SQLite database"):
        Archive.of(f"sqlite:///{tmp_path / 'odd.db'}")
