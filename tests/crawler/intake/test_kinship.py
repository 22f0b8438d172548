"""Which stories are copies of which, and which are of one event, from a poll to the store."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from alerts.outbox import Edited, Receipt, Settlement, State
from crawler.ids import encode
from crawler.store.kinship import band, event, forget_bands, forget_events, line, sketch
from crawler.store.schema import story
from spiders.article import Article
from spiders.source import Fulltext
from tests.crawler.paging import visit_page
from tests.crawler.store.makers import HOUR, MINUTE, Newsroom, WordJudge, entry, source
from tests.fakes import NOON

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

    from crawler.store import Store
    from tests.fakes import FakeClock

WIRE = (
    "LONDON - Britain and Japan opened talks in London on Monday on a treaty that would let their forces train on "
    "each other's soil, officials of both governments said. The ministers spent four hours on questions of "
    "jurisdiction, which had held up an earlier draft, and on who pays when equipment is damaged. "
    "A second round is planned for the spring in Tokyo, where the two sides want to settle the rules for ports and "
    "airfields. Neither minister would name a date for the signing, but an adviser said that the text was nearly "
    "complete and that lawyers were reading it line by line. Fishermen near one of the bases have asked to be heard "
    "before anything is signed, and a committee of the lower house is to visit them in March."
)
FRAMED = f"Our correspondents report. {WIRE} This newspaper will follow the talks as they go on in the coming weeks."
OTHER = (
    "The central bank of a neighbouring country left its main rate unchanged on Tuesday and said that prices of food "
    "and fuel would fall more slowly than it had hoped. Economists had expected a cut after three months in which "
    "factories made less than in the year before. The governor told reporters that she saw no reason to hurry, since "
    "wages were still rising and shops were still busy, and that the next decision would come in six weeks. Shares of "
    "banks rose a little, the currency hardly moved, and bonds of ten years were sold at the same price as last week."
)
FOLLOW_UP = (
    "Talks of Britain and Japan on a treaty for their forces ended in London on Tuesday without a date for signing. "
    "The ministers named jurisdiction and the damage of equipment as what is still open and said that the second round "
    "in Tokyo would have to settle both, together with ports and airfields for training. Fishermen near the base were "
    "heard by an adviser of the minister for an hour. The committee of the lower house will visit them in March, as "
    "planned, and wants a say before the treaty is signed by the two governments."
)


async def rows(store: Store, table: Any) -> Sequence[Row[Any]]:
    return await store._reader.run(lambda connection: connection.execute(select(table)).all())


async def stories(store: Store) -> list[Row[Any]]:
    return sorted(await rows(store, story), key=lambda row: row.id)


@pytest.fixture
async def newsroom(store: Store, clock: FakeClock) -> Newsroom:
    made = Newsroom(store, WordJudge({"treaty": ("#news",), "Shares": ("#money",)}), clock)
    await made.add(source("wire"), source("daily"), source("post"))
    return made


async def publish(newsroom: Newsroom, name: str, text: str, title: str = "Ministers open talks", **more: Any) -> None:
    newsroom.clock.advance(MINUTE)
    values: dict[str, Any] = {"url": f"https://{name}.example/{abs(hash(text)) % 10**6}", "language": "en"}
    await newsroom.visit(name, entry(f"{name}-{title}", title=title, text=text, **(values | more)))


async def test_a_copy_under_another_title_and_frame_is_told_once(newsroom: Newsroom) -> None:
    await publish(newsroom, "wire", WIRE)
    await publish(newsroom, "daily", FRAMED, title="Soldiers may soon train abroad")
    first, second = await stories(newsroom.store)
    assert second.group_id == first.id
    assert second.group_why.startswith(f"a copy of {encode(first.id)}: containment 1.00, Jaccard .")
    assert await newsroom.told() == [("#news", "Ministers open talks", ("treaty",))]
    assert await newsroom.reasons() == [("treaty", "#news", "first"), ("treaty", "#news", "copy")]


async def test_a_copy_tells_what_its_original_did_not(newsroom: Newsroom) -> None:
    await publish(newsroom, "wire", WIRE)
    await publish(newsroom, "daily", f"{FRAMED} Shares rose.")
    assert [channel for channel, *_ in await newsroom.told()] == ["#news", "#money"]


async def test_what_only_shares_the_event_is_told_as_well(newsroom: Newsroom) -> None:
    await publish(newsroom, "wire", WIRE)
    await publish(newsroom, "daily", FOLLOW_UP, title="Britain and Japan end talks")
    await publish(newsroom, "post", OTHER, title="Bank keeps its rate")
    first, second, third = await stories(newsroom.store)
    assert [row.group_id for row in (first, second, third)] == [first.id, second.id, third.id]
    assert (first.event_id, third.event_id) == (first.id, third.id)
    assert [rule for rule, *_ in await newsroom.reasons()] == ["treaty", "treaty", "Shares".lower()]


async def test_copies_of_one_visit_know_of_each_other(newsroom: Newsroom) -> None:
    await newsroom.visit(
        "wire",
        entry("1", title="Ministers open talks", text=WIRE, url="https://wire.example/1", language="en"),
        entry("2", title="Talks open", text=f"{WIRE} More soon.", url="https://wire.example/2", language="en"),
    )
    first, second = await stories(newsroom.store)
    assert second.group_id == first.id
    assert len(await newsroom.told()) == 1


async def test_a_restart_forgets_no_copy(newsroom: Newsroom, sqlite_url: str) -> None:
    del sqlite_url
    await publish(newsroom, "wire", WIRE)
    again = Newsroom(newsroom.store, newsroom.judge, newsroom.clock)
    again.sources, again._claims_at = newsroom.sources, newsroom._claims_at
    await publish(again, "daily", FRAMED, title="Soldiers may soon train abroad")
    assert len(await again.told()) == 1


@pytest.mark.parametrize(("apart", "told"), [(timedelta(hours=71), 1), (timedelta(hours=73), 2)])
async def test_copies_are_looked_for_in_three_days(newsroom: Newsroom, apart: timedelta, told: int) -> None:
    await publish(newsroom, "wire", WIRE, published=None)
    newsroom.clock.advance(apart)
    await publish(newsroom, "daily", FRAMED, title="Soldiers may soon train abroad", published=None)
    assert len(await newsroom.told()) == told


async def test_a_summary_is_a_copy_of_the_text_that_it_stands_in(newsroom: Newsroom) -> None:
    summary = " ".join(WIRE.split()[:50])
    await publish(newsroom, "wire", WIRE)
    await publish(newsroom, "daily", summary, title="Soldiers may soon train abroad")
    first, second = await stories(newsroom.store)
    assert second.group_id == first.id
    assert "of a summary of 5" in second.group_why
    assert len(await newsroom.told()) == 1


async def test_lines_that_a_source_puts_under_all_its_stories_make_no_copies(newsroom: Newsroom) -> None:
    frame = FOLLOW_UP.replace("treaty", "charter")  # much longer than what is news
    for n in range(8):
        body = f"Matter {n} is about shares. " + " ".join(f"word{n}x{m}" for m in range(130 if n == 7 else 20))
        address = f"https://daily.example/{n}"
        await publish(newsroom, "daily", f"{body}\n\n{frame}", title=f"Matter {n} and nothing else", url=address)
    found = await stories(newsroom.store)
    assert found[1].group_id == found[0].id  # what nobody could know
    assert found[-1].group_id == found[-1].id
    assert max(row.stories for row in await rows(newsroom.store, line)) == 8


async def test_an_edited_story_is_found_by_its_new_text_only(newsroom: Newsroom) -> None:
    await publish(newsroom, "wire", WIRE)
    before = {row.band for row in await rows(newsroom.store, band)}
    await publish(newsroom, "wire", f"{OTHER} {FOLLOW_UP}")
    after = {row.band for row in await rows(newsroom.store, band)}
    assert len(before) == len(after) == 64
    assert before != after
    (kept,) = await rows(newsroom.store, sketch)
    assert not kept.truncated


async def test_bands_of_long_ago_are_forgotten(newsroom: Newsroom) -> None:
    await publish(newsroom, "wire", WIRE)
    store = newsroom.store
    assert await store._write(lambda connection: forget_bands(connection, NOON - HOUR, 10)) == []
    later = NOON + timedelta(days=40)
    (only,) = await stories(store)
    assert await store._write(lambda connection: forget_bands(connection, later, 10, after=only.id)) == []
    assert await store._write(lambda connection: forget_bands(connection, later, 10)) == [only.id]
    assert await rows(store, band) == []
    assert await rows(store, sketch) == []


async def test_an_event_that_is_over_is_forgotten_and_its_stories_stay_together(newsroom: Newsroom) -> None:
    await publish(newsroom, "wire", WIRE)
    await publish(newsroom, "daily", FRAMED, title="Soldiers may soon train abroad")
    store = newsroom.store
    assert await store._write(lambda connection: forget_events(connection, NOON - HOUR, 10)) == 0
    assert await store._write(lambda connection: forget_events(connection, newsroom.clock.now() + HOUR, 10)) == 1
    first, second = await stories(store)
    assert (await rows(store, event), second.event_id) == ([], first.id)
    await publish(newsroom, "wire", f"{WIRE} Nothing more was said on Monday evening about the talks.")
    assert {row.event_id for row in await stories(store)} == {first.id}


async def test_stories_of_one_event_share_a_thread(newsroom: Newsroom) -> None:
    for n in range(12):  # words are rare only among others
        body = " ".join(f"matter{n}thing{m}" for m in range(70))
        await publish(newsroom, "post", body, title=f"Matter {n} of the day", url=f"https://post.example/{n}")
    await publish(newsroom, "wire", WIRE, title="Britain and Japan open treaty talks in London")
    await publish(newsroom, "daily", FOLLOW_UP, title="Britain and Japan end treaty talks in London")
    first, second = (await stories(newsroom.store))[-2:]
    assert second.event_id == first.id
    assert "in common" in second.event_why
    thread = next(row for row in await rows(newsroom.store, event) if row.id == first.id)
    assert (thread.stories, thread.pool) == (2, "en")


async def test_two_events_that_a_later_story_shows_to_be_one_become_one(newsroom: Newsroom) -> None:
    for n in range(30):  # words are rare only among others
        body = " ".join(f"matter{n}thing{m}" for m in range(70))
        await publish(newsroom, "post", body, title=f"Matter {n} of the day", url=f"https://post.example/{n}")
    left = " ".join(f"w{n}h" for n in range(20)), " ".join(f"w{n}t" for n in range(20))
    north, south = (f"{words} {' '.join(f'own{n}{words[2]}' for n in range(4))}" for words in left)
    await publish(newsroom, "wire", north, title="A ship leaves")
    await publish(newsroom, "daily", south, title="Ministers meet")
    first, second = (await stories(newsroom.store))[-2:]
    assert (first.event_id, second.event_id) == (first.id, second.id)
    await publish(newsroom, "post", " ".join(left), title="Both at once", url="https://post.example/both")
    joined = (await stories(newsroom.store))[-3:]
    assert {row.event_id for row in joined} == {first.id}
    assert joined[1].event_why.startswith("its event is one with an older: 0.")
    assert second.id not in {row.id for row in await rows(newsroom.store, event)}
    (thread,) = (row for row in await rows(newsroom.store, event) if row.id == first.id)
    assert thread.stories == 3


async def test_one_story_under_five_addresses_is_told_once(newsroom: Newsroom) -> None:
    await newsroom.add(source("mail"), source("feed"))
    addresses = {
        "wire": "https://wire.example/talks?id=7",
        "daily": "http://wire.example/talks/?id=7&utm_source=daily",
        "post": "https://WIRE.example:443/talks?fbclid=x&id=7",
        "mail": "https://wire.example/./talks?id=7#top",
        "feed": "https://wire.example/talks?utm_medium=rss&id=7",
    }
    for n, (name, address) in enumerate(addresses.items()):
        await publish(newsroom, name, f"treaty, in the words of editor {n}", title=f"Headline {n}", url=address)
    assert len(await newsroom.told()) == 1
    assert {row.group_why.partition(": ")[2] for row in await stories(newsroom.store)} == {"", "the same address"}


async def test_two_stories_that_differ_in_their_id_stay_two(newsroom: Newsroom) -> None:
    await publish(newsroom, "wire", "treaty one", title="First", url="https://wire.example/story?id=1")
    await publish(newsroom, "daily", "treaty two", title="Second", url="https://wire.example/story?id=2")
    assert len(await newsroom.told()) == 2


async def test_a_story_alone_in_its_event_joins_another_when_it_says_more(newsroom: Newsroom) -> None:
    for n in range(12):  # words are rare only among others
        body = " ".join(f"matter{n}thing{m}" for m in range(70))
        await publish(newsroom, "post", body, title=f"Matter {n} of the day", url=f"https://post.example/{n}")
    await publish(newsroom, "wire", WIRE, title="Britain and Japan open treaty talks in London")
    await publish(newsroom, "daily", "More to come.", title="A meeting ends")
    alone = (await stories(newsroom.store))[-1]
    assert alone.event_id == alone.id
    await newsroom.visit(
        "daily", entry("daily-A meeting ends", title="A meeting ends", text=FOLLOW_UP, language="en", url=None)
    )
    first, second = (await stories(newsroom.store))[-2:]
    assert (second.id, second.event_id) == (alone.id, first.id)
    assert alone.id not in {row.id for row in await rows(newsroom.store, event)}


async def test_a_story_whose_new_text_is_a_copy_joins_the_event_of_what_it_copies(newsroom: Newsroom) -> None:
    await publish(newsroom, "wire", WIRE)
    await publish(newsroom, "daily", "More to come.", title="A meeting ends")
    await newsroom.visit(
        "daily", entry("daily-A meeting ends", title="A meeting ends", text=FRAMED, language="en", url=None)
    )
    first, second = await stories(newsroom.store)
    assert (second.group_id, second.event_id) == (first.id, first.id)
    assert second.event_why == "a copy of one of its stories"


async def test_what_looked_like_a_copy_is_told_when_its_page_says_something_else(newsroom: Newsroom) -> None:
    await newsroom.add(source("one", fulltext=Fulltext.ALWAYS), source("two", fulltext=Fulltext.ALWAYS))
    title = "Your Thursday morning briefing"
    await publish(newsroom, "one", "What you need to know.", title=title, url="https://one.example/b")
    await publish(newsroom, "two", "All of it.", title=title, url="https://two.example/b")
    first, second = await stories(newsroom.store)
    assert second.group_id == first.id
    await visit_page(newsroom, "https://one.example/b", OTHER)
    await visit_page(newsroom, "https://two.example/b", WIRE)
    first, second = await stories(newsroom.store)
    assert (second.group_id, second.group_why) == (second.id, "")
    assert [channel for channel, *_ in await newsroom.told()] == ["#money", "#news"]


async def test_the_same_blurb_of_another_day_is_no_copy_when_the_pages_differ(newsroom: Newsroom) -> None:
    await newsroom.add(source("one", fulltext=Fulltext.ALWAYS))
    blurb = "Every morning our editors choose what you need to know about the day that lies ahead of you."
    await publish(newsroom, "one", blurb, title="Morning briefing", url="https://one.example/monday")
    await visit_page(newsroom, "https://one.example/monday", OTHER)
    newsroom.clock.advance(timedelta(days=1))
    item = entry("tuesday", title="Morning briefing", text=blurb, url="https://one.example/tuesday", language="en")
    await newsroom.visit("one", item)
    await visit_page(newsroom, "https://one.example/tuesday", WIRE)
    assert [channel for channel, *_ in await newsroom.told()] == ["#money", "#news"]


async def test_a_copy_stays_one_when_its_page_shows_the_same(newsroom: Newsroom) -> None:
    await newsroom.add(source("one", fulltext=Fulltext.ALWAYS), source("two", fulltext=Fulltext.ALWAYS))
    title = "Ministers open talks in London"
    await publish(newsroom, "one", "Ministers met.", title=title, url="https://one.example/b")
    await publish(newsroom, "two", "A treaty is near.", title=title, url="https://two.example/b")
    await visit_page(newsroom, "https://one.example/b", WIRE)
    await visit_page(newsroom, "https://two.example/b", FRAMED)
    first, second = await stories(newsroom.store)
    assert second.group_id == first.id
    assert len(await newsroom.told()) == 1


# ---------------------------------------------------------------- groups that become one, or part


async def paged(newsroom: Newsroom, *names: str) -> None:
    await newsroom.add(*(source(name, fulltext=Fulltext.ALWAYS) for name in names))


async def test_a_summary_that_was_told_first_joins_the_wire_when_its_page_shows_the_wires_text(
    newsroom: Newsroom,
) -> None:
    await paged(newsroom, "one")
    await publish(
        newsroom, "one", "A treaty may come.", title="Soldiers may soon train abroad", url="https://one.example/b"
    )
    await publish(newsroom, "wire", WIRE)
    await publish(newsroom, "daily", FRAMED, title="Britain and Japan talk")
    assert len({row.group_id for row in await stories(newsroom.store)}) == 2
    assert len(await newsroom.told()) == 2  # nobody could know
    await visit_page(newsroom, "https://one.example/b", WIRE)
    first, wire, daily = await stories(newsroom.store)
    assert {first.group_id, wire.group_id, daily.group_id} == {first.id}
    assert wire.group_why == (
        f"a copy of {encode(first.id)}: containment 1.00, Jaccard 1.00; "
        f"the group of {encode(first.id)} goes on, for people were told of it"
    )
    assert len(await newsroom.told()) == 2
    await publish(newsroom, "post", f"{WIRE} More soon.", title="Talks go on")
    assert len(await newsroom.told()) == 2
    assert len({row.group_id for row in await stories(newsroom.store)}) == 1


async def test_a_group_that_people_know_goes_on_though_the_other_is_older(newsroom: Newsroom) -> None:
    await paged(newsroom, "one")
    await publish(newsroom, "one", "More to come.", title="Soldiers may soon train abroad", url="https://one.example/b")
    await publish(newsroom, "wire", WIRE)
    await visit_page(newsroom, "https://one.example/b", FRAMED)
    first, wire = await stories(newsroom.store)
    assert (first.group_id, wire.group_id) == (wire.id, wire.id)
    assert first.group_why.startswith(f"a copy of {encode(wire.id)}: containment")
    assert len(await newsroom.told()) == 1


async def test_a_story_that_copies_two_groups_makes_them_one(newsroom: Newsroom) -> None:
    half, rest = " ".join(WIRE.split()[:70]), " ".join(OTHER.split()[:70])
    await publish(newsroom, "wire", half, title="Talks open")
    await publish(newsroom, "daily", rest, title="A bank waits")
    await publish(newsroom, "post", f"{half} {rest}", title="The day in one text")
    found = await stories(newsroom.store)
    assert len({row.group_id for row in found}) == 1


async def test_of_two_messages_that_were_shown_one_goes_on(newsroom: Newsroom) -> None:
    await paged(newsroom, "one")
    await publish(
        newsroom, "one", "A treaty may come.", title="Soldiers may soon train abroad", url="https://one.example/b"
    )
    await publish(newsroom, "wire", WIRE)
    await show_all(newsroom)
    await visit_page(newsroom, "https://one.example/b", WIRE)
    newsroom.clock.advance(MINUTE)
    edits = await newsroom.store.outbox.edits(newsroom.clock.now(), 10)
    assert [[one.id for one in edit.delivery.alert.also] for edit in edits] == [["wire"], ["one"]]
    for edit in edits:
        await newsroom.store.outbox.settle_edit(edit, Edited(reason="edited", face=b"0" * 16), newsroom.clock.now())
    await publish(newsroom, "daily", FRAMED, title="Britain and Japan talk")
    newsroom.clock.advance(MINUTE)
    (edit,) = await newsroom.store.outbox.edits(newsroom.clock.now(), 10)
    assert edit.delivery.alert.story.outlet.id == "one"
    assert [one.id for one in edit.delivery.alert.also] == ["wire", "daily"]


async def test_what_nobody_saw_yet_is_withdrawn_when_it_turns_out_a_copy_of_what_was_told(newsroom: Newsroom) -> None:
    await paged(newsroom, "one", "two")
    await publish(
        newsroom, "one", "A treaty may come.", title="Soldiers may soon train abroad", url="https://one.example/b"
    )
    await show_all(newsroom)
    await publish(newsroom, "two", "The treaty is near.", title="Ministers open talks", url="https://two.example/b")
    await visit_page(newsroom, "https://two.example/b", WIRE)
    assert len(await newsroom.told()) == 2
    await visit_page(newsroom, "https://one.example/b", FRAMED)
    states = {row.delivery.alert.story.outlet.id: row.delivery.state for row in await newsroom.store.deliveries()}
    assert states == {"one": State.SENT, "two": State.WITHDRAWN}


async def test_what_a_summary_held_together_parts_when_its_page_says_something_else(newsroom: Newsroom) -> None:
    await paged(newsroom, "one", "two")
    title = "Your Thursday morning briefing"
    await publish(newsroom, "one", "What you need to know.", title=title, url="https://one.example/b")
    await publish(newsroom, "two", "All of it.", title=title, url="https://two.example/b")
    await visit_page(newsroom, "https://two.example/b", WIRE)
    first, second = await stories(newsroom.store)
    assert second.group_id == first.id
    await visit_page(newsroom, "https://one.example/b", OTHER)
    first, second = await stories(newsroom.store)
    assert (first.group_id, second.group_id, second.group_why) == (first.id, second.id, "")


async def test_what_parts_from_a_story_that_was_told_is_told_as_well(newsroom: Newsroom) -> None:
    await paged(newsroom, "one", "two")
    title = "Your Thursday morning briefing"
    await publish(newsroom, "one", "What you need to know.", title=title, url="https://one.example/b")
    await publish(newsroom, "two", "All of it.", title=title, url="https://two.example/b")
    await visit_page(newsroom, "https://two.example/b", f"{OTHER} The treaty is near.")
    assert sorted(channel for channel, *_ in await newsroom.told()) == ["#money", "#news"]
    await visit_page(newsroom, "https://one.example/b", WIRE)
    one, two = await stories(newsroom.store)
    assert (one.group_id, two.group_id) == (one.id, two.id)
    assert sorted((channel, rules) for channel, _, rules in await newsroom.told()) == [
        ("#money", ("shares",)),
        ("#news", ("treaty",)),
        ("#news", ("treaty",)),
    ]


async def test_a_page_that_names_its_origin_joins_it_and_the_origin_leads(newsroom: Newsroom) -> None:
    await paged(newsroom, "one", "agency")
    cut = f"{' '.join(WIRE.split()[:60])} {' '.join(FOLLOW_UP.split()[:60])}"  # too much of its own for a copy
    await publish(newsroom, "one", "In short.", title="Soldiers may soon train abroad", url="https://one.example/b")
    await publish(newsroom, "agency", "Talks.", title="Ministers open talks", url="https://agency.example/talks")
    article = Article(title="", text=cut, method="extraction", origin_url="https://agency.example/talks?utm_source=x")
    await visit_page(newsroom, "https://one.example/b", article)
    one, agency = await stories(newsroom.store)
    assert (agency.group_id, one.origin_url) == (one.id, "https://agency.example/talks?utm_source=x")
    assert agency.group_why.startswith(f"a copy of {encode(one.id)}: the page of one names the other as its origin;")
    kin = await newsroom.store.kin(one.id, newsroom.clock.now())
    assert kin is not None
    assert (kin.copies.lead.source, kin.copies.reason) == ("agency", "named as the origin by 1 of 2")


@pytest.mark.parametrize("origin_first", [True, False])
async def test_an_origin_that_says_something_else_is_none(newsroom: Newsroom, *, origin_first: bool) -> None:
    await paged(newsroom, "one", "agency")
    await publish(newsroom, "one", "In short.", title="Soldiers may soon train abroad", url="https://one.example/b")
    await publish(newsroom, "agency", "Talks.", title="Ministers open talks", url="https://agency.example/talks")
    copy = Article(title="", text=WIRE, method="extraction", origin_url="https://agency.example/talks")
    pages: list[tuple[str, str | Article]] = [("https://one.example/b", copy), ("https://agency.example/talks", OTHER)]
    for url, brings in pages[::-1] if origin_first else pages:
        await visit_page(newsroom, url, brings)
    one, agency = await stories(newsroom.store)
    assert one.group_id != agency.group_id


async def test_an_origin_of_which_the_page_comes_later_is_joined_then(newsroom: Newsroom) -> None:
    await paged(newsroom, "one", "agency")
    cut = f"{' '.join(WIRE.split()[:60])} {' '.join(FOLLOW_UP.split()[:60])}"
    await publish(newsroom, "one", "In short.", title="Soldiers may soon train abroad", url="https://one.example/b")
    copy = Article(title="", text=cut, method="extraction", origin_url="https://agency.example/talks")
    await visit_page(newsroom, "https://one.example/b", copy)
    await publish(newsroom, "agency", "Talks.", title="Ministers open talks", url="https://agency.example/talks")
    await visit_page(newsroom, "https://agency.example/talks", WIRE)
    one, agency = await stories(newsroom.store)
    assert one.group_id == agency.group_id == one.id
    assert agency.group_why == f"a copy of {encode(one.id)}: the page of one names the other as its origin"


async def show_all(newsroom: Newsroom) -> None:
    now = newsroom.clock.now() + HOUR
    for delivery in await newsroom.store.outbox.due(now, 100):
        if delivery.state is State.PENDING:
            assert await newsroom.store.outbox.begin(delivery.key, now)
            receipt = Receipt(channel="C1", message=delivery.key)
            settlement = Settlement(state=State.SENT, reason="accepted", receipt=receipt)
            await newsroom.store.outbox.settle(delivery.key, settlement, now)
