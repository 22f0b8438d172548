from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.bulletin import Bulletin, Topic
from alerts.card import Card
from alerts.face import face_for
from alerts.notify.fallback import PATIENCE, copy_of
from alerts.outbox import Kind, Receipt, Settlement, State
from alerts.story import Severity
from crawler.store.calm_plan import CalmPlan, NewBulletin
from crawler.store.deliveries import Lane
from crawler.store.plan import Plan
from crawler.store.schema import delivery_log
from tests.crawler.store.makers import HOUR, MINUTE, Newsroom, WordJudge, entry, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.outbox import Delivery
    from crawler.store import Store

RULES = {"RARE": ("#news",), "talks": ("#news",), "WAR": ("pager",), "BOTH": ("#news", "mail")}
LATER = NOON + PATIENCE


@pytest.fixture
def newsroom(store: Store, clock: FakeClock) -> Newsroom:
    return Newsroom(store, WordJudge(RULES), clock)


async def published(newsroom: Newsroom, *titles: str) -> dict[str, Delivery]:
    await newsroom.add(source())
    for number, title in enumerate(titles):
        await newsroom.visit("bbc", entry(str(number), title=title))
    return {one.alert.story.title: one for one in await newsroom.store.outbox.due(NOON, 10)}


async def refuse(store: Store, one: Delivery, reason: str = "channel-refused", *, hold: str | None = "#news") -> None:
    """Let one be refused at noon, and its channel be held for an hour."""
    await store.outbox.begin(one.key, NOON)
    await store.outbox.settle(one.key, Settlement(state=State.PENDING, reason=reason, not_before=NOON + HOUR), NOON)
    await store.outbox.hold(hold, NOON + HOUR, "is_archived", refused=True)


async def lines(store: Store, key: str) -> Sequence[tuple[str, str]]:
    query = select(delivery_log.c.reason, delivery_log.c.detail).where(delivery_log.c.key == key)
    rows = await store._reader.run(lambda connection: connection.execute(query).all())
    return [(row.reason, row.detail) for row in rows]


async def test_a_copy_says_what_the_message_says_and_both_name_each_other(newsroom: Newsroom, store: Store) -> None:
    one = (await published(newsroom, "RARE earths"))["RARE earths"]
    await refuse(store, one)
    assert await store.hand_over("mail", LATER) == [one.key]
    (copy,) = await store.outbox.due(LATER, 10)
    assert (copy.key, copy.channel, copy.state, copy.queued) == (copy_of(one.key), "mail", State.PENDING, LATER)
    assert (copy.alert.story, copy.alert.matches) == (one.alert.story, one.alert.matches)
    card = face_for(copy)
    assert isinstance(card, Card)
    assert card.notice == "meant for #news, which refuses messages; it follows there when it takes them again"
    original = next(row.delivery for row in await store.deliveries(State.PENDING) if row.delivery.key == one.key)
    card = face_for(original, notice="more to say")
    assert isinstance(card, Card)
    handed = "also handed to mail at 2026-11-02 12:05 UTC, while messages were refused here"
    assert card.notice == f"{handed}; more to say"
    why = "#news has refused messages since 2026-11-02 12:00 UTC"
    assert (await lines(store, one.key))[-1] == ("fallback", f"also handed to mail: {why}")
    assert await lines(store, copy.key) == [("fallback", why)]


async def test_a_critical_bulletin_is_handed_over_too_and_says_what_its_original_says_by_now(store: Store) -> None:
    def said(title: str) -> Plan:
        content = Bulletin(channel="#news", topic=Topic.SUMMARY, title=title, severity=Severity.CRITICAL)
        return Plan(calm=CalmPlan(bulletins=[NewBulletin(key="B", content=content, at=NOON)]))

    await store.apply(lambda _: said("the disk is nearly full"))
    (one,) = await store.outbox.due(NOON, 10)
    await refuse(store, one)
    assert await store.hand_over("mail", LATER) == ["B"]
    mail = store.outbox.of(Lane(only="mail"))
    (copy,) = await mail.due(LATER, 10)
    assert (copy.content.channel, face_for(copy).headline) == ("mail", "the disk is nearly full")
    await mail.begin(copy.key, LATER)
    await mail.settle(copy.key, Settlement(state=State.SENT, reason="accepted"), LATER)
    await store.apply(lambda _: said("there is space again"))
    (edit,) = await mail.edits(LATER, 10)
    assert face_for(edit.delivery).headline == "there is space again"
    assert len(await store.deliveries()) == 2


async def test_the_message_itself_waits_on_and_arrives(newsroom: Newsroom, store: Store) -> None:
    one = (await published(newsroom, "RARE earths"))["RARE earths"]
    await refuse(store, one)
    await store.hand_over("mail", LATER)
    assert {each.key for each in await store.outbox.due(NOON + HOUR, 10)} == {one.key, copy_of(one.key)}


async def test_it_happens_once_and_not_too_early(newsroom: Newsroom, store: Store) -> None:
    one = (await published(newsroom, "RARE earths"))["RARE earths"]
    await refuse(store, one)
    assert await store.hand_over("mail", LATER - timedelta(seconds=1)) == []
    assert await store.hand_over("mail", LATER) == [one.key]
    assert await store.hand_over("mail", LATER + MINUTE) == []
    assert await store.hand_over("other", LATER + MINUTE) == []


async def test_only_what_is_critical_and_refused_is_handed_over(newsroom: Newsroom, store: Store) -> None:
    told = await published(newsroom, "talks", "RARE earths", "WAR")
    await refuse(store, told["talks"], "route-refused", hold=None)
    assert await store.hand_over("mail", LATER) == [told["RARE earths"].key]


async def test_a_wait_that_the_other_side_asked_for_is_no_refusal(newsroom: Newsroom, store: Store) -> None:
    one = (await published(newsroom, "RARE earths"))["RARE earths"]
    await refuse(store, one, "try-later")
    await store.outbox.hold("#news", NOON + HOUR, "ratelimited")
    assert await store.hand_over("mail", LATER) == []


async def test_a_restart_does_not_begin_the_wait_anew(newsroom: Newsroom, store: Store) -> None:
    one = (await published(newsroom, "RARE earths"))["RARE earths"]
    await refuse(store, one)
    await store.outbox.recover(NOON + MINUTE)
    assert await store.hand_over("mail", LATER) == []  # it is being tried
    await store.outbox.begin(one.key, LATER)
    again = Settlement(state=State.PENDING, reason="channel-refused", not_before=LATER + HOUR)
    await store.outbox.settle(one.key, again, LATER)
    await store.outbox.hold("#news", LATER + HOUR, "is_archived", refused=True)
    assert await store.hand_over("mail", LATER) == [one.key]


async def test_a_fallback_that_the_same_rule_tells_anyway_hears_it_once(newsroom: Newsroom, store: Store) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", entry(title="BOTH"))
    in_news, in_mail = sorted(await store.outbox.due(NOON, 10), key=lambda one: one.channel)
    assert in_mail.channel == "mail"
    await refuse(store, in_news)
    assert await store.hand_over("mail", LATER) == []


async def test_a_later_edit_reaches_the_copy_and_no_thread_begins_there(newsroom: Newsroom, store: Store) -> None:
    one = (await published(newsroom, "RARE earths"))["RARE earths"]
    await refuse(store, one)
    await store.hand_over("mail", LATER)
    copy = copy_of(one.key)
    await store.outbox.begin(copy, LATER)
    receipt = Receipt(channel="mail", message=copy)
    await store.outbox.settle(copy, Settlement(state=State.SENT, reason="accepted", receipt=receipt), LATER)
    await newsroom.visit("bbc", entry("0", title="RARE earths and WAR"))
    rows = [row.delivery for row in await store.deliveries()]
    assert [row.key for row in rows if row.channel == "mail"] == [copy]
    assert {row.kind for row in rows if row.channel == "mail"} == {Kind.POST}
    edits = await store.outbox.edits(LATER + HOUR, 10)
    assert {edit.delivery.key: edit.delivery.revision > 0 for edit in edits} == {copy: True}


async def test_holds_of_the_main_way_keep_no_other_way_back(newsroom: Newsroom, store: Store) -> None:
    told = await published(newsroom, "talks", "WAR")
    await store.outbox.hold(None, NOON + HOUR, "invalid_auth", refused=True)
    assert [one.key for one in await store.outbox.due(NOON, 10)] == [told["WAR"].key]
    assert await store.outbox.next_due() == NOON
    await store.outbox.hold("pager", NOON + MINUTE, "http-429")
    assert await store.outbox.due(NOON, 10) == []
    assert await store.outbox.next_due() == NOON + MINUTE


async def fail(store: Store, one: Delivery, reason: str, detail: str) -> None:
    """Let one be tried at noon, and nobody be there."""
    await store.outbox.begin(one.key, NOON)
    state = State.PENDING if reason == "try-later" else State.UNCLEAR
    settlement = Settlement(state=state, reason=reason, detail=detail, not_before=NOON + MINUTE)
    await store.outbox.settle(one.key, settlement, NOON)


@pytest.mark.parametrize(
    ("reason", "detail", "away"),
    [
        ("unclear", "http-503", True),
        ("look-failed", "timeout: no answer in time", True),
        ("try-later", "not-connected: no such name", True),
        ("try-later", "ratelimited", False),
        ("look-failed", "ratelimited: may be called again at 12:10", False),
        ("unclear", "", True),
    ],
)
async def test_a_way_that_nothing_gets_through_is_away(
    newsroom: Newsroom, store: Store, reason: str, detail: str, away: bool
) -> None:
    one = (await published(newsroom, "RARE earths"))["RARE earths"]
    await fail(store, one, reason, detail)
    assert await store.hand_over("mail", LATER - MINUTE) == []
    refusals = await store.ask(lambda memory: memory.health.refusals(LATER))
    assert [(found.channel, found.since, found.answers) for found in refusals] == (
        [(None, NOON, False)] if away else []
    )
    assert await store.hand_over("mail", LATER) == ([one.key] if away else [])


async def test_a_way_that_something_got_through_since_is_not_away(newsroom: Newsroom, store: Store) -> None:
    told = await published(newsroom, "RARE earths", "talks")
    await fail(store, told["RARE earths"], "unclear", "http-503")
    await store.outbox.begin(told["talks"].key, NOON)
    receipt = Receipt(channel="C1", message="1.0")
    sent = Settlement(state=State.SENT, reason="accepted", receipt=receipt)
    await store.outbox.settle(told["talks"].key, sent, NOON + MINUTE)
    assert await store.ask(lambda memory: memory.health.refusals(LATER)) == []
    assert await store.hand_over("mail", LATER) == []


async def test_a_notifier_that_is_away_says_nothing_of_the_main_way(newsroom: Newsroom, store: Store) -> None:
    told = await published(newsroom, "WAR", "talks")
    await fail(store, told["WAR"], "try-later", "not-connected")
    refusals = await store.ask(lambda memory: memory.health.refusals(LATER))
    assert [(found.channel, found.waiting, found.reason) for found in refusals] == [("pager", 1, "not-connected")]
