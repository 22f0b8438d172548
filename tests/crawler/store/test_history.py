from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alerts.errors import StoreError
from crawler.intake.sift import address_key
from crawler.store.history import History
from tests.crawler.store.makers import MINUTE, entry, source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.crawler.store.makers import Newsroom

URL = "https://bbc.example/2026/towns-agree"


@pytest.fixture
def history(store_url: str, newsroom: Newsroom) -> Iterator[History]:
    assert newsroom.store is not None  # it was opened first, which makes the database
    found = History.open(store_url)
    yield found
    found.close()


async def publish(room: Newsroom, title: str, text: str) -> int:
    await room.visit("bbc", entry("towns", title=title, text=text, url=URL))
    (found,) = await room.store.outcomes(room.clock.now() - 60 * MINUTE)
    return found.story


async def test_the_versions_of_a_story_come_oldest_first(newsroom: Newsroom, history: History) -> None:
    await newsroom.add(source())
    await publish(newsroom, "Towns agree", "On ferries.")
    newsroom.clock.advance(MINUTE)
    story = await publish(newsroom, "Seven towns agree", "On ferries, at last.")
    first, second = history.editions(story)
    assert (first.version, first.title, first.text) == (1, "Towns agree", "On ferries.")
    assert (second.version, second.title, second.url) == (2, "Seven towns agree", URL)
    assert second.at - first.at == MINUTE
    assert history.editions(story + 1) == []


async def test_a_story_is_found_by_the_key_of_its_address_or_by_the_address(
    newsroom: Newsroom, history: History
) -> None:
    await newsroom.add(source())
    story = await publish(newsroom, "Towns agree", "On ferries.")
    assert history.at_address([], address_key(f"{URL}?utm_source=x")) == [story]
    assert history.at_address([URL], None) == [story]
    assert history.at_address(["https://bbc.example/other"], address_key("https://bbc.example/other")) == []


def test_a_store_that_is_not_there_is_not_made(tmp_path: object) -> None:
    with pytest.raises(StoreError, match="there is no store"):
        History.open(f"sqlite:///{tmp_path}/none.db")
