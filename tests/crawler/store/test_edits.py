from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alerts.card import AS_TOLD, UPDATED, card_for
from alerts.outbox import Edited, Kind, Receipt, Settlement, State
from crawler.store.plan import NewDelivery, Plan
from tests.crawler.store.makers import HOUR, MINUTE, Newsroom, entry, source
from tests.fakes import NOON

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from alerts.outbox import Delivery, Edit
    from crawler.store import Store

TITLE = "Japan and France open talks"
TEXT = "Ministers of both countries met in London on Monday and want to meet again in spring."
RECEIPT = Receipt(channel="C0NEWS", message="1762084800.000100")
SENT = Settlement(state=State.SENT, reason="accepted", receipt=RECEIPT, face=b"f" * 16)
SOON = NOON + 10 * MINUTE


@pytest.fixture
async def told(newsroom: Newsroom) -> Delivery:
    """A message that was shown at noon."""
    await newsroom.add(source(), source("nhk"), source("afp"))
    await newsroom.visit("bbc", entry(title=TITLE, text=TEXT))
    (due,) = await newsroom.store.outbox.due(NOON, 10)
    await newsroom.store.outbox.begin(due.key, NOON)
    await newsroom.store.outbox.settle(due.key, SENT, NOON)
    return due


async def edits(store: Store, at: timedelta = 10 * MINUTE) -> Sequence[Edit]:
    return await store.outbox.edits(NOON + at, 10)


async def copy(newsroom: Newsroom, name: str, minutes: int) -> None:
    newsroom.clock.advance(NOON + minutes * MINUTE - newsroom.clock.now())
    await newsroom.visit(name, entry(f"{name}-1", title=TITLE, text=TEXT, url=f"https://{name}.example/a"))


async def test_copies_are_named_in_one_edit_that_waits_for_more(newsroom: Newsroom, told: Delivery) -> None:
    await copy(newsroom, "nhk", 1)
    await copy(newsroom, "afp", 2)
    assert await edits(newsroom.store, 1 * MINUTE) == []
    (edit,) = await edits(newsroom.store)
    assert edit.delivery.key == told.key
    assert edit.delivery.receipt == RECEIPT
    assert [outlet.id for outlet in edit.delivery.alert.also] == ["nhk", "afp"]
    assert (edit.why, edit.revision, edit.face) == ("another outlet has it", 2, b"f" * 16)


async def test_sections_of_one_site_are_one_outlet(newsroom: Newsroom, told: Delivery) -> None:
    world, business, sport = "nhk-world", "nhk-business", "bbc-sport"
    await newsroom.add(*(source(name) for name in (world, business, sport)))
    addresses = {world: "world.nhk", business: "nhk", sport: "sport.bbc"}
    for name, site in addresses.items():
        story = entry(f"{name}-1", title=TITLE, text=TEXT, url=f"https://{site}.example/{name}")
        newsroom.clock.advance(MINUTE)
        await newsroom.visit(name, story)
    (edit,) = await edits(newsroom.store)
    assert edit.delivery.key == told.key
    assert [outlet.id for outlet in edit.delivery.alert.also] == [world]


async def test_a_changed_headline_is_told_as_such(newsroom: Newsroom, told: Delivery) -> None:
    await newsroom.visit("bbc", entry(title="Japan and France end talks"))
    (edit,) = await edits(newsroom.store)
    assert edit.delivery.key == told.key
    card = card_for(edit.delivery.alert)
    assert (card.headline, card.was, card.update) == ("Japan and France end talks", TITLE, "")
    assert [segment.text for segment in card.title if segment.hit] == ["talks"]


CORRECTED = "Ministers of both countries met in Paris on Tuesday; the talks go on."


async def test_a_corrected_text_is_quoted_where_the_rules_hold_for_it_still(newsroom: Newsroom, told: Delivery) -> None:
    await newsroom.visit("bbc", entry(title="A meeting in Paris", text=CORRECTED))
    (edit,) = await edits(newsroom.store)
    card = card_for(edit.delivery.alert)
    assert (card.headline, card.summary, card.was) == ("A meeting in Paris", CORRECTED, TITLE)
    assert [segment.text for segment in card.snippet if segment.hit] == ["talks"]
    assert (card.update, card.severity) == ("", card_for(told.alert).severity)


@pytest.mark.usefixtures("told")
async def test_a_text_that_no_longer_matches_leaves_the_quotation_that_says_it_is_as_first_told(
    newsroom: Newsroom,
) -> None:
    await newsroom.visit("bbc", entry(title="A quarrel", text="Ministers of both countries did not meet at all."))
    (edit,) = await edits(newsroom.store)
    card = card_for(edit.delivery.alert)
    assert (card.headline, card.summary, card.was, card.update) == ("A quarrel", TEXT, TITLE, AS_TOLD)
    assert [reason.words for reason in card.reasons] == [("talks",)]


@pytest.mark.usefixtures("told")
async def test_a_quotation_that_still_stands_is_not_called_outdated(newsroom: Newsroom) -> None:
    await newsroom.visit("bbc", entry(title="A quarrel", text=TEXT))
    (edit,) = await edits(newsroom.store)
    assert (edit.delivery.alert.retitled, card_for(edit.delivery.alert).update) == ("A quarrel", "")


async def test_what_is_edited_is_done_with_until_it_changes_again(newsroom: Newsroom, told: Delivery) -> None:
    await copy(newsroom, "nhk", 1)
    (edit,) = await edits(newsroom.store)
    await newsroom.store.outbox.settle_edit(edit, Edited(reason="edited", face=b"g" * 16), SOON)
    assert (await edits(newsroom.store), await newsroom.store.outbox.next_due()) == ([], None)
    await copy(newsroom, "afp", 11)
    (again,) = await edits(newsroom.store, HOUR)
    assert (again.delivery.key, again.face) == (told.key, b"g" * 16)


@pytest.mark.usefixtures("told")
async def test_what_changed_while_it_was_edited_stays_due(newsroom: Newsroom) -> None:
    await copy(newsroom, "nhk", 1)
    (edit,) = await edits(newsroom.store)
    await copy(newsroom, "afp", 2)
    await newsroom.store.outbox.settle_edit(edit, Edited(reason="edited", face=b"g" * 16), SOON)
    (again,) = await edits(newsroom.store, HOUR)
    assert (again.revision, again.face) == (edit.revision + 1, b"g" * 16)


@pytest.mark.usefixtures("told")
async def test_a_failed_edit_waits_and_counts_its_tries(newsroom: Newsroom) -> None:
    await copy(newsroom, "nhk", 1)
    (edit,) = await edits(newsroom.store)
    await newsroom.store.outbox.settle_edit(edit, Edited(reason="try-later", not_before=NOON + HOUR), SOON)
    assert await edits(newsroom.store) == []
    assert await newsroom.store.outbox.next_due() == NOON + HOUR
    ((again,)) = await edits(newsroom.store, HOUR)
    assert again.tries == 1


@pytest.mark.usefixtures("told")
async def test_nobody_edits_on_a_held_channel(newsroom: Newsroom) -> None:
    await copy(newsroom, "nhk", 1)
    await newsroom.store.outbox.hold("#news", NOON + HOUR, "is_archived", refused=True)
    assert await edits(newsroom.store) == []
    assert len(await edits(newsroom.store, HOUR)) == 1


async def test_what_was_not_shown_yet_is_not_edited(newsroom: Newsroom) -> None:
    await newsroom.add(source(), source("nhk"))
    await newsroom.visit("bbc", entry(title=TITLE, text=TEXT))
    await copy(newsroom, "nhk", 1)
    assert await edits(newsroom.store) == []
    (due,) = await newsroom.store.outbox.due(SOON, 10)
    assert [outlet.id for outlet in due.alert.also] == ["nhk"]


async def reply_to(newsroom: Newsroom, parent: Delivery, note: str = "the outlet has removed the story") -> None:
    one = NewDelivery(
        key="01ZZZZZZZZZZZZZZZZZZZZZZZZ",
        group=parent.alert.story.id,
        story=parent.alert.story.id,
        version=1,
        channel=parent.channel,
        severity=30,
        queued=NOON,
        parent=parent.key,
        note=note,
    )
    await newsroom.store.apply(lambda _memory: Plan(deliveries=[one]))


async def test_a_reply_knows_where_its_thread_begins(newsroom: Newsroom, told: Delivery) -> None:
    await reply_to(newsroom, told)
    (due,) = await newsroom.store.outbox.due(NOON, 10)
    assert (due.kind, due.thread, due.note) == (Kind.REPLY, RECEIPT, "the outlet has removed the story")


async def test_a_reply_waits_for_the_message_it_answers(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", entry(title=TITLE, text=TEXT))
    (parent,) = await newsroom.store.outbox.due(NOON, 10)
    await reply_to(newsroom, parent)
    assert [one.key for one in await newsroom.store.outbox.due(NOON, 10)] == [parent.key]
    await newsroom.store.outbox.begin(parent.key, NOON)
    assert (await newsroom.store.outbox.due(NOON, 10), await newsroom.store.outbox.next_due()) == ([], None)
    await newsroom.store.outbox.settle(parent.key, Settlement(state=State.DEAD, reason="card-refused"), NOON)
    (reply,) = await newsroom.store.outbox.due(NOON, 10)
    assert (reply.kind, reply.thread) == (Kind.REPLY, None)


async def test_a_reply_whose_thread_is_gone_stands_by_itself(newsroom: Newsroom, told: Delivery) -> None:
    await reply_to(newsroom, told)
    (reply,) = await newsroom.store.outbox.due(NOON, 10)
    await newsroom.store.outbox.begin(reply.key, NOON)
    gone = Settlement(state=State.PENDING, reason="thread-gone", not_before=NOON, apart=True)
    await newsroom.store.outbox.settle(reply.key, gone, NOON)
    (again,) = await newsroom.store.outbox.due(NOON, 10)
    assert (again.kind, again.thread) == (Kind.POST, None)


async def test_an_edit_that_matches_is_told_by_the_sentence_that_it_added(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    old = "Ministers met on Monday. They spoke for an hour about the weather of the season."
    await newsroom.visit("bbc", entry(title="A meeting", text=old))
    assert await newsroom.told() == []
    new = f"{old} On Tuesday they announced that talks would begin in spring."
    await newsroom.visit("bbc", entry(title="A meeting", text=new))
    (due,) = await newsroom.store.outbox.due(SOON, 10)
    assert due.alert.added is not None
    assert [span.of(due.alert.story) for span in due.alert.added] == [
        "On Tuesday they announced that talks would begin in spring."
    ]
    card = card_for(due.alert)
    assert (card.update, card.summary) == (UPDATED, "…On Tuesday they announced that talks would begin in spring.")


async def test_what_an_edit_added_is_looked_for_in_the_newest_text(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    old = "Ministers met on Monday. They spoke for an hour about the weather of the season."
    await newsroom.visit("bbc", entry(title="A meeting", text=old))
    await newsroom.visit(
        "bbc", entry(title="A meeting", text=f"{old} On Tuesday they announced that talks would begin.")
    )
    await newsroom.visit(
        "bbc", entry(title="A meeting", text=f"{old} On Friday they said that talks have begun in Oslo.")
    )
    (due,) = await newsroom.store.outbox.due(SOON, 10)
    card = card_for(due.alert)
    assert (card.update, card.summary) == (UPDATED, "…On Friday they said that talks have begun in Oslo.")


async def test_what_matched_from_the_first_is_no_update(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", entry(title=TITLE, text=TEXT))
    (due,) = await newsroom.store.outbox.due(SOON, 10)
    assert (due.alert.added, card_for(due.alert).update) == (None, "")
