from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from crawler.intake.missed import unknown
from crawler.intake.sift import identified, sift
from crawler.visits.backfill import Gap, Looked, poll_of
from crawler.visits.standing import Standing
from spiders.entry import Entry
from tests.crawler.store.makers import Newsroom, WordJudge, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from crawler.intake.sift import Item
    from crawler.store import Store

HOUR = timedelta(hours=1)
URL = "https://bbc.example/world/talks"


def entry(identity: str = URL, at: timedelta = HOUR, title: str = "Talks on a treaty") -> Entry:
    return Entry(identity=identity, url=URL, title=title, published=NOON - at)


def items(*entries: Entry) -> list[Item]:
    gap = Gap(source="bbc", home="", since=NOON - 9 * HOUR, until=NOON, late=HOUR, failures=0, due=NOON)
    poll = poll_of(gap, source(), Standing(), Looked(url="https://bbc.example/news.xml", entries=entries), NOON)
    return identified(sift(poll), {})


async def brought(store: Store) -> None:
    """Let the source have brought the story, by the name that its feed gives it."""
    newsroom = Newsroom(store, WordJudge({}), FakeClock())
    await newsroom.add(source())
    await newsroom.visit("bbc", entry(identity="id:1"))


@pytest.mark.parametrize(
    ("other", "left"),
    [
        (entry(), 0),  # by its address
        (entry(title="Talks on a treaty, with a longer headline"), 0),
        (entry(at=30 * HOUR), 1),  # an issue of another day
        (entry(identity="id:2"), 1),  # a name of its own, as the feed gives it
        (entry(identity="id:1"), 0),
    ],
)
async def test_what_the_source_brought_under_another_name_is_known(store: Store, other: Entry, left: int) -> None:
    await brought(store)
    assert len(await store.ask(lambda memory: unknown(items(other), "bbc", memory))) == left


async def test_what_another_source_brought_is_new_here(store: Store) -> None:
    await brought(store)
    assert len(await store.ask(lambda memory: unknown(items(entry()), "nhk", memory))) == 1
