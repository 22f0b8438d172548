"""Two stories of one event are told in one thread: what is said there of the one must not hinder the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.outbox import Kind, Receipt, Settlement, State
from crawler.store.schema import outbox
from crawler.visits.page import GONE, PageState, PageVisit
from spiders.source import Fulltext
from tests.crawler.paging import visit_page
from tests.crawler.store.makers import LEASE, MINUTE, Newsroom, WordJudge, entry, source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.store import Store
    from tests.fakes import FakeClock

SIGNED = "Japan and France sign the accord on rare earths in Paris on Tuesday, ministers said after long negotiations."
EXPLAINED = "Rare earths: ministers of Japan and France explain their Paris accord signed on Tuesday after long talks."
CORRECTION = " Correction: an earlier version of this story gave the wrong month."
TITLES = {"a": "Accord on rare earths signed in Paris", "b": "Ministers explain Paris accord on rare earths"}
WORDS = {"a": SIGNED, "b": EXPLAINED}


@pytest.fixture
async def room(store: Store, clock: FakeClock) -> Newsroom:
    """A newsroom that has told of two stories, the second in the thread of the first."""
    room = Newsroom(store, WordJudge({"accord": ("#news",), "fire": ("#news",)}), clock)
    await room.add(source(fulltext=Fulltext.AUTO))
    for name, text in WORDS.items():
        await visit(room, name)
        await visit_page(room, f"https://bbc.example/{name}", text)
        await send(room)
        clock.advance(5 * MINUTE)
    first, second = sorted((row.delivery for row in await store.deliveries()), key=lambda one: one.key)
    assert (first.kind, second.kind) == (Kind.POST, Kind.REPLY)
    return room


async def visit(room: Newsroom, *names: str, added: str = "") -> None:
    shown = [entry(one, TITLES[one], WORDS[one] + added, url=f"https://bbc.example/{one}") for one in names]
    fresh = [entry("n", "a fire in the palace", "Walls fell.", url="https://bbc.example/n")] if added else []
    await room.visit("bbc", *fresh, *shown)


async def send(room: Newsroom) -> None:
    now = room.clock.now()
    for one in await room.store.outbox.due(now, 100):
        await room.store.outbox.begin(one.key, now)
        receipt = Receipt(channel="C0NEWS", message=one.key)
        await room.store.outbox.settle(one.key, Settlement(state=State.SENT, reason="accepted", receipt=receipt), now)


async def notes(room: Newsroom) -> Sequence[str]:
    query = select(outbox.c.note).where(outbox.c.note != "").order_by(outbox.c.key)
    return await room.store.read(lambda connection: connection.scalars(query).all())


async def test_one_sentence_by_which_both_are_corrected_is_said_once_and_the_rest_of_the_feed_is_read(
    room: Newsroom,
) -> None:
    await visit(room, "a", "b", added=CORRECTION)
    assert len(await notes(room)) == 1
    await visit(room, "b", "a", added=CORRECTION)
    assert len(await notes(room)) == 1
    assert "a fire in the palace" in {row.title for row in await room.store.outcomes(room.clock.now() - 9 * MINUTE)}


async def test_both_pages_may_be_removed(room: Newsroom) -> None:
    room.clock.advance(20 * MINUTE)
    await room.visit("bbc", entry("n", "a cat", url="https://bbc.example/n"))
    claims = await room.store.claim_pages(room.clock.now(), 100, LEASE)
    for claim in claims:
        gone = PageVisit(claim=claim, at=room.clock.now(), state=PageState.FAILED, reason=GONE, detail="410")
        if claim.url.endswith(("/a", "/b")):
            await room.ingest.commit_page(gone)
    assert await notes(room) == ["the outlet has removed the story (410)"] * 2
