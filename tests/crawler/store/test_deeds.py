"""What people did: each change with its audit, or neither."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.outbox import Receipt, Settlement, State
from alerts.routing.silence import Matcher, Phase, Silence
from alerts.slack.desk import Audit
from alerts.story import Severity
from crawler.store.deeds import Votes, spelt
from tests.crawler.store.makers import HOUR, Newsroom, entry, nothing, source
from tests.fakes import NOON

if TYPE_CHECKING:
    from crawler.store import Store
    from tests.fakes import FakeClock

ADA, BOB = "U0ADA00001", "U0BOB00001"


def audit(deed: str = "fb_yes", user: str = ADA, **changes: object) -> Audit:
    values: dict[str, object] = {"at": NOON, "channel": "C0NEWS0001", "on": "x"}
    return Audit(**(values | {"deed": deed, "user": user} | changes))  # type: ignore[arg-type]  # a maker of values


def silence(**changes: object) -> Silence:
    values: dict[str, object] = {"matcher": Matcher(rules=("talks",)), "author": ADA, "start": NOON, "end": NOON + HOUR}
    return Silence(**({"id": ""} | values | changes))  # type: ignore[arg-type]  # a maker of values


async def told(newsroom: Newsroom, title: str = "RARE talks") -> list[str]:
    """Let a story be told, and return the keys of its messages."""
    await newsroom.add(source())
    await newsroom.visit("bbc", entry("a", title))
    return [row.delivery.key for row in await newsroom.store.deliveries()]


async def test_a_silence_gets_a_short_id_of_its_own_and_comes_back_as_it_was(store: Store) -> None:
    matcher = Matcher(tags=("asia",), sources=("bbc",), severity=Severity.HIGH, text="rare earths")
    kept = [await store.people.silence(silence(matcher=matcher, comment="why"), audit("silence")) for _ in range(50)]
    assert {len(one.id) for one in kept} == {4}
    assert len({one.id for one in kept}) == 50
    assert sorted(await store.people.silences(NOON), key=lambda one: one.id) == sorted(kept, key=lambda one: one.id)


async def test_silences_are_listed_the_first_to_end_first_and_ended_ones_only_on_request(store: Store) -> None:
    late = await store.people.silence(silence(end=NOON + 2 * HOUR), audit())
    soon = await store.people.silence(silence(), audit())
    assert [one.id for one in await store.people.silences(NOON)] == [soon.id, late.id]
    assert [one.id for one in await store.people.silences(NOON + HOUR)] == [late.id]
    assert [one.id for one in await store.people.silences(NOON + HOUR, ended=True)] == [soon.id, late.id]


async def test_a_silence_is_ended_by_its_id_however_it_is_typed_and_only_once(store: Store) -> None:
    kept = await store.people.silence(silence(), audit())
    ended = await store.people.expire(f" {kept.id.lower()} ", audit("silence-expire", at=NOON + timedelta(minutes=5)))
    assert ended is not None
    assert (ended.id, ended.end) == (kept.id, NOON + timedelta(minutes=5))
    assert await store.people.expire(kept.id, audit(at=NOON + timedelta(minutes=6))) is None
    assert await store.people.expire("ZZZZZ", audit()) is None
    assert [one.deed for one in await store.people.audits(9)] == ["silence-expire", "fb_yes"]


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    assert spelt("iLo7") == "1107"


async def test_one_that_has_not_begun_never_will(store: Store) -> None:
    kept = await store.people.silence(silence(start=NOON + HOUR, end=NOON + 2 * HOUR), audit())
    ended = await store.people.expire(kept.id, audit())
    assert ended is not None
    assert ended.phase(NOON) is ended.phase(NOON + HOUR) is Phase.EXPIRED


async def test_unmuting_ends_every_silence_of_the_rule_and_nothing_wider(store: Store) -> None:
    for matcher in (Matcher(rules=("talks",)), Matcher(rules=("talks",)), Matcher(rules=("talks", "rare"))):
        await store.people.silence(silence(matcher=matcher), audit())
    assert await store.people.unmute("talks", audit("unmute_rule", at=NOON + timedelta(seconds=1))) == 2
    (left,) = await store.people.silences(NOON + timedelta(seconds=1))
    assert left.matcher.rules == ("talks", "rare")
    assert await store.people.unmute("talks", audit(at=NOON + timedelta(seconds=2))) == 0


async def test_who_acknowledges_first_looks_after_it(newsroom: Newsroom) -> None:
    people = newsroom.store.people
    (key, *_) = await told(newsroom, "talks")
    first = await people.acknowledge(key, audit("ack"))
    second = await people.acknowledge(key, audit("ack", BOB, at=NOON + HOUR))
    assert first == second
    assert first is not None
    assert (first.user, first.at) == (ADA, NOON)
    assert len(await people.audits(9)) == 1
    assert await people.acknowledge("NOBODY", audit()) is None


async def test_a_change_whose_audit_cannot_be_kept_is_not_made(newsroom: Newsroom) -> None:
    people = newsroom.store.people
    (key, *_) = await told(newsroom, "talks")
    kept = await people.silence(silence(), audit())
    unkept = audit(on=None)
    for change in (
        people.silence(silence(), unkept),
        people.expire(kept.id, unkept),
        people.unmute("talks", unkept),
        people.vote(key, "talks", relevant=True, why=unkept, clauses=nothing),
        people.acknowledge(key, unkept),
    ):
        with pytest.raises(Exception, match=r"(?i)not.null constraint"):
            await change
    assert await people.silences(NOON) == [kept]
    assert await people.precisions() == {}
    found = await people.message(key)
    assert found is not None
    assert found.acknowledged is None


async def test_a_message_is_found_where_it_stands_and_by_the_end_of_its_key(
    newsroom: Newsroom, clock: FakeClock
) -> None:
    people = newsroom.store.people
    (key, *_) = await told(newsroom, "talks")
    await newsroom.store.outbox.begin(key, clock.now())
    sent = Settlement(state=State.SENT, reason="accepted", receipt=Receipt(channel="C1", message="1.5"))
    await newsroom.store.outbox.settle(key, sent, clock.now())
    assert await people.standing_at(Receipt(channel="C1", message="1.5")) == key
    assert await people.standing_at(Receipt(channel="C2", message="1.5")) is None
    assert await people.keys_like(f"…{key[-8:].lower()}") == await people.keys_like(key) == [key]
    assert await people.keys_like(key[-3:]) == []
    assert await people.keys_like("%%%%%%%%") == []


async def test_all_that_was_written_down_about_a_message_comes_together(newsroom: Newsroom, clock: FakeClock) -> None:
    people = newsroom.store.people
    await told(newsroom)
    (both,) = [row.delivery for row in await newsroom.store.deliveries() if row.delivery.channel == "#news"]
    await newsroom.store.outbox.begin(both.key, clock.now())
    await newsroom.store.outbox.settle(
        both.key, Settlement(state=State.DEAD, reason="card-refused", detail="no"), clock.now()
    )
    await people.vote(both.key, "rare", relevant=True, why=audit(), clauses=nothing)
    await people.acknowledge(both.key, audit())
    found = await people.message(both.key)
    assert found is not None
    assert [(one.rule, one.reason) for one in found.grounds] == [("rare", "first"), ("talks", "first")]
    assert (found.steps[-1].state, found.steps[-1].reason, found.steps[-1].detail) == ("dead", "card-refused", "no")
    assert found.votes == {"rare": Votes(relevant=1)}
    assert found.acknowledged is not None
    assert await people.message("NOBODY") is None


async def test_a_glance_counts_sources_fresh_stories_and_messages(newsroom: Newsroom, clock: FakeClock) -> None:
    await told(newsroom)
    await newsroom.add(source("nhk"), visited=False)
    glance = await newsroom.store.people.glance(clock.now())
    assert [(one.name, one.condition, one.fresh) for one in glance.sources] == [("BBC", "ok", 1), ("NHK", "new", 0)]
    assert (glance.waiting, glance.dead, glance.last_alert) == (2, 0, None)
