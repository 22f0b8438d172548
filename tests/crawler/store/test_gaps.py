from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.errors import StoreError
from crawler.visits.backfill import State, trying
from crawler.visits.standing import Event, Next
from tests.crawler.store.makers import HOUR, Newsroom, WordJudge, entry, source
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from crawler.store import Store
    from crawler.store.gaps import GapClaim
    from crawler.visits.poll import Poll, Tally


def with_gap(poll: Poll, _: Tally) -> Next:
    return Next(at=poll.at + HOUR, why="every 1h", events=(Event(name="gap", text="shared nothing"),))


async def gap_of(newsroom: Newsroom) -> GapClaim:
    """Let an hour pass, and a visit find a gap; return the claim to it."""
    newsroom.clock.advance(HOUR)
    await newsroom.visit("bbc", entry("b"), floods=True, schedule=with_gap)
    (claim,) = await newsroom.store.gaps.due(newsroom.clock.now(), 5)
    return claim


async def opened(store: Store) -> Newsroom:
    newsroom = Newsroom(store, WordJudge({}), FakeClock())
    await newsroom.add(source())
    return newsroom


async def test_a_gap_comes_back_as_it_was_kept(store: Store) -> None:
    newsroom = await opened(store)
    claim = await gap_of(newsroom)
    now = newsroom.clock.now()
    changed = replace(trying(claim.gap, now), origins=("a",), notes=("b",), asked=("c",), stories=3)
    await store.gaps.settle(claim, changed)
    assert await store.gaps.due(now, 5) == []
    (again,) = await store.gaps.due(now + HOUR, 5)
    assert again.gap == changed
    assert again.standing.last_ok == now


async def test_what_was_planned_by_an_outdated_claim_is_not_written(store: Store) -> None:
    newsroom = await opened(store)
    claim = await gap_of(newsroom)
    await store.gaps.settle(claim, claim.gap)
    with pytest.raises(StoreError, match="looked at by another"):
        await store.gaps.settle(claim, claim.gap)


async def test_what_became_of_a_gap_is_kept_for_a_while(store: Store) -> None:
    newsroom = await opened(store)
    claim = await gap_of(newsroom)
    over = replace(claim.gap, due=None, state=State.NOTHING, result="nothing there")
    await store.gaps.settle(claim, over)
    newsroom.clock.advance(timedelta(days=100))
    await gap_of(newsroom)
    dossier = await store.dossier("bbc", newsroom.clock.now())
    assert dossier is not None
    assert [line.state for line in dossier.filled] == ["due"]


async def test_gaps_that_nobody_looked_at_become_one(store: Store) -> None:
    newsroom = await opened(store)
    first = await gap_of(newsroom)
    second = await gap_of(newsroom)
    assert (second.gap.since, second.gap.until) == (first.gap.since, newsroom.clock.now())
