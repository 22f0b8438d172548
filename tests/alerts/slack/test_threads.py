"""Replies and edits: what stands in a thread, and what a message says after a while."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from alerts.errors import MessageGone
from alerts.face import face_for
from alerts.outbox import Kind, State
from tests.alerts.slack.test_client import SINCE, connected, post
from tests.fakes import outlet, story
from tests.fakes_outbox import alert, delivery

if TYPE_CHECKING:
    from alerts.outbox import Delivery, Receipt
    from alerts.slack.client import SlackNotifier


async def say(notifier: SlackNotifier, one: Delivery) -> Receipt:
    return await notifier.send(one, face_for(one))


def reply(parent: Receipt, key: str = "K2", **changes: Any) -> Delivery:
    return delivery(key, kind=Kind.REPLY, parent=parent, **changes)


async def test_a_reply_stands_in_the_thread_and_is_found_there_only() -> None:
    async with connected() as (slack, notifier, _):
        root = await post(notifier)
        receipt = await say(notifier, reply(root))
        assert slack.channel("news").messages[1]["thread_ts"] == root.message
        assert await notifier.find("#news", ["K2"], SINCE) == {}
        assert await notifier.find("#news", ["K2"], SINCE, root.message) == {"K2": receipt}


async def test_a_broadcast_reply_is_seen_in_the_channel_as_well() -> None:
    async with connected() as (_, notifier, _clock):
        root = await post(notifier)
        receipt = await say(notifier, reply(root, broadcast=True))
        assert await notifier.find("#news", ["K2"], SINCE) == {"K2": receipt}


async def test_a_note_says_one_sentence_and_names_its_story() -> None:
    async with connected() as (slack, notifier, _):
        root = await post(notifier)
        hostile = alert(story("Talks <!channel> begin"))
        await say(notifier, reply(root, of=hostile, note="the outlet has removed the story (410)"))
        text = slack.texts("news")[1]
        assert text == "Talks &lt;!channel&gt; begin (Reuters): the outlet has removed the story (410)"
        assert slack.report().mentions == ()


async def test_a_reply_to_a_message_that_is_gone_says_so() -> None:
    async with connected() as (slack, notifier, _):
        root = await post(notifier)
        slack.channel("news").messages.clear()
        with pytest.raises(MessageGone, match="thread_not_found"):
            await say(notifier, reply(root))


async def test_an_edit_shows_the_new_face_under_the_same_key() -> None:
    async with connected() as (slack, notifier, _):
        root = await post(notifier)
        now = alert(also=(outlet(id="nhk", name="NHK"),), retitled="Talks called off")
        one = delivery("K1", now, state=State.SENT, receipt=root)
        await notifier.edit(one, face_for(one))
        (message,) = slack.channel("news").messages
        assert "Talks called off" in message["text"]
        assert "Headline before: Japan and France open talks." in message["text"]
        assert "also NHK" in str(message["blocks"])
        assert await notifier.find("#news", ["K1"], SINCE) == {"K1": root}


async def test_what_cannot_be_edited_any_more_says_so() -> None:
    async with connected() as (slack, notifier, _):
        root = await post(notifier)
        one = delivery("K1", state=State.SENT, receipt=root)
        slack.channel("news").messages.clear()
        with pytest.raises(MessageGone, match="message_not_found"):
            await notifier.edit(one, face_for(one))
        with pytest.raises(MessageGone, match="nobody knows"):
            await notifier.edit(replace(one, receipt=None), face_for(one))


async def test_a_long_card_still_fits_an_edit() -> None:
    async with connected() as (slack, notifier, _):
        root = await post(notifier)
        long = story("Talks " * 200, text="<&> & rare earths " * 2000)
        one = delivery("K1", alert(long, retitled="& " * 400), state=State.SENT, receipt=root)
        await notifier.edit(one, face_for(one))
        assert slack.calls("chat.update")[0].answer == "ok"
