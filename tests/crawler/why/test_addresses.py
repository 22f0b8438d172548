from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.crawler.why.town import HOUR, Item, says, town

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crawler.why.chain import Chain

CONFIG = """
sources:
  - {id: wire, name: Pacific Wire, kind: feed, url: "WEB/wire/feed.xml"}
  - {id: pages, name: Pages, kind: feed, url: "WEB/pages/feed.xml", fulltext: always}
  - {id: echo, name: Echo, kind: feed, url: "WEB/echo/feed.xml"}
rules:
  - {id: plain, when: cobalt}
  - {id: body, when: zeppelin}
"""
BOX = "<nav><a href='/a'>Home</a><a href='/b'>World news of today</a></nav>"
PAGE = (
    "<html><head><link rel=canonical href='{canonical}'></head><body>"
    + BOX
    + "<article><h1>Airship</h1><p>"
    + "A zeppelin crossed the sea in three days and two nights, its owners said on Monday. " * 6
    + "</p></article></body></html>"
)


async def day(folder: Path) -> Mapping[str, Chain]:
    """Let stories come by several addresses and more than once, and ask why by each."""
    async with town(folder, CONFIG, ["wire", "pages", "echo"]) as here:
        own = here.url("/pages/2026/11/27/the-zeppelin-that-crossed-the-sea")
        here.web.publish("/pages/airship", PAGE.format(canonical=own), content_type="text/html")
        here.web.redirect("/pages/short", "/pages/airship")
        await here.round()
        here.publish("pages", Item(title="Airship", guid="airship", url=here.url("/pages/short")))
        here.publish("wire", Item(title="Cobalt arrives", guid="one"))
        await here.round()
        again = Item(title="Cobalt arrives", guid="another", url=here.link("wire", "one"))
        here.publish("wire", again)  # the same thing under another identity
        here.publish("echo", Item(title="Cobalt comes", text="Quite other words.", url=here.link("wire", "one")))
        await here.round()
        link = here.link("wire", "one")
        found = {
            "plain": here.why(link),
            "tracked": here.why(f"{link}?utm_source=letter&utm_medium=mail#top"),
            "asked for": here.why(here.url("/pages/short")),
            "its own": here.why(own),
        }
        for _ in range(3):
            await here.round(HOUR)
        found["looked at again"] = here.why(own)
        return found


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Chain]:
    return asyncio.run(day(tmp_path_factory.mktemp("addresses")))


@pytest.mark.parametrize("name", ["plain", "tracked"])
def test_a_story_is_found_by_any_spelling_and_told_of_once(found: Mapping[str, Chain], name: str) -> None:
    chain = found[name]
    assert (chain.told, chain.reason, chain.title) == (True, "first", "Cobalt arrives"), says(chain)


def test_of_several_stories_at_an_address_the_one_that_got_furthest_answers(found: Mapping[str, Chain]) -> None:
    (other,) = [one for one in found["plain"].steps if one.name == "also there"]
    assert (other.reason, "Not told again: #news heard it" in other.says) == ("copy", True)


@pytest.mark.parametrize("name", ["asked for", "its own"])
def test_a_story_is_found_by_the_link_of_its_feed_and_by_what_its_page_calls_itself(
    found: Mapping[str, Chain], name: str
) -> None:
    chain = found[name]
    assert (chain.told, chain.reason) == (True, "page"), says(chain)
    assert "Told in #news" in chain.verdict


@pytest.mark.parametrize("name", ["its own", "looked at again"])
def test_what_was_cut_from_a_page_is_said_also_after_it_was_looked_at_again(
    found: Mapping[str, Chain], name: str
) -> None:
    (page,) = [one for one in found[name].steps if one.name == "page"]
    assert "by extraction; left out: " in page.says
    assert ("visited again" in " ".join(page.more)) == (name == "looked at again")
