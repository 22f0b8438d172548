"""What the commands are told of copies and events."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, update

from alerts.cluster.phase import Phase
from alerts.errors import QueryError
from alerts.search.query import AllOf, Query, parse
from crawler.ids import encode
from crawler.store.families import _PAGE
from crawler.store.kinship import event
from crawler.store.schema import story, story_version
from crawler.store.search import Search
from tests.crawler.intake.test_kinship import FOLLOW_UP, FRAMED, WIRE
from tests.crawler.store.makers import HOUR, MINUTE, Newsroom, entry, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from crawler.store import Kin, Listed, Store

ANYTHING = Query(written="", words=AllOf(()))
TALKS = "Britain and Japan open treaty talks in London"


def unlike(number: int) -> str:
    """Write a text that shares its words with no other."""
    return " ".join(f"a{number}b{word}" for word in range(70))


@pytest.fixture
async def room(newsroom: Newsroom) -> Newsroom:
    """A newsroom whose readers know which words are rare."""
    await newsroom.add(source("wire", type="wire"), source("daily"), source("post"), source("sport"))
    items = (
        entry(f"{n}", title=f"n{n}", text=unlike(n), url=f"https://post.example/{n}", language="en") for n in range(12)
    )
    await newsroom.visit("post", *items)
    return newsroom


async def publish(room: Newsroom, name: str, text: str, title: str = TALKS, **changes: Any) -> int:
    room.clock.advance(MINUTE)
    values = {"url": f"https://{name}.example/{title.replace(' ', '-')}", "language": "en", "published": None}
    await room.visit(name, entry(title, title=title, text=text, **(values | changes)))
    return (await room.store.outcomes(NOON))[-1].story


async def kin(room: Newsroom, number: int) -> Kin:
    found = await room.store.kin(number, room.clock.now())
    assert found is not None
    return found


async def texts(room: Newsroom, query: Query = ANYTHING, **changes: Any) -> Sequence[Listed]:
    return await room.store.texts(Search(query=query, **changes), room.clock.now())


async def change(store: Store, table: Any, number: int, **values: Any) -> None:
    await store._write(
        lambda connection: connection.execute(update(table).where(table.c.id == number).values(**values))
    )


async def test_a_story_that_is_not_there_has_no_kin(store: Store) -> None:
    assert await store.kin(7, NOON) is None


async def test_copies_stand_together_under_the_wire_that_came_later(room: Newsroom) -> None:
    first = await publish(room, "daily", FRAMED, title="Soldiers may soon train abroad")
    second = await publish(room, "wire", WIRE)
    found = await kin(room, second)
    assert [one.member.story for one in found.copies.stories] == [first, second]
    assert (found.copies.lead.member.story, found.copies.reason, found.copies.outlets) == (second, "a wire", 2)
    assert found.story.group_why.startswith(f"a copy of {encode(first)}: containment 1.00")
    assert found.event is not None
    assert (found.event.stories, len(found.event.texts), found.event.independent) == (2, 1, 1)


async def test_two_sections_of_one_site_are_one_outlet(room: Newsroom) -> None:
    await publish(room, "daily", FRAMED)
    number = await publish(room, "sport", WIRE, title="Other", url="https://sport.daily.example/1")
    found = await kin(room, number)
    assert (len(found.copies.stories), found.copies.outlets) == (2, 1)


async def test_a_story_alone_is_a_group_of_one_that_leads(room: Newsroom) -> None:
    found = await kin(room, await publish(room, "daily", unlike(99), title="n99"))
    assert (found.copies.stories, found.copies.lead, found.copies.outlets) == ((found.story,), found.story, 1)
    assert found.event is not None
    assert (found.event.standing.phase, found.event.independent) == (None, 1)


async def test_a_copy_whose_original_joined_another_group_leads_what_is_left(room: Newsroom) -> None:
    first = await publish(room, "wire", WIRE)
    second = await publish(room, "daily", FRAMED, title="Soldiers may soon train abroad")
    await change(room.store, story, first, group_id=12345)
    found = await kin(room, second)
    assert (found.copies.lead, found.copies.stories, found.story.group) == (found.story, (found.story,), first)


async def test_a_story_for_which_no_event_was_looked_has_none(room: Newsroom) -> None:
    number = await publish(room, "daily", unlike(99), title="n99")
    await change(room.store, story, number, event_id=None, event_why="")
    assert (await kin(room, number)).event is None
    assert (await texts(room, limit=1))[0].event is None


async def test_an_event_counts_copies_as_stories_and_their_lead_alone_as_an_outlet(room: Newsroom) -> None:
    await publish(room, "wire", WIRE)
    await publish(room, "daily", FRAMED, title="Soldiers may soon train abroad")
    number = await publish(room, "post", FOLLOW_UP, title="Britain and Japan end treaty talks in London")
    found = await kin(room, number)
    assert found.event is not None
    assert [len(text.stories) for text in found.event.texts] == [2, 1]
    assert found.event.standing.phase is Phase.BREAKING
    assert found.event.standing.reason.startswith("3 stories from 2 outlets in 2 min")
    assert (found.event.independent, found.event.outdated) == (2, None)
    assert "in common" in found.story.event_why
    room.clock.advance(40 * HOUR)
    later = (await kin(room, number)).event
    assert later is not None
    assert later.standing.phase is Phase.FADING


async def test_an_event_of_another_scheme_is_shown_and_said_to_be(room: Newsroom) -> None:
    number = await publish(room, "wire", WIRE)
    await change(room.store, event, number, scheme="ev0")
    found = (await kin(room, number)).event
    assert found is not None
    assert (found.outdated, found.stories) == ("ev0", 1)


async def test_an_event_without_a_thread_is_shown_all_the_same(room: Newsroom) -> None:
    number = await publish(room, "wire", WIRE)
    await change(room.store, story, number, event_id=12345)
    found = (await kin(room, number)).event
    assert found is not None
    assert (found.id, found.outdated) == (12345, None)  # it is over, and its words are forgotten


async def test_a_clock_that_was_set_back_hides_no_event(room: Newsroom) -> None:
    number = await publish(room, "wire", WIRE)
    found = await room.store.kin(number, NOON - 24 * HOUR)
    assert found is not None
    assert found.event is not None
    assert found.event.standing.rhythm.stories == 1


async def test_the_newest_texts_come_once_each_and_whole(room: Newsroom) -> None:
    wire = await publish(room, "wire", WIRE)
    bank = await publish(room, "post", unlike(99), title="n99")
    copy = await publish(room, "daily", FRAMED, title="Soldiers may soon train abroad")
    talks, rate = await texts(room, limit=2)
    assert [one.member.story for one in talks.copies.stories] == [wire, copy]
    assert rate.copies.lead.member.story == bank
    assert talks.event is not None
    assert rate.event is not None
    assert talks.event.id != rate.event.id
    assert len(await texts(room, limit=100)) == 14


async def test_sources_languages_and_times_narrow_and_the_numbers_stay_those_of_all(room: Newsroom) -> None:
    wire = await publish(room, "wire", WIRE)
    await publish(room, "daily", FRAMED, title="Soldiers may soon train abroad")
    await publish(room, "post", "鉱物の輸出", title="協定", language="ja")
    for query, changes in (
        ("source:daily", {}),
        ("source:wire lang:en", {}),
        ("-source:post", {}),
        ("lang:en -source:post", {"until": room.clock.now()}),
    ):
        (one,) = await texts(room, parse(query), **changes)
        assert (one.copies.lead.member.story, one.copies.outlets) == (wire, 2)
    (japanese,) = await texts(room, parse("lang:ja"))
    assert japanese.copies.lead.title == "協定"
    assert len(await texts(room, since=room.clock.now())) == 1
    assert await texts(room, until=NOON) == []
    with pytest.raises(QueryError, match="nowhere"):
        await texts(room, parse("source:nowhere"))


async def many(store: Store, groups: Mapping[int, int]) -> None:
    """Store stories of which nothing but the id and the group matters."""
    at = {"source_id": "wire", "seen": NOON, "version": 1, "ignored": 0}
    said = {"at": NOON, "version": 1, "title": "t", "text": "", "authors": [], "tags": [], "rules": ""}

    def write(connection: Connection) -> None:
        connection.execute(insert(story), [at | {"id": one, "group_id": of} for one, of in groups.items()])
        connection.execute(insert(story_version), [said | {"story_id": one} for one in groups])

    await store._write(write)


async def test_a_text_with_more_copies_than_a_page_does_not_hide_what_came_before(room: Newsroom) -> None:
    first, last = 1 << 62, (1 << 62) + 2 * _PAGE
    await many(room.store, {first: first} | dict.fromkeys(range(first + 1, last), first + 1))
    found = await texts(room, limit=3)
    assert [len(one.copies.stories) for one in found[:2]] == [2 * _PAGE - 1, 1]
    assert found[1].copies.lead.member.story == first
    assert found[2].copies.lead.title == "n0"  # the first of a document is its newest


async def test_the_pulse_counts_copies_and_events_of_several_stories_that_go_on(
    room: Newsroom, clock: FakeClock
) -> None:
    await publish(room, "wire", WIRE)
    await publish(room, "daily", FRAMED, title="Soldiers may soon train abroad")
    quiet = (await room.store.overview(clock.now())).pulse
    assert (quiet.stories, quiet.copies, quiet.phases) == (14, 1, {})  # copies count as one outlet
    await publish(room, "post", FOLLOW_UP, title="Britain and Japan end treaty talks in London")
    assert (await room.store.overview(clock.now())).pulse.phases == {Phase.BREAKING: 1}
    clock.advance(timedelta(days=2))
    gone = (await room.store.overview(clock.now())).pulse
    assert (gone.stories, gone.copies, gone.phases) == (0, 0, {})
