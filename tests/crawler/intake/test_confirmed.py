"""`independent_sources`: an event that outlets tell of on their own account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alerts.rules.spec import StreamSpec
from tests.crawler.intake.test_kinship import FOLLOW_UP, FRAMED, OTHER, WIRE
from tests.crawler.store.makers import MINUTE, Newsroom, WordJudge, entry, source

if TYPE_CHECKING:
    from crawler.store import Store
    from tests.fakes import FakeClock

THIRD = (
    "Tokyo - What Britain and Japan still have to settle before they sign a treaty for their forces is jurisdiction, "
    "and who pays for damage of equipment in training, lawyers of both ministries said on Wednesday after the talks in "
    "London. The second round in Tokyo in spring will be about ports and airfields. A committee of the lower house "
    "visits fishermen near the base in March, and its chair wants them to be heard by the ministers before then. "
    "An adviser said that the text of the treaty was nearly complete and would be read once more line by line."
)
TITLES = {
    "wire": "Britain and Japan open treaty talks",
    "daily": "Britain and Japan end treaty talks",
    "post": "What Britain and Japan still have to settle in treaty talks",
}


@pytest.fixture
async def newsroom(store: Store, clock: FakeClock) -> Newsroom:
    judge = WordJudge({"treaty": ("#news",)}, {"treaty": StreamSpec(independent_sources=3)})
    made = Newsroom(store, judge, clock)
    await made.add(source("wire", type="wire"), *(source(name) for name in ("daily", "post", "copy", "noise")))
    for n in range(20):  # words are rare only among others
        body = " ".join(f"matter{n}thing{m}" for m in range(70))
        await made.visit("noise", entry(f"{n}", title=f"Matter {n} of the day", text=body, url=None, language="en"))
    return made


async def publish(newsroom: Newsroom, name: str, text: str, title: str | None = None) -> None:
    newsroom.clock.advance(MINUTE)
    told = title or TITLES[name]
    item = entry(f"{name} {told}", title=told, text=text, url=f"https://{name}.example/{len(text)}", language="en")
    await newsroom.visit(name, item)


async def test_the_third_source_of_an_event_makes_the_alert_and_the_fourth_makes_no_other(newsroom: Newsroom) -> None:
    await publish(newsroom, "wire", WIRE)
    await publish(newsroom, "daily", FOLLOW_UP)
    assert await newsroom.trends() == []
    await publish(newsroom, "post", THIRD)
    says = "3 independent sources: WIRE, DAILY, POST (3 make an alert)"
    ((channel, said, _, _),) = await newsroom.trends()
    assert (channel, said) == ("#news", says)
    await publish(newsroom, "copy", f"{THIRD} {OTHER}", title="What Britain and Japan have to settle in treaty talks")
    assert len(await newsroom.trends()) == 1


async def test_copies_and_second_stories_of_one_outlet_are_no_further_voice(newsroom: Newsroom) -> None:
    await publish(newsroom, "wire", WIRE)
    await publish(newsroom, "copy", FRAMED, title="Britain and Japan open treaty talks in London")
    await publish(newsroom, "daily", FOLLOW_UP)
    await publish(newsroom, "daily", THIRD, title="What is left for the treaty talks of Britain and Japan")
    assert await newsroom.trends() == []


async def test_what_the_rule_does_not_hold_for_is_no_voice(newsroom: Newsroom) -> None:
    await publish(newsroom, "wire", WIRE)
    await publish(newsroom, "daily", FOLLOW_UP)
    await publish(
        newsroom, "post", THIRD.replace("treaty", "accord"), title="What Britain and Japan still have to settle"
    )
    assert await newsroom.trends() == []


async def test_a_restart_tells_of_no_event_twice(newsroom: Newsroom) -> None:
    await publish(newsroom, "wire", WIRE)
    await publish(newsroom, "daily", FOLLOW_UP)
    await publish(newsroom, "post", THIRD)
    again = Newsroom(newsroom.store, newsroom.judge, newsroom.clock)
    again.sources, again._claims_at = newsroom.sources, newsroom._claims_at
    await publish(again, "copy", f"{THIRD} {OTHER}", title="What Britain and Japan have to settle in treaty talks")
    assert len(await again.trends()) == 1
