from __future__ import annotations

import asyncio
import logging
import random
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk.http_retry.builtin_interval_calculators import FixedValueRetryIntervalCalculator
from slack_sdk.web.async_client import AsyncWebClient

from alerts.card import MAY_REPEAT
from alerts.courier import Courier
from alerts.outbox import Receipt, State
from alerts.pacer import Pace
from alerts.slack.client import SlackNotifier, open_session
from tests.fakes import NOON, FakeClock
from tests.fakes_outbox import MemoryOutbox, alert, delivery, until
from tests.slack_standin import FAULTS, Options, SlackStandin
from tests.slack_workspace import SCOPES, Rate, Token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LOG = logging.getLogger("test")
TROUBLE = {"reset_after": 0.05, "500_after": 0.04, "429": 0.03, "malformed_after": 0.03}  # 15 %
AT_ONCE = Pace(channel=timedelta(), overall=timedelta())


def alerts_for(channels: tuple[str, ...], count: int) -> MemoryOutbox:
    return MemoryOutbox(*(delivery(f"K{n:03d}", alert(channel=channels[n % len(channels)])) for n in range(count)))


async def deliver_all(outbox: MemoryOutbox, courier: Courier, clock: FakeClock, rounds: int = 3000) -> None:
    for _ in range(rounds):
        await courier.step()
        due = await outbox.next_due()
        if due is None:
            return
        await clock.wait_until(due)
    raise AssertionError(f"not delivered after {rounds} rounds: {outbox.states()}")


@asynccontextmanager
async def slack_and_courier(
    outbox: MemoryOutbox, pace: Pace = AT_ONCE, **options: Any
) -> AsyncIterator[tuple[SlackStandin, Courier, SlackNotifier, FakeClock]]:
    clock = FakeClock()
    async with SlackStandin(Options(now=clock.now, **options)) as slack:
        notifier = SlackNotifier("xoxb-test", slack.api_url, open_session(), clock=clock, log=LOG)
        courier = Courier(outbox, notifier, clock, pace=pace, log=LOG, chance=random.Random(7).random)
        yield slack, courier, notifier, clock
        await notifier.close()


async def test_with_15_percent_of_answers_wrong_nothing_is_lost_or_doubled() -> None:
    outbox = alerts_for(("#news", "#duty"), 150)
    async with slack_and_courier(outbox, faults=TROUBLE, seed=7) as (slack, courier, _, clock):
        await deliver_all(outbox, courier, clock)
    report = slack.report()
    assert sum(report.faults.values()) > 15
    assert {"reset_after", "500_after", "429", "malformed_after"} == report.faults.keys()
    assert report.missing(outbox.rows) == set()
    assert report.doubled == {}
    assert report.impolite == 0
    assert set(outbox.states()) == {State.SENT}


@pytest.mark.parametrize("seed", range(3))
async def test_with_every_kind_of_wrong_answer_to_every_call_nothing_is_lost_or_doubled(seed: int) -> None:
    outbox = alerts_for(("#news", "#duty"), 60)
    kinds = FAULTS - {"timeout_before", "timeout_after"}
    every = frozenset({"chat.postMessage", "conversations.history", "conversations.list"})
    faults = dict.fromkeys(sorted(kinds), 0.4 / len(kinds))
    async with slack_and_courier(outbox, faults=faults, faulty=every, seed=seed) as (slack, courier, _, clock):
        await deliver_all(outbox, courier, clock)
    report = slack.report()
    assert report.missing(outbox.rows) == set()
    assert report.doubled == {}
    assert report.impolite == 0


@pytest.mark.parametrize("fault", sorted(FAULTS - {"timeout_before", "timeout_after"}))
async def test_one_wrong_answer_of_any_kind_leaves_one_message_with_its_receipt(fault: str) -> None:
    outbox = alerts_for(("#news",), 1)
    async with slack_and_courier(outbox) as (slack, courier, _, clock):
        slack.answer_next("chat.postMessage", fault)
        await deliver_all(outbox, courier, clock)
        (message,) = slack.channel("news").messages
        receipt = outbox.log[-1][1].receipt
    assert receipt == Receipt(channel="C0NEWS0001", message=message["ts"])
    assert slack.report().impolite == 0


async def test_a_history_that_lags_less_than_the_looks_wait_doubles_nothing() -> None:
    outbox = alerts_for(("#news",), 20)
    lag = timedelta(seconds=11)
    async with slack_and_courier(outbox, faults={"reset_after": 0.5}, history_lag=lag) as (slack, courier, _, clock):
        await deliver_all(outbox, courier, clock)
    assert slack.report().doubled == {}
    assert slack.report().missing(outbox.rows) == set()


async def test_at_the_usual_pace_slack_never_asks_to_wait() -> None:
    outbox = alerts_for(("#news", "#duty"), 40)
    async with slack_and_courier(outbox, Pace(), rate=Rate(messages=1, burst=3)) as (slack, courier, _, clock):
        running = asyncio.create_task(courier.run())
        await until(lambda: set(outbox.states()) == {State.SENT})
        await courier.stop(timedelta(seconds=10))
        await running
    assert {call.answer for call in slack.journal} == {"ok"}
    assert slack.report().posted == dict.fromkeys(outbox.rows, 1)
    assert timedelta(seconds=17) < clock.now() - NOON < timedelta(seconds=21)


async def test_without_leave_to_read_history_a_lost_answer_is_repeated_with_a_notice() -> None:
    outbox = alerts_for(("#news",), 1)
    blind = {"xoxb-test": Token(scopes=SCOPES - {"channels:history"})}
    async with slack_and_courier(outbox, tokens=blind) as (slack, courier, _, clock):
        slack.answer_next("chat.postMessage", "reset_after")
        await deliver_all(outbox, courier, clock)
        first, second = slack.texts("news")
    assert MAY_REPEAT not in first
    assert MAY_REPEAT in second


async def test_blocks_slack_dislikes_become_text_and_text_it_dislikes_is_dead() -> None:
    outbox = alerts_for(("#news",), 2)
    async with slack_and_courier(outbox) as (slack, courier, _, clock):
        slack.answer_next("chat.postMessage", "error:invalid_blocks", None, *["error:invalid_blocks"] * 2)
        await deliver_all(outbox, courier, clock)
        assert "blocks" in slack.channel("news").messages[0]
    assert outbox.reasons("K000") == ["made-plainer", "made-plainer", "card-refused"]
    assert outbox.states() == [State.DEAD, State.SENT]


async def test_a_channel_brought_back_from_the_archive_gets_its_backlog_once_and_in_order() -> None:
    outbox = alerts_for(("#news",), 5)
    async with slack_and_courier(outbox) as (slack, courier, _, clock):
        slack.channel("news").archived = True
        await courier.step()
        assert len(slack.calls("chat.postMessage")) == 1
        slack.channel("news").archived = False
        await deliver_all(outbox, courier, clock)
        keys = [message["metadata"]["event_payload"]["key"] for message in slack.channel("news").messages]
    assert keys == sorted(outbox.rows)


async def test_the_same_run_with_the_sdks_default_handlers_doubles_messages() -> None:
    outbox = alerts_for(("#news", "#duty"), 150)
    async with slack_and_courier(outbox, faults=TROUBLE, seed=7) as (slack, courier, notifier, clock):
        defaults = AsyncWebClient().retry_handlers
        for handler in defaults:
            handler.interval_calculator = FixedValueRetryIntervalCalculator(0)  # their waits change nothing but time
        notifier._client.retry_handlers = defaults
        await deliver_all(outbox, courier, clock)
    assert slack.report().missing(outbox.rows) == set()
    assert len(slack.report().doubled) > 1
