from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from alerts import samples
from alerts.bulletin import Topic
from alerts.errors import CardRefused, Later, RouteRefused, Unclear
from alerts.face import face_for
from alerts.outbox import Kind, Receipt
from alerts.slack.blocks import Rung
from alerts.slack.client import open_session
from alerts.slack.incoming import IncomingNotifier
from tests import slack_rules
from tests.fakes import NOON, story
from tests.fakes_outbox import alert, delivery
from tests.receiver import RESET, Receiver

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[Receiver, IncomingNotifier]]:
    async with Receiver() as receiver:
        notifier = IncomingNotifier(receiver.url, open_session())
        yield receiver, notifier
        await notifier.close()


async def send(to: IncomingNotifier, **changes: Any) -> Receipt:
    one = delivery("K1", alert(story("<!channel> talks", "@everyone <@U1>"), "#news"), **changes)
    return await to.send(one, face_for(one))


async def test_a_card_is_posted_as_to_the_web_api_without_what_a_webhook_cannot_do() -> None:
    async with connected() as (receiver, notifier):
        assert await send(notifier) == Receipt(channel="#news", message="K1")
    (got,) = receiver.got
    assert got.said.keys() == {"text", "parse", "blocks", "unfurl_links", "unfurl_media"}
    assert not list(slack_rules.mentions(got.said))
    assert "Idempotency-Key" not in got.headers


async def test_a_reply_stands_by_itself_and_an_edit_changes_nothing() -> None:
    async with connected() as (receiver, notifier):
        await send(notifier, kind=Kind.REPLY, parent=Receipt(channel="#news", message="K0"), note="it was changed")
        one = delivery("K1", receipt=Receipt(channel="#news", message="K1"))
        await notifier.edit(one, face_for(one))
        assert await notifier.find("#news", ["K1"], NOON) is None
    (got,) = receiver.got
    assert "thread_ts" not in got.said
    assert "talks" in got.said["text"]


async def test_the_plain_form_has_no_blocks() -> None:
    async with connected() as (receiver, notifier):
        await send(notifier, rung=Rung.TEXT)
    assert "blocks" not in receiver.got[0].said


@pytest.mark.parametrize(
    ("status", "word", "kind"),
    [
        (200, "<html>", Unclear),
        (302, "", RouteRefused),
        (400, "invalid_payload", CardRefused),
        (400, "invalid_blocks", CardRefused),
        (400, "no_text", CardRefused),
        (400, "user_not_found", CardRefused),
        (400, "invalid_token", RouteRefused),
        (403, "action_prohibited", RouteRefused),
        (403, "invalid_token", RouteRefused),
        (404, "channel_not_found", RouteRefused),
        (404, "no_service", RouteRefused),
        (404, "<html>Not found</html>", RouteRefused),
        (410, "channel_is_archived", RouteRefused),
        (429, "rate_limited", Later),
        (500, "rollup_error", Unclear),
        (RESET, "", Unclear),
    ],
)
async def test_what_an_answer_means(status: int, word: str, kind: type[Exception]) -> None:
    async with connected() as (receiver, notifier):
        receiver.answer_next(status, word, Retry_After="7", Location="http://127.0.0.1:1/")
        with pytest.raises(kind) as raised:
            await send(notifier)
    assert raised.type is kind
    assert len(receiver.got) == 1
    if isinstance(raised.value, Later):
        assert raised.value.after == timedelta(seconds=7)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/hush", "ftp://x.example/hush", "http:///hush", "hush"])
async def test_no_error_repeats_the_address(url: str) -> None:
    notifier = IncomingNotifier(url, open_session())
    with pytest.raises((Later, RouteRefused)) as raised:
        await send(notifier)
    await notifier.close()
    assert "hush" not in str(raised.value)


async def test_bulletins_are_posted_too_in_every_form() -> None:
    async with connected() as (receiver, notifier):
        for bulletin in samples.bulletins("#news", NOON).values():
            for rung in range(notifier.rungs):
                one = delivery("K1", content=bulletin, rung=rung)
                await notifier.send(one, face_for(one))
    for got in receiver.got:
        assert slack_rules.refusal(got.said) is None
    assert ["blocks" in got.said for got in receiver.got] == [True, True, False] * len(Topic)
