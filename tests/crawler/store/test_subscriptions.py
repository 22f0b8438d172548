from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from crawler.visits.standing import Next, Standing
from crawler.visits.subscription import Ask, Offer, Subscription
from tests.crawler.store.makers import HOUR, MINUTE, entry, source
from tests.fakes import NOON

if TYPE_CHECKING:
    from datetime import timedelta

    from tests.crawler.store.makers import Newsroom

HUB, TOPIC = "https://hub.example/", "https://bbc.example/topic"


def made(path: str = "p", **changes: Any) -> Subscription:
    values: dict[str, Any] = {
        "path": path, "source": "bbc", "hub": HUB, "topic": TOPIC, "callback": f"https://desk.example/{path}",
        "secret": "s", "next_at": NOON,
    }  # fmt: skip
    return Subscription(**values | changes)


async def told(newsroom: Newsroom, name: str = "bbc", *, due: timedelta = HOUR, **standing: Any) -> None:
    """Have a source that was visited, and is due again."""
    if name not in newsroom.sources:
        await newsroom.add(source(name), visited=False)
    plan = Next(at=NOON + due, why="auto", standing=Standing(**standing))
    await newsroom.visit(name, entry(), plan=plan)


async def test_what_is_kept_last_counts(newsroom: Newsroom) -> None:
    await told(newsroom)
    first = made()
    later = replace(
        first, asking=Ask.SUBSCRIBE, wanted=False, until=NOON + HOUR, tries=3, trouble="http-500: sorry",
        pushed=NOON, pushes=7, looked=NOON - MINUTE, look_at=NOON + MINUTE,
    )  # fmt: skip
    await newsroom.store.keep_subscription(first)
    await newsroom.store.keep_subscription(made("q"))
    await newsroom.store.keep_subscription(later)
    assert await newsroom.store.subscriptions() == [later, made("q")]
    assert await newsroom.store.drop_subscription("q") == 1
    assert await newsroom.store.drop_subscription("q") == 0
    assert await newsroom.store.subscriptions() == [later]
    assert await newsroom.store.drop_subscription(None) == 1
    assert await newsroom.store.subscriptions() == []


async def test_offers_are_of_sources_that_are_visited(newsroom: Newsroom) -> None:
    await told(newsroom, "plain")
    await told(newsroom, "bbc", hub=HUB, topic=TOPIC)
    await told(newsroom, "nhk", hub=HUB)
    await told(newsroom, "gone", hub=HUB, given_up=True)
    await told(newsroom, "left", hub=HUB)
    kept = [one for one in newsroom.sources.values() if one.id != "left"]
    await newsroom.store.sync_sources(kept, NOON)
    assert await newsroom.store.offers() == [
        Offer(source="bbc", hub=HUB, topic=TOPIC),
        Offer(source="nhk", hub=HUB, topic="https://nhk.example/feed"),
    ]


@pytest.mark.parametrize(("standing", "is_due"), [({}, True), ({"failures": 1}, False), ({"given_up": True}, False)])
async def test_a_source_is_due_at_once_unless_it_is_held_back(
    newsroom: Newsroom, standing: dict[str, Any], is_due: bool
) -> None:
    await told(newsroom, **standing)
    assert await newsroom.store.visit_soon("bbc", NOON) is is_due
    claims = await newsroom.store.claim(NOON, 1, MINUTE)
    assert [claim.due for claim in claims] == [NOON] * is_due
    assert not await newsroom.store.visit_soon("unknown", NOON)


async def test_a_source_that_was_due_keeps_its_place(newsroom: Newsroom) -> None:
    await told(newsroom, due=-HOUR)
    assert await newsroom.store.visit_soon("bbc", NOON)
    (claim,) = await newsroom.store.claim(NOON, 1, MINUTE)
    assert claim.due == NOON - HOUR


async def test_a_claim_says_when_a_hub_that_promised_to_tell_last_did(newsroom: Newsroom) -> None:
    for name in ("bbc", "nhk", "ntv", "tbs", "tvt"):
        await told(newsroom, name)
    held = {"until": NOON + 2 * HOUR, "pushed": NOON - MINUTE}
    for one in (
        made("a", source="bbc", **held | {"pushed": NOON - HOUR}),
        made("b", source="bbc", **held),
        made("c", source="nhk", **held | {"until": NOON + HOUR}),  # it ends just now
        made("d", source="ntv", **held | {"wanted": False}),
        made("e", source="tbs", **held | {"pushed": None}),
    ):
        await newsroom.store.keep_subscription(one)
    claims = await newsroom.store.claim(NOON + HOUR, 10, MINUTE)
    assert {claim.source: claim.pushed for claim in claims if claim.pushed} == {"bbc": NOON - MINUTE}
    assert len(claims) == 5
