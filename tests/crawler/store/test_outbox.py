from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from alerts.bulletin import Bulletin, Topic
from alerts.errors import StoreError
from alerts.outbox import Receipt, Settlement, State
from alerts.story import DateNote, Field, Match, Severity, Span, Story
from crawler.store.calm_plan import CalmPlan, NewBulletin
from crawler.store.deliveries import EVERY
from crawler.store.plan import Plan
from crawler.store.schema import delivery_log, verdict
from tests.crawler.store.makers import HOUR, MINUTE, Newsroom, WordJudge, entry, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from alerts.outbox import Delivery
    from crawler.store import DeliveryStatus, Store

SENT = Settlement(state=State.SENT, reason="accepted", receipt=Receipt(channel="C0NEWS", message="1762084800.000100"))


@pytest.fixture
async def delivery(newsroom: Newsroom) -> Delivery:
    await newsroom.add(source())
    await newsroom.visit("bbc", entry())
    (due,) = await newsroom.store.outbox.due(NOON, 10)
    return due


async def only(store: Store) -> DeliveryStatus:
    (found,) = await store.deliveries()
    return found


async def log(store: Store) -> list[tuple[str, str]]:
    rows = await store._reader.run(lambda connection: connection.execute(select(delivery_log)).all())
    return [(row.state, row.reason) for row in rows]


async def test_a_delivery_holds_the_whole_alert(newsroom: Newsroom, store: Store) -> None:
    await newsroom.add(source(tier=1, country="gb", type="press"))
    first = entry(
        title="Three talks",
        text="of RARE earths\n\nand more 🌍",
        language="en",
        authors=("A. Author", "王"),
        tags=("world",),
        date_note=DateNote.ASSUMED_ZONE,
    )
    await newsroom.visit("bbc", first)
    due = await store.outbox.due(NOON, 10)
    in_news, in_minerals = sorted(due, key=lambda one: len(one.alert.matches), reverse=True)
    assert in_news.alert.story == Story(
        id=in_news.alert.story.id,
        outlet=newsroom.sources["bbc"].outlet,
        url="https://bbc.example/a",
        title=first.title,
        text=first.text,
        language="en",
        authors=("A. Author", "王"),
        tags=("world",),
        published=first.published,
        date_note=DateNote.ASSUMED_ZONE,
        seen=NOON,
    )
    rare = Match(
        rule="rare",
        name="About RARE",
        severity=Severity.CRITICAL,
        spans=(Span(Field.TEXT, 3, 7),),
        tags=("t",),
    )
    assert in_minerals.alert.matches == (rare,)
    assert in_news.alert.matches[0] == rare
    assert [match.rule for match in in_news.alert.matches] == ["rare", "talks"]
    assert (in_news.channel, in_minerals.channel) == ("#news", "#minerals")
    assert (in_news.state, in_news.queued, in_news.attempts, in_news.tried) == (State.PENDING, NOON, 0, None)


async def test_what_is_begun_is_told_as_it_reads_then(store: Store) -> None:
    def said(title: str) -> Plan:
        content = Bulletin(channel="#ops", topic=Topic.HEALTH, title=title)
        return Plan(calm=CalmPlan(bulletins=[NewBulletin(key="B", content=content, at=NOON)]))

    await store.apply(lambda _: said("bbc fails"))
    (due,) = await store.outbox.due(NOON, 10)
    await store.apply(lambda _: said("bbc answers again"))
    begun = await store.outbox.begin(due.key, NOON, attempts=due.attempts)
    assert begun is not None
    assert isinstance(begun.content, Bulletin)
    assert (begun.content.title, begun.state, begun.attempts) == ("bbc answers again", State.SENDING, 1)
    assert await store.outbox.begin(due.key, NOON, attempts=due.attempts) is None
    await store.outbox.settle(due.key, SENT, NOON)
    assert await store.outbox.edits(NOON + HOUR, 10) == []


async def test_a_delivery_names_the_other_outlets_that_carry_a_copy(newsroom: Newsroom, store: Store) -> None:
    await newsroom.add(source(), source("nhk"), source("afp"), source("dpa"))
    words = "Japan and France open talks on a treaty in Tokyo this morning as planned"
    for name in ("bbc", "nhk", "afp"):
        await newsroom.visit(name, entry(title=words, url=f"https://{name}.example/1"))
    await newsroom.visit("afp", entry("again", title=words, url="https://afp.example/2"))
    await newsroom.visit("dpa", entry(title="Other talks"))
    by_outlet = {one.alert.story.outlet.id: one.alert.also for one in await store.outbox.due(NOON, 10)}
    assert [one.id for one in by_outlet["bbc"]] == ["nhk", "afp"]
    assert by_outlet["dpa"] == ()
    assert len(by_outlet) == 2


async def test_a_delivery_tells_the_newest_version_that_its_rules_hold_for(newsroom: Newsroom, store: Store) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", entry(title="Early talks"))
    await newsroom.visit("bbc", entry(title="Late talks"))
    (due,) = await store.outbox.due(NOON, 10)
    assert (due.alert.story.title, due.alert.story.version, due.alert.before) == ("Late talks", 2, "Early talks")
    await newsroom.visit("bbc", entry(title="A quarrel"))
    (due,) = await store.outbox.due(NOON, 10)
    assert (due.alert.story.title, due.alert.story.version, due.alert.retitled) == ("Early talks", 1, "A quarrel")


WHEAT, HARBOUR, DEBT = "Wheat quota talks stall", "Harbour strike talks end", "Debt relief talks open in Accra"
METALS, BIRDS = "RARE metals found near Kiruna", "Two RARE birds seen over Ghent"


async def test_critical_ones_come_first_then_the_oldest(newsroom: Newsroom, store: Store, clock: FakeClock) -> None:
    await newsroom.add(source())
    for number, title in enumerate((WHEAT, HARBOUR, METALS, DEBT, BIRDS)):
        clock.advance(MINUTE)
        await newsroom.visit("bbc", entry(str(number), title=title))
    due = await store.outbox.due(clock.now(), 100)
    titles = [one.alert.story.title for one in due if one.channel == "#news"]
    assert titles == [METALS, BIRDS, WHEAT, HARBOUR, DEBT]
    few = [one for one in await store.outbox.due(clock.now(), 2) if one.channel == "#news"]
    assert [one.alert.story.title for one in few] == titles[:2]
    assert {one.channel for one in await store.outbox.due(clock.now(), 1)} == {one.channel for one in due}


async def test_it_is_on_the_wire_before_the_first_byte_goes_out(store: Store, delivery: Delivery) -> None:
    assert await store.outbox.begin(delivery.key, NOON + MINUTE)
    assert not await store.outbox.begin(delivery.key, NOON + MINUTE)
    assert await store.outbox.due(NOON + HOUR, 10) == []
    now = (await only(store)).delivery
    assert (now.state, now.attempts, now.tried) == (State.SENDING, 1, NOON + MINUTE)


async def test_nothing_unknown_is_begun_or_settled(store: Store) -> None:
    assert not await store.outbox.begin("01", NOON)
    with pytest.raises(StoreError, match="01 is final or unknown"):
        await store.outbox.settle("01", SENT, NOON)


async def test_what_was_sent_is_final_and_keeps_its_receipt(store: Store, delivery: Delivery) -> None:
    await store.outbox.begin(delivery.key, NOON)
    await store.outbox.settle(delivery.key, SENT, NOON + MINUTE)
    now = await only(store)
    assert (now.delivery.state, now.reason, now.receipt, now.changed) == (
        State.SENT,
        "accepted",
        SENT.receipt,
        NOON + MINUTE,
    )
    assert await store.outbox.due(NOON + HOUR, 10) == []
    assert await store.outbox.next_due() is None
    assert not await store.outbox.begin(delivery.key, NOON)
    with pytest.raises(StoreError, match="cannot become pending"):
        await store.outbox.settle(delivery.key, Settlement(state=State.PENDING, reason="again"), NOON)
    assert (await only(store)).delivery.state is State.SENT


async def test_each_step_is_logged(store: Store, delivery: Delivery) -> None:
    await store.outbox.begin(delivery.key, NOON)
    unclear = Settlement(state=State.UNCLEAR, reason="reset", detail="after 3 bytes", not_before=NOON + 2 * MINUTE)
    await store.outbox.settle(delivery.key, unclear, NOON)
    again = Settlement(state=State.PENDING, reason="not-found-twice", resent=True)
    await store.outbox.settle(delivery.key, again, NOON)
    await store.outbox.begin(delivery.key, NOON)
    await store.outbox.recover(NOON)
    await store.outbox.settle(delivery.key, SENT, NOON)
    assert await log(store) == [
        ("unclear", "reset"),
        ("pending", "not-found-twice"),
        ("unclear", "restart"),
        ("sent", "accepted"),
    ]


async def test_a_settlement_is_kept_whole(store: Store, delivery: Delivery) -> None:
    await store.outbox.begin(delivery.key, NOON)
    later = NOON + 5 * MINUTE
    await store.outbox.settle(
        delivery.key,
        Settlement(state=State.UNCLEAR, reason="reset", detail="why", not_before=later, looks=1, resent=True, rung=2),
        NOON + MINUTE,
    )
    assert await store.outbox.due(later - timedelta(milliseconds=1), 10) == []
    assert await store.outbox.next_due() == later
    (again,) = await store.outbox.due(later, 10)
    assert (again.state, again.looks, again.resent, again.rung) == (State.UNCLEAR, 1, True, 2)
    now = await only(store)
    assert (now.reason, now.detail, now.not_before, now.receipt) == ("reset", "why", later, None)


async def test_the_first_try_is_remembered_over_later_ones(store: Store, delivery: Delivery) -> None:
    for minute in (1, 2):
        await store.outbox.begin(delivery.key, NOON + minute * MINUTE)
        await store.outbox.settle(delivery.key, Settlement(state=State.PENDING, reason="later"), NOON)
    now = (await only(store)).delivery
    assert (now.attempts, now.tried) == (2, NOON + MINUTE)


async def test_what_was_on_the_wire_at_a_crash_is_unclear_and_due(store: Store, delivery: Delivery) -> None:
    await store.outbox.begin(delivery.key, NOON)
    assert await store.outbox.recover(NOON + HOUR) == 1
    assert await store.outbox.recover(NOON + HOUR) == 0
    (again,) = await store.outbox.due(NOON + HOUR, 10)
    assert (again.state, again.attempts, again.tried) == (State.UNCLEAR, 1, NOON)
    assert not await store.outbox.begin(again.key, NOON)  # to look comes before to send again


async def test_a_restart_tries_a_refused_channel_again_but_waits_out_a_retry_after(
    store: Store, delivery: Delivery
) -> None:
    refused = Settlement(state=State.PENDING, reason="channel-refused", not_before=NOON + HOUR)
    await store.outbox.begin(delivery.key, NOON)
    await store.outbox.settle(delivery.key, refused, NOON)
    await store.outbox.hold(delivery.channel, NOON + HOUR, "is_archived", refused=True)
    await store.outbox.hold(None, NOON + MINUTE, "ratelimited")
    assert await store.outbox.recover(NOON) == 0
    assert await store.outbox.due(NOON, 10) == []
    assert len(await store.outbox.due(NOON + MINUTE, 10)) == 1


async def test_a_restart_ends_a_refusal_of_the_whole_route(store: Store, delivery: Delivery) -> None:
    refused = Settlement(state=State.PENDING, reason="route-refused", not_before=NOON + HOUR)
    await store.outbox.begin(delivery.key, NOON)
    await store.outbox.settle(delivery.key, refused, NOON)
    await store.outbox.hold(None, NOON + HOUR, "invalid_auth", refused=True)
    assert await store.outbox.due(NOON, 10) == []
    await store.outbox.recover(NOON)
    assert len(await store.outbox.due(NOON, 10)) == 1


async def test_it_outlives_the_process(open_store: Callable[[], Store], clock: FakeClock, judge: WordJudge) -> None:
    store = open_store()
    newsroom = Newsroom(store, judge, clock)
    await newsroom.add(source())
    await newsroom.visit("bbc", entry())
    before = await store.outbox.due(NOON, 10)
    await store.close()
    store = open_store()
    assert await store.outbox.due(NOON, 10) == before
    await store.close()


@pytest.mark.parametrize("channel", ["#news", None])
async def test_a_held_channel_waits_until_the_hold_ends(store: Store, delivery: Delivery, channel: str | None) -> None:
    until = NOON + HOUR
    await store.outbox.hold(channel, until, "not_in_channel")
    assert await store.outbox.due(until - timedelta(milliseconds=1), 10) == []
    assert await store.outbox.next_due() == until
    assert [one.key for one in await store.outbox.due(until, 10)] == [delivery.key]


@pytest.mark.parametrize("channel", ["#news", None])
async def test_a_hold_can_be_moved_and_lifted(store: Store, delivery: Delivery, channel: str | None) -> None:
    await store.outbox.hold(channel, NOON + HOUR, "first")
    await store.outbox.hold(channel, NOON + 2 * HOUR, "second")
    assert await store.outbox.next_due() == NOON + 2 * HOUR
    (hold,) = (await store.overview(NOON)).holds
    assert (hold.channel, hold.until, hold.reason) == (channel, NOON + 2 * HOUR, "second")
    await store.outbox.hold(channel, None, "mended")
    assert [one.key for one in await store.outbox.due(NOON, 10)] == [delivery.key]
    assert (await store.overview(NOON)).holds == ()


async def test_a_hold_keeps_no_other_channel_back(store: Store, newsroom: Newsroom) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", entry(title="RARE"))
    await store.outbox.hold("#news", NOON + HOUR, "archived")
    assert [one.channel for one in await store.outbox.due(NOON, 10)] == ["#minerals"]
    assert await store.outbox.next_due() == NOON


async def test_the_longer_of_two_holds_counts(store: Store, delivery: Delivery) -> None:
    await store.outbox.hold(None, NOON + 2 * HOUR, "token_revoked")
    await store.outbox.hold("#news", NOON + HOUR, "archived")
    assert await store.outbox.next_due() == NOON + 2 * HOUR
    assert await store.outbox.due(NOON + HOUR, 10) == []
    assert [one.key for one in await store.outbox.due(NOON + 2 * HOUR, 10)] == [delivery.key]


async def test_the_database_itself_refuses_to_tell_a_channel_twice(store: Store, delivery: Delivery) -> None:
    assert store._writer is not None
    row = await store._reader.run(lambda connection: connection.execute(select(verdict)).one()._asdict())
    with pytest.raises(IntegrityError):
        await store._writer.run(lambda connection: connection.execute(verdict.insert(), row | {"version": 2}))
    assert row["delivery"] == delivery.key
    kept_back = row | {"version": 2, "delivery": None, "reason": "told"}
    await store._writer.run(lambda connection: connection.execute(verdict.insert(), kept_back))


class Listener:
    """Hears of what is begun, as a capture does."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bool]] = []

    @contextmanager
    def sending(self, key: str, now: datetime) -> Iterator[Callable[[bool], bool]]:
        assert now == NOON

        def heard(is_begun: bool) -> bool:
            self.heard.append((key, is_begun))
            return is_begun

        yield heard


async def test_who_listens_hears_in_the_transaction_whether_a_message_is_begun(
    store: Store, delivery: Delivery
) -> None:
    listener = Listener()
    outbox = store.outbox.heard_by(listener).of(EVERY)
    assert await outbox.begin(delivery.key, NOON)
    assert not await outbox.begin(delivery.key, NOON)
    assert listener.heard == [(delivery.key, True), (delivery.key, False)]
