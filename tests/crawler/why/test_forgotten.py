from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.crawler.why.town import DAY, Item, says, town

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crawler.why.chain import Chain

CONFIG = """
sources:
  - {id: wire, name: Pacific Wire, kind: feed, url: "WEB/wire/feed.xml"}
rules:
  - {id: plain, when: cobalt AND harbour}
  - {id: near, when: cobalt AND zeppelin}
"""


async def day(folder: Path) -> Mapping[str, Chain]:
    """Let stories grow old until first their words and then they themselves are let go, and ask why after each."""
    async with town(folder, CONFIG, ["wire"]) as here:
        await here.round()
        here.publish(
            "wire",
            Item(title="Cobalt arrives", text="At the harbour."),
            Item(title="Cobalt"),
            Item(title="Bare", text=""),
        )
        url = here.link("wire", "Lonely tin")
        here.publish("wire", Item(title="Lonely tin", guid=url, url=url))
        await here.round()
        links = {title: here.link("wire", title) for title in ("Cobalt arrives", "Cobalt", "Bare", "Lonely tin")}
        here.clock.ahead += 60 * DAY
        keeper, now = here.app.store.keeper, here.clock.now()
        await keeper.forget("bodies", now - DAY, 0, 100)
        found = {title: here.why(link) for title, link in links.items()}
        await keeper.forget("stories", now - DAY, 0, 100)
        return found | {f"gone {title}": here.why(link) for title, link in links.items()}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Chain]:
    return asyncio.run(day(tmp_path_factory.mktemp("forgotten")))


def test_what_was_told_is_known_without_its_words(found: Mapping[str, Chain]) -> None:
    chain = found["Cobalt arrives"]
    assert (chain.told, chain.reason) == (True, "first")
    assert "its words are no longer kept (`retention.bodies`)" in says(chain)
    assert "plain: holds, notice, by “Cobalt”" in says(chain)


def test_how_near_a_rule_came_is_not_guessed_without_words(found: Mapping[str, Chain]) -> None:
    assert "how near they were cannot be said, for its words are no longer kept" in found["Cobalt"].verdict


def test_a_story_that_never_had_words_has_lost_none(found: Mapping[str, Chain]) -> None:
    assert "no longer kept" not in says(found["Bare"])


def test_a_story_that_is_no_longer_kept_was_seen_all_the_same(found: Mapping[str, Chain]) -> None:
    chain = found["gone Lonely tin"]
    assert (chain.ended, chain.reason) == ("source", "forgotten"), says(chain)
    assert "in the source wire, and forgotten since" in chain.verdict
