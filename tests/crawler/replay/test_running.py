"""A replay of a day that a living program went through tells what was told: the same stories, rules and channels."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.policy import Reason
from crawler.replay.nouns import Kind
from tests.crawler.replay.town import Item, tellings, words

if TYPE_CHECKING:
    from datetime import datetime

    from tests.crawler.replay.town import Town

RAA = "Japan and France open talks on a Reciprocal Access Agreement"


async def a_day(town: Town) -> tuple[datetime, datetime]:
    """Live through a day in which stories come, are copied, edited, held back and taken back."""
    since = town.clock.now()
    async with town.app() as app:
        town.publish("wire", Item(title="Old talks on gallium", age=timedelta(days=4)), Item(title="Talks on steel"))
        await town.round(app)
        metals = [Item(title=f"{metal} output rises") for metal in ("Gallium", "Germanium", "Raw gallium")]
        town.publish("wire", Item(title=RAA), Item(title="Rugby talks in Wellington"), *metals)
        await town.round(app)
        town.publish("gazette", Item(title=RAA, text=words(RAA), path="/copy"), Item(title="Evacuation of the port"))
        await town.round(app)
        town.page("/short", "Talks resume", words("a"), "They met after the rugby final.", words("b"))
        town.page("/more", "Ministers meet", words("c"), "A Reciprocal Access Agreement is on the table.", words("d"))
        short = Item(title="Talks resume", path="/short", text="Read more.")
        more = Item(title="Ministers meet for talks", path="/more", text="Read more.")
        town.publish("wire", short, more, Item(title="Nickel mine opens"), Item(title="Lithium mine opens"))
        await town.round(app)
        town.publish("gazette", Item(title="Harbour news", path="/harbour"), Item(title="Lithium falls"))
        await town.round(app)
        edited = Item(title="Harbour news", path="/harbour", text=f"{words('h')} Talks on its future begin.")
        many = (Item(title=f"Talks, part {number}") for number in range(8))
        town.publish("gazette", edited, Item(title="Lithium rises"), *many)
        await town.round(app)
        await town.round(app, timedelta(hours=1))
    return since, town.clock.now() + timedelta(minutes=1)


@pytest.mark.slow  # a daemon lives through a day, and waits for its pages
async def test_what_was_told_is_told_again_by_the_same_rules(town: Town) -> None:
    since, until = await a_day(town)
    told = town.told(since, until)
    replayed = town.replayed(since, until)
    assert tellings(replayed) == told
    assert {one.rule for one in replayed.decisions if one.reason is Reason.UNDONE} == {"talks"}
    assert [one.says for one in replayed.messages if one.kind is Kind.STREAM] == ["3 stories in 3 h (3 make an alert)"]
    assert (RAA, "raa", "#desk") in told
    assert ("Evacuation of the port", "duty", "#duty") in told
    assert ("Ministers meet for talks", "raa", "#desk") in told
    assert not any(title in {"Talks resume", "Old talks on gallium", "Nickel mine opens"} for title, *_ in told)
