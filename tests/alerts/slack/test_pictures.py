from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from alerts import samples
from alerts.bulletin import Topic
from alerts.errors import CardRefused, Unclear
from alerts.face import face_for
from alerts.slack.blocks import Rung
from alerts.slack.client import SlackNotifier, open_session
from alerts.slack.pictures import KEPT, PATIENCE, Pictures
from tests.fakes import NOON, FakeClock
from tests.fakes_outbox import delivery
from tests.slack_standin import Options, SlackStandin
from tests.slack_workspace import SCOPES, Token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from alerts.outbox import Receipt

LOG = logging.getLogger("test")
DIGEST = samples.bulletins("#news", NOON)[Topic.DIGEST]
SUMMARY = samples.bulletins("#news", NOON)[Topic.SUMMARY]


@asynccontextmanager
async def connected(**options: Any) -> AsyncIterator[tuple[SlackStandin, SlackNotifier, FakeClock]]:
    clock = FakeClock()
    async with SlackStandin(Options(now=clock.now, **options)) as slack:
        notifier = SlackNotifier("xoxb-test", slack.api_url, open_session(), clock=clock, log=LOG)
        yield slack, notifier, clock
        await notifier.close()


async def post(notifier: SlackNotifier, **changes: Any) -> Receipt:
    one = delivery("K1", content=DIGEST, **changes)
    return await notifier.send(one, face_for(one))


def chart(slack: SlackStandin) -> dict[str, Any]:
    (message,) = slack.channel("news").messages
    (block,) = [block for block in message["blocks"] if block["block_id"] == "chart"]
    return dict(block)


def uploads(slack: SlackStandin) -> int:
    return len(slack.calls("files.getUploadURLExternal"))


async def test_a_digest_shows_its_chart_as_a_picture_that_stands_in_no_channel_of_its_own() -> None:
    async with connected() as (slack, notifier, _):
        await post(notifier)
        (file,) = slack.workspace.files.all.values()
        assert chart(slack)["slack_file"] == {"id": file.id}
    assert (file.content or b"").startswith(b"\x89PNG")


async def test_slack_is_given_time_to_look_through_the_picture() -> None:
    async with connected(looking=timedelta(seconds=3)) as (slack, notifier, clock):
        await post(notifier)
        assert "slack_file" in chart(slack)
        assert clock.now() - NOON == timedelta(seconds=3)
        assert len(slack.calls("files.info")) == 7


async def test_a_picture_that_is_not_ready_in_time_gives_way_to_bars_of_text() -> None:
    async with connected(looking=timedelta(minutes=1)) as (slack, notifier, clock):
        await post(notifier)
        assert chart(slack)["type"] == "rich_text"
        assert clock.now() - NOON == PATIENCE


@pytest.mark.parametrize("scope", ["files:write", "files:read"])
async def test_without_leave_to_upload_it_is_bars_of_text(scope: str, caplog: pytest.LogCaptureFixture) -> None:
    async with connected(tokens={"xoxb-test": Token(scopes=SCOPES - {scope})}) as (slack, notifier, _):
        await post(notifier)
        assert chart(slack)["type"] == "rich_text"
    (record,) = caplog.records
    assert record.getMessage() == "no-picture"
    assert scope in vars(record)["detail"]


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal", "files.info"])
@pytest.mark.parametrize("fault", ["reset_before", "500_after", "malformed_after", "bare_before", "429", "error:x"])
async def test_whatever_goes_wrong_with_the_picture_the_digest_is_posted(method: str, fault: str) -> None:
    async with connected() as (slack, notifier, _):
        slack.answer_next(method, fault, fault)
        await post(notifier)
        assert slack.report().posted == {"K1": 1}
        asked_again = (method, fault) == ("files.info", "bare_before")  # it says no more than that it is not ready
        assert chart(slack)["type"] == ("image" if asked_again else "rich_text")


async def test_a_message_that_is_tried_again_has_the_same_picture() -> None:
    async with connected() as (slack, notifier, _):
        slack.answer_next("chat.postMessage", "500_before", "500_before")
        for _attempt in range(2):
            with pytest.raises(Unclear):
                await post(notifier)
        receipt = await post(notifier)
        assert uploads(slack) == 1
        shown = chart(slack)
        one = delivery("K1", content=DIGEST, receipt=receipt)
        await notifier.edit(one, face_for(one))
        assert chart(slack) == shown


async def test_a_picture_that_failed_is_not_tried_again() -> None:
    async with connected() as (slack, notifier, _):
        slack.answer_next("files.completeUploadExternal", "500_after")
        slack.answer_next("chat.postMessage", "500_before")
        with pytest.raises(Unclear):
            await post(notifier)
        await post(notifier)
        assert uploads(slack) == 1


async def test_a_picture_that_slack_does_not_show_is_left_out_of_the_next_form() -> None:
    async with connected() as (slack, notifier, _):
        slack.answer_next("chat.postMessage", "500_before")
        with pytest.raises(Unclear):
            await post(notifier)
        slack.workspace.files.all.clear()
        with pytest.raises(CardRefused, match="invalid slack file"):
            await post(notifier)
        await post(notifier, rung=Rung.PLAIN)
        assert chart(slack)["type"] == "rich_text"
        assert uploads(slack) == 1


async def test_what_has_no_chart_uploads_nothing() -> None:
    async with connected() as (slack, notifier, _):
        one = delivery("K1", content=SUMMARY)
        await notifier.send(one, face_for(one))
        assert uploads(slack) == 0


async def test_a_slack_that_hangs_is_not_waited_for() -> None:
    async with connected() as (slack, notifier, clock):
        slack.answer_next("files.getUploadURLExternal", "timeout_before")
        pictures = Pictures(
            notifier._client, notifier._session, notifier._call, clock=clock, log=LOG, patience=timedelta()
        )
        one = delivery("K1", content=DIGEST)
        assert await pictures.of(one, face_for(one)) is None


async def test_pictures_of_long_ago_are_forgotten() -> None:
    async with connected() as (slack, notifier, _):
        for number in range(KEPT + 1):
            one = delivery(f"K{number}", content=DIGEST)
            await notifier._pictures.of(one, face_for(one))
        known = [notifier._pictures.known(delivery(f"K{number}", content=DIGEST)) for number in (0, 1, KEPT)]
    assert [one is None for one in known] == [True, False, False]
    assert uploads(slack) == KEPT + 1
