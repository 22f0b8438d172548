from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crawler.store.captured import CapturedStore, PagesByAddress
from crawler.store.deliveries import EVERY
from spiders.source import Fulltext
from tests.crawler.store.makers import MINUTE, Newsroom, WordJudge, entry, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


async def test_messages_that_are_hidden_are_due_when_they_are_hidden_no_more(tmp_path: Path) -> None:
    store = CapturedStore.open(f"sqlite:///{tmp_path / 'tocsin.db'}", clock=FakeClock())
    try:
        newsroom = Newsroom(store, WordJudge({"talks": ("#news",)}), FakeClock())
        await newsroom.add(source())
        await newsroom.visit("bbc", entry())
        (delivery,) = await store.outbox.due(NOON, 10)
        hidden = {delivery.key}
        outbox = store.gated(hidden.__contains__).of(EVERY)
        assert await outbox.due(NOON, 10) == []
        assert await outbox.next_due() is None
        hidden.clear()
        assert [one.key for one in await outbox.due(NOON, 10)] == [delivery.key]
    finally:
        await store.close()


# ---------------------------------------------------------------- pages by their addresses


class Speller:
    """Takes what follows a question mark out of addresses, and notes which it was given."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def __call__(self, url: str) -> str:
        self.given.append(url)
        return url.partition("?")[0]


@pytest.fixture
async def newsroom(tmp_path: Path) -> AsyncIterator[Newsroom]:
    """A newsroom that wants the page of every story."""
    store = CapturedStore.open(f"sqlite:///{tmp_path / 'tocsin.db'}", clock=FakeClock())
    made = Newsroom(store, WordJudge({"talks": ("#news",)}), FakeClock())
    await made.add(source(fulltext=Fulltext.ALWAYS), source("nhk", fulltext=Fulltext.ALWAYS))
    yield made
    await store.close()


async def want(newsroom: Newsroom, name: str, query: str = "", of: str = "bbc") -> None:
    newsroom.clock.advance(MINUTE)
    url = f"https://bbc.example/{name}{query}"
    await newsroom.visit(of, entry(f"{name}-{of}", title=f"talks of {name} with {of}", url=url))


async def claimed(newsroom: Newsroom, index: PagesByAddress, name: str, of: str = "") -> list[str]:
    store = newsroom.store
    assert isinstance(store, CapturedStore)
    url = f"https://bbc.example/{name}"
    return [one.url for one in await store.claim_page_now(of, url, index, newsroom.clock.now(), MINUTE)]


async def test_each_address_is_spelt_once_however_many_pages_are_claimed(newsroom: Newsroom) -> None:
    spelt = Speller()
    index = PagesByAddress(spelt)
    for number in range(12):
        await want(newsroom, f"a{number}", "?token=x")
        for claim in range(number + 1):
            assert await claimed(newsroom, index, f"a{claim}") == [f"https://bbc.example/a{claim}?token=x"]
            assert await claimed(newsroom, index, "elsewhere") == []
    assert len(spelt.given) == 12


async def test_a_page_is_found_by_the_address_that_it_has_now(newsroom: Newsroom) -> None:
    index = PagesByAddress(Speller())
    await want(newsroom, "a")
    await want(newsroom, "b")
    assert await claimed(newsroom, index, "a") == ["https://bbc.example/a"]
    newsroom.clock.advance(MINUTE)
    moved = entry("a-bbc", title="other talks of a with bbc", url="https://bbc.example/moved")
    await newsroom.visit("bbc", moved)
    assert await claimed(newsroom, index, "moved") == ["https://bbc.example/moved"]
    assert await claimed(newsroom, index, "a") == []


async def test_of_pages_with_one_address_the_longest_overdue_of_the_source_is_claimed(newsroom: Newsroom) -> None:
    index = PagesByAddress(Speller())
    await want(newsroom, "a", "?token=1")
    assert await claimed(newsroom, index, "a") == ["https://bbc.example/a?token=1"]
    await want(newsroom, "a", "?token=2", of="nhk")
    assert await claimed(newsroom, index, "a", of="nhk") == ["https://bbc.example/a?token=2"]
    assert await claimed(newsroom, index, "a") == ["https://bbc.example/a?token=1"]
