"""Groups of copies that become one, or part: what was told of them, and which messages go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from alerts.outbox import Receipt, Settlement, State
from crawler.store import regroup
from crawler.store.kin import Merging, Parting
from crawler.store.schema import delivery_log, outbox, story, verdict
from tests.crawler.store.makers import Newsroom, WordJudge, entry, source
from tests.fakes import NOON

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

    from crawler.store import Store
    from tests.fakes import FakeClock


async def rows(store: Store, table: Any) -> Sequence[Row[Any]]:
    return await store._reader.run(lambda connection: connection.execute(select(table)).all())


@pytest.fixture
async def room(store: Store, clock: FakeClock) -> Newsroom:
    """Three outlets, each with a story of its own; two told of the treaty and the second of shares too."""
    made = Newsroom(store, WordJudge({"treaty": ("#news",), "shares": ("#money",)}), clock)
    await made.add(source("one"), source("two"), source("six"))
    for name, title in {"one": "A treaty is near", "two": "Treaty day: a treaty lifts shares", "six": "Rain"}.items():
        await made.visit(name, entry(name, title=title, url=f"https://{name}.example/1"))
    return made


async def show(room: Newsroom, title: str) -> None:
    for delivery in await room.store.outbox.due(NOON, 100):
        if delivery.alert.story.title == title:
            await room.store.outbox.begin(delivery.key, NOON)
            shown = Settlement(state=State.SENT, reason="accepted", receipt=Receipt(channel="C1", message=delivery.key))
            await room.store.outbox.settle(delivery.key, shown, NOON)


async def refuse(room: Newsroom, outlet: str) -> None:
    """Let nobody take what is told of an outlet in #news, in any form."""
    for delivery in await room.store.outbox.due(NOON, 100):
        if (delivery.alert.story.outlet.id, delivery.channel) == (outlet, "#news"):
            await room.store.outbox.begin(delivery.key, NOON)
            await room.store.outbox.settle(delivery.key, Settlement(state=State.DEAD, reason="card-refused"), NOON)


async def merge(room: Newsroom, group: int, into: int, why: str = "a copy of both") -> None:
    one = Merging(group=group, into=into, why=why, at=NOON)
    await room.store._write(lambda connection: regroup.merge(connection, [one]))


async def states(room: Newsroom) -> list[tuple[str, str, State]]:
    found = reversed(await room.store.deliveries(limit=10))
    return [(one.delivery.alert.story.outlet.id, one.delivery.channel, one.delivery.state) for one in found]


@pytest.mark.parametrize("shown", ["one", "two"])
async def test_what_nobody_saw_gives_way_whichever_group_goes_on(room: Newsroom, shown: str) -> None:
    first, second, _ = [row.id for row in await rows(room.store, story)]
    await show(room, {"one": "A treaty is near", "two": "Treaty day: a treaty lifts shares"}[shown])
    await merge(room, second, first)
    sent = State.SENT if shown == "two" else State.PENDING  # nobody else told of shares
    expected = {
        "one": [("one", "#news", State.SENT), ("two", "#news", State.WITHDRAWN), ("two", "#money", sent)],
        "two": [("one", "#news", State.WITHDRAWN), ("two", "#news", State.SENT), ("two", "#money", sent)],
    }
    assert sorted(await states(room)) == sorted(expected[shown])
    told = {(row.group_id, row.rule) for row in await rows(room.store, verdict) if row.delivery}
    assert told == {(first, "treaty"), (first, "shares")}
    silent = [row.reason for row in await rows(room.store, verdict) if not row.delivery]
    assert silent == ["copy"]


@pytest.mark.parametrize("dead", ["one", "two"])
async def test_what_waits_does_not_give_way_to_what_nobody_took(room: Newsroom, dead: str) -> None:
    first, second, _ = [row.id for row in await rows(room.store, story)]
    await refuse(room, dead)
    await merge(room, second, first)
    news = {outlet: state for outlet, channel, state in await states(room) if channel == "#news"}
    assert news == {"one": State.PENDING, "two": State.PENDING} | {dead: State.WITHDRAWN}


async def test_of_two_that_were_shown_the_first_goes_on_and_the_other_says_so(room: Newsroom) -> None:
    first, second, _ = [row.id for row in await rows(room.store, story)]
    await show(room, "A treaty is near")
    await show(room, "Treaty day: a treaty lifts shares")
    await merge(room, second, first)
    cards = {(row.story_id, row.channel): row for row in await rows(room.store, outbox)}
    goes_on = cards[first, "#news"]
    assert (cards[second, "#news"].merged_into, goes_on.merged_into) == (goes_on.key, None)
    assert cards[second, "#money"].merged_into is None  # it tells what no other does
    assert {row.group_id for row in cards.values()} == {first}
    assert all(row.edit_due for row in cards.values() if row.story_id == second)
    assert "merged" in {row.reason for row in await rows(room.store, delivery_log)}
    again = Merging(group=first, into=second, why="", at=NOON)
    await room.store._write(lambda connection: regroup.merge(connection, [again]))
    groups = {row.id: (row.group_id, row.group_why) for row in await rows(room.store, story)}
    assert groups[first] == (second, "")


async def test_the_story_that_began_a_group_says_why_it_is_in_another(room: Newsroom) -> None:
    first, second, third = [row.id for row in await rows(room.store, story)]
    await merge(room, second, first)
    await merge(room, first, third, why="by way of another")
    groups = {row.id: (row.group_id, row.group_why) for row in await rows(room.store, story)}
    assert groups == {first: (third, "by way of another"), second: (third, "a copy of both"), third: (third, "")}


@pytest.mark.parametrize("told", [True, False])
async def test_a_story_that_parts_takes_its_messages_and_if_they_were_its_own_its_verdicts(
    room: Newsroom, *, told: bool
) -> None:
    first, second, _ = [row.id for row in await rows(room.store, story)]
    await merge(room, second, first)
    parting = Parting(group=first, into=second, why={second: ""}, told=told, at=NOON)
    await room.store._write(lambda connection: regroup.part(connection, [parting]))
    assert {row.group_id for row in await rows(room.store, outbox) if row.story_id == second} == {second}
    shares = next(row for row in await rows(room.store, verdict) if row.rule == "shares")
    assert shares.group_id == (second if told else first)
