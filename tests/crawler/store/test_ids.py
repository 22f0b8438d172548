"""Story ids against the store: who starts anew draws none that is taken."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from crawler.ids import STORY_TAIL, Ids
from crawler.intake.ingest import Ingestor
from tests.crawler.store.makers import Newsroom, entry, source

if TYPE_CHECKING:
    from crawler.store import Store
    from tests.fakes import FakeClock


class SameStories(random.Random):
    """Draws the same for each story."""

    def getrandbits(self, number: int, /) -> int:
        return 7 if number == STORY_TAIL else super().getrandbits(number)


def starts(newsroom: Newsroom, clock: FakeClock) -> None:
    """Start anew, with the same chance and at the same moment: by itself it would draw the same ids."""
    ids = Ids(clock, SameStories())
    newsroom.ingest = Ingestor(newsroom.store, newsroom.judge, "rev1", ids, clock)


async def test_a_process_that_starts_anew_in_the_same_millisecond_takes_stories_in(
    newsroom: Newsroom, store: Store, clock: FakeClock
) -> None:
    await newsroom.add(source())
    for number in range(3):
        starts(newsroom, clock)
        await newsroom.visit("bbc", *(entry(f"{number}-{n}", title=f"talks {number} {n}") for n in range(3)))
    assert (await store.overview(clock.now())).stories == 9
